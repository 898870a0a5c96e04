package webhook

import (
	"log/slog"
	"net/http"
	"strings"
	"unicode"
)

// maxID bounds, in characters, what is kept of a delivery's id.
const maxID = 128

// Delivery is a delivery whose proof holds.
type Delivery struct {
	// Ignored is why the delivery asks for nothing here, as a sentence; empty where it asks for a refresh.
	Ignored string
	// Expected is the full commit id that the push announces; empty where none is known.
	Expected string
	// Stale are the full commit ids that Git may still answer with until the push has reached it.
	Stale []string
}

// Receiver takes deliveries. It is immutable, so any number of goroutines may use it.
type Receiver struct {
	keys    keys
	tracked tracked
	memory  Memory
	log     *slog.Logger
}

// New returns a receiver. The two functions return the key that proofs are made with and the one that is accepted
// beside it; each is called for every delivery, and may be nil. Tracked are the full names of the refs that refreshes
// follow: HEAD alone for the remote's, none where a commit is pinned. What is wrong with a key goes to the log.
func New(current, previous func() (string, error), tracked []string, memory Memory, log *slog.Logger) *Receiver {
	return &Receiver{keys{current, previous}, tracked, memory, log}
}

// Receive reads a delivery and returns what it asks for. The error is a *Refusal. Nothing of the body is parsed before
// its proof holds. A body of 16 KiB and more is understood only where the memory could be borrowed; without it the
// delivery is one that expects no revision. At most 25 MiB are read.
func (r *Receiver) Receive(w http.ResponseWriter, request *http.Request) (Delivery, error) {
	accepted, refusal := r.keys.read(r.log)
	if refusal != nil {
		return Delivery{}, refusal
	}
	if request.ContentLength > maxBody {
		return Delivery{}, tooLarge()
	}
	from := github()
	p, refusal := from.proof(request.Header, accepted)
	if refusal != nil {
		return Delivery{}, refusal
	}
	var borrowed loan
	defer borrowed.end(r.memory)
	body, refusal := r.readBody(w, request, p, &borrowed)
	if refusal != nil {
		return Delivery{}, refusal
	}
	if !p.holds() {
		return Delivery{}, &Refusal{InvalidProof, from.mismatch}
	}
	told, ignored := from.push(request.Header, body)
	if ignored == "" {
		ignored = r.tracked.ignores(told)
	}
	if ignored != "" {
		return Delivery{Ignored: ignored}, nil
	}
	return Delivery{Expected: told.expected(), Stale: told.stale()}, nil
}

// ID returns the id that the sender gave a delivery, or an empty text: at most 128 characters, all of which can be
// printed. It is not proven.
func ID(header http.Header) string { return printable(header.Get(github().idHeader), maxID) }

// keys are the functions that return the keys of proofs; each may be nil.
type keys struct {
	current, previous func() (string, error)
}

// read returns the keys of this moment, the current one first. Without a current key nothing can be accepted. A previous
// key that is unset, empty or unreadable is left out.
func (k keys) read(log *slog.Logger) ([]string, *Refusal) {
	if k.current == nil {
		return nil, disabled("WEBHOOK_SECRET is not set, so no delivery can be verified")
	}
	current, err := k.current()
	if err != nil {
		log.Warn("WEBHOOK_SECRET cannot be read", "error", err)
		return nil, disabled("WEBHOOK_SECRET cannot be read, so no delivery can be verified")
	}
	if current == "" {
		return nil, disabled("WEBHOOK_SECRET is empty, so no delivery can be verified")
	}
	if k.previous == nil {
		return []string{current}, nil
	}
	previous, err := k.previous()
	if err != nil {
		log.Warn("WEBHOOK_SECRET_PREVIOUS cannot be read", "error", err)
	}
	if err != nil || previous == "" {
		return []string{current}, nil
	}
	return []string{current, previous}, nil
}

func disabled(message string) *Refusal { return &Refusal{Disabled, message} }

// printable returns the first characters of a text that can be printed, at most limit of them.
func printable(text string, limit int) string {
	var kept strings.Builder
	for _, r := range text {
		if limit == 0 {
			break
		}
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			kept.WriteRune(r)
			limit--
		}
	}
	return kept.String()
}

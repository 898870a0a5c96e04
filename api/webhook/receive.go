package webhook

import (
	"log/slog"
	"net/http"
	"strings"
	"unicode"
)

// maxID bounds, in characters, what is kept of a delivery's id.
const maxID = 128

// Delivery is a delivery with a valid proof.
type Delivery struct {
	// Ignored is a sentence that says why the delivery needs no refresh; empty if it asks for one.
	Ignored string
	// Expected is the full commit id that the push announces; empty if it announces none.
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

// New returns a receiver. The two functions return the current key of the proofs, and a previous one that is accepted
// too; each is called for every delivery, and may be nil. Tracked are the full names of the refs that refreshes follow:
// only HEAD for the remote's default branch, and none if GIT_REF is a commit. An error of a key goes to the log.
func New(current, previous func() (string, error), tracked []string, memory Memory, log *slog.Logger) *Receiver {
	return &Receiver{keys{current, previous}, tracked, memory, log}
}

// Receive reads a delivery and returns what it asks for. The error is a *Refusal. Receive parses the body only after it
// has checked the proof. It reads at most 25 MiB. A body of 16 KiB and more is parsed only if its memory could be
// borrowed; otherwise the delivery asks for a refresh and announces no revision.
func (r *Receiver) Receive(w http.ResponseWriter, request *http.Request) (Delivery, error) {
	accepted, refusal := r.keys.read(r.log)
	if refusal != nil {
		return Delivery{}, refusal
	}
	if request.ContentLength > maxBody {
		return Delivery{}, tooLarge()
	}
	host := github()
	p, refusal := host.proof(request.Header, accepted)
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
		return Delivery{}, &Refusal{InvalidProof, host.mismatch(request.Header)}
	}
	announced, ignored := host.push(request.Header, body)
	if ignored == "" {
		ignored = r.tracked.ignores(announced)
	}
	if ignored != "" {
		return Delivery{Ignored: ignored}, nil
	}
	return Delivery{Expected: announced.expected(), Stale: announced.stale()}, nil
}

// ID returns the id that the sender gave a delivery, or an empty text: at most 128 printable characters. The proof does
// not cover the id.
func ID(header http.Header) string { return printable(header.Get(github().idHeader), maxID) }

// keys are the functions that return the keys of proofs; each may be nil.
type keys struct {
	current, previous func() (string, error)
}

// read reads the keys and returns them, the current one first. Without a current key it returns a refusal. It leaves
// out a previous key that is unset, empty or unreadable.
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

// printable returns the printable characters of a text, at most limit of them.
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

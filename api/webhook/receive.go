package webhook

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Delivery is a delivery with a valid proof.
type Delivery struct {
	// Ignored is a sentence that says why the delivery needs no refresh; empty if it asks for one.
	Ignored string
	// Expected is the full id that the push announces, of a commit or of an annotated tag; empty if it announces none.
	Expected string
	// Stale are the full ids that Git may still answer with until the push has reached it.
	Stale []string
	// Once tells that the delivery's id is proven: another delivery with the same id repeats this one.
	Once bool
}

// Origin is what the header of a delivery says about it. It is not proven.
type Origin struct {
	// Sender is the value of WEBHOOK_SENDERS that accepts the proof in the header, whether it is set or not. It is empty
	// if the header has no proof.
	Sender string
	// ID is what the sender calls the delivery, or empty: at most 128 printable characters.
	ID string
}

// Receiver takes deliveries. It is immutable, so any number of goroutines may use it.
type Receiver struct {
	senders []sender        // the strongest proof first
	enabled map[string]bool // by a sender's name
	secrets secrets
	tracked tracked
	memory  Memory
	log     *slog.Logger
}

// New returns a receiver that accepts the senders with these names (CheckSenders). The two functions return the
// current secret, and a previous one that is accepted too; each is called for every delivery, and may be nil. Tracked
// are the full names of the refs that refreshes follow: only HEAD for the remote's default branch, and none if GIT_REF
// is a commit. An error of a secret goes to the log.
func New(
	names []string, current, previous func() (string, error), tracked []string, memory Memory, log *slog.Logger,
) *Receiver {
	r := &Receiver{senders(), make(map[string]bool), secrets{current, previous}, tracked, memory, log}
	for _, name := range names {
		r.enabled[name] = true
	}
	return r
}

// Origin reads the sender and the id from the header of a delivery. Without a proof it looks for the id of any sender.
func (r *Receiver) Origin(header http.Header) Origin {
	if s := r.judge(header); s != nil {
		return Origin{s.name, s.id(header)}
	}
	for _, s := range r.senders {
		if id := s.id(header); id != "" {
			return Origin{ID: id}
		}
	}
	return Origin{}
}

// Receive reads a delivery that came at a time and returns what it asks for. The error is a *Refusal. Only the strongest
// proof whose header is there is looked at. Receive parses the body only after it has checked the proof. It reads at
// most 25 MiB. A body of 16 KiB and more is parsed only if its memory could be borrowed; otherwise the delivery asks for
// a refresh and announces no revision, or is refused if its proof cannot be checked without the memory.
func (r *Receiver) Receive(w http.ResponseWriter, request *http.Request, now time.Time) (Delivery, error) {
	known, refusal := r.secrets.read(r.log)
	if refusal != nil {
		return Delivery{}, refusal
	}
	if request.ContentLength > maxBody {
		return Delivery{}, tooLarge()
	}
	s, p, refusal := r.prove(request.Header, known, now)
	if refusal != nil {
		return Delivery{}, refusal
	}
	var borrowed loan
	defer borrowed.end(r.memory)
	body, refusal := r.readBody(w, request, s, p, &borrowed)
	if refusal != nil {
		return Delivery{}, refusal
	}
	if !p.holds(body) {
		return Delivery{}, &Refusal{InvalidProof, s.mismatch(request.Header)}
	}
	if s.pushes == nil {
		return Delivery{Once: s.once}, nil
	}
	pushes, ignored := s.pushes(request.Header, body)
	if ignored != "" {
		return Delivery{Ignored: ignored}, nil
	}
	announced, ignored := r.tracked.choose(pushes)
	if ignored != "" {
		return Delivery{Ignored: ignored}, nil
	}
	return Delivery{Expected: announced.expected(), Stale: announced.stale(), Once: s.once}, nil
}

// judge returns the sender with the strongest proof whose header is there, or nil.
func (r *Receiver) judge(header http.Header) *sender {
	for i := range r.senders {
		if r.senders[i].carries(header) {
			return &r.senders[i]
		}
	}
	return nil
}

// prove finds the sender of a delivery, and reads its proof from the header.
func (r *Receiver) prove(header http.Header, known [][]byte, now time.Time) (*sender, proof, *Refusal) {
	s := r.judge(header)
	switch {
	case s == nil:
		return nil, nil, &Refusal{MissingProof, r.missing()}
	case !r.enabled[s.name]:
		return nil, nil, &Refusal{InvalidProof, fmt.Sprintf(
			"the delivery came with the header %s; WEBHOOK_SENDERS would have to name %s to accept it", s.proofHeader(), s.name)}
	}
	usable, refusal := s.keys(known)
	if refusal != nil {
		return nil, nil, refusal
	}
	p, refusal := s.prove(header, usable, now)
	return s, p, refusal
}

// missing is the sentence for a delivery without a proof.
func (r *Receiver) missing() string {
	var accepted []string
	for _, s := range r.senders {
		if r.enabled[s.name] {
			accepted = append(accepted, s.proofHeader()+" ("+s.name+")")
		}
	}
	return "the delivery has no proof in its header; WEBHOOK_SENDERS accepts " + strings.Join(accepted, ", ")
}

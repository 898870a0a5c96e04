package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
)

// maxID bounds, in characters, what is kept of a delivery's id.
const maxID = 128

// GitHub is the sender that is accepted if WEBHOOK_SENDERS is not set.
const GitHub = "github"

// sender describes the deliveries of one kind of sender.
type sender struct {
	// name is the sender's value in WEBHOOK_SENDERS.
	name string
	// header carries the proof. A delivery with this header is judged by this sender, unless it has a stronger one too.
	header string
	// begins is how the header's value begins, in any case. It is empty if no other sender uses the header.
	begins string
	// ids are the headers that may carry a delivery's id, best first.
	ids []string
	// key turns a secret into a key of the proof. It returns false if the secret cannot be one.
	key func(secret []byte) ([]byte, bool)
	// keyRule is the sentence for the case that no secret is a key.
	keyRule string
	// prove reads the proof from the header at a time. The proof holds if it matches the body with any of the keys.
	prove func(header http.Header, keys [][]byte, now time.Time) (proof, *Refusal)
	// whole tells that the proof needs the whole body in memory.
	whole bool
	// once tells that the proof covers the id, so that a repeated delivery is recognized.
	once bool
	// mismatch is the sentence for a delivery with this header whose proof does not hold.
	mismatch func(header http.Header) string
	// pushes returns the changes of refs that a delivery announces; none if it announces nothing that can be read. If
	// the delivery needs no refresh, pushes returns the reason. It may change the body. It is nil for a sender whose
	// deliveries are not read: each asks for a refresh.
	pushes func(header http.Header, body []byte) (announced []push, ignored string)
}

// senders returns all senders, the one with the strongest proof first: signatures of the body, then of a body whose
// headers others send too, then secrets that the delivery itself shows.
func senders() []sender {
	return []sender{github(), gitlab(), sourcehut(), bitbucket(), gogs(), gitlabToken(), azureDevOps(), bearer()}
}

// CheckSenders returns an error if the names are not a valid value of WEBHOOK_SENDERS. SourceHut has a public key in
// place of a secret, which every other sender would take for a secret: so it must be the only one.
func CheckSenders(names []string) error {
	var known []string
	for _, s := range senders() {
		known = append(known, s.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("WEBHOOK_SENDERS must be names from %s, separated by commas: %q is not one",
				strings.Join(known, ", "), name)
		}
	}
	if len(names) > 1 && slices.Contains(names, sourceHut) {
		return errors.New("WEBHOOK_SENDERS must be sourcehut alone: its WEBHOOK_SECRET is a public key, " +
			"which other senders would take for a secret")
	}
	return nil
}

// CheckKey returns an error if the senders are SourceHut alone and a secret is not a public key. The error names the
// variable and does not show the secret.
func CheckKey(names []string, variable, secret string) error {
	if !slices.Contains(names, sourceHut) {
		return nil
	}
	if _, ok := sourcehutKey([]byte(secret)); !ok {
		return fmt.Errorf("%s must be the Ed25519 public key of SourceHut's webhooks, 32 bytes in base64, "+
			"because WEBHOOK_SENDERS is sourcehut", variable)
	}
	return nil
}

// proofHeader is the header of the proof, and how its value begins, for people.
func (s sender) proofHeader() string {
	if s.begins == "" {
		return s.header
	}
	return s.header + ": " + strings.TrimSpace(s.begins)
}

// carries tells whether a delivery has the header of the sender's proof, even with an empty value.
func (s sender) carries(header http.Header) bool {
	return slices.ContainsFunc(header.Values(s.header), func(value string) bool {
		return len(value) >= len(s.begins) && strings.EqualFold(value[:len(s.begins)], s.begins)
	})
}

// keys returns the keys of the proof that are in the secrets. They take the secrets' place.
func (s sender) keys(secrets [][]byte) ([][]byte, *Refusal) {
	keys := secrets[:0]
	for _, secret := range secrets {
		if key, ok := s.key(secret); ok {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, disabled(s.keyRule)
	}
	return keys, nil
}

// plainKey takes a secret as a key.
func plainKey(secret []byte) ([]byte, bool) { return secret, true }

// wrongSecret is the sentence for a signature that does not match.
func wrongSecret(http.Header) string {
	return "the signature does not match this body and WEBHOOK_SECRET"
}

// id returns the id that a sender gave a delivery, or an empty text.
func (s sender) id(header http.Header) string {
	for _, name := range s.ids {
		if id := header.Get(name); id != "" {
			return printable(id, maxID)
		}
	}
	return ""
}

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

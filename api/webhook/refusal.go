package webhook

import (
	"errors"
	"net/http"
)

// Reason is why a delivery is refused.
type Reason string

const (
	// Disabled: there is no secret to check a proof with, or none that can be a key of this sender's proofs.
	Disabled Reason = "disabled"
	// MissingProof: the delivery carries no proof.
	MissingProof Reason = "missing proof"
	// InvalidProof: the proof is malformed or too old, does not match the body and a key, or is one that WEBHOOK_SENDERS
	// does not accept.
	InvalidProof Reason = "invalid proof"
	// TooLarge: the body is larger than 25 MiB, or large while another large one is in memory and its proof needs that.
	TooLarge Reason = "too large"
	// Incomplete: the body did not arrive whole in time.
	Incomplete Reason = "incomplete"
)

// Refusal is the error of a delivery that is not accepted.
type Refusal struct {
	Reason Reason
	// Message is a sentence for the person who set up the webhook.
	Message string
}

// Error returns the message.
func (r *Refusal) Error() string { return r.Message }

func disabled(message string) *Refusal { return &Refusal{Disabled, message} }

func tooLarge() *Refusal { return &Refusal{TooLarge, "the body is larger than 25 MiB"} }

// bodyRefusal returns the refusal for a body that could not be read, or nil without an error.
func bodyRefusal(err error) *Refusal {
	switch _, isTooLarge := errors.AsType[*http.MaxBytesError](err); {
	case err == nil:
		return nil
	case isTooLarge:
		return tooLarge()
	default:
		return &Refusal{Incomplete, "the body did not arrive whole in time"}
	}
}

package webhook

import "log/slog"

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

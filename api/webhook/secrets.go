package webhook

import "log/slog"

// secrets are the functions that return the secrets of proofs; each may be nil.
type secrets struct {
	current, previous func() (string, error)
}

// read reads the secrets and returns them, the current one first. Without a current one it returns a refusal. It leaves
// out a previous one that is unset, empty or unreadable.
func (s secrets) read(log *slog.Logger) ([][]byte, *Refusal) {
	if s.current == nil {
		return nil, disabled("WEBHOOK_SECRET is not set, so no delivery can be verified")
	}
	current, err := s.current()
	if err != nil {
		log.Warn("WEBHOOK_SECRET cannot be read", "error", err)
		return nil, disabled("WEBHOOK_SECRET cannot be read, so no delivery can be verified")
	}
	if current == "" {
		return nil, disabled("WEBHOOK_SECRET is empty, so no delivery can be verified")
	}
	if s.previous == nil {
		return [][]byte{[]byte(current)}, nil
	}
	previous, err := s.previous()
	if err != nil {
		log.Warn("WEBHOOK_SECRET_PREVIOUS cannot be read", "error", err)
	}
	if err != nil || previous == "" {
		return [][]byte{[]byte(current)}, nil
	}
	return [][]byte{[]byte(current), []byte(previous)}, nil
}

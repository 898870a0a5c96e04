package api

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"
)

// webhookKeys are the functions that return the keys of signatures; each may be nil.
type webhookKeys struct {
	current, previous func() (string, error)
}

// read returns the keys of this moment, the current one first. Without a current one nothing can be accepted; a
// previous one that cannot be read makes no signature good.
func (k webhookKeys) read(log *slog.Logger) ([]string, error) {
	if k.current == nil {
		return nil, webhookDisabled("WEBHOOK_SECRET is not set, so no delivery can be verified")
	}
	current, err := k.current()
	if err != nil {
		log.Warn("WEBHOOK_SECRET cannot be read", "error", err)
		return nil, webhookDisabled("WEBHOOK_SECRET cannot be read, so no delivery can be verified")
	}
	if current == "" {
		return nil, webhookDisabled("WEBHOOK_SECRET is empty, so no delivery can be verified")
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

func webhookDisabled(message string) error {
	return fault{http.StatusServiceUnavailable, codeWebhookDisabled, message}
}

func invalidSignature(message string) error {
	return fault{http.StatusUnauthorized, codeInvalidSignature, message}
}

// parseSignature returns the digest in the values of X-Hub-Signature-256. There must be one value, "sha256=" and 64 hex
// digits, which may be of either case.
func parseSignature(values []string) ([]byte, error) {
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return nil, fault{http.StatusUnauthorized, codeMissingSignature, "the header X-Hub-Signature-256 is missing"}
	}
	if len(values) > 1 {
		return nil, invalidSignature("send one X-Hub-Signature-256 header")
	}
	digits, found := strings.CutPrefix(values[0], "sha256=")
	digest, err := hex.DecodeString(digits)
	if !found || err != nil || len(digest) != sha256.Size {
		return nil, invalidSignature("X-Hub-Signature-256 must be sha256= and 64 hex digits")
	}
	return digest, nil
}

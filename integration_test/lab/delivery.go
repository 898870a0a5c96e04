package lab

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Sign returns the header line with GitHub's signature of a body (GitHub Docs, "Validating webhook deliveries").
func Sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "X-Hub-Signature-256: sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// PushEvent is the part of a push event's payload that the service reads (GitHub Docs, "Webhook events and payloads").
func PushEvent(ref, before, after string) string {
	return fmt.Sprintf(`{"ref":%q,"before":%q,"after":%q,"repository":{"default_branch":"main"}}`, ref, before, after)
}

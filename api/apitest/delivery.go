package apitest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// GitHubSecret is the key of the example in GitHub's "Validating webhook deliveries".
const GitHubSecret = "It's a Secret to Everybody"

// Sign returns the header line with GitHub's signature of a body.
func Sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "X-Hub-Signature-256: sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Push returns the payload of GitHub's push event, with the members that mooring reads.
func Push(ref, before, after string) string {
	return `{"ref":"` + ref + `","before":"` + before + `","after":"` + after + `","repository":{"default_branch":"main"}}`
}

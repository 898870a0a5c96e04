package apitest

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// GitHubSecret is the key of the example in GitHub's "Validating webhook deliveries".
const GitHubSecret = "It's a Secret to Everybody"

// GitLabSecret is a signing token as GitLab shows it: the key of an example of Standard Webhooks.
const GitLabSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// hmacOf returns the HMAC-SHA256 of a text.
func hmacOf(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Sign returns the header line with GitHub's signature of a body.
func Sign(secret, body string) string {
	return "X-Hub-Signature-256: sha256=" + hex.EncodeToString(hmacOf([]byte(secret), body))
}

// SignGogs returns the header line with Gogs' signature of a body.
func SignGogs(secret, body string) string {
	return "X-Gogs-Signature: " + hex.EncodeToString(hmacOf([]byte(secret), body))
}

// SignBitbucket returns the header line with Bitbucket's signature of a body.
func SignBitbucket(secret, body string) string {
	return "X-Hub-Signature: sha256=" + hex.EncodeToString(hmacOf([]byte(secret), body))
}

// SignGitLab returns the header lines with GitLab's signature of a body by Standard Webhooks.
func SignGitLab(secret, id string, at time.Time, body string) []string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err) // the test has a wrong secret
	}
	sum := hmacOf(key, fmt.Sprintf("%s.%d.%s", id, at.Unix(), body))
	return []string{
		"webhook-id: " + id, fmt.Sprintf("webhook-timestamp: %d", at.Unix()),
		"webhook-signature: v1," + base64.StdEncoding.EncodeToString(sum),
	}
}

// SourceHutKeys returns the keys of a SourceHut that a name stands for: the one that signs, and the public one in
// base64.
func SourceHutKeys(name string) (ed25519.PrivateKey, string) {
	seed := sha256.Sum256([]byte(name))
	private := ed25519.NewKeyFromSeed(seed[:])
	return private, base64.StdEncoding.EncodeToString(private[ed25519.PublicKeySize:])
}

// SignSourceHut returns the header lines with SourceHut's signature of a body.
func SignSourceHut(private ed25519.PrivateKey, nonce, body string) []string {
	signature := ed25519.Sign(private, []byte(body+nonce))
	return []string{
		"X-Payload-Nonce: " + nonce, "X-Payload-Signature: " + base64.StdEncoding.EncodeToString(signature),
	}
}

// Basic returns the header line of HTTP Basic, as Azure DevOps sends it.
func Basic(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// Push returns the payload of GitHub's push event, with the members that mooring reads.
func Push(ref, before, after string) string {
	return `{"ref":"` + ref + `","before":"` + before + `","after":"` + after + `","repository":{"default_branch":"main"}}`
}

package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// github describes GitHub (its pages "Validating webhook deliveries" and "Webhook events and payloads"). Gitea and
// Forgejo send the same headers beside their own.
func github() sender {
	return sender{
		idHeader: "X-GitHub-Delivery",
		proof:    githubProof,
		mismatch: githubMismatch,
		push:     githubPush,
	}
}

func githubProof(header http.Header, keys []string) (*proof, *Refusal) {
	digest, refusal := parseSignature(header.Values("X-Hub-Signature-256"))
	if refusal != nil {
		return nil, refusal
	}
	return newProof(digest, keys), nil
}

// parseSignature returns the digest in the values of X-Hub-Signature-256. There must be one value: "sha256=" and 64 hex
// digits of either case.
func parseSignature(values []string) ([]byte, *Refusal) {
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return nil, &Refusal{MissingProof, "the header X-Hub-Signature-256 is missing"}
	}
	if len(values) > 1 {
		return nil, &Refusal{InvalidProof, "send one X-Hub-Signature-256 header"}
	}
	digits, found := strings.CutPrefix(values[0], "sha256=")
	digest, err := hex.DecodeString(digits)
	if !found || err != nil || len(digest) != sha256.Size {
		return nil, &Refusal{InvalidProof, "X-Hub-Signature-256 must be sha256= and 64 hex digits"}
	}
	return digest, nil
}

// githubMismatch names the content type of a form: GitHub signs the body that it sends, but Gitea and Forgejo sign the
// payload inside the form (seen with Gitea 1.26.0), which this service does not accept.
func githubMismatch(header http.Header) string {
	const mismatch = "the signature does not match this body and WEBHOOK_SECRET"
	if isForm(header.Get("Content-Type")) {
		return mismatch + "; for Gitea and Forgejo set the webhook's content type to application/json, because they do not " +
			"sign the body of a form"
	}
	return mismatch
}

// githubPush reads a push event. A delivery without the name of its event counts as a push. Every other event but a
// ping asks for a refresh and announces no revision.
func githubPush(header http.Header, body []byte) (push, string) {
	switch event := header.Get("X-GitHub-Event"); event {
	case "ping":
		return push{}, "a ping asks for nothing"
	case "push", "":
		return parsePush(header.Get("Content-Type"), body), ""
	default:
		return push{}, ""
	}
}

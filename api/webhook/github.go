package webhook

import (
	"encoding/json"
	"net/http"
)

// github describes GitHub (its pages "Validating webhook deliveries" and "Webhook events and payloads"). Gitea and
// Forgejo send the same headers beside their own.
func github() sender {
	const header = "X-Hub-Signature-256"
	return sender{
		name: GitHub, header: header, ids: []string{"X-Github-Delivery"},
		key: plainKey, prove: hexProof(header, "sha256="), mismatch: formMismatch,
		pushes: func(header http.Header, body []byte) ([]push, string) {
			return githubPushes(header.Get("X-Github-Event"), header.Get("Content-Type"), body)
		},
	}
}

// gogs describes Gogs (its page "Webhooks"). It sends GitHub's headers for the event and the id too, but not GitHub's
// signature (seen with Gogs 0.14.3).
func gogs() sender {
	const header = "X-Gogs-Signature"
	return sender{
		name: "gogs", header: header, ids: []string{"X-Gogs-Delivery"},
		key: plainKey, prove: hexProof(header, ""), mismatch: formMismatch,
		pushes: func(header http.Header, body []byte) ([]push, string) {
			return githubPushes(header.Get("X-Gogs-Event"), header.Get("Content-Type"), body)
		},
	}
}

// formMismatch names the content type of a form: GitHub signs the body that it sends, but Gitea, Forgejo and Gogs sign
// the payload inside the form (seen with Gitea 1.26.0), which this service does not accept.
func formMismatch(header http.Header) string {
	mismatch := wrongSecret(header)
	if isForm(header.Get("Content-Type")) {
		return mismatch + "; for Gitea, Forgejo and Gogs set the webhook's content type to application/json, because " +
			"they do not sign the body of a form"
	}
	return mismatch
}

// githubPushes reads a push event of GitHub or Gogs. A delivery without the name of its event counts as a push. Every
// other event but a ping asks for a refresh and announces no revision.
func githubPushes(event, contentType string, body []byte) ([]push, string) {
	switch event {
	case "ping":
		return nil, "a ping asks for nothing"
	case "push", "":
		return parseGitHub(contentType, body), ""
	default:
		return nil, ""
	}
}

// parseGitHub reads the payload of a push: JSON, or a form with JSON in its field payload. It decodes a form in place.
// It returns nothing for anything else, and if the payload names no ref.
func parseGitHub(contentType string, body []byte) []push {
	if isForm(contentType) {
		body = formPayload(body)
	}
	var payload struct {
		Ref        string `json:"ref"`
		Before     string `json:"before"`
		After      string `json:"after"`
		Repository struct {
			DefaultBranch string `json:"default_branch"`
		} `json:"repository"`
	}
	if err := json.Unmarshal(body, &payload); err != nil || payload.Ref == "" {
		return nil
	}
	return []push{{payload.Ref, payload.Before, payload.After, payload.Repository.DefaultBranch}}
}

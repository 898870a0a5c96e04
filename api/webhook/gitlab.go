package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
const (
	webhookSignature = "webhook-signature"
	webhookID        = "webhook-id"
	webhookTimestamp = "webhook-timestamp"
)

// timeTolerance is how far the time of a signature and the clock here may be apart.
const timeTolerance = 5 * time.Minute

// gitlab describes GitLab with a signing token (its page "Webhooks"), which signs by Standard Webhooks since 19.0.
// GitLab sends the id and the time without a signature too; they name no sender.
func gitlab() sender {
	return sender{
		name: "gitlab", header: webhookSignature, ids: []string{webhookID},
		key: standardKey, keyRule: "WEBHOOK_SECRET is no signing token: for gitlab it must be whsec_ and base64, " +
			"as GitLab shows it",
		prove: standardProof, once: true, mismatch: wrongSecret, pushes: gitlabPushes,
	}
}

// gitlabToken describes GitLab with a secret token (its page "Webhooks"): it sends the secret itself.
func gitlabToken() sender {
	const header = "X-Gitlab-Token"
	return sender{
		name: "gitlab-token", header: header, ids: []string{webhookID, "Idempotency-Key", "X-Gitlab-Event-UUID"},
		key: plainKey,
		prove: func(values http.Header, keys [][]byte, _ time.Time) (proof, *Refusal) {
			token, refusal := one(values, header, MissingProof)
			if refusal != nil {
				return nil, refusal
			}
			return showsSecret(token, header, keys)
		},
	}
}

// standardKey returns the key of Standard Webhooks in a secret: the base64 after whsec_.
func standardKey(secret []byte) ([]byte, bool) {
	encoded, found := strings.CutPrefix(string(secret), "whsec_")
	key, ok := decodeBase64(encoded)
	return key, found && ok && len(key) > 0
}

// standardProof reads the proof of Standard Webhooks: the HMAC-SHA256 of the id, the time and the body, with full stops
// between them.
func standardProof(header http.Header, keys [][]byte, now time.Time) (proof, *Refusal) {
	signatures, refusal := one(header, webhookSignature, MissingProof)
	if refusal != nil {
		return nil, refusal
	}
	id, refusal := one(header, webhookID, InvalidProof)
	if refusal != nil {
		return nil, refusal
	}
	at, refusal := one(header, webhookTimestamp, InvalidProof)
	if refusal != nil {
		return nil, refusal
	}
	// With a full stop in the id, one signature would stand for several ids and bodies.
	if id != printable(id, maxID) || strings.ContainsAny(id, ". ") {
		return nil, &Refusal{InvalidProof, fmt.Sprintf(
			"%s must be at most %d printable characters without full stops and blanks", webhookID, maxID)}
	}
	if refusal := checkTime(at, now); refusal != nil {
		return nil, refusal
	}
	digests := parseStandard(signatures)
	if len(digests) == 0 {
		return nil, &Refusal{InvalidProof, webhookSignature + " must have a signature of the form v1, and base64"}
	}
	return newSigned(id+"."+at+".", digests, keys), nil
}

// checkTime refuses a time, in seconds since 1970, that is too far from the clock here.
func checkTime(text string, now time.Time) *Refusal {
	const digits = 11 // enough until the year 5138
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || len(text) > digits || strings.Trim(text, "0123456789") != "" {
		return &Refusal{InvalidProof, webhookTimestamp + " must be the time in seconds since 1970"}
	}
	at := time.Unix(seconds, 0)
	if off := now.Sub(at); off > timeTolerance || off < -timeTolerance {
		return &Refusal{InvalidProof, fmt.Sprintf("%s is %s, and the clock here says %s: more than 5 minutes apart",
			webhookTimestamp, at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	}
	return nil
}

// parseStandard returns the signatures of version 1 in a list with blanks between its entries. Each is "v1," and
// base64. It skips other versions, and entries that are no signature.
func parseStandard(list string) []digest {
	var digests []digest
	for entry := range strings.FieldsSeq(list) {
		encoded, found := strings.CutPrefix(entry, "v1,")
		if sum, ok := decodeBase64(encoded); found && ok && len(sum) == len(digest{}) {
			digests = append(digests, digest(sum))
		}
	}
	return digests
}

// gitlabPushes reads a push to a branch or a tag (GitLab's page "Webhook events"). A delivery without the name of its
// event counts as a push. Every other event asks for a refresh and announces no revision.
func gitlabPushes(header http.Header, body []byte) ([]push, string) {
	switch header.Get("X-Gitlab-Event") {
	case "Push Hook", "Tag Push Hook", "":
		return parseGitLab(body), ""
	default:
		return nil, ""
	}
}

// parseGitLab reads the payload of a push. It returns nothing if the payload names no ref. After is the id of an
// annotated tag, where checkout_sha is that of the commit; for a ref that was deleted after is zeros and checkout_sha
// null, so checkout_sha tells nothing more.
func parseGitLab(body []byte) []push {
	var payload struct {
		Ref     string `json:"ref"`
		Before  string `json:"before"`
		After   string `json:"after"`
		Project struct {
			DefaultBranch string `json:"default_branch"`
		} `json:"project"`
	}
	if err := json.Unmarshal(body, &payload); err != nil || payload.Ref == "" {
		return nil
	}
	return []push{{payload.Ref, payload.Before, payload.After, payload.Project.DefaultBranch}}
}

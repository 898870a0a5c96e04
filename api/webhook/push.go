package webhook

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strings"
)

// push is the part of a push event's payload that is read (GitHub's "Webhook events and payloads", push). The zero push
// stands for a delivery without a push.
type push struct {
	// Ref that was pushed to, in full.
	Ref string `json:"ref"`
	// Before and After are the commits that the ref named; zeros for a ref that was created or deleted.
	Before     string `json:"before"`
	After      string `json:"after"`
	Repository struct {
		// DefaultBranch is the branch that the remote's HEAD names.
		DefaultBranch string `json:"default_branch"`
	} `json:"repository"`
}

// expected is the revision that the push announces; empty when the ref was deleted.
func (p push) expected() string {
	if !isCommit(p.After) {
		return ""
	}
	return p.After
}

// stale are the revisions that Git may still answer with until the push has reached it.
func (p push) stale() []string {
	if p.expected() == "" || !isCommit(p.Before) || p.Before == p.After {
		return nil
	}
	return []string{p.Before}
}

// parsePush reads the payload of a delivery: JSON, or a form with JSON in its field payload. It decodes a form in
// place. It returns the zero push for anything else, and if the payload names no ref.
func parsePush(contentType string, body []byte) push {
	if isForm(contentType) {
		body = formPayload(body)
	}
	var p push
	if err := json.Unmarshal(body, &p); err != nil || p.Ref == "" {
		return push{}
	}
	return p
}

// isForm tells whether a body is a form of fields and values.
func isForm(contentType string) bool {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	return mediaType == "application/x-www-form-urlencoded"
}

// formPayload returns the field payload of a form, or nil. It decodes the field in place, so that a form of 25 MiB
// needs no further memory.
func formPayload(form []byte) []byte {
	for pair := range bytes.SplitSeq(form, []byte("&")) {
		if value, found := bytes.CutPrefix(pair, []byte("payload=")); found {
			return unescapeForm(value)
		}
	}
	return nil
}

// unescapeForm decodes a value of a form in place (URL Standard, "application/x-www-form-urlencoded parsing"). It
// returns nil if a percent sign is not followed by two hex digits.
func unescapeForm(value []byte) []byte {
	decoded := value[:0]
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '+':
			decoded = append(decoded, ' ')
		case '%':
			if i+2 >= len(value) {
				return nil
			}
			var octet [1]byte
			if _, err := hex.Decode(octet[:], value[i+1:i+3]); err != nil {
				return nil
			}
			decoded, i = append(decoded, octet[0]), i+2
		default:
			decoded = append(decoded, value[i])
		}
	}
	return decoded
}

// isCommit tells whether text is a commit id as Git prints it, in SHA-1 or SHA-256. The id of only zeros stands for no
// commit.
func isCommit(text string) bool {
	isHex := strings.Trim(text, "0123456789abcdef") == ""
	return (len(text) == 40 || len(text) == 64) && isHex && strings.Trim(text, "0") != ""
}

// tracked are the full names of the refs that refreshes follow. It has only HEAD if they follow the remote's default
// branch, and is empty if GIT_REF is a commit.
type tracked []string

// ignores returns the reason why a push needs no refresh. It returns an empty text if refreshes follow the pushed ref,
// and for the zero push.
func (t tracked) ignores(p push) string {
	names := []string(t)
	switch {
	case p.Ref == "":
		return ""
	case len(names) == 0:
		return "GIT_REF is a commit, and no push changes it"
	case names[0] == "HEAD" && p.Repository.DefaultBranch == "":
		return "" // any ref may be the remote's HEAD
	case names[0] == "HEAD":
		names = []string{"refs/heads/" + p.Repository.DefaultBranch}
	}
	if slices.Contains(names, p.Ref) {
		return ""
	}
	const shown = 200 // characters
	return fmt.Sprintf("the push is to %s; %s is tracked", printable(p.Ref, shown),
		printable(strings.Join(names, " or "), shown))
}

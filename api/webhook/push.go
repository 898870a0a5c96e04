package webhook

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"mime"
	"strings"
)

// push is one change of a ref. A push without a ref may be to any ref.
type push struct {
	// ref that was pushed to, in full.
	ref string
	// before and after are the ids that the ref named: commits, or annotated tags. They are zeros or empty for a ref that
	// was created or deleted.
	before, after string
	// defaultBranch is the branch that the remote's HEAD names; empty if the sender does not tell.
	defaultBranch string
}

// expected is the revision that the push announces; empty when the ref was deleted.
func (p push) expected() string {
	if !isID(p.after) {
		return ""
	}
	return p.after
}

// stale are the revisions that Git may still answer with until the push has reached it.
func (p push) stale() []string {
	if p.expected() == "" || !isID(p.before) || p.before == p.after {
		return nil
	}
	return []string{p.before}
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

// isID tells whether text is the id of an object as Git prints it: in SHA-1 or in SHA-256. The id of only zeros stands
// for no object.
func isID(text string) bool {
	isHex := strings.Trim(text, "0123456789abcdef") == ""
	return (len(text) == 40 || len(text) == 64) && isHex && strings.Trim(text, "0") != ""
}

// tracked are the full names of the refs that refreshes follow, best first. It has only HEAD if they follow the remote's
// default branch, and is empty if GIT_REF is a commit.
type tracked []string

// choose returns the push to the tracked ref among those of one delivery. If there is none, it returns the reason why
// the delivery needs no refresh. If the tracked ref is not known, it returns the only push that is no deletion. Otherwise,
// and if no push was read, it returns the zero push, which announces nothing.
func (t tracked) choose(pushes []push) (chosen push, ignored string) {
	if len(pushes) == 0 {
		return push{}, ""
	}
	if len(t) == 0 {
		return push{}, "GIT_REF is a commit, and no push changes it"
	}
	unknown := false
	for _, name := range t {
		found := false
		for _, p := range pushes {
			wanted := name
			if wanted == "HEAD" && p.defaultBranch != "" {
				wanted = "refs/heads/" + p.defaultBranch
			}
			switch {
			case p.ref == "", wanted == "HEAD":
				unknown = true // it may be the tracked ref
			case p.ref == wanted && (!found || p.expected() != ""):
				chosen, found = p, true // a branch may be deleted and made again in one delivery
			}
		}
		if found {
			return chosen, ""
		}
	}
	if !unknown {
		return push{}, t.elsewhere(pushes[0])
	}
	for _, p := range pushes {
		switch {
		case p.expected() == "" && p.ref != "":
		case p.ref == "" || chosen.ref != "":
			return push{}, ""
		default:
			chosen = p
		}
	}
	return chosen, ""
}

// elsewhere is the reason to ignore a push to another ref.
func (t tracked) elsewhere(p push) string {
	name := strings.Join(t, " or ")
	if name == "HEAD" {
		name = "refs/heads/" + p.defaultBranch
	}
	const shown = 200 // characters
	return fmt.Sprintf("the push is to %s; %s is tracked", printable(p.ref, shown), printable(name, shown))
}

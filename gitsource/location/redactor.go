package location

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Redactor removes secrets from texts. Its elements are the forms in which a secret may appear, the longest first.
type Redactor []string

// redacted replaces a secret.
const redacted = "***"

// newRedactor makes a Redactor for secrets that appear unchanged, quoted as in Go, or percent-encoded in any usual way.
func newRedactor(secrets []string) Redactor {
	var forms Redactor
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		quoted := strconv.Quote(secret)
		forms = append(forms, secret, quoted[1:len(quoted)-1])
		for _, escaped := range []string{
			url.QueryEscape(secret), url.PathEscape(secret), url.User(secret).String(),
		} {
			forms = append(forms, escaped, lowerHex(escaped))
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(forms)
}

// lowerHex writes the digits of percent-encoded bytes in lower case.
func lowerHex(escaped string) string {
	parts := strings.Split(escaped, "%")
	for i, part := range parts[1:] {
		digits := min(2, len(part))
		parts[i+1] = strings.ToLower(part[:digits]) + part[digits:]
	}
	return strings.Join(parts, "%")
}

// Clean returns the text with "***" in place of each secret.
func (r Redactor) Clean(text string) string {
	for _, secret := range r {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}

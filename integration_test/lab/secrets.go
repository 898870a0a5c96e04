package lab

import (
	"html"
	"regexp"
	"strconv"
	"strings"
)

// Told returns the first of the secrets that is in a text in any encoding, or nothing.
func Told(text string, secrets ...string) string {
	if len(secrets) == 0 {
		return ""
	}
	for _, reading := range readings(text) {
		for _, secret := range secrets {
			if secret != "" && strings.Contains(reading, secret) {
				return secret
			}
		}
	}
	return ""
}

// readings returns the text itself, and the text with its encodings undone: the entities of HTML, the backslashes of
// JSON and of quoted values in a log, a query's plus for a blank, percent-encoding, and each of these inside another.
func readings(text string) []string {
	queried := func(text string) string { return strings.ReplaceAll(text, "+", " ") }
	all := []string{text}
	for _, undo := range []func(string) string{html.UnescapeString, withoutBackslashes, queried, WithoutPercent} {
		for _, reading := range all {
			if undone := undo(reading); undone != reading {
				all = append(all, undone)
			}
		}
	}
	return all
}

func withoutBackslashes(text string) string {
	if !strings.Contains(text, `\`) {
		return text // most texts have none, and a regular expression is slow
	}
	escape := regexp.MustCompile(`\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|.)`)
	return escape.ReplaceAllStringFunc(text, func(escape string) string {
		value, multibyte, _, err := strconv.UnquoteChar(escape, '"')
		switch {
		case err != nil: // an escape that only JSON has, such as \/
			return escape[1:]
		case multibyte:
			return string(value)
		}
		return string([]byte{byte(value)})
	})
}

// WithoutPercent undoes percent-encoding (RFC 3986, section 2.1). It does not change an invalid code.
func WithoutPercent(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	encoded := regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	return encoded.ReplaceAllStringFunc(text, func(encoded string) string {
		value, _ := strconv.ParseUint(encoded[1:], 16, 8) // two hex digits
		return string([]byte{byte(value)})
	})
}

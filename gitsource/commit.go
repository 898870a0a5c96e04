package gitsource

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"mooring/actors"
	"mooring/gitsource/index"
	"mooring/gitsource/object"
)

// maxCommitText is how many characters of a commit's subject or author are shown.
const maxCommitText = 200

// describe returns what people see of a commit: one line for each text, bounded, without the secrets that redact removes.
// Characters that control a terminal, break a line or turn the direction of the text are escaped. It returns the zero Commit if the commit does not tell its time.
func describe(commit object.Revision, redact func(string) string) actors.Commit {
	if commit.CommittedAt.IsZero() {
		return actors.Commit{}
	}
	show := func(text string) string {
		text = escapeTurns(index.Escape(redact(text)))
		if utf8.RuneCountInString(text) <= maxCommitText {
			return text
		}
		return strings.TrimRight(string([]rune(text)[:maxCommitText-1]), " ") + "…"
	}
	return actors.Commit{
		Subject: show(commit.Subject), Author: show(commit.Author), CommittedAt: commit.CommittedAt,
	}
}

// escapeTurns escapes the characters that turn the direction of a text (Unicode Standard Annex #9), so that it cannot look
// like another one, and the two that only Unicode takes for ends of lines.
func escapeTurns(text string) string {
	turns := func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Zl, unicode.Zp) }
	if !strings.ContainsFunc(text, turns) {
		return text
	}
	var escaped strings.Builder
	for _, r := range text {
		if turns(r) {
			fmt.Fprintf(&escaped, `\u%04x`, r)
			continue
		}
		escaped.WriteRune(r)
	}
	return escaped.String()
}

// asItIs redacts nothing: a repository on this machine is read without credentials.
func asItIs(text string) string { return text }

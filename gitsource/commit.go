package gitsource

import (
	"strings"
	"unicode/utf8"

	"mooring/actors"
	"mooring/gitsource/index"
	"mooring/gitsource/object"
)

// maxCommitText is how many characters of a commit's subject or author are shown.
const maxCommitText = 200

// describe returns what people see of a commit: one line for each text, bounded, without control characters and without
// the secrets that redact removes. It returns the zero Commit if the commit does not tell its time.
func describe(commit object.Revision, redact func(string) string) actors.Commit {
	if commit.CommittedAt.IsZero() {
		return actors.Commit{}
	}
	show := func(text string) string {
		text = index.Escape(redact(text))
		if utf8.RuneCountInString(text) <= maxCommitText {
			return text
		}
		return strings.TrimRight(string([]rune(text)[:maxCommitText-1]), " ") + "…"
	}
	return actors.Commit{
		Subject: show(commit.Subject), Author: show(commit.Author), CommittedAt: commit.CommittedAt,
	}
}

// asItIs redacts nothing: a repository on this machine is read without credentials.
func asItIs(text string) string { return text }

package fault

import (
	"strings"
	"unicode"
)

// MaxText is how many characters of a foreign text are shown.
const MaxText = 300

// Clean makes a foreign text fit to be shown: one line of at most 300 characters, without control and formatting
// characters.
func Clean(text string) string {
	text = strings.ToValidUTF8(text, "�")
	visible := func(r rune) rune {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return r
		}
		return ' '
	}
	runes := []rune(strings.Join(strings.Fields(strings.Map(visible, text)), " "))
	if len(runes) > MaxText {
		runes = append(runes[:MaxText-1], '…')
	}
	return strings.TrimRight(string(runes), ". ")
}

// Said makes a Git host's message fit to be shown, as Clean does, without the frame around it: "error:" and the like
// before each line, and lines that have nothing else. Gitea frames its messages over SSH in this way.
func Said(text string) string {
	var told []string
	for line := range strings.Lines(text) {
		if line = withoutFrame(line); line != "" {
			told = append(told, line)
		}
	}
	if said := Clean(strings.Join(told, " ")); said != "" {
		return said
	}
	return Clean(text)
}

// withoutFrame removes what stands around the message in a line; the rest may be empty.
func withoutFrame(line string) string {
	line = strings.TrimSpace(line)
	for _, word := range []string{"remote:", "gitea:", "fatal:", "error:"} {
		if len(line) >= len(word) && strings.EqualFold(line[:len(word)], word) {
			return withoutFrame(line[len(word):])
		}
	}
	if strings.Trim(line, "=-*#") == "" {
		return ""
	}
	return line
}

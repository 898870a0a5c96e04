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

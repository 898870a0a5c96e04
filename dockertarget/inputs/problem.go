package inputs

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Problem is a fault of a stack's files: the stack cannot be applied until somebody mends it in Git. Other stacks are not
// affected.
type Problem struct {
	// Message is one sentence that names what is wrong. It has no line breaks, and at most 1,000 characters.
	Message string
	// Inputs are those that were found before the reading failed, sorted, and Absent are the paths that were not.
	// While none of them changes, another reading fails in the same way.
	Inputs []Input
	Absent []string
}

// Error is the message.
func (p *Problem) Error() string { return p.Message }

// maxMessage is how many characters of a message are kept.
const maxMessage = 1000

// problem makes a Problem of one line.
func problem(format string, values ...any) *Problem {
	message := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, fmt.Sprintf(format, values...))
	message = strings.Join(strings.Fields(message), " ")
	if characters := []rune(message); len(characters) > maxMessage {
		message = string(characters[:maxMessage-1]) + "…"
	}
	return &Problem{Message: message}
}

// quote shows a path or a name of the repository in a sentence.
func quote(name string) string { return strconv.Quote(name) }

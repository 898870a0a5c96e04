package inputs

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/compose-spec/compose-go/v2/template"
)

// Problem is a fault of a stack's files: the stack cannot be applied until somebody mends it in Git. Other stacks are not
// affected.
type Problem struct {
	// Message is one sentence that names what is wrong. It has no line breaks, and at most 1,000 characters.
	Message string
	// Inputs are what was read until then, as in a Stack, and Absent the paths that would be if they were there. As long
	// as they stay, the stack has the same problem.
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

// pointerProblem is what is wrong with a file that Git LFS keeps elsewhere.
func pointerProblem(name string) *Problem {
	return problem("%s is a pointer of Git LFS; mooring does not fetch what it points to.", quote(name))
}

// explain makes a Problem of an error of compose-go. It leaves out what the library shows of files of variables and of
// texts with a dollar sign, which may be passwords (findings/compose-go-env-error-shows-the-line.sh).
func (r *reading) explain(failure error) *Problem {
	if own, ok := errors.AsType[*Problem](failure); ok {
		return own
	}
	if missing, ok := errors.AsType[unsetError](failure); ok {
		return problem("The variable %s is set nowhere and has no default; set it in %s, or write ${%s:-default}.",
			missing.name, quote(path.Join(r.stack, ".env")), missing.name)
	}
	text := r.scratch.clean(failure.Error())
	if file, detail, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(file, "failed to read ") {
		line := "a line"
		if _, after, ok := strings.Cut(detail, "line "); ok {
			line = "line " + after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
		}
		return problem("%s has no variables that Compose can read, because of %s.",
			quote(strings.TrimPrefix(file, "failed to read ")), line)
	}
	if _, ok := errors.AsType[*template.InvalidTemplateError](failure); ok {
		for line := range strings.Lines(text) {
			if place, ok := strings.CutPrefix(line, "invalid interpolation format for "); ok {
				return problem("%s has a dollar sign that begins no variable; write $$ for a dollar sign.",
					quote(strings.TrimRight(place, ".\n")))
			}
		}
	}
	return problem("Compose refuses %s: %s.", quote(r.main), strings.TrimRight(text, ". \n"))
}

package inputs

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"
)

// unsetError says that a variable has no value and no default.
type unsetError struct{ name string }

// Error names the variable.
func (e unsetError) Error() string { return fmt.Sprintf("the variable %s is set nowhere", e.name) }

// maxCost bounds what the variables of one attempt cost. As much takes less than a second.
const maxCost = 1 << 24

// cost tells how much work the variables of a text are. The library looks at the rest of a line again for each variable
// in braces, and calls itself, so that a line of 100 KiB takes minutes, and one of some MiB days.
func cost(text string) int {
	sum := 0
	for line := range strings.Lines(text) {
		sum += strings.Count(line, "${") * len(line)
	}
	return sum
}

// costProblem says that a file has too many variables.
func costProblem(name string) *Problem {
	return problem("%s has too many variables in one line.", name)
}

// substitution puts the values of variables into the texts of one attempt. It counts what that costs.
type substitution struct{ spent int }

// substitute puts the values of variables into a text of a compose file. docker compose warns of a variable that is set
// nowhere, and goes on with an empty one; a password or a path that is empty by mistake does harm, so here it is an
// unsetError. The error is a *Problem if all the texts together are too much work.
func (s *substitution) substitute(text string, lookup template.Mapping) (string, error) {
	if s.spent += cost(text); s.spent > maxCost {
		return "", costProblem("A compose file")
	}
	if name := unset(text, lookup); name != "" {
		return "", unsetError{name}
	}
	return template.SubstituteWithOptions(text, lookup, template.WithoutLogging)
}

// unset returns the first variable of a text that has no value, no default and no message of its own, or an empty string.
// The syntax is Compose's: $NAME, ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:?message}, ${NAME?message},
// ${NAME:+replacement}, ${NAME+replacement}, and $$ for a dollar sign (compose-spec, "Interpolation").
func unset(text string, lookup template.Mapping) string {
	for {
		_, after, found := strings.Cut(text, "$")
		if !found || after == "" {
			return ""
		}
		braced := after[0] == '{'
		if braced {
			after = after[1:]
		}
		name := leadingName(after)
		after = after[len(name):]
		switch {
		case name == "" && !braced:
			text = after[1:] // "$$", or a dollar sign that begins no variable
		case !braced:
			if _, ok := lookup(name); !ok {
				return name
			}
			text = after
		default:
			inside, rest, closed := cutBrace(after)
			if !closed {
				return "" // the library refuses it
			}
			if missing := unsetBraced(name, inside, lookup); missing != "" {
				return missing
			}
			text = rest
		}
	}
}

// unsetBraced is unset for one variable in braces. inside is what follows its name there.
func unsetBraced(name, inside string, lookup template.Mapping) string {
	value, ok := lookup(name)
	operator, colon := strings.TrimPrefix(inside, ":"), strings.HasPrefix(inside, ":")
	if operator == "" {
		if !ok && name != "" {
			return name
		}
		return ""
	}
	given := ok && (value != "" || !colon)
	switch word := operator[1:]; {
	case operator[0] == '-' && !given, operator[0] == '+' && given:
		return unset(word, lookup)
	default:
		return "" // the value is used, or the library refuses it with the message
	}
}

// leadingName returns the name of a variable that a text begins with.
func leadingName(text string) string {
	for i := range len(text) {
		letter := text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z' || text[i] == '_'
		if !letter && (i == 0 || text[i] < '0' || text[i] > '9') {
			return text[:i]
		}
	}
	return text
}

// cutBrace cuts a text at the brace that closes one before it.
func cutBrace(text string) (inside, rest string, found bool) {
	depth := 1
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return text[:i], text[i+1:], true
		}
	}
	return "", "", false
}

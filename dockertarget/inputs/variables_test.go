package inputs

import (
	"errors"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/template"
	"github.com/matryer/is"
	"pgregory.net/rapid"
)

// lookup knows A, which has a value, and E, which is empty.
func lookup(name string) (string, bool) {
	value, ok := map[string]string{"A": "a", "E": ""}[name]
	return value, ok
}

func TestAVariableWithoutValueAndDefaultIsFound(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                "",
		"$A ${A} $E ${E}":      "",
		"$N":                   "N",
		"a${N}b":               "N",
		"$$N $${N}":            "",
		"$$$N":                 "N",
		"${N:-x} ${N-} ${N-x}": "",
		"${N:-$M}":             "M",
		"${N:-${M:-${L}}}":     "L",
		"${A:-$M} ${A-$M}":     "",
		"${E:-$M}":             "M",
		"${E-$M}":              "",
		"${N:+$M} ${N+$M}":     "",
		"${A:+$M}":             "M",
		"${E:+$M}":             "",
		"${E+$M}":              "M",
		"${N:-x}/${M}":         "M",
		"${N:-{}}$M":           "M",
		"${N:?say}":            "", // the library refuses it with the message
		"$N_1":                 "N_1",
		"$":                    "",
		"100$ and $1":          "",
		"${N":                  "",
		"${}":                  "",
	} {
		t.Run(text, func(t *testing.T) { is.New(t).Equal(unset(text, lookup), want) })
	}
}

// The library puts an empty text for a variable that is set nowhere. So a text has such a variable exactly if something
// else comes out when the library gets a value for each of them without being told that it is set. Only "+" would let
// that value through as well, so it is left out here.
func TestUnsetAgreesWithTheLibrary(t *testing.T) {
	var text func(depth int) *rapid.Generator[string]
	text = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			var b strings.Builder
			for range rapid.IntRange(0, 3).Draw(t, "parts") {
				name := rapid.SampledFrom([]string{"A", "E", "N", "M_1"}).Draw(t, "name")
				switch rapid.IntRange(0, 4).Draw(t, "kind") {
				case 0:
					b.WriteString(rapid.SampledFrom([]string{"x", "/", " ", "$$", "é", "-"}).Draw(t, "plain"))
				case 1:
					b.WriteString("$" + name + " ")
				case 2:
					b.WriteString("${" + name + "}")
				default:
					word := "w"
					if depth > 0 {
						word = text(depth-1).Draw(t, "word")
					}
					b.WriteString("${" + name + rapid.SampledFrom([]string{":-", "-"}).Draw(t, "operator") + word + "}")
				}
			}
			return b.String()
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		is := is.New(t)
		drawn := text(2).Draw(t, "text")
		leaky := func(name string) (string, bool) {
			if value, ok := lookup(name); ok {
				return value, true
			}
			return "LEAK", false
		}
		leaked, err := template.SubstituteWithOptions(drawn, leaky, template.WithoutLogging)
		is.NoErr(err)
		got, err := new(substitution).substitute(drawn, lookup)
		var missing unsetError
		is.Equal(errors.As(err, &missing), strings.Contains(leaked, "LEAK"))
		if err == nil {
			is.Equal(got, leaked)
		}
	})
}

func FuzzUnset(f *testing.F) {
	f.Add("${N:-${M}} $A $$ ${E:+x}")
	f.Add("${${}${A")
	f.Fuzz(func(t *testing.T, text string) {
		name := unset(text, lookup)
		if _, ok := lookup(name); ok || !strings.Contains(text, name) {
			t.Fatalf("%q has the unset variable %q", text, name)
		}
	})
}

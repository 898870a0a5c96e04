package dockertarget

import (
	"path"
	"strings"
	"testing"

	"github.com/matryer/is"
	"pgregory.net/rapid"
)

func TestDeployPathsMeanTheStacksThatTheyMatch(t *testing.T) {
	for _, test := range []struct {
		patterns, means, leaves string // stacks, separated by blanks
	}{
		{"", ". a a/b", ""},
		{"**", ". a a/b", ""},
		{".", ".", "a a/b"},
		{"*", "a", ". a/b"},
		{"hosts/alpha/**", "hosts/alpha hosts/alpha/web hosts/alpha/a/b", ". hosts hosts/alphabet hosts/beta/web"},
		{"hosts/*/web", "hosts/alpha/web", "hosts/web hosts/alpha/web/x hosts/a/b/web"},
		{"**/web", "web a/web a/b/web", "a/web/x webs"},
		{"a/**/b/**/c", "a/b/c a/x/b/c a/b/b/x/c a/b/c/c", "a/c a/b a/b/c/x"},
		{"web-[0-9],db?", "web-1 db1", "web-x db db12"},
		{" a , b ", "a b", "c"},
	} {
		is := is.New(t)
		s := Settings{DeployPaths: strings.Split(test.patterns, ",")}
		if test.patterns == "" {
			s = Settings{}
		}
		is.NoErr(s.Validate())
		for stack := range strings.FieldsSeq(test.means) {
			if !s.means(stack) {
				t.Errorf("%q does not mean %q", test.patterns, stack)
			}
		}
		for stack := range strings.FieldsSeq(test.leaves) {
			if s.means(stack) {
				t.Errorf("%q means %q", test.patterns, stack)
			}
		}
	}
}

// TestAPatternMatchesAsTheRuleSays compares with the rule, written as a recursion.
func TestAPatternMatchesAsTheRuleSays(t *testing.T) {
	var rule func(pattern, names []string) bool
	rule = func(pattern, names []string) bool {
		switch {
		case len(pattern) == 0:
			return len(names) == 0
		case pattern[0] == "**":
			return rule(pattern[1:], names) || len(names) > 0 && rule(pattern, names[1:])
		case len(names) == 0:
			return false
		}
		same, _ := path.Match(pattern[0], names[0])
		return same && rule(pattern[1:], names[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "*", "**"}), 1, 6).Draw(t, "pattern")
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 7).Draw(t, "names")
		is.New(t).Equal(matches(pattern, names), rule(pattern, names))
	})
}

func TestTheWorkDirectoryHasADefault(t *testing.T) {
	is := is.New(t)
	t.Setenv("STATE_DIRECTORY", "")
	is.Equal(Settings{}.workDir(), "/var/lib/mooring")
	t.Setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")
	is.Equal(Settings{}.workDir(), "/var/lib/a")
	is.Equal(Settings{WorkDir: "/srv/x/"}.workDir(), "/srv/x")
}

package webhook

import (
	"net/url"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

func TestDeliveryIDsArePrintable(t *testing.T) {
	is := is.New(t)
	for text, kept := range map[string]string{
		"":                         "",
		"72d3162e-cc78":            "72d3162e-cc78",
		"a\tb\x1b[31mc\x7f\u200bd": "ab[31mcd",
		"\xff\xfea":                "a",
		"čé☃😀":                     "čé☃😀",
		strings.Repeat("☃", 200):   strings.Repeat("☃", 128),
	} {
		is.Equal(printable(text, maxID), kept)
	}
}

func TestPushesToOtherRefsAreIgnored(t *testing.T) {
	is := is.New(t)
	head, branch, either := tracked{"HEAD"}, tracked{"refs/heads/main"}, tracked{"refs/heads/main", "refs/tags/main"}
	for _, c := range []struct {
		tracked               tracked
		pushed, defaultBranch string
		counts                bool
	}{
		{head, "refs/heads/main", "main", true},
		{head, "refs/heads/topic", "main", false},
		{head, "refs/tags/main", "main", false},
		{head, "refs/heads/topic", "", true},
		{either, "refs/heads/main", "other", true},
		{either, "refs/tags/main", "main", true},
		{either, "refs/heads/Main", "main", false},
		{either, "refs/heads/main/sub", "main", false},
		{either, "main", "main", false},
		{branch, "refs/heads/main", "main", true},
		{branch, "refs/tags/main", "main", false},
		{nil, "refs/heads/main", "main", false},
	} {
		p := push{ref: c.pushed, after: apitest.RevisionB, defaultBranch: c.defaultBranch}
		chosen, ignored := c.tracked.choose([]push{p})
		is.Equal(ignored == "", c.counts) // tracked and pushed
		is.Equal(chosen == p, c.counts)
	}
	_, reason := branch.choose([]push{{ref: "refs/heads/" + strings.Repeat("x\n", 10_000)}})
	is.True(len(reason) < 500)
	is.True(!strings.Contains(reason, "\n"))
}

func TestPushNamesStaleRevisions(t *testing.T) {
	is := is.New(t)
	zeros := strings.Repeat("0", 40)
	longA, longB, longZeros := strings.Repeat("a", 64), strings.Repeat("b", 64), strings.Repeat("0", 64) // SHA-256
	for _, c := range []struct {
		before, after, expected string
		stale                   []string
	}{
		{apitest.RevisionA, apitest.RevisionB, apitest.RevisionB, []string{apitest.RevisionA}},
		{zeros, apitest.RevisionB, apitest.RevisionB, nil},
		{apitest.RevisionA, zeros, "", nil},
		{apitest.RevisionA, apitest.RevisionA, apitest.RevisionA, nil},
		{"", apitest.RevisionB, apitest.RevisionB, nil},
		{apitest.RevisionA, apitest.RevisionB[1:], "", nil},
		{strings.Repeat("A", 40), strings.Repeat("g", 40), "", nil},
		{longA, longB, longB, []string{longA}},
		{longZeros, longB, longB, nil},
		{longA, longZeros, "", nil},
		{longA[:63], longB + "b", "", nil},
		{apitest.RevisionA, longB, longB, []string{apitest.RevisionA}}, // the repository was made anew
	} {
		p := push{before: c.before, after: c.after}
		is.Equal(p.expected(), c.expected)
		is.Equal(p.stale(), c.stale)
	}
}

// A form is decoded as net/url decodes it.
func TestFormsAreDecodedAsNetURLDoes(t *testing.T) {
	for _, value := range []string{
		"", "+", "%", "%4", "%41", "%zz", "a+b%20c", "%e2%98%83", "%%41", "%4", "plain", "%00", "a%", "a%4", "%2B+%2b", "\xff",
	} {
		want, err := url.QueryUnescape(value)
		got := unescapeForm([]byte(value))
		if (got == nil) != (err != nil) && value != "" || string(got) != want {
			t.Errorf("%q is decoded to %q, %v says net/url: %q", value, got, err, want)
		}
	}
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{"payload=%7B%22ref%22%3A%22x%22%7D", "a=b&payload=+%", "payload", "&&&", "payload=%zz&payload=x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, form string) {
		var want []byte
		for pair := range strings.SplitSeq(form, "&") {
			if value, found := strings.CutPrefix(pair, "payload="); found {
				if text, err := url.QueryUnescape(value); err == nil {
					want = []byte(text)
				}
				break
			}
		}
		if got := formPayload([]byte(form)); string(got) != string(want) {
			t.Fatalf("%q is decoded to %q, not to %q", form, got, want)
		}
	})
}

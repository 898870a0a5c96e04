package api

import (
	"net/url"
	"strings"
	"testing"

	"github.com/matryer/is"
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
		is.Equal(printable(text, deliveryLength), kept)
	}
}

func TestTrackedRef(t *testing.T) {
	is := is.New(t)
	for _, c := range []struct {
		ref, pushed, defaultBranch string
		tracked                    bool
	}{
		{"", "refs/heads/main", "main", true},
		{"", "refs/heads/topic", "main", false},
		{"", "refs/tags/main", "main", false},
		{"", "refs/heads/topic", "", true},
		{"HEAD", "refs/heads/main", "main", true},
		{"HEAD", "refs/heads/topic", "main", false},
		{"main", "refs/heads/main", "other", true},
		{"main", "refs/tags/main", "main", true},
		{"main", "refs/heads/Main", "main", false},
		{"main", "refs/heads/main/sub", "main", false},
		{"main", "main", "main", false},
		{"feature/x", "refs/heads/feature/x", "main", true},
		{"v1", "refs/tags/v1", "main", true},
		{"refs/heads/main", "refs/heads/main", "main", true},
		{"refs/heads/main", "refs/tags/main", "main", false},
		{"refs/tags/v1", "refs/tags/v1", "main", true},
		{revisionA, "refs/heads/main", "main", false},
		{"ABCDEF1234567890ABCDEF1234567890ABCDEF12", "refs/heads/main", "main", false},
		{"abc", "refs/heads/abc", "main", true}, // short: a name
	} {
		p := push{Ref: c.pushed}
		p.Repository.DefaultBranch = c.defaultBranch
		is.Equal(tracked(c.ref).ignore(p) == "", c.tracked) // ref and pushed
	}
	reason := tracked("main").ignore(push{Ref: "refs/heads/" + strings.Repeat("x\n", 10_000)})
	is.True(len(reason) < 500)
	is.True(!strings.Contains(reason, "\n"))
}

func TestPushNamesStaleRevisions(t *testing.T) {
	is := is.New(t)
	zeros := strings.Repeat("0", 40)
	for _, c := range []struct {
		before, after, expected string
		stale                   []string
	}{
		{revisionA, revisionB, revisionB, []string{revisionA}},
		{zeros, revisionB, revisionB, nil},
		{revisionA, zeros, "", nil},
		{revisionA, revisionA, revisionA, nil},
		{"", revisionB, revisionB, nil},
		{revisionA, revisionB[1:], "", nil},
		{strings.Repeat("A", 40), strings.Repeat("g", 40), "", nil},
	} {
		p := push{Before: c.before, After: c.after}
		is.Equal(p.expected(), c.expected)
		is.Equal(p.stale(), c.stale)
	}
}

// A form is decoded as net/url does it.
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

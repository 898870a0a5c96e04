package main

import (
	"bytes"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The short form of what the program does for minutes.
func TestTenSecondsOfEverythingAtOnceKeepNothing(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), 10*time.Second, &out)
	t.Log(out.String())
	if err != nil {
		t.Fatal(err)
	}
}

// What the soak holds to be true is not always true.
func TestSoakNoticesWhatIsWrong(t *testing.T) {
	before := figures{resident: 20 << 10, goroutines: 20, threads: 8, files: 9}
	if err := before.isFlat(before); err != nil {
		t.Fatal(err)
	}
	for _, grown := range []figures{
		{resident: 40 << 10, goroutines: 20, threads: 8, files: 9}, {resident: 20 << 10, goroutines: 30, threads: 8, files: 9},
		{resident: 20 << 10, goroutines: 20, threads: 20, files: 9}, {resident: 20 << 10, goroutines: 20, threads: 8, files: 20},
		{peak: 128 << 10},
	} {
		if grown.isFlat(before) == nil {
			t.Errorf("%+v is taken for flat", grown)
		}
	}
	for _, told := range []string{
		secret, token, "the+%22webhook%27s%22+%3Ckey%3E+%26+more", `the \"webhook's\" <key> & more`,
		`the \"webhook's\" \u003ckey\u003e \u0026 more`, "the &#34;webhook&#39;s&#34; &lt;key&gt; &amp; more",
	} {
		if !tellsSecret("a line with " + told + " in it") {
			t.Errorf("%s is not found", told)
		}
	}
	if tellsSecret("the webhook's key is not this") {
		t.Error("what is no secret is taken for one")
	}
	s := soak{history: history{known: make(chan record, 1)}}
	s.history.known <- record{listings: map[string]string{"a": "x/docker-compose.yml sha256:1\n"}}
	whole := snapshot{"a", []stack{{"x", composeFile, "sha256:1", "missing"}, {"gone", composeFile, "sha256:2", "deleting"}}}
	if err := s.isWhole(whole); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []snapshot{{"b", whole.Stacks}, {"a", nil}, {"a", whole.Stacks[1:]}} {
		if s.isWhole(wrong) == nil {
			t.Errorf("%+v is taken for whole", wrong)
		}
	}
}

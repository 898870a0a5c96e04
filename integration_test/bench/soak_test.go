package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// The short form of what the program does for minutes.
func TestTenSecondsOfEverythingAtOnceKeepNothing(t *testing.T) {
	code, table, progress := measured(t, "soak", "-minutes", "0.17", "-mooring", os.Getenv(program))
	t.Log(table)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, progress)
	}
}

func TestSoakOverBothWaysShowsMemoryAtTenPoints(t *testing.T) {
	for name, arguments := range map[string][]string{"HTTP": nil, "LocalPath": {"-local"}} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			code, table, progress := measured(t, append([]string{
				"soak", "-refreshes", "40", "-stacks", "4", "-mooring", os.Getenv(program),
			}, arguments...)...)
			if code != exitOK {
				t.Fatalf("exit code %d: %s\n%s", code, progress, table)
			}
			rows := regexp.MustCompile(`(?m)^\| [0-9]+ \|.*\|$`).FindAllString(table, -1)
			is.Equal(len(rows), points)
			is.True(strings.HasPrefix(rows[points-1], "| 40 | 13 | 3 |")) // refreshes, changes, failures
		})
	}
}

func TestGrowingMemoryIsTold(t *testing.T) {
	is := is.New(t)
	run := func(from, step int64) []soaked {
		var list []soaked
		for i := range int64(points) {
			list = append(list, soaked{resident: (from + i*step) * mebibyte})
		}
		return list
	}
	is.True(!grows(run(20, 0)))
	is.True(grows(run(20, 2)))
}

func TestProcessThatHasKeptSomethingIsTold(t *testing.T) {
	is := is.New(t)
	before := lab.Figures{Resident: 20 << 20, Goroutines: 20, Threads: 8, Files: 9}
	is.NoErr(small(before, before))
	for _, change := range []func(*lab.Figures){
		func(f *lab.Figures) { f.Resident *= 2 }, func(f *lab.Figures) { f.Goroutines += 10 },
		func(f *lab.Figures) { f.Threads += 12 }, func(f *lab.Figures) { f.Files += 11 }, func(f *lab.Figures) { f.Peak = 128 << 20 },
	} {
		grown := before
		change(&grown)
		is.True(small(before, grown) != nil)
	}
}

func TestLineThatMustNotBeInTheLogIsNoticed(t *testing.T) {
	is := is.New(t)
	for _, told := range []string{
		hookSecret, token, "the+%22webhook%27s%22+%3Ckey%3E+%26+more", `the \"webhook's\" <key> & more`,
		`the \"webhook's\" \u003ckey\u003e \u0026 more`, "the &#34;webhook&#39;s&#34; &lt;key&gt; &amp; more",
		"level=ERROR code=internal", "panic: oh",
	} {
		is.True(isBad("a line with " + told + " in it")) // told
	}
	is.True(!isBad("the webhook's key is not this"))
}

func TestListThatIsNotOneCommitsWholeIsNoticed(t *testing.T) {
	is := is.New(t)
	truth := lab.Listing{Revision: "a", Hashes: map[string]string{"x/" + composeFile: "sha256:1"}}
	h := history{known: lab.Watch(record{listings: map[string]lab.Listing{"a": truth}})}
	defer h.known.Close()
	whole := snapshot{Revision: "a", Stacks: []stack{
		{"x", composeFile, "sha256:1", "missing"}, {"gone", composeFile, "sha256:2", "deleting"},
	}}
	is.NoErr(h.isWhole(whole))
	for _, wrong := range []snapshot{
		{Revision: "b", Stacks: whole.Stacks}, {Revision: "a"}, {Revision: "a", Stacks: whole.Stacks[1:]},
		{Revision: "a", Stacks: append(whole.Stacks, whole.Stacks[0])},
	} {
		is.True(h.isWhole(wrong) != nil)
	}
}

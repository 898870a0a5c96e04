package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"go.uber.org/goleak"
)

// program is the variable that tells a test where TestMain has put mooring.
const program = "MOORING_BENCH_PROGRAM"

func TestMain(m *testing.M) {
	work, err := os.MkdirTemp("", "mooring-bench-test-")
	b := &bench{work: work, progress: io.Discard}
	if err == nil {
		err = b.build(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.RemoveAll(work)
		os.Exit(1)
	}
	os.Setenv(program, b.mooring)
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(work)
		os.Exit(code)
	}))
}

// measured runs the command and returns what it prints.
func measured(t *testing.T, arguments ...string) (code int, table, progress string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	code = run(ctx, arguments, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestTableHasARatioForEveryDisciplineAndSize(t *testing.T) {
	is := is.New(t)
	cache := t.TempDir()
	code, table, progress := measured(t, "-stacks", "3,12", "-runs", "1", "-history", "4", "-refs", "3", "-blobs", "6",
		"-dir", cache, "-mooring", os.Getenv(program))
	if code != exitOK && code != exitMissed { // times of such small ones say nothing
		t.Fatalf("exit code %d: %s", code, progress)
	}
	row := `\| \*\*[0-9.]+\*\* \([0-9.,]+ / [0-9.,]+ ms, [a-z:\- ]+\) \| \*\*[0-9.]+\*\* `
	for _, name := range []string{"cold start", "nothing changed", "one stack changed"} {
		is.True(regexp.MustCompile(`(?m)^\| ` + name + ` ` + row).MatchString(table)) // a ratio for each of both sizes
	}
	is.True(strings.Contains(table, "| 3 stacks + 4 commits + 3 refs + 6 MB | 12 stacks + 4 commits + 3 refs + 6 MB |"))
	is.True(regexp.MustCompile(`(?m)^\| peak memory \| (–|[0-9.]+ MiB) \| (–|[0-9.]+ MiB) \|$`).MatchString(table))
	kept, err := os.ReadDir(cache)
	is.NoErr(err)
	is.Equal(len(kept), 2) // the repositories, and nothing else, are kept
}

func TestVariantsAreComparedWithTheFirst(t *testing.T) {
	is := is.New(t)
	code, table, progress := measured(t, "-variants", "-stacks", "5", "-runs", "1", "-history", "9", "-refs", "20",
		"-blobs", "1", "-mooring", os.Getenv(program))
	if code != exitOK && code != exitMissed {
		t.Fatalf("exit code %d: %s", code, progress)
	}
	is.True(strings.Contains(table, "| 5 stacks | 5 stacks + 9 commits | 5 stacks + 20 refs | 5 stacks + 1 MB |"))
	is.True(strings.Contains(table, "| cold start, against the first | ratio +0 %, time +0 %, less the host's +0 % |"))
}

func TestSoakOverBothWaysShowsMemoryAtTenPoints(t *testing.T) {
	for name, arguments := range map[string][]string{"HTTP": nil, "LocalPath": {"-local"}} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			code, table, progress := measured(t,
				append(arguments, "-soak", "40", "-stacks", "4", "-mooring", os.Getenv(program))...)
			if code != exitOK {
				t.Fatalf("exit code %d: %s\n%s", code, progress, table)
			}
			is.Equal(len(regexp.MustCompile(`(?m)^\| [0-9]+ \|`).FindAllString(table, -1)), points)
			is.True(strings.HasPrefix(lastRow(table), "| 40 | 13 | 3 |")) // refreshes, changes, failures
		})
	}
}

func lastRow(table string) string {
	rows := regexp.MustCompile(`(?m)^\|.*\|$`).FindAllString(table, -1)
	return rows[len(rows)-1]
}

func TestAnotherListThanGitsIsAnError(t *testing.T) {
	truth := listing{"c1", map[string]string{"a/docker-compose.yml": "sha256:1", "b/docker-compose.yml": "sha256:2"}}
	for name, other := range map[string]listing{
		"Revision": {"c0", truth.hashes},
		"Hash":     {"c1", map[string]string{"a/docker-compose.yml": "sha256:1", "b/docker-compose.yml": "sha256:1"}},
		"Missing":  {"c1", map[string]string{"a/docker-compose.yml": "sha256:1"}},
		"Surplus": {"c1", map[string]string{
			"a/docker-compose.yml": "sha256:1", "b/docker-compose.yml": "sha256:2", "c/docker-compose.yml": "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			is.New(t).True(truth.differs(other) != nil)
		})
	}
	is.New(t).NoErr(truth.differs(truth))
}

func TestLyingServiceIsFound(t *testing.T) {
	is := is.New(t)
	ctx := t.Context()
	b, err := newBench(ctx, options{mooring: os.DevNull}, new(bytes.Buffer))
	is.NoErr(err)
	defer func() { is.NoErr(b.close()) }()
	repo, err := b.repository(ctx, shape{stacks: 6}, 2)
	is.NoErr(err)
	c, err := makeClone(ctx, b.git, b.host.url(repo), filepath.Join(b.work, "clone"), true)
	is.NoErr(err)
	subject := &subject{bench: b, repo: repo, clones: []*clone{c}}
	before, err := repo.listing(ctx, repo.commits[0])
	is.NoErr(err)
	is.NoErr(subject.compare(before))
	is.NoErr(repo.move(ctx, repo.commits[2]))
	is.NoErr(c.fetch(ctx))
	is.True(subject.compare(before) != nil) // git has moved on
	after, err := repo.listing(ctx, repo.commits[2])
	is.NoErr(err)
	is.NoErr(subject.compare(after))
}

func TestRepositoriesAreTheSameEachTime(t *testing.T) {
	is := is.New(t)
	ctx := t.Context()
	var tips []string
	for range 2 {
		b, err := newBench(ctx, options{mooring: os.DevNull}, new(bytes.Buffer))
		is.NoErr(err)
		short, err := b.repository(ctx, shape{stacks: 4, history: 3, refs: 2, blobs: 1}, 1)
		is.NoErr(err)
		long, err := b.repository(ctx, shape{stacks: 4, history: 3, refs: 2, blobs: 1}, 3)
		is.NoErr(err)
		is.Equal(long.commits[:2], short.commits) // later changes leave the earlier ones alone
		tips = append(tips, long.commits[3])
		is.NoErr(b.close())
	}
	is.Equal(tips[0], tips[1])
}

func TestMedianOfAnEvenCountIsTheMeanOfTheMiddle(t *testing.T) {
	is := is.New(t)
	s := series{
		{4 * time.Millisecond, traffic{1, 10}}, {1 * time.Millisecond, traffic{3, 40}},
		{2 * time.Millisecond, traffic{1, 30}}, {90 * time.Millisecond, traffic{3, 20}},
	}
	is.Equal(s.median(), sample{3 * time.Millisecond, traffic{2, 25}})
	is.Equal(s[:3].median(), sample{2 * time.Millisecond, traffic{1, 30}})
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

func TestFlagsThatMeanNothingAreRefused(t *testing.T) {
	for _, arguments := range []string{
		"-stacks none", "-stacks 0", "-runs 0", "-soak 3", "-soak 20 -variants", "-local", "-history -1", "extra",
	} {
		code, table, complaint := measured(t, strings.Fields(arguments)...)
		is := is.New(t)
		is.Equal(code, exitBadFlag) // exit code
		is.Equal(table, "")
		is.True(complaint != "")
	}
	_, err := parseOptions([]string{"-help"}, new(bytes.Buffer))
	is.New(t).Equal(err, flag.ErrHelp)
}

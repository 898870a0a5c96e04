package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"go.uber.org/goleak"

	"mooring/integration_test/lab"
)

// program is the variable that tells a test where TestMain has put mooring.
const program = "MOORING_BENCH_PROGRAM"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == bareMode { // the bare server is this program again
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	work, err := os.MkdirTemp("", "mooring-bench-test-")
	mooring := filepath.Join(work, "mooring")
	if err == nil {
		err = lab.Build(context.Background(), mooring, false)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.RemoveAll(work)
		os.Exit(1)
	}
	os.Setenv(program, mooring)
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

// short runs a mode with mooring and flags that are given in one text. A missed bar is no failure: the times of such
// short runs say nothing.
func short(t *testing.T, arguments string, more ...string) (table string) {
	t.Helper()
	fields := append(strings.Fields(arguments), more...)
	code, table, progress := measured(t, append(fields, "-mooring", os.Getenv(program))...)
	if code != exitOK && code != exitMissed {
		t.Fatalf("exit code %d: %s\n%s", code, progress, table)
	}
	return table
}

// cell is a ratio and the two times that it is made of.
const cell = `\| \*\*[0-9.]+\*\* \([0-9.,]+ / [0-9.,]+ ms(, [a-z:\- ]+)?\) `

func TestTableOfStartsHasARatioForEverySize(t *testing.T) {
	is := is.New(t)
	cache := t.TempDir()
	table := short(t, "cold -stacks 3,12 -runs 1 -history 4 -refs 3 -blobs 6", "-dir", cache)
	is.True(regexp.MustCompile(`(?m)^\| cold start ` + cell + cell + `\|$`).MatchString(table))
	is.True(strings.Contains(table, "| 3 stacks + 4 commits + 3 refs + 6 MB | 12 stacks + 4 commits + 3 refs + 6 MB |"))
	is.True(regexp.MustCompile(`(?m)^\| peak memory \| (–|[0-9.]+ MiB) \| (–|[0-9.]+ MiB) \|$`).MatchString(table))
	is.True(!strings.Contains(table, "older"))
	kept, err := os.ReadDir(cache)
	is.NoErr(err)
	is.Equal(len(kept), 2) // only the repositories are kept
}

func TestTableOfRefreshesHasARatioForEachDisciplineAndAnOlderBinary(t *testing.T) {
	is := is.New(t)
	table := short(t, "refresh -stacks 3 -runs 1", "-against", os.Getenv(program))
	for _, name := range []string{"nothing changed", "one stack changed", "ten changes, one after another"} {
		rows := `(?m)^\| ` + name + ` ` + cell + `\|\n\| – mooring / older ` + cell + `\|$`
		is.True(regexp.MustCompile(rows).MatchString(table)) // name
	}
	is.True(regexp.MustCompile(`(?m)^\| – older \| (–|[0-9.]+ MiB) \|$`).MatchString(table)) // memory
}

func TestTableOfStartsHasARatioToAnOlderBinary(t *testing.T) {
	table := short(t, "cold -stacks 3 -runs 1", "-against", os.Getenv(program))
	is.New(t).True(regexp.MustCompile(`(?m)^\| – mooring / older ` + cell + `\|$`).MatchString(table))
}

func TestVariantsAreComparedWithTheFirst(t *testing.T) {
	is := is.New(t)
	table := short(t, "cold -variants -stacks 5 -runs 1 -history 9 -refs 20 -blobs 1")
	is.True(strings.Contains(table, "| 5 stacks | 5 stacks + 9 commits | 5 stacks + 20 refs | 5 stacks + 1 MB |"))
	is.True(strings.Contains(table, "| cold start, against the first | ratio +0 %, time +0 %, less the host's +0 % |"))
}

func TestLoadComparesEachRouteWithABareServerAndAnOlderBinary(t *testing.T) {
	is := is.New(t)
	table := short(t, "load -stacks 7 -rounds 2 -turn 150ms -callers 20 -pushes 3", "-against", os.Getenv(program))
	for _, at := range routes() {
		for _, server := range []string{"bare", "mooring", "older", "mooring / older"} {
			row := `(?m)^ *` + at.path + ` +` + server + ` +[0-9.]+ +[0-9.]+`
			is.True(regexp.MustCompile(row).MatchString(table)) // route and server
		}
	}
	for _, side := range []string{"mooring", "older"} {
		is.True(strings.Contains(table, side+": 20 calls at once while Git hangs: all accepted in "))
		is.True(strings.Contains(table, "fetches in all: 2\n"))
		is.True(regexp.MustCompile(side + `: peak memory with them: (–|[0-9.]+ MiB)\n`).MatchString(table))
		is.True(strings.Contains(table, side+": 3 pushes, from the webhook's answer until they are served: median "))
	}
	moved := regexp.MustCompile(`\n([0-9]+) refreshes were asked for meanwhile, and none has failed\n`).FindStringSubmatch(table)
	is.True(moved != nil && moved[1] != "0")
}

func TestFlagsThatMeanNothingAreRefused(t *testing.T) {
	for _, arguments := range []string{
		"", "warm", "-runs 1", "cold -stacks none", "cold -stacks 0", "refresh -runs 0", "cold -history -1", "cold extra",
		"cold -minutes 1", "soak -refreshes 3", "soak -local", "soak -refs 3", "soak -minutes 0", "soak -against x", "load -rounds 0",
		"load -turn 0", "load -stacks 1,2", "load -pushes -1",
	} {
		code, table, complaint := measured(t, strings.Fields(arguments)...)
		is := is.New(t)
		is.Equal(code, exitBadFlag) // arguments
		is.Equal(table, "")
		is.True(complaint != "")
	}
	for _, arguments := range []string{"-help", "cold -help", "refresh -help", "load -help", "soak -help"} {
		code, _, told := measured(t, strings.Fields(arguments)...)
		is.New(t).Equal(code, exitOK)
		is.New(t).True(told != "")
	}
}

func TestBinaryThatIsNotThereIsAFailure(t *testing.T) {
	code, _, complaint := measured(t, "cold", "-mooring", "/nowhere/mooring")
	is.New(t).Equal(code, exitFailed)
	is.New(t).True(strings.Contains(complaint, "/nowhere/mooring"))
}

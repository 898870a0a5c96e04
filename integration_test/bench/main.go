// Command bench measures mooring against the best use of the git program, in turn and on the same repositories, and
// prints one table of ratios. It makes the repositories, serves them by git http-backend on loopback, and believes no
// time before it has compared what both sides came to.
//
//	go run ./integration_test/bench -dir ~/.cache/mooring-bench
//	go run ./integration_test/bench -stacks 200 -blobs 500
//	go run ./integration_test/bench -stacks 200 -variants
//	go run ./integration_test/bench -stacks 200 -soak 10000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// Exit codes of the command.
const (
	exitOK = iota
	// exitFailed: something could not be measured, or the two sides differ.
	exitFailed
	exitBadFlag
	// exitMissed: all was measured, and a bar was missed.
	exitMissed
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the flags say.
type options struct {
	stacks               []int
	history, refs, blobs int
	runs, soak           int
	variants, local      bool
	mooring, dir         string
}

// run is the whole command; ctx ends when it is asked to stop. The table goes to stdout, progress to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitBadFlag
	}
	missed, err := runMode(ctx, o, stdout, stderr)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return exitFailed
	case missed:
		return exitMissed
	}
	return exitOK
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	sizes := flags.String("stacks", "200,20000,100000", "numbers of stacks, a repository each, separated by commas")
	flags.IntVar(&o.history, "history", 0, "commits before the one that is served")
	flags.IntVar(&o.refs, "refs", 0, "branches beside the one that is served")
	flags.IntVar(&o.blobs, "blobs", 0, "MB of big files beside the stacks")
	flags.IntVar(&o.runs, "runs", 5, "cold starts of each side; what takes less time is done three times as often")
	flags.StringVar(&o.mooring, "mooring", "", "path of the mooring to measure; empty: build it")
	flags.StringVar(&o.dir, "dir", "", "directory that keeps the repositories for next time; empty: a temporary one")
	flags.BoolVar(&o.variants, "variants", false,
		"compare the first of -stacks with the same under history, refs and blobs (5000, 10000 and 500 unless set)")
	flags.IntVar(&o.soak, "soak", 0,
		"refresh the first of -stacks this many times, with changes and failures, and show memory")
	flags.BoolVar(&o.local, "local", false, "with -soak: read the repository from its path, not over HTTP")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	var err error
	if o.stacks, err = parseSizes(*sizes); err == nil {
		err = o.check(flags.NArg())
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
	}
	return o, err
}

func parseSizes(list string) ([]int, error) {
	var sizes []int
	for field := range strings.SplitSeq(list, ",") {
		size, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || size < 1 {
			return nil, fmt.Errorf("-stacks must be numbers above 0 separated by commas, and has %q", field)
		}
		sizes = append(sizes, size)
	}
	return sizes, nil
}

func (o options) check(arguments int) error {
	switch {
	case arguments > 0:
		return errors.New("there are flags only; see -help")
	case o.history < 0 || o.refs < 0 || o.blobs < 0 || o.soak < 0:
		return errors.New("-history, -refs, -blobs and -soak must not be negative")
	case o.runs < 1:
		return errors.New("-runs must be above 0")
	case o.soak > 0 && o.soak < points:
		return fmt.Errorf("-soak must be at least %d", points)
	case o.soak > 0 && o.variants:
		return errors.New("-soak and -variants are two different things: give one of them")
	case o.local && o.soak == 0:
		return errors.New("-local goes with -soak")
	}
	return nil
}

// runMode does what the flags ask for; missed tells that all went well and a bar was not met.
func runMode(ctx context.Context, o options, stdout, stderr io.Writer) (missed bool, err error) {
	b, err := newBench(ctx, o, stderr)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	switch {
	case o.soak > 0:
		return b.soak(ctx, o, stdout)
	case o.variants:
		return b.variants(ctx, o, stdout)
	}
	return b.sizes(ctx, o, stdout)
}

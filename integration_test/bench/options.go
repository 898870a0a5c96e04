package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are the flags of the command line. Each mode has some of them.
type options struct {
	mode string
	// mooring and against are paths of binaries. If mooring is empty, bench builds it; if against is empty, there is
	// none.
	mooring, against string
	// dir is the directory for repositories; empty for a temporary one.
	dir                  string
	stacks               []int
	history, refs, blobs int
	runs                 int
	variants             bool
	// load
	turn            time.Duration
	rounds          int
	quiet           bool
	callers, pushes int
	// soak
	minutes   float64
	refreshes int
	local     bool
}

func modes() []string { return []string{"cold", "refresh", "load", "soak"} }

func parseOptions(args []string, stderr io.Writer) (options, error) {
	if len(args) == 0 || !slices.Contains(modes(), args[0]) {
		fmt.Fprintf(stderr, "bench: say what to measure: %s; each has a -help\n", strings.Join(modes(), ", "))
		if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
			return options{}, flag.ErrHelp
		}
		return options{}, errors.New("no mode")
	}
	o := options{mode: args[0]}
	flags := flag.NewFlagSet("bench "+o.mode, flag.ContinueOnError)
	flags.SetOutput(stderr)
	sizes := o.define(flags)
	if err := flags.Parse(args[1:]); err != nil {
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

// define defines the flags of the mode, and returns the flag with the list of sizes, which is parsed later.
func (o *options) define(flags *flag.FlagSet) (sizes *string) {
	flags.StringVar(&o.mooring, "mooring", "", "path of the mooring to measure; empty: build it")
	if o.mode != "soak" {
		flags.StringVar(&o.against, "against", "", "path of an older mooring to measure in turn with it")
	}
	if o.mode == "load" {
		flags.DurationVar(&o.turn, "turn", 500*time.Millisecond, "how long each server is asked at a time")
		flags.IntVar(&o.rounds, "rounds", 20, "how many turns each server has at each route")
		flags.BoolVar(&o.quiet, "quiet", false, "refresh nothing meanwhile")
		flags.IntVar(&o.callers, "callers", 1000, "how many callers ask at once while Git hangs; 0: none")
		flags.IntVar(&o.pushes, "pushes", 100, "how many pushes are followed until they are served; 0: none")
		return flags.String("stacks", "1000", "how many stacks the repository has")
	}
	flags.IntVar(&o.history, "history", 0, "commits before the one that is served")
	flags.IntVar(&o.refs, "refs", 0, "branches beside the one that is served")
	flags.IntVar(&o.blobs, "blobs", 0, "MB of big files beside the stacks")
	flags.StringVar(&o.dir, "dir", "", "directory that keeps the repositories for next time; empty: a temporary one")
	if o.mode == "soak" {
		flags.Float64Var(&o.minutes, "minutes", 5, "how long everything happens at once")
		flags.IntVar(&o.refreshes, "refreshes", 0,
			"instead, refresh one repository so many times, with changes and failures, and show memory")
		flags.BoolVar(&o.local, "local", false, "with -refreshes: read the repository from its path, not over HTTP")
		return flags.String("stacks", "200", "with -refreshes: how many stacks the repository has")
	}
	flags.IntVar(&o.runs, "runs", 5, "how many cold starts of each side; refreshes three times as often")
	flags.BoolVar(&o.variants, "variants", false,
		"compare the first of -stacks with the same under history, refs and blobs (5000, 10000 and 500 unless set)")
	return flags.String("stacks", "200,20000,100000", "numbers of stacks, a repository each, separated by commas")
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
	compares := o.mode == "cold" || o.mode == "refresh"
	switch {
	case arguments > 0:
		return errors.New("there are flags only; see -help")
	case min(o.history, o.refs, o.blobs, o.refreshes, o.callers, o.pushes) < 0:
		return errors.New("a number must not be negative")
	case !compares && len(o.stacks) > 1:
		return errors.New("-stacks must be one number in this mode")
	case compares && o.runs < 1:
		return errors.New("-runs must be above 0")
	case o.mode == "load" && (o.rounds < 1 || o.turn <= 0):
		return errors.New("-rounds and -turn must be above 0")
	case o.mode == "soak" && o.minutes <= 0:
		return errors.New("-minutes must be above 0")
	case o.refreshes > 0 && o.refreshes < points:
		return fmt.Errorf("-refreshes must be at least %d", points)
	case o.mode == "soak" && o.refreshes == 0 && (o.local || o.dir != "" || max(o.history, o.refs, o.blobs) > 0):
		return errors.New("-local, -dir, -history, -refs and -blobs go with -refreshes")
	}
	return nil
}

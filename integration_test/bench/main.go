// Command bench measures the built service. It has a mode for each question. It uses only 127.0.0.1 and one directory,
// and needs git. It counts a time only after it has compared the service's list with git's.
//
//	go run ./integration_test/bench cold      starts, in turn with the best use of the git program
//	go run ./integration_test/bench refresh   refreshes: nothing changed, one change, ten changes in sequence
//	go run ./integration_test/bench load      requests a second, in turn with a bare net/http server; pushes
//	go run ./integration_test/bench soak      everything at once for minutes, or many refreshes: does the process grow?
//
// With -against PATH an older binary takes its turns in the same run, and bench prints the ratio of both medians. Each
// mode explains its flags with -help.
//
// The exit code is 0 if no bar was missed, 1 if something could not be measured or a result was wrong, 2 for a wrong
// flag, and 3 if all results were right and a bar was missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes of the command.
const (
	exitOK = iota
	// exitFailed: something could not be measured, or a result was wrong.
	exitFailed
	exitBadFlag
	// exitMissed: everything was measured, and a bar was missed.
	exitMissed
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole command. ctx ends when the process is asked to stop. Tables go to stdout, and progress to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 2 && args[0] == bareMode {
		return exitCode(false, serveBare(ctx, args[1], stdout), stderr)
	}
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitBadFlag
	}
	missed, err := measure(ctx, o, stdout, stderr)
	return exitCode(missed, err, stderr)
}

func exitCode(missed bool, err error, stderr io.Writer) int {
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return exitFailed
	case missed:
		return exitMissed
	}
	return exitOK
}

// measure runs the mode. missed tells that everything was measured and a bar was missed.
func measure(ctx context.Context, o options, stdout, stderr io.Writer) (missed bool, err error) {
	b, err := newBench(ctx, o, stderr)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	switch {
	case o.mode == "load":
		return b.load(ctx, o, stdout)
	case o.mode == "soak" && o.refreshes > 0:
		return b.soakRefreshes(ctx, o, stdout)
	case o.mode == "soak":
		return b.soakEverything(ctx, o, stdout)
	case o.variants:
		return b.variants(ctx, o, stdout)
	}
	return b.sizes(ctx, o, stdout)
}

// Command bench measures the built service. It has a mode for each question, works on 127.0.0.1 and in one directory
// alone, needs git, and believes no time before it has compared what the service serves with what git says.
//
//	go run ./integration_test/bench cold      starts, in turn with the best use of the git program
//	go run ./integration_test/bench refresh   refreshes: nothing changed, one change, ten in a row
//	go run ./integration_test/bench load      requests a second, in turn with a bare net/http server; pushes
//	go run ./integration_test/bench soak      everything at once for minutes, or many refreshes: what grows?
//
// With -against PATH an older binary takes its turns in the same run, and the ratio of both medians is printed. Each
// mode explains its flags with -help.
//
// The exit code is 0 when all is well, 1 when something could not be measured or was not true, 2 for a wrong flag, and
// 3 when all was true and a bar was missed.
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
	// exitFailed: something could not be measured, or was not true.
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

// run is the whole command; ctx ends when it is asked to stop. Tables go to stdout, progress to stderr.
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

// measure does what the mode asks for; missed tells that all went well and a bar was not met.
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

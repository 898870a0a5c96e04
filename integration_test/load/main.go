// Command load measures how many requests a second the routes that are polled answer, against a bare net/http server
// that writes the same bytes. Run it inside the module, while nothing else runs:
//
//	go run ./integration_test/load
//
// The built service and the bare server are processes of their own. They are asked in turn, over 32 connections that
// are kept, by a client that does no more than it must, so that what differs is the server. During the service's turns its
// repository moves ten times a second and a refresh follows each time; the bare server is left in peace.
//
// It needs git, works on 127.0.0.1 and in a temporary directory alone, and exits with 1 when a route falls short.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

const (
	stacks      = 1000
	connections = 32
	pause       = 100 * time.Millisecond // between two refreshes
	bar         = 0.8                    // the service's requests a second, over the bare server's
)

// options are what the command line tells.
type options struct {
	turn   time.Duration
	rounds int
	bare   string // a directory: be the bare server for what is in it
	quiet  bool
}

func main() {
	var o options
	flag.DurationVar(&o.turn, "turn", 500*time.Millisecond, "how long each server is asked at a time")
	flag.IntVar(&o.rounds, "rounds", 20, "how many turns each server has at each route")
	flag.BoolVar(&o.quiet, "quiet", false, "refresh nothing meanwhile")
	flag.StringVar(&o.bare, "bare", "", "be the bare server, for the bodies in this directory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var err error
	if o.bare != "" {
		err = serveBare(ctx, o.bare, os.Stdout)
	} else {
		err = run(ctx, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// route is what is measured, and the file that holds its body for the bare server.
type route struct{ path, file string }

func routes() []route {
	return []route{{"/api/v1/stacks", "stacks"}, {"/api/v1/refresh", "refresh"}, {"/healthz", "healthz"}}
}

func run(ctx context.Context, o options, out io.Writer) error {
	limit := time.Duration(o.rounds*len(routes())*2+10)*o.turn + time.Minute
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	directory, err := os.MkdirTemp("", "mooring-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	r, err := newRepository(ctx, directory)
	if err != nil {
		return err
	}
	mooring, err := startMooring(ctx, directory, r.bare)
	if err != nil {
		return err
	}
	defer mooring.stop()
	if err := mooring.keepBodies(ctx, directory); err != nil {
		return err
	}
	bare, err := startBare(ctx, directory)
	if err != nil {
		return err
	}
	defer bare.stop()
	fmt.Fprintf(out, "%s %s/%s, %d CPUs, %d stacks, %d connections, %d turns of %s each\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), stacks, connections, o.rounds, o.turn)
	return compare(ctx, o, r, mooring, bare, out)
}

// compare asks both servers for each route in turn and prints what came of it.
func compare(ctx context.Context, o options, r *repository, mooring, bare *server, out io.Writer) error {
	table := newTable(out)
	var short error
	for _, at := range routes() {
		var ours, theirs tally
		for range o.rounds {
			if err := theirs.take(ctx, bare, "/"+at.file, o.turn); err != nil {
				return err
			}
			finish := func() error { return nil }
			if !o.quiet {
				finish = r.move(ctx, mooring)
			}
			if err := errors.Join(ours.take(ctx, mooring, at.path, o.turn), finish()); err != nil {
				return err
			}
		}
		ratio := ours.rate() / theirs.rate()
		table.row(at.path, ours, theirs, ratio)
		if ratio < bar {
			short = errors.Join(short, fmt.Errorf("%s reaches %.2f of a bare server, and not %.2f", at.path, ratio, bar))
		}
	}
	table.end()
	refreshed, err := mooring.completed(ctx)
	fmt.Fprintf(out, "\n%d refreshes meanwhile, all completed\n", refreshed)
	return errors.Join(short, err)
}

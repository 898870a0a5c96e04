// Command soak lets everything happen at once for some minutes: pushes, forced ones too, webhooks good and bad, early
// and late, failing Git hosts, readers, followers and reports. Every snapshot that is served must be the whole of one
// commit that Git had; at the end it must be what the git program says, and the process must have kept nothing. Run it
// inside the module:
//
//	go run ./integration_test/soak -minutes 5
//
// It needs git, works on 127.0.0.1 and in a temporary directory alone, and ends by itself. The exit code is 1 when
// something was not as it must be.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

func main() {
	minutes := flag.Float64("minutes", 5, "how long it goes on")
	flag.Parse()
	if err := run(context.Background(), time.Duration(*minutes*float64(time.Minute)), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// run soaks for a time and prints the figures.
func run(ctx context.Context, length time.Duration, out io.Writer) (err error) {
	directory, err := os.MkdirTemp("", "mooring-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	history, err := newHistory(ctx, directory)
	if err != nil {
		return err
	}
	host, err := startHost(ctx, directory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.close()) }()
	service, err := launch(ctx, directory, host.url())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.stop()) }()
	s := soak{history, host, service, newTally()}
	return s.run(ctx, length, out)
}

// soak is a soak that is under way.
type soak struct {
	history history
	host    *host
	service *service
	tally   tally
}

// run goes on for a fifth of the time, looks at what the process has, goes on for the rest and looks again: the first
// part fills what is bounded.
func (s soak) run(ctx context.Context, length time.Duration, out io.Writer) error {
	var figures []figures
	for _, part := range []time.Duration{length / 5, length - length/5} {
		if err := s.everything(ctx, part); err != nil {
			return err
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		now, err := s.service.figures(ctx)
		if err != nil {
			return err
		}
		figures = append(figures, now)
	}
	fmt.Fprintf(out, "%s of everything at once: %s\n\n", length, s.tally)
	printFigures(out, figures[0], figures[1])
	return figures[1].isFlat(figures[0])
}

// everything lets all of it happen at once, until the time is over or something is not as it must be.
func (s soak) everything(ctx context.Context, length time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	tasks := []func(context.Context) error{s.push, s.fail, s.trigger, s.trigger, s.strangers, s.report, s.report}
	for range 4 {
		tasks = append(tasks, s.read, s.follow)
	}
	ended := make(chan error, 1)
	for _, task := range tasks {
		// Ends with ctx or an error; the loop below receives from each.
		go func() { ended <- task(ctx) }()
	}
	var first error
	for range tasks {
		if err := <-ended; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	return first
}

// settle ends the faults, waits for the tip to be served, and compares it with what the git program says.
func (s soak) settle(ctx context.Context) error {
	s.host.suffer(nil)
	tip := s.history.tip()
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		ended, err := s.service.refresh(limit)
		if err != nil {
			return fmt.Errorf("the last refresh: %w", err)
		}
		if ended.Revision == tip {
			break
		}
	}
	served, err := s.service.stacks(ctx)
	if err != nil {
		return err
	}
	truth, err := s.history.listing(ctx, tip)
	if err != nil {
		return err
	}
	if served.Revision != tip || served.listing() != truth {
		return fmt.Errorf("at %s mooring serves\n%s\nand git has\n%s", tip, served.listing(), truth)
	}
	written, err := os.ReadFile(filepath.Join(s.service.directory, snapshotFile))
	if err != nil {
		return err
	}
	if body, err := s.service.body(ctx, "/api/v1/stacks"); err != nil || body != string(written) {
		return errors.Join(err, errors.New("SNAPSHOT_FILE is not what is served"))
	}
	s.service.client.CloseIdleConnections()
	return nil
}

// every calls a function again and again, with a pause between, until the context ends.
func every(ctx context.Context, pause time.Duration, do func() error) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := do(); err != nil {
			return err
		}
	}
}

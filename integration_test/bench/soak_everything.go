package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mooring/integration_test/lab"
)

// token is the deployer's. Like hookSecret it has characters that each encoding writes in another way.
const token = `the "deployer's" <token> & more`

// soak is everything at once while it is under way.
type soak struct {
	history history
	host    lab.Host
	service *service
	counts  lab.Watched[counts]
	// file is SNAPSHOT_FILE.
	file string
}

// soakEverything lets everything happen at once for some minutes: pushes, forced ones too, webhooks good and bad, early
// and late, failing Git hosts, readers, followers and reports. Every snapshot that is served must be the whole of one
// commit that git had; at the end it must be what the git program says. Missed tells that the process has kept
// something.
func (b *bench) soakEverything(ctx context.Context, o options, out io.Writer) (missed bool, err error) {
	history, err := newHistory(ctx, filepath.Join(b.repositories, "soak.git"))
	if err != nil {
		return false, err
	}
	defer history.known.Close()
	s := soak{history, b.host, nil, lab.Watch(counts{}), filepath.Join(b.work, "snapshot.json")}
	defer s.counts.Close()
	bad := lab.Watch("")
	defer bad.Close()
	s.service, err = b.launchLogged(ctx, s, bad)
	if err != nil {
		return false, err
	}
	missed, err = s.run(ctx, time.Duration(o.minutes*float64(time.Minute)), out)
	_, stopped := s.service.end()
	if line := bad.Value(); line != "" {
		stopped = errors.Join(stopped, errors.New("the log has a line that it must not have: "+line))
	}
	return missed, errors.Join(err, stopped)
}

// launchLogged starts the service and notes the first line of its log that must not be there.
func (b *bench) launchLogged(ctx context.Context, s soak, bad lab.Watched[string]) (*service, error) {
	line := func(line string) {
		if isBad(line) {
			bad.Change(func(first *string) {
				if *first == "" {
					*first = line
				}
			})
		}
	}
	started, err := b.launch(ctx, b.sides[0], line,
		"GIT_URL="+s.host.Address(s.history.repo), metricsSetting, "POLL_INTERVAL=1s", "REFRESH_TIMEOUT=1s",
		"WEBHOOK_SECRET="+hookSecret, "DEPLOYER_TOKEN="+token, "SNAPSHOT_FILE="+s.file, "LOG_LEVEL=debug")
	if err != nil {
		return nil, err
	}
	return started.ready(ctx)
}

// isBad tells whether a line of the log must not be there.
func isBad(line string) bool {
	return strings.Contains(line, "panic") || strings.Contains(line, "code=internal") || lab.Told(line, hookSecret, token) != ""
}

// run goes on for a fifth of the time, looks at what the process has, goes on for the rest and looks again: the first
// part fills what is bounded.
func (s soak) run(ctx context.Context, length time.Duration, out io.Writer) (missed bool, err error) {
	var figures [2]lab.Figures
	var refreshes [2]int
	for i, part := range []time.Duration{length / 5, length - length/5} {
		if err := s.everything(ctx, part); err != nil {
			return false, err
		}
		if err := s.settle(ctx); err != nil {
			return false, err
		}
		if figures[i], refreshes[i], err = s.figures(ctx); err != nil {
			return false, err
		}
	}
	fmt.Fprintf(out, "%s of everything at once: %s\n\n%s", length, s.counts.Value(), printed(figures[0], figures[1], refreshes))
	if err := small(figures[0], figures[1]); err != nil {
		fmt.Fprintf(out, "\nMissed: %v\n", err)
		return true, nil
	}
	return false, nil
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
	s.host.Suffer(nil)
	tip := s.history.tip()
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		ended, err := s.service.refresh(limited)
		if err != nil {
			return fmt.Errorf("the last refresh: %w", err)
		}
		if ended.Revision == tip {
			break
		}
	}
	reply, err := s.service.ask(ctx, http.MethodGet, "/api/v1/stacks", "", nil, http.StatusOK)
	if err != nil {
		return err
	}
	var seen snapshot
	if err := json.Unmarshal(reply.Body, &seen); err != nil {
		return err
	}
	served, err := seen.listing()
	if err != nil {
		return err
	}
	truth, err := s.history.repo.Listing(ctx, tip)
	if err != nil {
		return err
	}
	if err := truth.Differs(served); err != nil {
		return err
	}
	written, err := os.ReadFile(s.file)
	if err == nil && string(written) != string(reply.Body) {
		err = errors.New("SNAPSHOT_FILE is not what is served")
	}
	return err
}

// figures waits until the connections of the load are gone, and reads what the system says of the process and what it
// says of itself: how many refreshes have ended, of all sources.
func (s soak) figures(ctx context.Context) (f lab.Figures, refreshes int, err error) {
	// The open files of a process of which nothing is asked: its listeners, its log, the poller's own and a connection
	// to the Git host, or few more.
	const idle = 12
	s.service.client.CloseIdleConnections()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for range 100 { // what was closed is gone within a moment
		if f, err = lab.FiguresOf(s.service.Command.Process.Pid); err != nil || f.Files <= idle {
			break
		}
		<-again.C
	}
	if err != nil {
		return f, 0, err
	}
	metrics, err := s.service.metrics(ctx)
	s.service.client.CloseIdleConnections()
	if err == nil && metrics["go_goroutines"] == 0 {
		err = errors.New("the metrics do not tell of goroutines")
	}
	f.Goroutines = int(metrics["go_goroutines"])
	return f, int(metrics["mooring_refreshes_total"]), err
}

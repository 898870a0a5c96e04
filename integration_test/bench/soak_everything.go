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

// token is the deployer's token. Like hookSecret it has characters that each encoding writes differently.
const token = `the "deployer's" <token> & more`

// soak is the state of a running soak.
type soak struct {
	history history
	host    lab.Host
	service *service
	counts  lab.Watched[counts]
	// file is SNAPSHOT_FILE.
	file string
}

// soakEverything runs everything at once for some minutes: pushes and forced pushes, good and bad webhooks, early and
// late ones, failing Git hosts, readers, followers and reports. Every snapshot must have all stacks of one commit that
// git has had. The last one must be what the git program lists. missed tells that the process has grown.
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
		stopped = errors.Join(stopped, errors.New("the log has a forbidden line: "+line))
	}
	return missed, errors.Join(err, stopped)
}

// launchLogged starts the service and notes the first forbidden line of its log.
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

// isBad tells whether a line is forbidden in the log.
func isBad(line string) bool {
	return strings.Contains(line, "panic") || strings.Contains(line, "code=internal") || lab.Told(line, hookSecret, token) != ""
}

// run reads the figures of the process after a fifth of the time and at the end. In the first part caches and lists of
// bounded size become full.
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

// everything runs all tasks at once, until the time is over or one of them returns an error.
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

// settle ends the faults, waits until the tip is served, and compares the list with the git program's.
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
	// The service answers this when SNAPSHOT_FILE holds the newest snapshot: a restart must not bring a stack back.
	_, err := s.service.ask(ctx, http.MethodDelete, "/api/v1/stacks/no-such-stack", "", []string{"Authorization: Bearer " + token}, http.StatusNotFound)
	if err != nil {
		return err
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
		err = errors.New("SNAPSHOT_FILE differs from the served list")
	}
	return err
}

// figures waits until the connections of the load are closed, and reads the figures of the process. refreshes is the
// number of ended refreshes of all sources.
func (s soak) figures(ctx context.Context) (f lab.Figures, refreshes int, err error) {
	// The open files of a process of which nothing is asked: its listeners, its log, the poller's own and a connection
	// to the Git host, or few more.
	const idle = 12
	s.service.client.CloseIdleConnections()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for range 100 { // closed connections disappear within a moment
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
		err = errors.New("the metrics have no number of goroutines")
	}
	f.Goroutines = int(metrics["go_goroutines"])
	return f, int(metrics["mooring_refreshes_total"]), err
}

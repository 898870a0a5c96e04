// Package apitest is shared by the tests of api and of the packages below it. It has a real refresh actor, and the test
// gives the results of the actor's fetches.
package apitest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/hashing"
)

// Two full commit ids.
const (
	RevisionA = "1111111111111111111111111111111111111111"
	RevisionB = "2222222222222222222222222222222222222222"
)

// Outcome is the result of one fetch.
type Outcome struct {
	Desired actors.DesiredState
	Err     error
}

// source is an actors.Source. Each fetch waits for an outcome from the test and returns it.
type source struct {
	outcomes <-chan Outcome // from the test → the worker of the refresh actor
}

// Fetch implements actors.Source.
func (s source) Fetch(ctx context.Context, _ actors.DesiredState) (actors.DesiredState, error) {
	select {
	case o := <-s.outcomes:
		return o.Desired, o.Err
	case <-ctx.Done():
		return actors.DesiredState{}, ctx.Err()
	}
}

// Actor is a running refresh actor.
type Actor struct {
	*actors.Refresher
	// Outcomes takes the outcome of the next fetch.
	Outcomes chan<- Outcome
	// Stop stops the actor and waits for its end. It may be called several times.
	Stop func()

	t testing.TB
}

// Start starts a refresh actor that stops with the test. It refreshes only when it is triggered, and by its own clock
// after a failure. It holds no removal.
func Start(t testing.TB, log *slog.Logger) Actor {
	t.Helper()
	return start(t, log, 100)
}

// StartGuarded is like Start, and the actor holds removals of more than half of the stacks.
func StartGuarded(t testing.TB, log *slog.Logger) Actor {
	t.Helper()
	return start(t, log, 50)
}

func start(t testing.TB, log *slog.Logger, limit actors.Percent) Actor {
	t.Helper()
	settings := actors.Settings{RefreshTimeout: time.Minute, RemovalLimit: limit}
	outcomes := make(chan Outcome, 1)
	handle, run := actors.New(settings, source{outcomes}, actors.SnapshotFile{}, actors.Snapshot{}, log)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	// Ends with its context; Stop waits for it.
	go func() { defer close(ended); run(ctx) }()
	stop := func() { cancel(); <-ended }
	t.Cleanup(stop)
	return Actor{handle, outcomes, stop, t}
}

// Refreshed runs a refresh that finds stacks with these paths at a revision.
func (a Actor) Refreshed(revision string, paths ...string) actors.Refresh {
	a.t.Helper()
	return a.Ended(Outcome{Desired: actors.DesiredState{Revision: revision, Stacks: Stacks(paths...)}})
}

// Failed runs a refresh that fails with the code git_unreachable.
func (a Actor) Failed(message string) actors.Refresh {
	a.t.Helper()
	return a.Ended(Outcome{Err: &actors.Failure{Code: actors.CodeUnreachable, Message: message}})
}

// Ended runs a refresh whose fetch has an outcome, and returns it when it has ended.
func (a Actor) Ended(o Outcome) actors.Refresh {
	a.t.Helper()
	select {
	case a.Outcomes <- o:
	case <-a.t.Context().Done():
	}
	trigger := actors.Trigger{Source: actors.Startup, ReceivedAt: time.Now()}
	refresh, err := a.TriggerAndWait(a.t.Context(), trigger, nil)
	is.New(a.t).NoErr(err)
	return refresh
}

// Reported reports on a stack as a deployer does.
func (a Actor) Reported(report actors.Report) {
	a.t.Helper()
	_, err := a.Report(a.t.Context(), report)
	is.New(a.t).NoErr(err)
}

// Viewed returns what the actor knows.
func (a Actor) Viewed() actors.View {
	a.t.Helper()
	view, err := a.View(a.t.Context())
	is.New(a.t).NoErr(err)
	return view
}

// Stacks returns the stacks of a desired state: for each path a compose file with that path as its content.
func Stacks(paths ...string) []actors.DesiredStack {
	stacks := make([]actors.DesiredStack, 0, len(paths))
	for _, path := range paths {
		stacks = append(stacks, actors.DesiredStack{
			Path: path, ComposeFile: "docker-compose.yml", Hash: hashing.Of([]byte(path)),
		})
	}
	return stacks
}

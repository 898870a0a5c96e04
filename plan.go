package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"mooring/actors"
	"mooring/api/encode"
	"mooring/dockertarget"
	"mooring/gitsource"
)

// planFlag is the value of -plan: not given, for people, or as JSON.
type planFlag string

const (
	planText planFlag = "text"
	planJSON planFlag = "json"
)

// String implements flag.Value.
func (p *planFlag) String() string { return string(*p) }

// IsBoolFlag lets -plan stand without a value (package flag, Value).
func (*planFlag) IsBoolFlag() bool { return true }

// Set implements flag.Value. "true" is what package flag gives for -plan without a value.
func (p *planFlag) Set(value string) error {
	switch value {
	case "true":
		*p = planText
	case "json":
		*p = planJSON
	default:
		return errors.New("it is -plan or -plan=json")
	}
	return nil
}

// timeOfStack is how long the reading of one stack may take beside REFRESH_TIMEOUT. It mostly takes some milliseconds.
const timeOfStack = 200 * time.Millisecond

// runPlan refreshes once and prints what a deployment would do. It writes nothing: the snapshot file is read and stays as
// it is.
func runPlan(ctx context.Context, s settings, as planFlag, stdout, stderr io.Writer) error {
	if err := s.readDeploy(); err != nil {
		return err
	}
	source, err := newSource(s)
	if err != nil {
		return err
	}
	file := actors.SnapshotFile{Path: s.Process.SnapshotFile, Decode: encode.DecodeSnapshot}
	before, err := file.Read()
	if err != nil {
		fmt.Fprintf(stderr, "mooring: %s: %v\n", unreadable, err)
	}
	state, err := planState(ctx, s, source, before)
	if err != nil {
		return err
	}
	// Bounds the time in which the host must give the files: it depends on how many there are.
	ctx, cancel := context.WithTimeout(ctx, s.Refresh.RefreshTimeout+time.Duration(len(state.Desired.Stacks))*timeOfStack)
	defer cancel()
	state.Commit, err = source.Files().Open(ctx, state.Desired)
	if err != nil {
		return failed(err)
	}
	defer state.Commit.Close()
	proposal, err := s.Deploy.Propose(ctx, state, os.Environ())
	if err != nil {
		return failed(err)
	}
	if proposal.Engine.Problem != "" {
		fmt.Fprintf(stderr, "mooring: %s; this plan is as if nothing ran\n", proposal.Engine.Problem)
	}
	text, err := proposal.Table()
	if as == planJSON {
		text, err = proposal.JSON()
	}
	if err == nil {
		_, err = stdout.Write(text)
	}
	return err
}

// failed adds the code to the error of a Git host, as that of -once has it.
func failed(err error) error {
	if failure, ok := errors.AsType[*actors.Failure](err); ok {
		return fmt.Errorf("%s: %w", failure.Code, err)
	}
	return err
}

// planState does one refresh on top of an earlier snapshot, as the service would, and keeps no file.
func planState(
	ctx context.Context, s settings, source *gitsource.Source, before actors.Snapshot,
) (dockertarget.State, error) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	fetched := make(chan actors.DesiredState, 1)
	actor, run := actors.New(s.Refresh, fetchOnce{source, fetched}, actors.SnapshotFile{}, before, slog.New(slog.DiscardHandler))
	exited := make(chan error, 1)
	// Ends with the context, which ends with this function; the function waits for exited.
	go func() { exited <- run(running) }()
	snapshot, err := refreshOnce(ctx, actor)
	stop()
	if err := errors.Join(err, <-exited); err != nil {
		return dockertarget.State{}, err
	}
	return dockertarget.State{Snapshot: snapshot, Desired: <-fetched}, nil
}

// fetchOnce is a Source that also gives its first desired state to whoever made it. The channel has room for that one.
type fetchOnce struct {
	source *gitsource.Source
	// fetched: from the worker of the fetch → runPlan
	fetched chan<- actors.DesiredState
}

// Fetch implements actors.Source.
func (f fetchOnce) Fetch(ctx context.Context, previous actors.DesiredState) (actors.DesiredState, error) {
	state, err := f.source.Fetch(ctx, previous)
	if err != nil {
		return state, err
	}
	select {
	case f.fetched <- state:
	default: // it has been given before
	}
	return state, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"mooring/integration_test/lab"
)

// points is how often a soak reads the memory.
const points = 10

// soaked is one point of a soak.
type soaked struct {
	refreshes, changes, failures int
	// resident and heap are bytes; 0 if they are not known.
	resident, heap int64
}

// soakRefreshes refreshes one repository again and again: every third time with a change, sometimes while the host
// fails. It prints the memory at ten points; missed tells that the memory grows.
func (b *bench) soakRefreshes(ctx context.Context, o options, out io.Writer) (missed bool, err error) {
	s := shape{o.stacks[0], o.history, o.refs, o.blobs}
	repo, err := b.repository(ctx, s, o.refreshes/3)
	if err != nil {
		return false, err
	}
	address, outage := b.host.Address(repo.Repository), b.refuse
	if o.local {
		address, outage = repo.Path, repo.hide
	}
	m, err := b.launchReady(ctx, b.sides[0], address, metricsSetting)
	if err != nil {
		return false, err
	}
	defer func() { _, stopped := m.end(); err = errors.Join(err, stopped) }()
	fmt.Fprintf(out, "%s from %s:\n\n", s, address)
	fmt.Fprintln(out, "| refreshes | changes | failures | resident | heap |\n| --- | --- | --- | --- | --- |")
	run := soakRun{service: m, repo: repo, outage: outage}
	list, err := run.all(ctx, o.refreshes, func(p soaked) { writePoint(out, p) })
	if err != nil {
		return false, err
	}
	if grows(list) {
		fmt.Fprintln(out, "\nMissed: memory grows with the refreshes.")
		return true, nil
	}
	fmt.Fprintln(out, "\nMemory does not grow with the refreshes.")
	return false, nil
}

func writePoint(out io.Writer, p soaked) {
	fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n",
		thousands(p.refreshes), thousands(p.changes), thousands(p.failures), inMiB(p.resident), inMiB(p.heap))
}

// soakRun is the state of a running soak of refreshes.
type soakRun struct {
	service *service
	repo    repository
	// outage makes Git fail, or work again.
	outage func(failing bool) error
	// now counts what was done so far.
	now soaked
}

// all does the refreshes, and checks memory and the whole list of stacks at each point.
func (r *soakRun) all(ctx context.Context, refreshes int, show func(soaked)) ([]soaked, error) {
	var list []soaked
	for r.now.refreshes < refreshes {
		if err := r.one(ctx); err != nil {
			return nil, fmt.Errorf("refresh %d: %w", r.now.refreshes+1, err)
		}
		r.now.refreshes++
		if r.now.refreshes < refreshes*(len(list)+1)/points {
			continue
		}
		if err := r.look(ctx); err != nil {
			return nil, fmt.Errorf("after refresh %d: %w", r.now.refreshes, err)
		}
		show(r.now)
		list = append(list, r.now)
	}
	return list, nil
}

// one does one refresh, and checks its result.
func (r *soakRun) one(ctx context.Context) error {
	commit := r.repo.commits[r.now.changes]
	changes := r.now.refreshes%3 == 0 && r.now.changes < len(r.repo.commits)-1
	fails := !changes && r.now.refreshes%10 == 7
	switch {
	case fails:
		r.now.failures++
		if err := r.outage(true); err != nil {
			return err
		}
	case changes:
		r.now.changes++
		commit = r.repo.commits[r.now.changes]
		if err := r.repo.Move(commit); err != nil {
			return err
		}
	}
	result, err := r.service.refresh(ctx)
	if fails {
		err = errors.Join(err, r.outage(false))
	}
	switch {
	case err != nil:
		return err
	case fails && result.Error == nil:
		return errors.New("it succeeds while Git fails")
	case !fails && result.Error != nil:
		return fmt.Errorf("it fails: %s: %s", result.Error.Code, result.Error.Message)
	case !fails && result.Revision != commit:
		return fmt.Errorf("main is at %s and mooring has %q", commit, result.Revision)
	}
	return nil
}

// look compares the list of stacks with git's and reads how much memory the process has.
func (r *soakRun) look(ctx context.Context) error {
	truth, err := r.repo.Listing(ctx, r.repo.commits[r.now.changes])
	if err != nil {
		return err
	}
	found, err := r.service.stacks(ctx)
	if err != nil {
		return err
	}
	if err := truth.Differs(found); err != nil {
		return err
	}
	metrics, err := r.service.metrics(ctx)
	if err != nil {
		return err
	}
	figures, _ := lab.FiguresOf(r.service.Command.Process.Pid)
	r.now.resident, r.now.heap = figures.Resident, int64(metrics["go_memstats_heap_alloc_bytes"])
	return nil
}

// grows compares the most memory of the last three points with that of the second to the fourth. It tells whether the
// difference is larger than the garbage collector's timing explains.
func grows(list []soaked) bool {
	most := func(list []soaked) int64 {
		var bytes int64
		for _, p := range list {
			bytes = max(bytes, p.resident)
		}
		return bytes
	}
	const slack = 4 * mebibyte
	early, late := most(list[1:4]), most(list[len(list)-3:])
	return late > early+early/8+slack
}

// refuse lets the host refuse requests, or answer again.
func (b *bench) refuse(failing bool) error {
	status := 0
	if failing {
		status = http.StatusInternalServerError
	}
	b.host.Refuse(status)
	return nil
}

// hide takes the repository away from its path, or puts it back.
func (r repository) hide(failing bool) error {
	if failing {
		return os.Rename(r.Path, r.Path+".away")
	}
	return os.Rename(r.Path+".away", r.Path)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"mooring/integration_test/lab"
)

// enough is the part of a bare server's requests a second that mooring must reach.
const enough = 0.6

// load measures the requests a second on the routes that clients poll, in turn with a bare net/http server that writes
// the same bytes. Each server is a process of its own, and gets its requests over 32 open connections. The client does
// as little as possible, so that the servers make the difference. During mooring's turns its repository changes ten
// times a second, and a refresh follows each change. Then load measures many callers and pushes.
func (b *bench) load(ctx context.Context, o options, out io.Writer) (missed bool, err error) {
	repo, commits, err := b.moving(ctx, o.stacks[0], max(o.pushes+1, 200))
	if err != nil {
		return false, err
	}
	var services []*service
	defer func() {
		for _, s := range services {
			_, stopped := s.end()
			err = errors.Join(err, stopped)
		}
	}()
	for _, side := range b.sides {
		s, err := b.launchReady(ctx, side, repo.Path)
		if err != nil {
			return false, err
		}
		services = append(services, s)
		// The answer about the first refresh lists all stacks. The bare server must not write that long answer each
		// time.
		if err := s.mustRefresh(ctx, commits[len(commits)-1]); err != nil {
			return false, err
		}
	}
	if err := services[0].keepBodies(ctx, b.work); err != nil {
		return false, err
	}
	bare, err := startBare(ctx, b.work)
	if err != nil {
		return false, err
	}
	defer bare.stop()
	fmt.Fprintf(out, "%s %s/%s, %d CPUs, %d stacks, %d connections, %d turns of %s each\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.stacks[0], connections, o.rounds, o.turn)
	missed, err = b.compare(ctx, o, &mover{repo, commits, 0, 0}, services, bare.asked, out)
	if err != nil {
		return false, err
	}
	slow, err := b.loadFigures(ctx, o, repo, commits, out)
	return missed || slow, err
}

// moving makes a repository whose branch can be moved between commits, each of which changes one stack.
func (b *bench) moving(ctx context.Context, stacks, count int) (lab.Repository, []string, error) {
	r, err := lab.NewRepository(ctx, filepath.Join(b.repositories, "moving.git"))
	if err != nil {
		return r, nil, err
	}
	err = r.Import(ctx, func(i *lab.Importer) {
		for commit := range count {
			i.Commit(lab.Branch, "load", "")
			first, last := commit%stacks, commit%stacks
			if commit == 0 {
				first, last = 0, stacks-1
			}
			for stack := first; stack <= last; stack++ {
				content := fmt.Sprintf("services:\n  app%d:\n    image: nginx:1.%d\n", stack, commit)
				i.File(fmt.Sprintf("production/team-%02d/service-%04d/docker-compose.yml", stack%50, stack), []byte(content))
			}
		}
	})
	if err != nil {
		return r, nil, err
	}
	commits, err := r.Commits(ctx, "main")
	return r, commits, err
}

// compare sends requests for each route to all servers in turn, and prints the results.
func (b *bench) compare(
	ctx context.Context, o options, m *mover, services []*service, bare asked, out io.Writer,
) (missed bool, err error) {
	table := newTable(out)
	var misses []string
	for _, at := range routes() {
		theirs, ours := tally{name: "bare"}, make([]tally, len(services))
		for i := range ours {
			ours[i].name = b.sides[i].name
		}
		for round := range o.rounds {
			if err := theirs.take(ctx, bare, "/"+at.file, o.turn); err != nil {
				return false, err
			}
			for _, i := range b.inTurn(round) {
				if err := ours[i].takeMoving(ctx, o, m, services[i], at.path); err != nil {
					return false, err
				}
			}
		}
		misses = append(misses, table.route(at.path, ours, theirs)...)
	}
	table.end()
	fmt.Fprintf(out, "\n%d refreshes were asked for meanwhile, and none has failed\n", m.refreshes)
	for _, s := range services {
		err = errors.Join(err, s.allCompleted(ctx))
	}
	for _, miss := range misses {
		fmt.Fprintln(out, "\nMissed:", miss)
	}
	return len(misses) > 0, err
}

// takeMoving is take while the repository changes.
func (t *tally) takeMoving(ctx context.Context, o options, m *mover, s *service, path string) error {
	finish := func() error { return nil }
	if !o.quiet {
		finish = m.move(ctx, s)
	}
	server := asked{s.Command.Process.Pid, s.address}
	return errors.Join(t.take(ctx, server, path, o.turn), finish())
}

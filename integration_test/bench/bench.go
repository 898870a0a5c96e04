package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"mooring/integration_test/lab"
)

// bench is shared by all modes. It belongs to the goroutine that made it.
type bench struct {
	// repositories is the directory that the host serves; work is a temporary one, which is removed at the end.
	repositories, work string
	// sides are the binaries: the measured one, and the older one for a comparison, if there is one.
	sides    []side
	host     lab.Host
	client   *http.Client
	progress io.Writer
}

// side is one binary of mooring.
type side struct{ name, program string }

// newBench makes the directories, builds mooring and starts the Git host. The caller closes the bench.
func newBench(ctx context.Context, o options, progress io.Writer) (*bench, error) {
	work, err := os.MkdirTemp("", "mooring-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{
		work: work, progress: progress, repositories: o.dir,
		client: lab.NewClient(max(o.callers, 32), 2*time.Minute),
	}
	if err := b.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, os.RemoveAll(work))
	}
	return b, nil
}

func (b *bench) prepare(ctx context.Context, o options) (err error) {
	if b.repositories == "" {
		b.repositories = filepath.Join(b.work, "repositories")
	}
	if b.repositories, err = filepath.Abs(b.repositories); err != nil {
		return err
	}
	if err := os.MkdirAll(b.repositories, 0o755); err != nil {
		return err
	}
	if o.mooring == "" {
		b.say("build mooring")
		o.mooring = filepath.Join(b.work, "mooring")
		if err := lab.Build(ctx, o.mooring, false); err != nil {
			return err
		}
	}
	if b.sides, err = sides(o.mooring, o.against); err != nil {
		return err
	}
	b.host, err = lab.StartHost(ctx, b.repositories)
	return err
}

// sides finds the binaries. A service has a working directory of its own, so their paths must be absolute.
func sides(mooring, against string) ([]side, error) {
	found := []side{{"mooring", mooring}}
	if against != "" {
		found = append(found, side{"older", against})
	}
	for i := range found {
		path, err := filepath.Abs(found[i].program)
		if err == nil {
			_, err = os.Stat(path)
		}
		if err != nil {
			return nil, fmt.Errorf("find the mooring to measure: %w", err)
		}
		found[i].program = path
	}
	return found, nil
}

// inTurn returns the numbers of the sides in an order that changes from round to round, so that no side is always
// first.
func (b *bench) inTurn(round int) []int {
	var order []int
	for i := range b.sides {
		order = append(order, (i+round)%len(b.sides))
	}
	return order
}

// close stops the Git host and removes the temporary directory.
func (b *bench) close() error {
	b.client.CloseIdleConnections()
	b.host.Close()
	return os.RemoveAll(b.work)
}

// say prints a line of progress.
func (b *bench) say(format string, values ...any) {
	fmt.Fprintf(b.progress, time.Now().Format(time.TimeOnly)+" "+format+"\n", values...)
}

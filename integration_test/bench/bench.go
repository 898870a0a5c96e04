package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// limit bounds each program that the bench runs. The largest repositories take minutes to make on a slow machine.
const limit = 20 * time.Minute

// bench is what all measurements share. It belongs to the goroutine that made it.
type bench struct {
	git git
	// repositories is the directory that the host serves; work is a temporary one, gone at the end.
	repositories, work string
	// mooring is the path of the program.
	mooring  string
	host     *host
	progress io.Writer
}

// newBench makes the directories, builds mooring and starts the Git host. The caller closes the bench.
func newBench(ctx context.Context, o options, progress io.Writer) (*bench, error) {
	work, err := os.MkdirTemp("", "mooring-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{git: git{home: work}, work: work, mooring: o.mooring, progress: progress, repositories: o.dir}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bench) prepare(ctx context.Context) (err error) {
	if b.repositories == "" {
		b.repositories = filepath.Join(b.work, "repositories")
	}
	if b.repositories, err = filepath.Abs(b.repositories); err != nil {
		return err
	}
	if err := os.MkdirAll(b.repositories, 0o755); err != nil {
		return err
	}
	if b.mooring == "" {
		if err := b.build(ctx); err != nil {
			return err
		}
	}
	b.host, err = startHost(ctx, b.git, b.repositories)
	return err
}

// build builds mooring from the module that the working directory is in, as releases are built.
func (b *bench) build(ctx context.Context) error {
	b.say("build mooring")
	b.mooring = filepath.Join(b.work, "mooring")
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.mooring, "mooring")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("build mooring: %w\n%s", err, output)
	}
	return nil
}

// close stops the Git host and removes the temporary directory.
func (b *bench) close() error {
	var err error
	if b.host != nil {
		err = b.host.close()
	}
	return errors.Join(err, os.RemoveAll(b.work))
}

// say tells what is going on.
func (b *bench) say(format string, values ...any) {
	fmt.Fprintf(b.progress, time.Now().Format(time.TimeOnly)+" "+format+"\n", values...)
}

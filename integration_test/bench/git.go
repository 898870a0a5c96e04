package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// git runs the git program apart from the user's configuration.
type git struct {
	// home is an empty directory.
	home string
}

// environment is all that git gets to see of this machine.
func (g git) environment() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + g.home, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
	}
}

// command prepares git in a directory. It is ended with ctx.
func (g git) command(ctx context.Context, directory string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir, command.Env = directory, g.environment()
	// The programs that git starts may hold on to its output for a moment longer than it lives.
	command.WaitDelay = 10 * time.Second
	return command
}

// output runs git to its end and returns what it prints.
func (g git) output(ctx context.Context, directory string, input io.Reader, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := g.command(ctx, directory, args...)
	var complaint bytes.Buffer
	command.Stdin, command.Stderr = input, &complaint
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("git %q: %w: %s", args, err, lastBytes(complaint.Bytes()))
	}
	return output, nil
}

// write runs git and lets write fill its standard input.
func (g git) write(ctx context.Context, directory string, write func(io.Writer) error, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := g.command(ctx, directory, args...)
	var complaint bytes.Buffer
	command.Stderr = &complaint
	input, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	writing := write(input)
	input.Close()
	if err := command.Wait(); err != nil {
		return fmt.Errorf("git %q: %w: %s", args, err, lastBytes(complaint.Bytes()))
	}
	return writing
}

// read runs git and lets read take its standard output as it comes.
func (g git) read(
	ctx context.Context, directory string, input io.Reader, read func(io.Reader) error, args ...string,
) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := g.command(ctx, directory, args...)
	var complaint bytes.Buffer
	command.Stdin, command.Stderr = input, &complaint
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	reading := read(output)
	if reading != nil {
		cancel()
	}
	if err := command.Wait(); err != nil && reading == nil {
		return fmt.Errorf("git %q: %w: %s", args, err, lastBytes(complaint.Bytes()))
	}
	return reading
}

// lastBytes cuts a complaint down to its end, where the reason stands.
func lastBytes(text []byte) []byte {
	const enough = 2000
	return bytes.TrimSpace(text[max(0, len(text)-enough):])
}

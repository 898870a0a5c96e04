package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Limit bounds the time of each git program. On a slow machine it takes minutes to make the largest repositories.
const Limit = 20 * time.Minute

// GitEnvironment is the whole environment of a git program. It leaves out the configuration of the user and the system.
func GitEnvironment() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=author", "GIT_AUTHOR_EMAIL=author@example.org",
		"GIT_COMMITTER_NAME=committer", "GIT_COMMITTER_EMAIL=committer@example.org",
		// Maintenance would run on after the command that started it.
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=maintenance.auto", "GIT_CONFIG_VALUE_0=false",
	}
}

// Git runs git in a directory and returns what it prints, byte for byte. The input may be nil.
func Git(ctx context.Context, directory string, input io.Reader, args ...string) (string, error) {
	var output bytes.Buffer
	err := GitReading(ctx, directory, input, func(r io.Reader) error { _, err := output.ReadFrom(r); return err }, args...)
	return output.String(), err
}

// GitReading runs git and calls read with its standard output while git runs. The input may be nil.
func GitReading(
	ctx context.Context, directory string, input io.Reader, read func(io.Reader) error, args ...string,
) error {
	return runGit(ctx, directory, args, func(command *exec.Cmd) (func() error, error) {
		command.Stdin = input
		output, err := command.StdoutPipe()
		return func() error { return read(output) }, err
	})
}

// GitWriting runs git and calls write with its standard input.
func GitWriting(ctx context.Context, directory string, write func(io.Writer) error, args ...string) error {
	return runGit(ctx, directory, args, func(command *exec.Cmd) (func() error, error) {
		input, err := command.StdinPipe()
		return func() error { return errors.Join(write(input), input.Close()) }, err
	})
}

// runGit runs git to its end. The function connect prepares a pipe and returns a function that uses the pipe while git
// runs.
func runGit(
	ctx context.Context, directory string, args []string, connect func(*exec.Cmd) (func() error, error),
) error {
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir, command.Env = directory, GitEnvironment()
	// The programs that git starts may keep its output open for a moment longer than git.
	command.WaitDelay = 10 * time.Second
	var complaint bytes.Buffer
	command.Stderr = &complaint
	work, err := connect(command)
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	worked := work()
	if worked != nil {
		cancel()
	}
	if err := errors.Join(worked, command.Wait()); err != nil {
		return fmt.Errorf("git %q: %w: %s", args, err, Tail(complaint.String()))
	}
	return nil
}

// GitProgram returns the path of a program that is a part of git, such as git-http-backend.
func GitProgram(ctx context.Context, name string) (string, error) {
	directory, err := Git(ctx, "", nil, "--exec-path")
	return filepath.Join(strings.TrimSpace(directory), name), err
}

// Tail returns the end of a text, where a program says why it failed.
func Tail(text string) string {
	const enough = 2000 // bytes
	return strings.TrimSpace(text[max(0, len(text)-enough):])
}

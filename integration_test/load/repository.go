package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// revisions is how many commits there are to move between. Each changes one stack.
const revisions = 200

// repository is a bare repository whose branch can be moved without a process of git.
type repository struct {
	bare    string
	commits []string
	next    int
}

// newRepository makes the repository and all its commits.
func newRepository(ctx context.Context, directory string) (*repository, error) {
	r := &repository{bare: filepath.Join(directory, "repository.git")}
	if _, err := git(ctx, directory, nil, "init", "-q", "--bare", "-b", "main", r.bare); err != nil {
		return nil, err
	}
	if _, err := git(ctx, r.bare, history(), "fast-import", "--quiet"); err != nil {
		return nil, err
	}
	list, err := git(ctx, r.bare, nil, "rev-list", "--reverse", "main")
	if err != nil {
		return nil, err
	}
	r.commits = strings.Fields(list)
	return r, nil
}

// history is what git-fast-import(1) reads: a commit with all stacks, and then one after another with one changed.
func history() []byte {
	var stream bytes.Buffer
	for revision := range revisions {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter load <load@example.org> %d +0000\ndata 4\nload\n",
			1_700_000_000+revision)
		changed := []int{revision % stacks}
		if revision == 0 {
			changed = changed[:0]
			for stack := range stacks {
				changed = append(changed, stack)
			}
		}
		for _, stack := range changed {
			content := fmt.Sprintf("services:\n  app%d:\n    image: nginx:1.%d\n", stack, revision)
			fmt.Fprintf(&stream, "M 100644 inline production/team-%02d/service-%04d/docker-compose.yml\ndata %d\n%s\n",
				stack%50, stack, len(content), content)
		}
	}
	return stream.Bytes()
}

func git(ctx context.Context, directory string, input []byte, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir, command.Stdin = directory, bytes.NewReader(input)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + directory, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
	}
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %q: %w", args, err)
	}
	return string(output), nil
}

// move moves the branch and asks the service for a refresh, again and again, until the function that it returns is
// called. That function returns the first error.
func (r *repository) move(ctx context.Context, mooring *server) (finish func() error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	// Ends with ctx or at the first error; finish waits for it.
	go func() {
		ticks := time.NewTicker(pause)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				ended <- nil
				return
			case <-ticks.C:
			}
			if err := r.step(mooring); err != nil {
				ended <- err
				return
			}
		}
	}()
	return func() error { cancel(); return <-ended }
}

// step moves the branch to another commit, the way git does: a lock file beside it, and a rename.
func (r *repository) step(mooring *server) error {
	r.next = (r.next + 1) % len(r.commits)
	place := filepath.Join(r.bare, "refs", "heads", "main")
	if err := os.WriteFile(place+".lock", []byte(r.commits[r.next]+"\n"), 0o644); err != nil {
		return err
	}
	if err := os.Rename(place+".lock", place); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := mooring.ask(ctx, http.MethodPost, "/api/v1/refresh", http.StatusAccepted)
	return err
}

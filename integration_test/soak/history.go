package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const repositoryName = "repository.git"

// history is the repository, and what is known of every commit that its branch ever had.
type history struct {
	directory string
	// known is a channel that always holds the one record.
	known chan record
}

// record is what has been pushed.
type record struct {
	// listings are what mooring must serve of each revision, one line for each stack.
	listings map[string]string
	// stacks are the contents of each revision by path.
	stacks map[string]map[string]string
	// order are the revisions as they were made.
	order []string
	tip   string
}

func newHistory(ctx context.Context, directory string) (history, error) {
	h := history{filepath.Join(directory, repositoryName), make(chan record, 1)}
	h.known <- record{listings: map[string]string{}, stacks: map[string]map[string]string{}}
	if _, err := h.git(ctx, nil, "init", "-q", "--bare", "-b", "main", h.directory); err != nil {
		return history{}, err
	}
	content := map[string]string{}
	for i := range 40 {
		content[fmt.Sprintf("host-%d/stack-%02d", i%5, i)] = fmt.Sprintf("services: {s%d: {}}\n", i)
	}
	_, after, err := h.commit(ctx, content, "")
	if err != nil {
		return history{}, err
	}
	return h, h.move(ctx, after)
}

// gitEnvironment keeps the user's configuration out.
func gitEnvironment() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
	}
}

func (h history) git(ctx context.Context, input []byte, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Env, command.Stdin = gitEnvironment(), bytes.NewReader(input)
	if _, err := os.Stat(h.directory); err == nil {
		command.Dir = h.directory
	}
	output, err := command.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, exit.Stderr)
	case err != nil:
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return string(output), nil
}

// commit makes a commit of stacks on another one, or on none, and notes it before any ref has it.
func (h history) commit(ctx context.Context, content map[string]string, parent string) (before, after string, err error) {
	var stream strings.Builder
	fmt.Fprintf(&stream, "commit refs/soak/next\nmark :1\ncommitter soak <soak@example.org> 1700000000 +0000\ndata %d\n%s\n",
		len(parent), parent)
	if parent != "" {
		fmt.Fprintf(&stream, "from %s\n", parent)
	}
	stream.WriteString("deleteall\n")
	for _, path := range slices.Sorted(maps.Keys(content)) {
		fmt.Fprintf(&stream, "M 100644 inline %s/%s\ndata %d\n%s\n", path, composeFile, len(content[path]), content[path])
	}
	stream.WriteString("get-mark :1\n")
	output, err := h.git(ctx, []byte(stream.String()), "fast-import", "--quiet", "--force")
	if err != nil {
		return "", "", err
	}
	after = strings.TrimSpace(output)
	now := <-h.known
	before = now.tip
	if _, known := now.listings[after]; !known {
		now.order = append(now.order, after)
	}
	now.listings[after], now.stacks[after] = listing(content), content
	h.known <- now
	return before, after, nil
}

const composeFile = "docker-compose.yml"

// listing is what mooring must serve of contents.
func listing(content map[string]string) string {
	var lines strings.Builder
	for _, path := range slices.Sorted(maps.Keys(content)) {
		sum := sha256.Sum256([]byte(content[path]))
		fmt.Fprintf(&lines, "%s/%s sha256:%s\n", path, composeFile, hex.EncodeToString(sum[:]))
	}
	return lines.String()
}

// listing is what the git program has at a revision.
func (h history) listing(ctx context.Context, revision string) (string, error) {
	names, err := h.git(ctx, nil, "ls-tree", "-r", "--name-only", revision)
	if err != nil {
		return "", err
	}
	content := map[string]string{}
	for name := range strings.Lines(names) {
		path, _ := strings.CutSuffix(strings.TrimSuffix(name, "\n"), "/"+composeFile)
		if content[path], err = h.git(ctx, nil, "cat-file", "blob", revision+":"+path+"/"+composeFile); err != nil {
			return "", err
		}
	}
	return listing(content), nil
}

// move lets the branch point to a revision.
func (h history) move(ctx context.Context, revision string) error {
	if _, err := h.git(ctx, nil, "update-ref", "refs/heads/main", revision); err != nil {
		return err
	}
	now := <-h.known
	now.tip = revision
	h.known <- now
	return nil
}

func (h history) tip() string {
	now := <-h.known
	h.known <- now
	return now.tip
}

// had returns what mooring must serve of a revision; false for one that git never had.
func (h history) had(revision string) (string, bool) {
	now := <-h.known
	lines, known := now.listings[revision]
	h.known <- now
	return lines, known
}

// next makes the next commit: mostly a change, at times one back to an older commit or of unrelated history.
func (h history) next(ctx context.Context) (before, after string, err error) {
	now := <-h.known
	content, parent := maps.Clone(now.stacks[now.tip]), now.tip
	h.known <- now
	switch rand.IntN(10) {
	case 0:
		older := now.order[rand.IntN(len(now.order))]
		return now.tip, older, nil
	case 1:
		parent = ""
	}
	for range 1 + rand.IntN(3) {
		path := fmt.Sprintf("host-%d/stack-%02d", rand.IntN(5), rand.IntN(60))
		if rand.IntN(4) == 0 && len(content) > 10 {
			delete(content, path)
			continue
		}
		content[path] = fmt.Sprintf("services: {n%d: {}}\n", rand.IntN(1000))
	}
	return h.commit(ctx, content, parent)
}

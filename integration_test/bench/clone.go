package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"mooring/integration_test/lab"
)

// clone is the git program's side: a bare clone without history, and the hashes that a tool with git would keep of it.
type clone struct {
	url  string
	path string
	// partial tells that the clone has no blobs, and asks for those of the compose files in one request.
	partial bool
	known   lab.Listing
}

// makeClone is git's cold start: clone, find the compose files, read and hash them.
// With an error it returns the clone, too, so that it can be removed.
func makeClone(ctx context.Context, url, path string, partial bool) (*clone, error) {
	c := &clone{url: url, path: path, partial: partial}
	args := []string{"clone", "-q", "--bare", "--template=", "--no-tags", "--depth", "1", "-b", "main"}
	if partial {
		args = append(args, "--filter=blob:none")
	}
	if _, err := lab.Git(ctx, "", nil, append(args, url, path)...); err != nil {
		return c, err
	}
	files, err := lab.ComposeFiles(ctx, path, "ls-tree", "-r", "-z", "HEAD")
	if err != nil {
		return c, err
	}
	c.known, err = c.hash(ctx, "HEAD", files)
	return c, err
}

// fetch is git's refresh after a change: fetch, find the compose files that differ, read and hash them.
func (c *clone) fetch(ctx context.Context) error {
	_, err := lab.Git(ctx, c.path, nil, "fetch", "-q", "--no-auto-maintenance", "--no-tags", "--depth", "1",
		"origin", "+"+lab.Branch+":"+lab.Branch)
	if err != nil {
		return err
	}
	// Reading the file saves a git rev-parse.
	fetched, err := os.ReadFile(filepath.Join(c.path, "FETCH_HEAD"))
	if err != nil || len(fetched) < 40 {
		return fmt.Errorf("read what git fetch has fetched: %w", err)
	}
	revision := string(fetched[:40])
	files, err := lab.ComposeFiles(ctx, c.path, "diff-tree", "-r", "-z", c.known.Revision, revision)
	if err != nil {
		return err
	}
	changed, err := c.hash(ctx, revision, files)
	if err != nil {
		return err
	}
	c.known.Revision = changed.Revision
	for _, file := range files {
		delete(c.known.Hashes, file.Path)
	}
	maps.Copy(c.known.Hashes, changed.Hashes)
	return nil
}

// hash reads and hashes files. A partial clone first asks for all of them at once, because git fetches missing ones
// only one by one.
func (c *clone) hash(ctx context.Context, name string, files []lab.ComposeFile) (lab.Listing, error) {
	if c.partial && len(files) > 1 {
		var ids bytes.Buffer
		for _, file := range files {
			if file.ID != "" {
				fmt.Fprintf(&ids, "%s\n", file.ID)
			}
		}
		// Git itself uses this command for the missing objects of a partial clone.
		_, err := lab.Git(ctx, c.path, &ids, "-c", "fetch.negotiationAlgorithm=noop", "fetch", "-q",
			"--no-auto-maintenance", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no",
			"--filter=blob:none", "--stdin", "origin")
		if err != nil {
			return lab.Listing{}, err
		}
	}
	return lab.HashFiles(ctx, c.path, name, files)
}

// remove deletes the clone.
func (c *clone) remove() error { return os.RemoveAll(c.path) }

// lsRemote is git's refresh when nothing has changed: it returns the commit of main.
func lsRemote(ctx context.Context, url string) (string, error) {
	output, err := lab.Git(ctx, "", nil, "ls-remote", url, lab.Branch)
	revision, _, _ := strings.Cut(output, "\t")
	return revision, err
}

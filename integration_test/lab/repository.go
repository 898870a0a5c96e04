package lab

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Branch is the branch that a repository's HEAD names.
const Branch = "refs/heads/main"

// Repository is a bare repository on this machine.
type Repository struct {
	Path string
}

// NewRepository makes an empty repository at a path, with further options of git-init(1). Git's automatic maintenance is
// off.
func NewRepository(ctx context.Context, path string, options ...string) (Repository, error) {
	r := Repository{path}
	init := append([]string{"init", "-q", "--bare", "--template=", "-b", "main"}, options...)
	if _, err := Git(ctx, "", nil, append(init, path)...); err != nil {
		return r, err
	}
	for _, setting := range [][2]string{{"receive.autoGC", "false"}, {"gc.auto", "0"}} {
		if _, err := r.Git(ctx, "config", setting[0], setting[1]); err != nil {
			return r, err
		}
	}
	return r, nil
}

// Git runs git in the repository and returns what it prints, without the newline at its end.
func (r Repository) Git(ctx context.Context, args ...string) (string, error) {
	output, err := Git(ctx, r.Path, nil, args...)
	return strings.TrimSuffix(output, "\n"), err
}

// Import runs git-fast-import(1), and calls write to make the commits. Refs may be moved back.
func (r Repository) Import(ctx context.Context, write func(*Importer), options ...string) error {
	return GitWriting(ctx, r.Path, func(w io.Writer) error {
		i := newImporter(w)
		write(i)
		return i.done()
	}, append([]string{"fast-import", "--quiet", "--done", "--force"}, options...)...)
}

// Commits returns the ids of the commits in a range of git-rev-list(1), oldest first.
func (r Repository) Commits(ctx context.Context, of string) ([]string, error) {
	list, err := r.Git(ctx, "rev-list", "--reverse", of)
	return strings.Fields(list), err
}

// Move moves the branch to a commit, as a push does. It starts no process: like git it writes a lock file beside the
// ref and renames it.
func (r Repository) Move(commit string) error {
	place := filepath.Join(r.Path, filepath.FromSlash(Branch))
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil { // missing if all refs are packed
		return err
	}
	if err := os.WriteFile(place+".lock", []byte(commit+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(place+".lock", place)
}

// Listing returns the stacks of a commit, read from the repository in place.
func (r Repository) Listing(ctx context.Context, commit string) (Listing, error) {
	files, err := ComposeFiles(ctx, r.Path, "ls-tree", "-r", "-z", commit)
	if err != nil {
		return Listing{}, err
	}
	return HashFiles(ctx, r.Path, commit, files)
}

package githost

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mooring/gitsource/object"
)

// RemoveLoose removes the file of an object.
func RemoveLoose(t Fatal, r *Repository, id string) {
	t.Helper()
	if err := os.Remove(filepath.Join(r.Dir, ".git", "objects", id[:2], id[2:])); err != nil {
		t.Fatalf("remove an object: %v", err)
	}
}

// Repository is a repository with a work tree. The git program changes it.
type Repository struct {
	t *testing.T
	// Dir is its work tree.
	Dir string
}

// New makes an empty repository whose HEAD is refs/heads/main. It allows filters and requests for single objects. Its
// ids are SHA-1.
func New(t *testing.T) *Repository {
	t.Helper()
	return NewOf(t, object.SHA1)
}

// NewOf is New for ids of any format.
func NewOf(t *testing.T, format object.Format) *Repository {
	t.Helper()
	r := &Repository{t: t, Dir: filepath.Join(t.TempDir(), "stacks")}
	if err := os.Mkdir(r.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r.Git("init", "--quiet", "--initial-branch=main", "--object-format="+format.String())
	r.Git("config", "uploadpack.allowFilter", "true")
	r.Git("config", "uploadpack.allowAnySHA1InWant", "true")
	return r
}

// At is the repository in a directory, which may be made later.
func At(t *testing.T, dir string) *Repository { return &Repository{t: t, Dir: dir} }

// Git runs the git program and returns what it prints, without the last newline.
func (r *Repository) Git(arguments ...string) string {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), "git", append([]string{"-C", r.Dir}, arguments...)...)
	command.Env = Environment()
	output, err := command.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v: %s", strings.Join(arguments, " "), err, output)
	}
	return strings.TrimSuffix(string(output), "\n")
}

// Commit writes files, given as path and content in turn, commits everything and returns the id of the commit.
func (r *Repository) Commit(files ...string) object.ID {
	r.t.Helper()
	for i := 0; i+1 < len(files); i += 2 {
		name := filepath.Join(r.Dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
	r.Git("add", "--all")
	r.Git("commit", "--quiet", "--allow-empty", "--message=change")
	return r.ID("HEAD")
}

// ID is the object id that a revision names.
func (r *Repository) ID(revision string) object.ID {
	r.t.Helper()
	return ID(r.Git("rev-parse", revision))
}

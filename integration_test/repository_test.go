package integration_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// repository is a bare repository on this machine, and a work tree to fill it from.
type repository struct {
	t    *testing.T
	bare string
	work string
}

// files are contents by path; an empty content removes the file.
type files map[string]string

// The formats of ids that a repository may have (git-init, "--object-format").
const (
	formatSHA1   = "sha1"
	formatSHA256 = "sha256"
)

// newRepository returns a repository whose branch main has no commit yet.
func newRepository(t *testing.T) repository {
	t.Helper()
	return newRepositoryOf(t, formatSHA1)
}

// newRepositoryOf is newRepository for ids of any format.
func newRepositoryOf(t *testing.T, format string) repository {
	t.Helper()
	directory := t.TempDir()
	r := repository{t, filepath.Join(directory, "repository.git"), filepath.Join(directory, "work")}
	_, err := lab.NewRepository(t.Context(), r.bare, "--object-format="+format)
	is.New(t).NoErr(err)
	git(t, directory, "init", "-q", "-b", "main", "--object-format="+format, r.work)
	return r
}

// with returns a repository whose branch main has one commit.
func with(t *testing.T, content files) (repository, string) {
	t.Helper()
	return withFormat(t, formatSHA1, content)
}

// withFormat is with for ids of any format.
func withFormat(t *testing.T, format string, content files) (repository, string) {
	t.Helper()
	r := newRepositoryOf(t, format)
	return r, r.push(content)
}

// commit makes a commit that only the work tree has, and returns its id.
func (r repository) commit(content files) string {
	r.t.Helper()
	is := is.New(r.t)
	for path, text := range content {
		name := filepath.Join(r.work, path)
		if text == "" {
			is.NoErr(os.Remove(name))
			continue
		}
		is.NoErr(os.MkdirAll(filepath.Dir(name), 0o755))
		is.NoErr(os.WriteFile(name, []byte(text), 0o644))
	}
	git(r.t, r.work, "add", "--all")
	git(r.t, r.work, "commit", "-q", "--allow-empty", "-m", "test")
	return r.tip()
}

// push makes a commit, moves main to it and returns its id. It copies the objects itself: git push starts nine
// processes, which would be too slow for hundreds of pushes.
func (r repository) push(content files) string {
	r.t.Helper()
	revision := r.commit(content)
	r.copyObjects()
	git(r.t, r.bare, "update-ref", "refs/heads/main", revision)
	return revision
}

// copyObjects copies the loose objects that the bare repository lacks.
func (r repository) copyObjects() {
	r.t.Helper()
	is := is.New(r.t)
	from, to := filepath.Join(r.work, ".git", "objects"), filepath.Join(r.bare, "objects")
	objects, err := filepath.Glob(filepath.Join(from, "[0-9a-f][0-9a-f]", "*"))
	is.NoErr(err)
	for _, object := range objects {
		target := filepath.Join(to, strings.TrimPrefix(object, from))
		if _, err := os.Stat(target); err == nil {
			continue
		}
		content, err := os.ReadFile(object)
		is.NoErr(err)
		is.NoErr(os.MkdirAll(filepath.Dir(target), 0o755))
		is.NoErr(os.WriteFile(target, content, 0o444))
	}
}

// publish pushes a refspec by force.
func (r repository) publish(refspec string) {
	r.t.Helper()
	git(r.t, r.work, "push", "-q", "--force", r.bare, refspec)
}

// hash computes a compose file's hash as README.md defines it: from what git show prints.
func (r repository) hash(revision, path string) string {
	r.t.Helper()
	return lab.Digest(git(r.t, r.bare, "show", revision+":"+path))
}

func (r repository) tip() string {
	r.t.Helper()
	return strings.TrimSpace(git(r.t, r.work, "rev-parse", "HEAD"))
}

// git runs the git program, apart from the user's configuration, and returns what it prints, byte for byte.
func git(t *testing.T, directory string, args ...string) string {
	t.Helper()
	return gitWith(t, directory, "", args...)
}

// gitWith is git with an input.
func gitWith(t *testing.T, directory, input string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	output, err := lab.Git(ctx, directory, strings.NewReader(input), args...)
	is.New(t).NoErr(err)
	return output
}

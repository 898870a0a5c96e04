package integration_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/matryer/is"
)

// repository is a bare repository on this machine, and a work tree to fill it from.
type repository struct {
	t    *testing.T
	bare string
	work string
}

// files are contents by path; an empty content removes the file.
type files map[string]string

// newRepository returns a repository whose branch main has no commit yet.
func newRepository(t *testing.T) repository {
	t.Helper()
	directory := t.TempDir()
	r := repository{t, filepath.Join(directory, "repository.git"), filepath.Join(directory, "work")}
	git(t, directory, "init", "-q", "--bare", "-b", "main", r.bare)
	git(t, r.bare, "config", "receive.autoGC", "false") // it would outlive the test
	git(t, directory, "init", "-q", "-b", "main", r.work)
	git(t, r.work, "remote", "add", "origin", r.bare)
	return r
}

// with returns a repository whose branch main has one commit.
func with(t *testing.T, content files) (repository, string) {
	t.Helper()
	r := newRepository(t)
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

// push makes a commit, pushes it to main and returns its id.
func (r repository) push(content files) string {
	r.t.Helper()
	revision := r.commit(content)
	r.publish("HEAD:refs/heads/main")
	return revision
}

// publish pushes a refspec, by force where need be.
func (r repository) publish(refspec string) {
	r.t.Helper()
	git(r.t, r.work, "push", "-q", "--force", "origin", refspec)
}

// hash computes a compose file's hash as the contract's section 1 says it: from what git show prints.
func (r repository) hash(revision, path string) string {
	r.t.Helper()
	return digest(git(r.t, r.bare, "show", revision+":"+path))
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (r repository) tip() string {
	r.t.Helper()
	return git(r.t, r.work, "rev-parse", "HEAD")[:40]
}

// git runs the git program, apart from the user's configuration, and returns what it prints, byte for byte.
func git(t *testing.T, directory string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = directory
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + directory, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=author", "GIT_AUTHOR_EMAIL=author@example.org",
		"GIT_COMMITTER_NAME=committer", "GIT_COMMITTER_EMAIL=committer@example.org",
	}
	output, err := command.Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			t.Fatalf("git %q: %v: %s", args, err, exit.Stderr)
		}
		t.Fatalf("git %q: %v", args, err)
	}
	return string(output)
}

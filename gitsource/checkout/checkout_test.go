package checkout

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// commit are contents by path. A path that ends in "@" is a link, one that ends in "*" is a program.
type commit map[string]string

// blobs are contents by id. asked are the ids that were asked for, in one list for each request.
type blobs struct {
	contents map[string]string
	asked    [][]string
}

func newBlobs() *blobs { return &blobs{contents: map[string]string{}} }

// files are the files of a commit, whose contents the blobs have from now on.
func (b *blobs) files(c commit) []File {
	var files []File
	for path, content := range c {
		file := File{Path: strings.TrimRight(path, "@*"), Mode: Regular, ID: fmt.Sprintf("%x", sha256.Sum256([]byte(content)))[:40]}
		switch {
		case strings.HasSuffix(path, "@"):
			file.Mode = Link
		case strings.HasSuffix(path, "*"):
			file.Mode = Executable
		}
		b.contents[file.ID] = content
		files = append(files, file)
	}
	return files
}

func (b *blobs) Blobs(_ context.Context, ids []string, visit func(string, []byte) error) error {
	b.asked = append(b.asked, ids)
	for _, id := range ids {
		content, ok := b.contents[id]
		if !ok {
			return errors.New("no such blob")
		}
		if err := visit(id, []byte(content)); err != nil {
			return err
		}
	}
	return nil
}

// tester is what a test and a property have in common.
type tester interface {
	Helper()
	Fail()
	FailNow()
	Log(args ...any)
}

// onDisk is what is below a directory: contents by path as in a commit, and "" for an empty directory, which ends in "/".
func onDisk(t tester, directory string) commit {
	t.Helper()
	is := is.New(t)
	found := commit{}
	is.NoErr(filepath.WalkDir(directory, func(at string, entry fs.DirEntry, err error) error {
		is.NoErr(err)
		name, _ := filepath.Rel(directory, at)
		info, err := entry.Info()
		is.NoErr(err)
		switch {
		case entry.IsDir():
			inside, err := os.ReadDir(at)
			is.NoErr(err)
			if len(inside) == 0 && name != "." {
				found[name+"/"] = ""
			}
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(at)
			is.NoErr(err)
			found[name+"@"] = target
		default:
			content, err := os.ReadFile(at)
			is.NoErr(err)
			if info.Mode().Perm()&0o111 != 0 {
				name += "*"
			}
			found[name] = string(content)
		}
		return nil
	}))
	return found
}

// open opens the checkout of a directory until the test ends.
func open(t testing.TB, workDir string) *Directory {
	t.Helper()
	d, err := Open(workDir)
	is.New(t).NoErr(err)
	t.Cleanup(func() { d.Close() })
	return d
}

func TestAStacksFilesAreWrittenAsGitHasThem(t *testing.T) {
	is := is.New(t)
	work, contents := t.TempDir(), newBlobs()
	d := open(t, work)
	files := commit{
		"a/docker-compose.yml": "services: {}\n", "a/bin/run*": "#!/bin/sh\n", "a/link@": "../b/nowhere", "a/abs@": "/etc/passwd",
		"shared/x": "", "a/A": "upper", "a/a": "lower",
	}
	written, err := d.Put(t.Context(), "a", contents.files(files), contents)
	is.NoErr(err)
	is.Equal(onDisk(t, work+"/tree"), files)
	is.Equal(written.Files, 7)
	is.Equal(len(contents.asked), 1) // one request
	info, err := os.Stat(work + "/tree/a/bin/run")
	is.NoErr(err)
	is.Equal(info.Mode().Perm(), fs.FileMode(0o755))
	info, err = os.Stat(work + "/tree/a/docker-compose.yml")
	is.NoErr(err)
	is.Equal(info.Mode().Perm(), fs.FileMode(0o644))
}

func TestOnlyWhatDiffersIsAskedForAndWritten(t *testing.T) {
	is := is.New(t)
	work, contents := t.TempDir(), newBlobs()
	d := open(t, work)
	_, err := d.Put(t.Context(), "a", contents.files(commit{"a/x": "1", "a/y": "1", "a/gone": "2"}), contents)
	is.NoErr(err)
	contents.asked = nil
	next := contents.files(commit{"a/x": "1", "a/y": "3"})
	written, err := d.Put(t.Context(), "a", next, contents)
	is.NoErr(err)
	is.Equal(written, Written{Files: 1, Bytes: 1, Removed: 1})
	is.Equal(len(contents.asked), 1)
	is.Equal(len(contents.asked[0]), 1)
	is.Equal(onDisk(t, work+"/tree"), commit{"a/x": "1", "a/y": "3"})

	d.Close()
	d = open(t, work) // and so after a restart
	contents.asked = nil
	written, err = d.Put(t.Context(), "a", next, contents)
	is.NoErr(err)
	is.Equal(written, Written{})
	is.Equal(len(contents.asked), 0)
}

func TestAFileAndADirectoryTakeEachOthersPlace(t *testing.T) {
	for name, change := range map[string][2]commit{
		"a file becomes a directory":     {{"a/x": "1"}, {"a/x/y/z": "2"}},
		"a directory becomes a file":     {{"a/x/y/z": "2"}, {"a/x": "1"}},
		"a link becomes a directory":     {{"a/x@": "/tmp"}, {"a/x/y": "2"}},
		"a directory becomes a link":     {{"a/x/y": "2"}, {"a/x@": "/tmp"}},
		"a link becomes a file":          {{"a/x@": "y", "a/y": "y"}, {"a/x": "1", "a/y": "y"}},
		"a file becomes a link":          {{"a/x": "1"}, {"a/x@": "y"}},
		"a file becomes a program":       {{"a/x": "1"}, {"a/x*": "1"}},
		"a link becomes another one":     {{"a/x@": "y"}, {"a/x@": "z"}},
		"the names change letters' case": {{"a/x": "1"}, {"a/X": "1"}},
		"all goes":                       {{"a/x/y/z": "1"}, {}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			work, contents := t.TempDir(), newBlobs()
			d := open(t, work)
			for _, files := range []commit{change[0], change[1], change[0]} {
				_, err := d.Put(t.Context(), "a", contents.files(files), contents)
				is.NoErr(err)
				is.Equal(onDisk(t, work+"/tree"), files)
			}
		})
	}
}

func TestNoWritePassesALinkThatAContainerMade(t *testing.T) {
	for name, link := range map[string]string{"out of the tree": "", "to another stack": "../other", "to nothing": "none", "to itself": "conf"} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			work, outside, contents := t.TempDir(), t.TempDir(), newBlobs()
			is.NoErr(os.WriteFile(outside+"/x", []byte("precious"), 0o600))
			d := open(t, work)
			_, err := d.Put(t.Context(), "other", contents.files(commit{"other/x": "other's"}), contents)
			is.NoErr(err)
			files := commit{"a/conf/x": "1", "a/conf/y": "1"}
			_, err = d.Put(t.Context(), "a", contents.files(files), contents)
			is.NoErr(err)
			if link == "" {
				link = outside
			}
			is.NoErr(os.RemoveAll(work + "/tree/a/conf"))
			is.NoErr(os.Symlink(link, work+"/tree/a/conf"))

			_, err = d.Put(t.Context(), "a", contents.files(commit{"a/conf/x": "2"}), contents)
			is.NoErr(err)
			is.Equal(onDisk(t, work+"/tree"), commit{"a/conf/x": "2", "other/x": "other's"})
			is.Equal(onDisk(t, outside), commit{"x": "precious"})

			is.NoErr(os.RemoveAll(work + "/tree/a/conf"))
			is.NoErr(os.Symlink(link, work+"/tree/a/conf"))
			_, err = d.Forget(t.Context(), "a") // nor does a removal pass one
			is.NoErr(err)
			is.Equal(onDisk(t, outside), commit{"x": "precious"})
			is.Equal(onDisk(t, work+"/tree"), commit{"a/conf@": link, "other/x": "other's"})
		})
	}
}

func TestWhatIsNotInGitStays(t *testing.T) {
	is := is.New(t)
	work, contents := t.TempDir(), newBlobs()
	d := open(t, work)
	_, err := d.Put(t.Context(), "a", contents.files(commit{"a/x": "1", "a/data/keep": "1"}), contents)
	is.NoErr(err)
	is.NoErr(os.WriteFile(work+"/tree/a/.env", []byte("SECRET=1"), 0o600))
	is.NoErr(os.WriteFile(work+"/tree/a/data/db", []byte("rows"), 0o600))
	_, err = d.Put(t.Context(), "a", contents.files(commit{"a/x": "2"}), contents)
	is.NoErr(err)
	is.Equal(onDisk(t, work+"/tree"), commit{"a/x": "2", "a/.env": "SECRET=1", "a/data/db": "rows"})
	is.True(d.Managed("a/x") && !d.Managed("a/.env"))

	_, err = d.Put(t.Context(), "a", contents.files(commit{"a/x": "2", "a/.env": "IN=git"}), contents)
	is.NoErr(err) // a file of Git takes the place of one with its name
	is.Equal(onDisk(t, work+"/tree"), commit{"a/x": "2", "a/.env": "IN=git", "a/data/db": "rows"})

	_, err = d.Forget(t.Context(), "a")
	is.NoErr(err)
	is.Equal(onDisk(t, work+"/tree"), commit{"a/data/db": "rows"})
	is.Equal(len(d.Stacks()), 0)
}

func TestASharedFileStaysWhileAStackIsMadeOfIt(t *testing.T) {
	is := is.New(t)
	work, contents := t.TempDir(), newBlobs()
	d := open(t, work)
	for _, stack := range []string{"a", "b"} {
		_, err := d.Put(t.Context(), stack, contents.files(commit{stack + "/c": "1", "shared": "1"}), contents)
		is.NoErr(err)
	}
	_, err := d.Put(t.Context(), "b", contents.files(commit{"b/c": "1", "shared": "2"}), contents)
	is.NoErr(err)
	is.Equal(onDisk(t, work+"/tree")["shared"], "2")
	_, err = d.Put(t.Context(), "a", contents.files(commit{"a/c": "1", "shared": "1"}), contents)
	is.NoErr(err) // what stack b wrote is not what stack a is made of
	is.Equal(onDisk(t, work+"/tree")["shared"], "1")
	_, err = d.Forget(t.Context(), "a")
	is.NoErr(err)
	is.Equal(onDisk(t, work+"/tree"), commit{"b/c": "1", "shared": "1"})
	is.Equal(d.Stacks(), []string{"b"})
	_, err = d.Forget(t.Context(), "b")
	is.NoErr(err)
	is.Equal(onDisk(t, work+"/tree"), commit{})
}

func TestWhatCannotBeWrittenIsRefusedAndNothingChanges(t *testing.T) {
	for name, test := range map[string]struct {
		files   commit
		foreign string // a directory with a file, that mooring did not write
		want    string
	}{
		"a repository":               {commit{"a/.git/config": "x"}, "", "taken for a repository"},
		"a repository in capitals":   {commit{"a/.GiT": "x"}, "", "taken for a repository"},
		"a way out":                  {commit{"a/../../x": "x"}, "", "cannot be written"},
		"an absolute path":           {commit{"/etc/x": "x"}, "", "cannot be written"},
		"a partial file":             {commit{"a/.mooring-partial-1": "x"}, "", "not whole yet"},
		"an LFS pointer":             {commit{"a/x": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"}, "", "pointer of Git LFS"},
		"somebody's directory":       {commit{"a/x": "x"}, "a/x/data", `"a/x" is a directory with files that mooring did not write`},
		"somebody's file in the way": {commit{"a/x/y": "x"}, "a/x", `"a/x" is a file that mooring did not write`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			work, contents := t.TempDir(), newBlobs()
			d := open(t, work)
			before := commit{"a/before": "1"}
			_, err := d.Put(t.Context(), "a", contents.files(before), contents)
			is.NoErr(err)
			if test.foreign != "" {
				at := filepath.Join(work, "tree", test.foreign)
				is.NoErr(os.MkdirAll(filepath.Dir(at), 0o755))
				is.NoErr(os.WriteFile(at, []byte("rows"), 0o600))
				before[test.foreign] = "rows"
			}
			next := commit{"a/before": "1"}
			for path, content := range test.files {
				next[path] = content
			}
			_, err = d.Put(t.Context(), "a", contents.files(next), contents)
			var refused *Refused
			is.True(errors.As(err, &refused))
			if !strings.Contains(refused.Message, test.want) {
				t.Errorf("%q does not say %q", refused.Message, test.want)
			}
			is.Equal(onDisk(t, work+"/tree"), before)
		})
	}
}

func TestAFailureOfTheHostLeavesTheFilesAsTheyWere(t *testing.T) {
	is := is.New(t)
	work, contents := t.TempDir(), newBlobs()
	d := open(t, work)
	_, err := d.Put(t.Context(), "a", contents.files(commit{"a/x": "1", "a/y": "1"}), contents)
	is.NoErr(err)
	next := contents.files(commit{"a/x": "2", "a/y": "3", "a/new/z": "4"})
	delete(contents.contents, slices.MaxFunc(next, func(a, b File) int { return strings.Compare(a.Path, b.Path) }).ID)
	_, err = d.Put(t.Context(), "a", next, contents)
	is.True(err != nil)
	is.Equal(onDisk(t, work+"/tree"), commit{"a/x": "1", "a/y": "1", "a/new/": ""})
	next = contents.files(commit{"a/x": "2", "a/y": "3", "a/new/z": "4"})
	_, err = d.Put(t.Context(), "a", next, contents)
	is.NoErr(err)
	is.Equal(onDisk(t, work+"/tree"), commit{"a/x": "2", "a/y": "3", "a/new/z": "4"})
}

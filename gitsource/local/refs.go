package local

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"mooring/gitsource/fault"
	"mooring/gitsource/local/reftable"
	"mooring/gitsource/object"
)

// refStore finds the refs of a repository. What it returns is as of the time of the call.
type refStore interface {
	// id returns the id that a full ref name leads to; false if there is no such ref.
	id(name string) (id object.ID, found bool, err error)
	// isEmpty tells whether no ref names an object.
	isEmpty() (bool, error)
}

// refTables are refs in reftables.
type refTables struct {
	reftable.Refs
	format object.Format
}

func newRefTables(at gitDirs, format object.Format) refTables {
	return refTables{reftable.New(at.gitDir, at.commonDir, format.Size()), format}
}

func (r refTables) id(name string) (id object.ID, found bool, err error) {
	raw, err := r.Resolve(name)
	if err != nil || raw == nil {
		return object.ID{}, false, err
	}
	return r.format.ID(raw), true, nil
}

func (r refTables) isEmpty() (bool, error) { return r.IsEmpty() }

// refFiles are the refs of a repository on this machine, in files of their own and in packed-refs (gitrepository-layout,
// "refs"). go-git lists them. It cuts an id of SHA-256 short, and if a ref's own file cannot be read, it takes the value
// in packed-refs, which may be old; so refFiles looks a ref up itself.
type refFiles struct {
	*filesystem.Storage
	at     gitDirs
	format object.Format
}

func newRefFiles(at gitDirs, format object.Format) refFiles {
	files := dotgit.NewRepositoryFilesystem(osfs.New(at.gitDir), osfs.New(at.commonDir))
	return refFiles{filesystem.NewStorage(files, cache.NewObjectLRU(0)), at, format}
}

func (r refFiles) isEmpty() (bool, error) {
	references, err := r.IterReferences()
	if err != nil {
		return false, err
	}
	defer references.Close()
	for {
		found, err := references.Next()
		switch {
		case err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		case found.Type() == plumbing.HashReference:
			return false, nil
		}
	}
}

// maxSymbolic is how many symbolic refs are followed one after another, as in git.
const maxSymbolic = 4

// id returns the id that a ref leads to; false if there is no such ref.
func (r refFiles) id(name string) (id object.ID, found bool, err error) {
	for range maxSymbolic + 1 {
		text, err := r.value(name)
		if err != nil || text == "" {
			return object.ID{}, false, err
		}
		if id, isID := r.format.ParseID(text); isID {
			return id, true, nil
		}
		target, isSymbolic := strings.CutPrefix(text, "ref:")
		if name = strings.TrimSpace(target); !isSymbolic || !filepath.IsLocal(filepath.FromSlash(name)) {
			return object.ID{}, false, errNoRef
		}
	}
	return object.ID{}, false, errors.New("it leads through too many symbolic refs")
}

// errNoRef means that the value of a ref is neither an id nor another ref.
var errNoRef = errors.New("it holds neither an id nor a ref")

// value returns the value of a ref; nothing if there is no such ref. A loose ref hides the one in packed-refs.
func (r refFiles) value(name string) (text string, err error) {
	if text, err = r.loose(name); err != nil || text != "" {
		return text, err
	}
	if text, err = r.packed(name); err != nil || text != "" {
		return text, err
	}
	return r.loose(name) // another process may have taken it out of packed-refs to change it
}

// loose returns what the file of a loose ref holds; nothing if there is no such file, or a directory of that name: then
// packed-refs has the ref (gitrepository-layout).
func (r refFiles) loose(name string) (text string, err error) {
	file, err := os.Open(filepath.Join(r.dirOf(name), filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return "", nil
	}
	if err != nil {
		return "", fault.WithoutPath(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxRef))
	if errors.Is(err, syscall.EISDIR) {
		return "", nil
	}
	if err != nil {
		return "", fault.WithoutPath(err)
	}
	text = strings.TrimSpace(string(content))
	if text == "" {
		return "", errNoRef
	}
	return text, nil
}

// maxRef is how many bytes of a ref's file are read.
const maxRef = 8 << 10

// dirOf returns the directory with the file of a loose ref. Each linked worktree has some refs of its own
// (gitrepository-layout, "refs"; git-worktree, "Refs").
func (r refFiles) dirOf(name string) string {
	for _, own := range []string{"refs/bisect/", "refs/worktree/", "refs/rewritten/"} {
		if strings.HasPrefix(name, own) {
			return r.at.gitDir
		}
	}
	if strings.HasPrefix(name, "refs/") {
		return r.at.commonDir
	}
	return r.at.gitDir
}

// packed returns the digits of a ref's id in packed-refs; nothing if it is not there. Each line has an id and a name.
// Lines that begin with "#" or "^" are about the file and about the ref before (git-pack-refs).
func (r refFiles) packed(name string) (digits string, err error) {
	file, err := os.Open(filepath.Join(r.at.commonDir, "packed-refs"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fault.WithoutPath(err)
	}
	defer file.Close()
	lines, end := bufio.NewScanner(file), []byte(" "+name)
	for lines.Scan() {
		if digits, found := bytes.CutSuffix(lines.Bytes(), end); found && !bytes.HasPrefix(digits, []byte("#")) {
			return string(digits), nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", fault.WithoutPath(err)
	}
	return "", nil
}

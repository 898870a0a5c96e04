package reftable

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"mooring/gitsource/fault"
)

// Refs are the refs of a repository, or of one of its linked worktrees. Nothing is open between two calls.
type Refs struct {
	// gitDir and commonDir are the directories that have a directory "reftable". They differ for a linked worktree,
	// which has refs of its own beside those of the repository.
	gitDir, commonDir string
	idSize            int
}

// New names the directories of a repository (gitrepository-layout, "commondir"), and the size in bytes of its ids.
func New(gitDir, commonDir string, idSize int) Refs { return Refs{gitDir, commonDir, idSize} }

// maxSteps is how many refs are read on the way from a symbolic ref to an id, as in git.
const maxSteps = 5

// Resolve returns the id that a full ref name, such as HEAD or refs/heads/main, leads to through symbolic refs. It
// returns nil if there is no such ref, or if it leads to one that does not exist. It returns a *fault.ProtocolError for
// damage, and errors of the disk unchanged.
func (r Refs) Resolve(name string) (id []byte, err error) {
	err = r.read(func(s stacks) error {
		at := name
		for range maxSteps {
			found, err := s.of(at).find(at)
			if id = found.id; err != nil || found.target == "" {
				return err
			}
			at = found.target
		}
		return fault.Malformed("a symbolic ref leads to more than %d others", maxSteps-1)
	})
	return id, err
}

// IsEmpty tells whether no ref has an id. Where very many refs were deleted, it may take others for existing. Its errors
// are those of Resolve.
func (r Refs) IsEmpty() (isEmpty bool, err error) {
	err = r.read(func(s stacks) error {
		isEmpty, err = s.common.isEmpty()
		if err == nil && isEmpty {
			isEmpty, err = s.own.isEmpty()
		}
		return err
	})
	return isEmpty, err
}

// maxReads is how often the lists of tables are read for one answer.
const maxReads = 100

// read calls use with the tables that are listed. Git merges tables into one at any moment: it changes the list, and
// then removes the merged ones (reftable, "Compaction"). If one is gone, the list and everything else is read again: to
// pass over the table would bring back older values. But if the list has not changed, the table is missing.
func (r Refs) read(use func(stacks) error) error {
	var before stacks
	for range maxReads {
		now, err := r.stacks()
		if err != nil {
			return err
		}
		if err = use(now); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if now.isSame(before) {
			return fault.Malformed("a reftable that is listed is missing")
		}
		before = now
	}
	return fault.Malformed("its reftables were replaced %d times while they were read", maxReads)
}

// stacks are the tables of a repository and of a worktree. They are the same in the main worktree.
type stacks struct{ own, common stack }

func (r Refs) stacks() (s stacks, err error) {
	s.own, err = readStack(filepath.Join(r.gitDir, "reftable"), r.idSize)
	s.common = s.own
	if err == nil && r.commonDir != r.gitDir {
		s.common, err = readStack(filepath.Join(r.commonDir, "reftable"), r.idSize)
	}
	return s, err
}

func (s stacks) isSame(other stacks) bool {
	return slices.Equal(s.own.tables, other.own.tables) && slices.Equal(s.common.tables, other.common.tables)
}

// of returns the stack that has a ref: the worktree's own for HEAD and for the refs that git-worktree, "REFS", lists as
// not shared.
func (s stacks) of(name string) stack {
	for _, own := range []string{"refs/bisect/", "refs/worktree/", "refs/rewritten/"} {
		if strings.HasPrefix(name, own) {
			return s.own
		}
	}
	if strings.HasPrefix(name, "refs/") {
		return s.common
	}
	return s.own
}

package reftable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mooring/gitsource/fault"
)

// stack is a directory of tables as its file tables.list was at one time, the newest last (reftable, "Layout"). A table
// never changes, and no other gets its name. So a stack whose tables can all be read is what the refs were at that time.
type stack struct {
	dir    string
	tables []string
	idSize int
}

// maxList is the size in bytes of the largest list: some 20,000 tables.
const maxList = 1 << 20

// readStack reads the list of tables. No list is one without tables, as git takes it.
func readStack(dir string, idSize int) (stack, error) {
	s := stack{dir: dir, idSize: idSize}
	file, err := os.Open(filepath.Join(dir, "tables.list"))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return stack{}, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxList+1))
	if err != nil {
		return stack{}, err
	}
	if len(content) > maxList {
		return stack{}, fault.Malformed("the list of the repository's reftables is larger than %d bytes", maxList)
	}
	for name := range strings.Lines(string(content)) {
		name = strings.TrimSuffix(name, "\n")
		if name == "" {
			continue
		}
		if name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
			return stack{}, fault.Malformed("the list of the repository's reftables is damaged")
		}
		s.tables = append(s.tables, name)
	}
	return s, nil
}

// find returns the value of a ref in the newest table that has the ref. A deletion counts as no ref. It opens one table
// at a time. The error is fs.ErrNotExist if a table is gone.
func (s stack) find(name string) (found value, err error) {
	for _, named := range slices.Backward(s.tables) {
		var ok bool
		err := s.read(named, func(t *table) (err error) {
			found, ok, err = t.find(name)
			return err
		})
		if err != nil || ok {
			return found, err
		}
	}
	return value{}, nil
}

// maxHidden is how many bytes of names isEmpty keeps: some 300,000 refs.
const maxHidden = 8 << 20

// isEmpty tells whether no ref has an id. It reads the tables from the newest to the oldest, up to the first id that no
// newer table hides. Git merges tables when much in them is hidden, so the names without an id are few; if there are
// more than maxHidden, it takes the stack for one with refs.
func (s stack) isEmpty() (isEmpty bool, err error) {
	isEmpty = true
	hidden, size := map[string]bool{}, 0
	for _, named := range slices.Backward(s.tables) {
		err := s.read(named, func(t *table) error {
			return t.each(func(r record) (more bool, err error) {
				if hidden[string(r.name)] {
					return true, nil
				}
				if size += len(r.name); r.value.id != nil || size > maxHidden {
					isEmpty = false
				}
				hidden[string(r.name)] = true
				return isEmpty, nil
			})
		})
		if err != nil || !isEmpty {
			return false, err
		}
	}
	return true, nil
}

// maxTable is the size in bytes of the largest table: some 20 million refs. It limits how long a search takes.
const maxTable = 1 << 30

// read opens one of the tables for use.
func (s stack) read(named string, use func(*table) error) error {
	file, err := os.Open(filepath.Join(s.dir, named))
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() > maxTable {
		return fault.Malformed("a reftable of the repository is larger than %d bytes", int64(maxTable))
	}
	t, err := newTable(file, info.Size(), s.idSize)
	if err != nil {
		return err
	}
	return use(t)
}

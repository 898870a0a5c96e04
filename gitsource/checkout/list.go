package checkout

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// entry is what the list has for one stack.
type entry struct {
	// Stack is the stack's path.
	Stack string `json:"stack"`
	// Files are those that the stack is made of, sorted by path. Without any, the stack is forgotten.
	Files []File `json:"files,omitempty"`
	// Leaving are paths of files that the stack was made of before, and that are still to be removed.
	Leaving []string `json:"leaving,omitempty"`
	// Whole tells that the files are on the disk and that what was leaving is not.
	Whole bool `json:"whole,omitempty"`
}

// list is the file "files": one line of JSON for each change, the newest last. It belongs to a Directory.
type list struct {
	file    *os.File
	entries map[string]entry
	// users counts the stacks that a path belongs to.
	users map[string]int
	lines int
}

// listName is the name of the list, and newListName that of one that is being written.
const (
	listName    = "files"
	newListName = "files.new"
)

// openList reads the list. A line that was cut by a crash is dropped: what it says had not begun.
func openList(root *os.Root) (*list, error) {
	l := &list{entries: map[string]entry{}, users: map[string]int{}}
	old, err := root.Open(listName)
	if err == nil {
		err = errors.Join(l.read(old), old.Close())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the list of files in WORK_DIR: %w", err)
	}
	if err := l.rewrite(root); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *list) read(from io.Reader) error {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		l.apply(e)
	}
}

// apply makes an entry the stack's.
func (l *list) apply(e entry) {
	for _, path := range l.entries[e.Stack].paths() {
		if l.users[path]--; l.users[path] == 0 {
			delete(l.users, path)
		}
	}
	for _, path := range e.paths() {
		l.users[path]++
	}
	if l.entries[e.Stack] = e; len(e.Files) == 0 && e.Whole {
		delete(l.entries, e.Stack)
	}
}

// paths are the paths that mooring has written or may have written for the stack.
func (e entry) paths() []string {
	paths := slices.Clone(e.Leaving)
	for _, file := range e.Files {
		paths = append(paths, file.Path)
	}
	return paths
}

// add writes an entry to the disk, and then makes it the stack's.
func (l *list) add(root *os.Root, e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return l.repair(root, err)
	}
	if err := l.file.Sync(); err != nil {
		return l.repair(root, err)
	}
	l.apply(e)
	if l.lines++; l.lines > 100+4*len(l.entries) {
		return l.rewrite(root)
	}
	return nil
}

// repair writes the list anew after a line was written in part: the next one would be appended to it.
func (l *list) repair(root *os.Root, failure error) error {
	failure = fmt.Errorf("write the list of files in WORK_DIR: %w", failure)
	if err := l.rewrite(root); err != nil {
		return errors.Join(failure, err)
	}
	return failure
}

// rewrite writes one line for each stack, in a new file that takes the place of the list.
func (l *list) rewrite(root *os.Root) error {
	err := l.replace(root)
	if err != nil {
		return fmt.Errorf("write the list of files in WORK_DIR: %w", err)
	}
	return nil
}

func (l *list) replace(root *os.Root) error {
	next, err := root.OpenFile(newListName, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(next)
	encoder := json.NewEncoder(out)
	for _, e := range l.sorted() {
		if err := encoder.Encode(e); err != nil {
			return errors.Join(err, next.Close())
		}
	}
	if err := errors.Join(out.Flush(), next.Sync()); err != nil {
		return errors.Join(err, next.Close())
	}
	if err := root.Rename(newListName, listName); err != nil {
		return errors.Join(err, next.Close())
	}
	if l.file != nil {
		err = l.file.Close()
	}
	l.file, l.lines = next, len(l.entries)
	return errors.Join(err, syncDirectory(root))
}

func (l *list) sorted() []entry {
	entries := make([]entry, 0, len(l.entries))
	for _, e := range l.entries {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.Stack, b.Stack) })
	return entries
}

// syncDirectory makes the names in a directory last through a loss of power.
func syncDirectory(root *os.Root) error {
	directory, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

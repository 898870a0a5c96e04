package tablemaker

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stack is a directory of tables that is changed as git changes it: tables are added and merged, the list is replaced,
// and then the files of merged tables are removed.
type Stack struct {
	dir    string
	format Format
	tables []table
}

// table is a table of a stack. The records of tables that others wrote are not known.
type table struct {
	name        string
	first, last uint64
	records     []Record
}

// Open opens a directory of tables, and makes it if it does not exist.
func Open(dir string, format Format) (*Stack, error) {
	s := &Stack{dir: dir, format: format}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(dir, "tables.list"))
	if os.IsNotExist(err) {
		return s, s.writeList()
	}
	for _, name := range strings.Fields(string(list)) {
		t := table{name: name}
		if _, err := fmt.Sscanf(name, "0x%x-0x%x-", &t.first, &t.last); err != nil {
			return nil, fmt.Errorf("the table's name %q: %w", name, err)
		}
		s.tables = append(s.tables, t)
	}
	return s, err
}

// SetFormat changes the format of further tables.
func (s *Stack) SetFormat(format Format) { s.format = format }

// Len is how many tables there are.
func (s *Stack) Len() int { return len(s.tables) }

// Add adds a table with records.
func (s *Stack) Add(records ...Record) error {
	update := uint64(1)
	if len(s.tables) > 0 {
		update = s.tables[len(s.tables)-1].last + 1
	}
	added, err := s.write(update, update, records)
	if err != nil {
		return err
	}
	s.tables = append(s.tables, added)
	return s.writeList()
}

// Merge merges tables that this stack added: those with the numbers from first up to, not including, end. Deletions are
// kept only if there are older tables.
func (s *Stack) Merge(first, end int) error {
	merged := slices.Clone(s.tables[first:end])
	values := map[string]Record{}
	for _, t := range merged {
		for _, r := range t.records {
			values[r.Name] = r
		}
	}
	if first == 0 {
		maps.DeleteFunc(values, func(_ string, r Record) bool { return r.ID == nil && r.Target == "" })
	}
	records := slices.Collect(maps.Values(values))
	added, err := s.write(merged[0].first, merged[len(merged)-1].last, records)
	if err != nil {
		return err
	}
	s.tables = slices.Replace(s.tables, first, end, added)
	if err := s.writeList(); err != nil {
		return err
	}
	for _, t := range merged {
		if err := os.Remove(filepath.Join(s.dir, t.name)); err != nil {
			return err
		}
	}
	return nil
}

// write writes the file of a table, which is not in the list yet.
func (s *Stack) write(first, last uint64, records []Record) (table, error) {
	random := make([]byte, 4)
	_, _ = rand.Read(random)
	name := fmt.Sprintf("0x%012x-0x%012x-%s.ref", first, last, hex.EncodeToString(random))
	return table{name, first, last, records}, s.replace(name, s.format.Table(first, last, records))
}

func (s *Stack) writeList() error {
	var list strings.Builder
	for _, t := range s.tables {
		list.WriteString(t.name + "\n")
	}
	return s.replace("tables.list", []byte(list.String()))
}

// replace writes a file beside another one and renames it.
func (s *Stack) replace(name string, content []byte) error {
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path+".lock", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".lock", path)
}

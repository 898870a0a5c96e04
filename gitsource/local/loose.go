package local

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/inflate"
	"mooring/gitsource/object"
	"mooring/gitsource/pack"
)

// loose reads an object that has a file of its own: compressed, the type, a space, the size in decimal, a NUL and the
// content (gitformat-loose). It returns fault.ErrAbsent if there is no such file, and the type with fault.ErrTooLarge.
func (s *store) loose(id object.ID, limit int64) (object.Kind, []byte, error) {
	file, err := s.openLoose(id)
	if err != nil {
		return 0, nil, err
	}
	defer file.Close()
	data := bufio.NewReader(file)
	if err := s.stream.Start(data); err != nil {
		return 0, nil, damagedLoose(err)
	}
	kind, size, err := s.looseHeader()
	if err != nil {
		return 0, nil, damagedLoose(err)
	}
	if size > limit {
		return kind, nil, fault.ErrTooLarge
	}
	s.content = pack.Resize(s.content, int(size))
	if err := s.stream.Rest(s.content); err != nil {
		return kind, nil, damagedLoose(err)
	}
	return kind, s.content, nil
}

func (s *store) openLoose(id object.ID) (*os.File, error) {
	name := id.String()
	for _, dir := range s.dirs {
		file, err := s.files.openFile(filepath.Join(dir, name[:2], name[2:]))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return nil, fault.ErrAbsent
}

// looseHeader reads the type and the size, up to the NUL.
func (s *store) looseHeader() (object.Kind, int64, error) {
	const longest = 32
	header := make([]byte, 0, longest)
	for len(header) < longest {
		next := header[len(header) : len(header)+1]
		if n, err := s.stream.Read(next); n == 0 {
			if err == nil {
				continue
			}
			return 0, 0, err
		}
		if next[0] == 0 {
			name, digits, _ := strings.Cut(string(header), " ")
			size, err := strconv.ParseInt(digits, 10, 64)
			kind, isKind := object.ParseKind(name)
			if err != nil || size < 0 || !isKind {
				return 0, 0, inflate.ErrWrongSize
			}
			return kind, size, nil
		}
		header = header[:len(header)+1]
	}
	return 0, 0, inflate.ErrWrongSize
}

// damagedLoose says that a loose object is damaged, unless its file could not be read.
func damagedLoose(err error) error {
	var failed *os.PathError
	if errors.As(err, &failed) {
		return err
	}
	return fault.Malformed("a loose object of the repository is damaged")
}

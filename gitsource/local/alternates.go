package local

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// maxAlternates is how many objects directories a repository may have, its own included.
const maxAlternates = 32

// alternates returns an objects directory and those that it borrows from, directly or not (gitrepository-layout,
// "objects/info/alternates"). absent tells that one of them cannot be read. This matters only if an object is missing.
func alternates(objectsDir string) (dirs []string, absent error) {
	dirs = []string{objectsDir}
	for i := 0; i < len(dirs) && len(dirs) < maxAlternates; i++ {
		named, err := readAlternates(filepath.Join(dirs[i], "info", "alternates"))
		if err != nil && absent == nil {
			absent = err
		}
		for _, name := range named {
			dir := resolve(dirs[i], name)
			switch _, err := os.Stat(dir); {
			case err != nil && absent == nil && errors.Is(err, fs.ErrNotExist):
				absent = fault.New(actors.CodeProtocol, "The repository borrows objects from another one that is not there; "+
					"mount that too, at the path that the file objects/info/alternates names.")
			case err != nil && absent == nil:
				absent = err
			}
			if len(dirs) < maxAlternates {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs, absent
}

// readAlternates returns the lines of a file of alternates that are not comments.
func readAlternates(name string) (named []string, err error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() && len(named) < maxAlternates {
		line := lines.Text()
		if path, ok := unquoted(line); ok {
			line = path
		}
		if line != "" && !strings.HasPrefix(lines.Text(), "#") {
			named = append(named, line)
		}
	}
	return named, lines.Err()
}

// unquoted returns the path in a line that begins with a double quote. Git quotes paths as the language C does: with
// letters for control characters and three octal digits for other bytes (git-config, "core.quotePath"). ok is false if
// the line is not such a quoted path; then it stands for itself.
func unquoted(line string) (path string, ok bool) {
	rest, quoted := strings.CutPrefix(line, "\"")
	if !quoted {
		return "", false
	}
	var read []byte
	for rest != "" {
		c := rest[0]
		rest = rest[1:]
		if c == '"' {
			return string(read), true
		}
		if c != '\\' {
			read = append(read, c)
			continue
		}
		if rest == "" {
			return "", false
		}
		letter := strings.IndexByte("abfnrtv\\\"", rest[0])
		switch {
		case letter >= 0:
			read, rest = append(read, "\a\b\f\n\r\t\v\\\""[letter]), rest[1:]
		case len(rest) >= 3 && rest[0] <= '3' && isOctal(rest[0]) && isOctal(rest[1]) && isOctal(rest[2]):
			read, rest = append(read, (rest[0]-'0')<<6|(rest[1]-'0')<<3|(rest[2]-'0')), rest[3:]
		default:
			return "", false
		}
	}
	return "", false
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

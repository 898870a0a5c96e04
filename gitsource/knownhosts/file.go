package knownhosts

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// maxFile is how many bytes a file may have: those of about 100,000 keys.
const maxFile = 16 << 20

// maxNumbers is how many lines a sentence names in one file.
const maxNumbers = 10

// DefaultFiles returns the files that the ssh program reads if nothing else is set (ssh_config(5), UserKnownHostsFile
// and GlobalKnownHostsFile). home is the home directory; if it is empty, only the machine's files are returned.
func DefaultFiles(home string) []string {
	files := []string{"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"}
	if home == "" {
		return files
	}
	own := filepath.Join(home, ".ssh", "known_hosts")
	return append([]string{own, own + "2"}, files...)
}

// Hosts are the lines of all files. The zero value knows no host. It is immutable.
type Hosts struct {
	lines []line
	// found tells that at least one file exists.
	found bool
}

// Read reads the files, and leaves out those that do not exist. It fails if a file exists and cannot be read, because
// that may be the file that has a revoked key.
func Read(files []string) (Hosts, error) {
	var h Hosts
	for _, name := range files {
		content, err := readFile(name)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
			continue
		case err != nil:
			return Hosts{}, fault.New(actors.CodeUntrusted, "The file of known SSH hosts %s cannot be read: %s; mend it, or "+
				"set GIT_SSH_KNOWN_HOSTS_FILE to another one.", fault.Clean(name), fault.Clean(err.Error()))
		}
		h.found = true
		h.add(name, content)
	}
	return h, nil
}

func readFile(name string) (string, error) {
	content, err := fault.ReadFile(name, maxFile)
	if err != nil {
		return "", err
	}
	text := strings.TrimPrefix(string(content), "\ufeff")
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return "", errors.New("it is UTF-16, and must be UTF-8")
	}
	return text, nil
}

func (h *Hosts) add(file, content string) {
	number := 0
	for text := range strings.Lines(content) {
		number++
		text = strings.Trim(text, " \t\r\n")
		if text == "" || text[0] == '#' {
			continue
		}
		parsed := parse(text)
		parsed.file, parsed.number = file, number
		h.lines = append(h.lines, parsed)
	}
}

// IsEmpty tells whether none of the files exists.
func (h Hosts) IsEmpty() bool { return !h.found }

// Warning is a sentence that names the lines that cannot be read; empty if there are none.
func (h Hosts) Warning() string {
	if where := unreadable(h.lines); where != "" {
		return "The known SSH hosts have lines that cannot be read and do not count: " + where + "."
	}
	return ""
}

// unreadable names the lines among these that cannot be read, such as "line 3 of FILE", ten of each file at most.
func unreadable(lines []line) string {
	numbers := map[string][]int{}
	var files []string
	for _, l := range lines {
		if l.key != nil {
			continue
		}
		if numbers[l.file] == nil {
			files = append(files, l.file)
		}
		numbers[l.file] = append(numbers[l.file], l.number)
	}
	for i, file := range files {
		files[i] = listed(numbers[file]) + " of " + fault.Clean(file)
	}
	return strings.Join(files, "; ")
}

func listed(numbers []int) string {
	if len(numbers) == 1 {
		return "line " + strconv.Itoa(numbers[0])
	}
	var words []string
	for _, number := range numbers[:min(len(numbers), maxNumbers)] {
		words = append(words, strconv.Itoa(number))
	}
	if more := len(numbers) - len(words); more > 0 {
		words = append(words, strconv.Itoa(more)+" more")
	}
	last := len(words) - 1
	return "lines " + strings.Join(words[:last], ", ") + " and " + words[last]
}

package lab

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// Listing is the expected result of a refresh.
type Listing struct {
	Revision string
	// Hashes are the hashes of the compose files, by path: "sha256:" and 64 hex digits.
	Hashes map[string]string
}

// Differs compares this listing of git with mooring's, and returns an error that tells the first difference.
func (l Listing) Differs(other Listing) error {
	if l.Revision != other.Revision {
		return fmt.Errorf("git has revision %s and mooring %s", l.Revision, other.Revision)
	}
	for file, hash := range l.Hashes {
		if other.Hashes[file] != hash {
			return fmt.Errorf("at %s git has %s with %s and mooring %q", l.Revision, file, hash, other.Hashes[file])
		}
	}
	if len(l.Hashes) != len(other.Hashes) {
		return fmt.Errorf("at %s git has %d stacks and mooring %d", l.Revision, len(l.Hashes), len(other.Hashes))
	}
	return nil
}

// ComposeFile is a compose file in a tree.
type ComposeFile struct {
	Path string
	// ID is the id of the blob; empty for a removed file.
	ID string
}

// ComposeFiles runs git-ls-tree(1) -z or git-diff-tree(1) -z and returns the compose files in the output.
func ComposeFiles(ctx context.Context, repository string, args ...string) ([]ComposeFile, error) {
	var files []ComposeFile
	err := GitReading(ctx, repository, nil, func(r io.Reader) error {
		reader := bufio.NewReaderSize(r, 64<<10)
		for {
			entry, err := reader.ReadSlice(0)
			if err == io.EOF && len(entry) == 0 {
				return nil
			}
			if err != nil {
				return fmt.Errorf("read what git %s lists: %w", args[0], err)
			}
			if file, ok, err := parseEntry(entry[:len(entry)-1], reader); err != nil {
				return err
			} else if ok {
				files = append(files, file)
			}
		}
	}, args...)
	return files, err
}

// parseEntry reads one entry: "MODE blob ID\tPATH" of ls-tree, or ":MODE MODE ID ID STATUS" of diff-tree, whose path
// follows in the reader.
func parseEntry(entry []byte, reader *bufio.Reader) (ComposeFile, bool, error) {
	if entry[0] != ':' {
		about, name, _ := bytes.Cut(entry, []byte("\t"))
		if !isCompose(name) {
			return ComposeFile{}, false, nil
		}
		return ComposeFile{string(name), string(about[bytes.LastIndexByte(about, ' ')+1:])}, true, nil
	}
	fields := strings.Fields(string(entry))
	name, err := reader.ReadSlice(0)
	if err != nil || len(fields) != 5 {
		return ComposeFile{}, false, fmt.Errorf("git diff-tree lists something else than expected: %q", entry)
	}
	name = name[:len(name)-1]
	if !isCompose(name) {
		return ComposeFile{}, false, nil
	}
	file := ComposeFile{string(name), fields[3]}
	if fields[4] == "D" {
		file.ID = ""
	}
	return file, true, nil
}

func isCompose(name []byte) bool {
	switch base := path.Base(string(name)); base {
	case "docker-compose.yml", "docker-compose.yaml":
		return true
	}
	return false
}

// HashFiles reads and hashes all the files by one git cat-file. The Revision is the commit that the name stands for.
func HashFiles(ctx context.Context, repository, name string, files []ComposeFile) (Listing, error) {
	var input bytes.Buffer
	fmt.Fprintf(&input, "%s\n", name)
	for _, file := range files {
		if file.ID != "" {
			fmt.Fprintf(&input, "%s\n", file.ID)
		}
	}
	found := Listing{Hashes: make(map[string]string, len(files))}
	err := GitReading(ctx, repository, &input, func(r io.Reader) (err error) {
		reader := bufio.NewReaderSize(r, 64<<10)
		if found.Revision, err = readObject(reader, io.Discard); err != nil {
			return err
		}
		sum := sha256.New()
		for _, file := range files {
			if file.ID == "" {
				continue
			}
			sum.Reset()
			if _, err := readObject(reader, sum); err != nil {
				return err
			}
			found.Hashes[file.Path] = format(sum.Sum(nil))
		}
		return nil
	}, "cat-file", "--batch", "--buffer")
	return found, err
}

func format(sum []byte) string { return "sha256:" + hex.EncodeToString(sum) }

// Digest is the hash of a compose file's content, as mooring writes it.
func Digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return format(sum[:])
}

// readObject reads one answer of git cat-file --batch: "ID TYPE SIZE", the content, a newline. It returns the id.
func readObject(reader *bufio.Reader, into io.Writer) (string, error) {
	header, err := reader.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read what git cat-file says: %w", err)
	}
	fields := strings.Fields(header)
	if len(fields) != 3 {
		return "", fmt.Errorf("git cat-file says %q", header)
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return "", fmt.Errorf("git cat-file says %q", header)
	}
	if _, err := io.CopyN(into, reader, size); err != nil {
		return "", fmt.Errorf("read an object from git cat-file: %w", err)
	}
	_, err = reader.Discard(1)
	return fields[0], err
}

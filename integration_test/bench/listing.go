package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"path"
	"strconv"
	"strings"
)

// listing is what a refresh must come to: a revision, and the hash of each compose file by its path.
type listing struct {
	revision string
	hashes   map[string]string
}

// differs returns an error that tells how another listing differs, or nil.
func (l listing) differs(other listing) error {
	if l.revision != other.revision {
		return fmt.Errorf("git has revision %s and mooring %s", l.revision, other.revision)
	}
	for file, hash := range l.hashes {
		if other.hashes[file] != hash {
			return fmt.Errorf("at %s git has %s with %s and mooring %q", l.revision, file, hash, other.hashes[file])
		}
	}
	if len(l.hashes) != len(other.hashes) {
		return fmt.Errorf("at %s git has %d stacks and mooring %d", l.revision, len(l.hashes), len(other.hashes))
	}
	return nil
}

// composeFile is a compose file in a tree.
type composeFile struct {
	path string
	// id is the blob's; empty for a file that is gone.
	id string
}

// composeFiles runs git ls-tree -z or git diff-tree -z and returns the compose files among what they list.
func composeFiles(ctx context.Context, g git, repository string, args ...string) ([]composeFile, error) {
	var files []composeFile
	err := g.read(ctx, repository, nil, func(r io.Reader) error {
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
func parseEntry(entry []byte, reader *bufio.Reader) (composeFile, bool, error) {
	if entry[0] != ':' {
		about, name, _ := bytes.Cut(entry, []byte("\t"))
		if !isCompose(name) {
			return composeFile{}, false, nil
		}
		return composeFile{string(name), string(about[bytes.LastIndexByte(about, ' ')+1:])}, true, nil
	}
	fields := strings.Fields(string(entry))
	name, err := reader.ReadSlice(0)
	if err != nil || len(fields) != 5 {
		return composeFile{}, false, fmt.Errorf("git diff-tree lists something else than expected: %q", entry)
	}
	name = name[:len(name)-1]
	if !isCompose(name) {
		return composeFile{}, false, nil
	}
	file := composeFile{path: string(name), id: fields[3]}
	if fields[4] == "D" {
		file.id = ""
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

// hashFiles reads all the files by one git cat-file, and hashes them. The revision is the commit that a name stands
// for.
func hashFiles(ctx context.Context, g git, repository, name string, files []composeFile) (listing, error) {
	var input bytes.Buffer
	fmt.Fprintf(&input, "%s\n", name)
	for _, file := range files {
		if file.id != "" {
			fmt.Fprintf(&input, "%s\n", file.id)
		}
	}
	found := listing{hashes: make(map[string]string, len(files))}
	err := g.read(ctx, repository, &input, func(r io.Reader) (err error) {
		reader := bufio.NewReaderSize(r, 64<<10)
		if found.revision, err = readObject(reader, io.Discard); err != nil {
			return err
		}
		digest := sha256.New()
		for _, file := range files {
			if file.id == "" {
				continue
			}
			digest.Reset()
			if _, err := readObject(reader, digest); err != nil {
				return err
			}
			found.hashes[file.path] = sum(digest)
		}
		return nil
	}, "cat-file", "--batch", "--buffer")
	return found, err
}

func sum(digest hash.Hash) string { return "sha256:" + hex.EncodeToString(digest.Sum(nil)) }

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

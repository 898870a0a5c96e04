package object

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"mooring/gitsource/fault"
)

// Revision is what is read of a commit (git-commit-tree). The texts may have any bytes but line breaks.
type Revision struct {
	// Tree is the root of its content.
	Tree ID
	// Author is the name of who wrote the change, and Subject the first paragraph of the message, as one line.
	Author, Subject string
	// CommittedAt is when the commit was made; zero if the commit does not tell.
	CommittedAt time.Time
}

// maxSubject is how many bytes of a message are read for the subject.
const maxSubject = 4 << 10

// ReadCommit reads a commit's bytes. The error is a fault.ProtocolError: only the tree is needed, and everything else
// may be missing or malformed.
func (f Format) ReadCommit(commit []byte) (Revision, error) {
	tree, err := f.firstID(commit, "tree ", "a commit")
	if err != nil {
		return Revision{}, err
	}
	read := Revision{Tree: tree}
	header, message, _ := bytes.Cut(commit, []byte("\n\n"))
	for line := range bytes.Lines(header) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if person, found := bytes.CutPrefix(line, []byte("author ")); found && read.Author == "" {
			read.Author, _ = splitPerson(person)
		}
		if person, found := bytes.CutPrefix(line, []byte("committer ")); found && read.CommittedAt.IsZero() {
			_, read.CommittedAt = splitPerson(person)
		}
	}
	read.Subject = subject(message[:min(len(message), maxSubject)])
	return read, nil
}

// splitPerson reads a name and a time from "NAME <ADDRESS> SECONDS ZONE". The time is zero if there is none.
func splitPerson(person []byte) (string, time.Time) {
	name, rest, _ := bytes.Cut(person[:min(len(person), maxSubject)], []byte("<"))
	text := strings.TrimSpace(string(name))
	when := bytes.Fields(rest[bytes.LastIndexByte(rest, '>')+1:])
	if len(when) == 0 {
		return text, time.Time{}
	}
	const latest = 253402300799 // the end of the year 9999: RFC 3339 has no later one
	seconds, err := strconv.ParseInt(string(when[0]), 10, 64)
	if err != nil || seconds < 0 || seconds > latest {
		return text, time.Time{}
	}
	return text, time.Unix(seconds, 0).UTC()
}

// subject returns the first paragraph of a message as one line, as git does (git-commit, DISCUSSION).
func subject(message []byte) string {
	var lines []string
	for line := range bytes.Lines(message) {
		text := strings.TrimSpace(string(line))
		if text == "" && len(lines) > 0 {
			break
		}
		if text != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, " ")
}

// TagTarget reads the id of the object that an annotated tag names from the tag's bytes (git-mktag). The error is a
// fault.ProtocolError.
func (f Format) TagTarget(tag []byte) (ID, error) {
	return f.firstID(tag, "object ", "an annotated tag")
}

// firstID reads an id from an object's first line, which is a label and the id.
func (f Format) firstID(object []byte, label, what string) (ID, error) {
	line, _, _ := bytes.Cut(object, []byte("\n"))
	digits, found := bytes.CutPrefix(line, []byte(label))
	id, isID := f.ParseID(string(digits))
	if !found || !isID {
		return ID{}, fault.Malformed("%s does not begin with %q and an id", what, label)
	}
	return id, nil
}

package checkout

import (
	"context"
	"fmt"
	"strings"
)

// Mode is the kind of a file.
type Mode string

const (
	// Regular is a file that is no program.
	Regular Mode = "file"
	// Executable is a file that is a program.
	Executable Mode = "program"
	// Link is a symbolic link. It is written as Git has it, and never followed.
	Link Mode = "link"
)

// File is a file of a commit.
type File struct {
	// Path is relative to the root of the repository, with "/" between its parts.
	Path string `json:"path"`
	// Mode is the file's kind.
	Mode Mode `json:"mode"`
	// ID names the blob with the content, or with the target of a link, in hex digits.
	ID string `json:"id"`
}

// Contents gives the contents of blobs.
type Contents interface {
	// Blobs reads the blobs of these ids, in any order, and calls visit once for each. The content is valid until visit
	// returns. An error of visit ends it and is returned unchanged.
	Blobs(ctx context.Context, ids []string, visit func(id string, content []byte) error) error
}

// Refused is the error of files that cannot be written as Git has them. Somebody has to change something, in Git or on
// this machine.
type Refused struct {
	// Message is one sentence that names the file and says what is wrong.
	Message string
}

// Error is the message.
func (r *Refused) Error() string { return r.Message }

func refuse(format string, values ...any) *Refused { return &Refused{fmt.Sprintf(format, values...)} }

// TooLarge is the error of Contents for a blob that is larger than they give.
type TooLarge struct {
	// ID names the blob, and Limit is the size in bytes of the largest one.
	ID    string
	Limit int64
}

// Error says which blob it is.
func (t *TooLarge) Error() string {
	return fmt.Sprintf("blob %s is larger than %d bytes", t.ID, t.Limit)
}

// partial begins the names of files that are not whole yet.
const partial = ".mooring-partial-"

// checkPath refuses a path that no file can have, or that a program on this machine would take for something else. Git
// itself refuses these in an index (git-update-index, "--protectHFS" and its like).
func checkPath(name string) error {
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "" || part == "." || part == ".." || strings.ContainsRune(part, 0):
			return refuse("The repository has the path %q, which cannot be written.", name)
		case strings.EqualFold(part, ".git"):
			return refuse("The repository has the path %q; a directory of that name would be taken for a repository.", name)
		case strings.HasPrefix(part, partial):
			return refuse("The repository has the path %q; mooring uses such names for files that are not whole yet.", name)
		}
	}
	return nil
}

// checkPointer refuses a pointer of Git LFS, which stands in Git for a content that is elsewhere (git-lfs, docs/spec.md).
func checkPointer(file File, content []byte) error {
	if file.Mode != Link && strings.HasPrefix(string(content[:min(len(content), 64)]), "version https://git-lfs.github.com/spec/v1\n") {
		return refuse("%q is a pointer of Git LFS; mooring does not fetch what it points to.", file.Path)
	}
	return nil
}

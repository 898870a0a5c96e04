package inputs

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// commit are the files of a commit by their paths. A content that begins with "-> " is the target of a link, "submodule" is
// a submodule, and one that begins with "unmanaged " is on the disk and not in Git.
type commit map[string]string

func (t commit) Entry(_ context.Context, name string) (Entry, error) {
	content, found := t[name]
	switch {
	case found && strings.HasPrefix(content, "-> "):
		return Entry{Link, id(content)}, nil
	case found && content == "submodule":
		return Entry{Submodule, id(content)}, nil
	case found && strings.HasPrefix(content, "unmanaged "):
		return Entry{Kind: Unmanaged}, nil
	case found:
		return Entry{File, id(content)}, nil
	}
	var below []string
	for file, content := range t {
		if name == "." || strings.HasPrefix(file, name+"/") {
			below = append(below, file+content)
		}
	}
	if len(below) == 0 {
		return Entry{}, fs.ErrNotExist
	}
	return Entry{Directory, id(fmt.Sprint(len(below)))}, nil
}

func (t commit) Read(_ context.Context, name string) ([]byte, error) {
	content, found := t[name]
	if !found {
		return nil, fs.ErrNotExist
	}
	if content == "too large" {
		return nil, ErrTooLarge
	}
	content = strings.TrimPrefix(content, "unmanaged ")
	return []byte(strings.TrimPrefix(content, "-> ")), nil
}

func id(content string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(content)))[:40] }

func TestAPathIsFollowedThroughTheLinksOfTheCommit(t *testing.T) {
	files := commit{
		"real/file": "x", "link": "-> real/file", "dir": "-> real", "up/again": "-> ../dir/file", "out": "-> ../x",
		"abs": "-> /etc/passwd", "a": "-> b", "b": "-> a", "sub": "submodule", "nothing": "-> real/none", "root": "-> .",
	}
	for name, want := range map[string]string{
		"real/file":           "real/file",
		"link":                "real/file",
		"dir/file":            "real/file",
		"up/again":            "real/file",
		"up/../real/./file":   "real/file",
		"root/root/real/file": "real/file",
		"root":                ".",
		".":                   ".",
		"real":                "real",
		"nothing":             "absent",
		"real/file/x":         "absent",
		"out":                 `"out" leaves the repository.`,
		"abs":                 `"abs" is a symbolic link that leaves the repository.`,
		"a":                   `"a" leads through more than 40 symbolic links.`,
		"sub/x":               `"sub/x" is in the submodule "sub"; mooring does not read submodules.`,
		"sub":                 `"sub" is in the submodule "sub"; mooring does not read submodules.`,
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			at, err := find(t.Context(), files, name)
			if absent(err) {
				at.path = "absent"
			} else if err != nil {
				at.path = err.Error()
			}
			is.Equal(at.path, want)
		})
	}
}

func TestTheLinksOnTheWayAreInputs(t *testing.T) {
	is := is.New(t)
	files := commit{"real/file": "x", "dir": "-> real", "up/again": "-> ../dir/file"}
	at, err := find(t.Context(), files, "up/again")
	is.NoErr(err)
	var links []string
	for _, link := range at.links {
		is.Equal(link.Use, UseLink)
		links = append(links, link.Path)
	}
	is.Equal(links, []string{"up/again", "dir"})
	is.Equal(path.Base(at.path), "file")
}

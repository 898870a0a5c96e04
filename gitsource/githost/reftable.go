package githost

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"mooring/gitsource/tablemaker"
)

// ToReftables changes a repository so that it keeps its refs in reftables, and returns these. dir is the directory that
// has HEAD and refs. A git program that knows reftables can use the repository then, and older ones cannot.
func ToReftables(t Fatal, dir string, format tablemaker.Format) *tablemaker.Stack {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatalf("change to reftables: %v", err)
		}
	}
	const each = "--format=%(refname)|%(objectname)|%(*objectname)|%(symref)"
	lines := string(Git(t, dir, nil, "for-each-ref", each))
	head := strings.TrimSpace(string(Git(t, dir, nil, "symbolic-ref", "HEAD")))
	records := []tablemaker.Record{{Name: "HEAD", Target: head}}
	for line := range strings.SplitSeq(lines, "\n") {
		if fields := strings.Split(line, "|"); len(fields) == 4 {
			r := tablemaker.Record{Name: fields[0], Target: fields[3]}
			if r.Target == "" {
				r.ID = rawID(t, fields[1])
				r.Peeled = rawID(t, fields[2])
			}
			records = append(records, r)
		}
	}
	Git(t, dir, nil, "config", "core.repositoryFormatVersion", "1")
	Git(t, dir, nil, "config", "extensions.refStorage", "reftable") // after this, an older git refuses to do anything
	must(os.RemoveAll(filepath.Join(dir, "refs")))
	must(os.RemoveAll(filepath.Join(dir, "packed-refs")))
	must(os.Mkdir(filepath.Join(dir, "refs"), 0o700))
	must(os.WriteFile(filepath.Join(dir, "refs", "heads"), []byte("this repository uses reftables\n"), 0o600))
	must(os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/.invalid\n"), 0o600))
	stack, err := tablemaker.Open(filepath.Join(dir, "reftable"), format)
	must(err)
	must(stack.Add(records...))
	return stack
}

// rawID returns the bytes of an id in hex; nil for an empty text.
func rawID(t Fatal, text string) []byte {
	if text == "" {
		return nil
	}
	id, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("an id of git: %v", err)
	}
	return id
}

package local

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/tablemaker"
)

// BenchmarkTip looks up one ref among many, in each way in which a repository may keep them.
func BenchmarkTip(b *testing.B) {
	for kept, keep := range map[string]func(b *testing.B, dir string, names []string, commit string){
		"files": keepInFiles, "packed": keepPacked, "reftable": keepInReftable,
	} {
		dir := filepath.Join(b.TempDir(), "r.git")
		githost.Git(b, b.TempDir(), nil, "init", "--quiet", "--bare", "--initial-branch=main", dir)
		tree := string(bytes.TrimSpace(githost.Git(b, dir, nil, "mktree", "--missing")))
		commit := string(bytes.TrimSpace(githost.Git(b, dir, nil, "commit-tree", "-m", "x", tree)))
		names := []string{"refs/heads/main"}
		for i := range 100_000 {
			names = append(names, fmt.Sprintf("refs/pull/%d/%d", i/1000, i))
		}
		keep(b, dir, names, commit)
		for _, name := range []string{"HEAD", "refs/pull/77/77777"} {
			b.Run(kept+"/"+filepath.Base(name), func(b *testing.B) {
				ref := location.ParseRef(name)
				b.ReportAllocs()
				for b.Loop() {
					repository, err := Open(dir)
					if err != nil {
						b.Fatal(err)
					}
					tip, err := repository.Tip(ref, object.Tip{})
					repository.Close()
					if err != nil || tip.Commit.String() != commit {
						b.Fatalf("%s: %s, %v", name, tip.Commit, err)
					}
				}
			})
		}
	}
}

func keepInFiles(b *testing.B, dir string, names []string, commit string) {
	for _, name := range names {
		path := filepath.Join(dir, name)
		err := os.WriteFile(path, []byte(commit+"\n"), 0o600)
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(commit+"\n"), 0o600))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func keepPacked(b *testing.B, dir string, names []string, commit string) {
	content := []byte("# pack-refs with: peeled fully-peeled sorted \n")
	for _, name := range slices.Sorted(slices.Values(names)) {
		content = fmt.Appendf(content, "%s %s\n", commit, name)
	}
	if err := os.WriteFile(filepath.Join(dir, "packed-refs"), content, 0o600); err != nil {
		b.Fatal(err)
	}
}

func keepInReftable(b *testing.B, dir string, names []string, commit string) {
	stack := githost.ToReftables(b, dir, tablemaker.Git(object.SHA1.Size()))
	id, err := hex.DecodeString(commit)
	var records []tablemaker.Record
	for _, name := range names {
		records = append(records, tablemaker.Record{Name: name, ID: id})
	}
	if err = errors.Join(err, stack.Add(records...)); err != nil {
		b.Fatal(err)
	}
}

package local

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
)

// Nothing can be read at the beginning of /proc/self/mem: that is an input/output error, as of a broken disk.
func TestAnErrorOfTheDiskIsASentenceWithoutAPath(t *testing.T) {
	for claim, pattern := range map[string]string{
		"HEAD": ".git/HEAD", "a branch": ".git/refs/heads/main", "the refs": ".git/packed-refs", "the config": ".git/config",
		"an index": ".git/objects/pack/*.idx", "a pack": ".git/objects/pack/*.pack", "the alternates": ".git/objects/info/alternates",
		"a loose object": ".git/objects/??/*", ".git": ".git", "commondir": ".git/commondir",
	} {
		t.Run(claim, func(t *testing.T) {
			is := is.New(t)
			r := githost.New(t)
			r.Commit("a/docker-compose.yml", "1")
			if strings.Contains(pattern, "pack") || strings.Contains(pattern, "alternates") {
				r.Git("repack", "-adq")
				r.Git("pack-refs", "--all")
			}
			files, err := filepath.Glob(filepath.Join(r.Dir, pattern))
			is.NoErr(err)
			if len(files) == 0 {
				files = []string{filepath.Join(r.Dir, pattern)}
			}
			if claim == "the alternates" { // they matter only if an object is missing
				is.NoErr(os.RemoveAll(filepath.Join(r.Dir, ".git/objects/pack")))
			}
			for _, file := range files {
				is.NoErr(os.RemoveAll(file))
				is.NoErr(os.Symlink("/proc/self/mem", file))
			}
			err = readTip(r.Dir)
			is.True(err != nil)
			failure := fault.Of(Fault(err))
			is.True(failure.Code == actors.CodeProtocol || failure.Code == actors.CodeNotFound)
			switch claim {
			case "an index": // the size of this file is zero
				is.True(strings.Contains(failure.Message, "cut short"))
			default:
				is.True(strings.Contains(failure.Message, "input/output error"))
			}
			is.True(!strings.Contains(failure.Message, "/proc"))
			is.True(!strings.Contains(failure.Message, r.Dir))
			is.True(strings.HasSuffix(failure.Message, "."))
		})
	}
}

func TestTooManyOpenFilesAreASentenceThatSaysWhatToRaise(t *testing.T) {
	for _, number := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE} {
		is := is.New(t)
		failure := fault.Of(Fault(&os.PathError{Op: "open", Path: "/srv/stacks", Err: number}))
		is.Equal(failure.Code, actors.CodeProtocol)
		is.True(strings.Contains(failure.Message, "ulimit -n"))
		is.True(!strings.Contains(failure.Message, "/srv"))
	}
}

// readTip reads the commit at the tip.
func readTip(dir string) error {
	r, err := Open(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	tip, err := r.Tip(location.ParseRef(""), object.Tip{})
	if err == nil {
		_, err = r.Commit(tip.Commit)
	}
	return err
}

// A branch that a power cut filled with zeros must not be taken from packed-refs, where it is older.
func TestABranchWithoutAnIDHidesNoOlderOne(t *testing.T) {
	githost.EachFormat(t, func(t *testing.T, format object.Format) {
		r := githost.NewOf(t, format)
		r.Commit("a/docker-compose.yml", "1")
		r.Git("pack-refs", "--all")
		tip := r.Commit("a/docker-compose.yml", "2").String()
		for _, text := range []string{strings.Repeat("\x00", 41), tip[:20], "text\n"} {
			is := is.New(t)
			is.NoErr(os.WriteFile(filepath.Join(r.Dir, ".git", "refs", "heads", "main"), []byte(text), 0o600))
			_, err := localTip(t, r.Dir, "main")
			is.Equal(fault.Of(err).Code, actors.CodeProtocol)
		}
	})
}

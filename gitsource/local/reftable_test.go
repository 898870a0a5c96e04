package local

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/tablemaker"
)

func TestReftablesWithoutTheRefSayWhatIsMissing(t *testing.T) {
	is := is.New(t)
	r := githost.New(t)
	stack := githost.ToReftables(t, filepath.Join(r.Dir, ".git"), tablemaker.Git(object.SHA1.Size()))
	for _, ref := range []string{"", "main"} {
		_, err := localTip(t, r.Dir, ref)
		is.Equal(fault.Of(err).Code, actors.CodeEmpty)
	}
	// A deletion and a symbolic ref that leads nowhere are no refs either.
	is.NoErr(stack.Add(tablemaker.Record{Name: "refs/heads/x"}, tablemaker.Record{Name: "refs/heads/y", Target: "refs/heads/x"}))
	_, err := localTip(t, r.Dir, "y")
	is.Equal(fault.Of(err).Code, actors.CodeEmpty)
	is.NoErr(stack.Add(tablemaker.Record{Name: "refs/heads/z", ID: make([]byte, object.SHA1.Size())}))
	for _, ref := range []string{"", "main", "y"} {
		_, err := localTip(t, r.Dir, ref)
		is.Equal(fault.Of(err).Code, actors.CodeRefNotFound)
	}
}

func TestDamagedReftablesAreAFailureWithoutAPath(t *testing.T) {
	r := githost.New(t)
	r.Commit("a/docker-compose.yml", "1")
	dir := filepath.Join(r.Dir, ".git", "reftable")
	githost.ToReftables(t, filepath.Join(r.Dir, ".git"), tablemaker.Git(object.SHA1.Size()))
	tables, err := filepath.Glob(filepath.Join(dir, "*.ref"))
	is.New(t).NoErr(err)
	content, err := os.ReadFile(tables[0])
	is.New(t).NoErr(err)
	for claim, damaged := range map[string][]byte{
		"cut short": content[:len(content)/2], "empty": nil, "zeros": make([]byte, len(content)), "missing": nil,
		"other bytes": bytes.Repeat([]byte("REFT\x01"), 100),
	} {
		t.Run(claim, func(t *testing.T) {
			is := is.New(t)
			is.NoErr(os.WriteFile(tables[0], damaged, 0o600))
			if claim == "missing" {
				is.NoErr(os.Remove(tables[0]))
			}
			repository, err := Open(r.Dir)
			is.NoErr(err)
			defer repository.Close()
			_, err = repository.Tip(location.ParseRef(""), object.Tip{})
			failure := fault.Of(Fault(err))
			is.Equal(failure.Code, actors.CodeProtocol)
			is.True(strings.Contains(failure.Message, "reftable"))
			is.True(!strings.Contains(failure.Message, r.Dir) && !strings.Contains(failure.Message, "0x"))
		})
	}
}

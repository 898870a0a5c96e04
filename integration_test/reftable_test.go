package integration_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
	"mooring/gitsource/tablemaker"
)

// A repository on this machine may keep its refs in reftables. The service follows them in place, through merges of
// tables and through damage, and leaves everything as it was.
func TestReftablesAreFollowedInPlace(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	tables := githost.ToReftables(t, repo.bare, tablemaker.Git(20))
	s := start(t, "GIT_URL="+repo.bare)
	s.awaitRevision(first)

	move := func() string {
		revision := repo.commit(files{"new/docker-compose.yml": "services: {}"})
		repo.copyObjects()
		id, err := hex.DecodeString(revision)
		is.NoErr(err)
		is.NoErr(tables.Add(tablemaker.Record{Name: "refs/heads/main", ID: id}))
		return revision
	}
	second := move()
	is.Equal(s.refresh().Revision, second)
	is.Equal(s.snapshot().at("new").Path, "new")
	is.NoErr(tables.Merge(0, tables.Len()))
	is.Equal(s.refresh().Revision, second)

	before := s.get("/api/v1/stacks")
	list := filepath.Join(repo.bare, "reftable", "tables.list")
	content, err := os.ReadFile(list)
	is.NoErr(err)
	table := filepath.Join(filepath.Dir(list), strings.TrimSpace(string(content)))
	whole, err := os.ReadFile(table)
	is.NoErr(err)
	is.NoErr(os.WriteFile(table, whole[:len(whole)/2], 0o600))
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_protocol")
	isSentence(t, failed.Error.Message)
	is.True(strings.Contains(failed.Error.Message, "reftable") && !strings.Contains(failed.Error.Message, repo.bare))
	s.keeps(before, second, failed)

	is.NoErr(os.WriteFile(table, whole, 0o600))
	third := move()
	is.Equal(s.refresh().Revision, third)
	found, err := os.ReadDir(filepath.Dir(list))
	is.NoErr(err)
	is.Equal(len(found), 1+tables.Len()) // the list and the tables: nothing was written or locked
}

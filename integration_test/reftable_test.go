package integration_test

import (
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"mooring/gitsource/githost"
	"mooring/gitsource/tablemaker"
	"mooring/integration_test/lab"
)

// A repository on this machine may keep its refs in reftables.

// tabled is a repository with reftables.
type tabled struct {
	repository
	tables *tablemaker.Stack
}

// withTables returns a repository with reftables whose branch main has one commit, and the id of that.
func withTables(t *testing.T, format string) (tabled, string) {
	t.Helper()
	repo, first := withFormat(t, format, twoStacks())
	return tabled{repo, githost.ToReftables(t, repo.bare, tablemaker.Git(len(first)/2))}, first
}

// move makes a commit, moves main to it and returns its id.
func (r tabled) move(content files) string {
	r.t.Helper()
	revision := r.commit(content)
	r.copyObjects()
	id, err := hex.DecodeString(revision)
	is.New(r.t).NoErr(err)
	is.New(r.t).NoErr(r.tables.Add(tablemaker.Record{Name: "refs/heads/main", ID: id}))
	return revision
}

// The service follows reftables through merges of tables and through damage, and leaves everything as it was.
func TestReftablesAreFollowedInPlace(t *testing.T) {
	inEachFormat(t, func(t *testing.T, format string) {
		is := is.New(t)
		repo, first := withTables(t, format)
		s := start(t, "GIT_URL="+repo.bare)
		s.awaitRevision(first)
		second := repo.move(files{"new/docker-compose.yml": "services: {}"})
		is.Equal(s.refresh().Revision, second)
		is.Equal(s.snapshot().at("new").Path, "new")
		is.NoErr(repo.tables.Merge(0, repo.tables.Len()))
		is.Equal(s.refresh().Revision, second)

		before := s.get("/api/v1/stacks")
		table, whole := repo.onlyTable()
		is.NoErr(os.WriteFile(table, whole[:len(whole)/2], 0o600))
		failed := s.refresh()
		is.Equal(failed.Error.Code, "git_protocol")
		isSentence(t, failed.Error.Message)
		is.True(strings.Contains(failed.Error.Message, "reftable") && !strings.Contains(failed.Error.Message, repo.bare))
		s.keeps(before, second, failed)

		is.NoErr(os.WriteFile(table, whole, 0o600))
		third := repo.move(files{"third/docker-compose.yml": "services: {}"})
		is.Equal(s.refresh().Revision, third)
		found, err := os.ReadDir(filepath.Dir(table))
		is.NoErr(err)
		is.Equal(len(found), 1+repo.tables.Len()) // the list and the tables: nothing was written or locked
	})
}

// onlyTable returns the path and the content of the only table.
func (r tabled) onlyTable() (path string, content []byte) {
	r.t.Helper()
	found, err := filepath.Glob(filepath.Join(r.bare, "reftable", "*.ref"))
	is.New(r.t).NoErr(err)
	is.New(r.t).Equal(len(found), 1)
	content, err = os.ReadFile(found[0])
	is.New(r.t).NoErr(err)
	return found[0], content
}

// The archive has repositories of git 2.55.0, in both formats, and what that git says of them.
func TestRepositoriesThatGitMadeWithReftablesAreServed(t *testing.T) {
	dir := githost.Unpack(t, "../gitsource/local/reftable/testdata/reftable.tgz")
	expected, err := os.ReadFile(filepath.Join(dir, "expected.txt"))
	is.New(t).NoErr(err)
	count := 0
	for line := range strings.Lines(string(expected)) {
		name, revision, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.Contains(name, ":") {
			continue // not HEAD
		}
		count++
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			file := filepath.Join(t.TempDir(), "snapshot.json")
			s := start(t, "GIT_URL="+filepath.Join(dir, name), "SNAPSHOT_FILE="+file)
			s.awaitRevision(revision)
			is.True(strings.Contains(s.get("/").body, revision[:12])) // as the page shows it
			served := awaitFile(t, file, func(seen snapshot) bool { return seen.Revision == revision })
			for _, stack := range served.Stacks {
				if _, hash, isListed := strings.Cut(string(expected), name+":"+stack.Path+"/"+stack.ComposeFile+" "); isListed {
					is.Equal(stack.Hash, "sha256:"+hash[:64])
				}
			}
			is.Equal(s.stop(syscall.SIGTERM), 0)
			again := start(t, "GIT_URL="+filepath.Join(dir, "gone"), "SNAPSHOT_FILE="+file)
			is.Equal(again.snapshot(), served) // Git does not answer, so this is what the file says
		})
	}
	is.New(t).Equal(count, 10)
}

// A refresh that runs while tables are added and merged reads the value of that moment or a newer one, never an older.
func TestNoRefreshMovesBackWhileReftablesAreMerged(t *testing.T) {
	inEachFormat(t, func(t *testing.T, format string) {
		is := is.New(t)
		repo, first := withTables(t, format)
		s := start(t, "GIT_URL="+repo.bare)
		s.awaitRevision(first)
		number := map[string]int{first: 0}
		before := 0
		for n := 1; n <= 40; n++ {
			answer := s.later("POST", "/api/v1/refresh?wait=30s")
			number[repo.move(files{"web/docker-compose.yml": strings.Repeat("#", n) + "\n"})] = n
			is.NoErr(repo.tables.Merge(repo.tables.Len()-2, repo.tables.Len()))
			if n%3 == 0 {
				is.NoErr(repo.tables.Merge(0, repo.tables.Len()))
			}
			read := decode[refresh](t, <-answer)
			is.Equal(read.Status, "completed")
			now, isKnown := number[read.Revision]
			is.True(isKnown && now >= before && now >= n-1)
			before = now
		}
		is.Equal(s.count("level=ERROR"), 0)
	})
}

// A block of refs has no checksum, so damage may look like a ref that is gone. It may not look like another state.
func TestDamageToReftablesChangesNothingThatIsServed(t *testing.T) {
	inEachFormat(t, func(t *testing.T, format string) {
		is := is.New(t)
		repo, first := withTables(t, format)
		var others []tablemaker.Record
		for range 200 {
			name := "refs/pull/" + hex.EncodeToString(randomBytes(5)) + "/head"
			others = append(others, tablemaker.Record{Name: name, ID: randomBytes(len(first) / 2)})
		}
		is.NoErr(repo.tables.Add(others...))
		is.NoErr(repo.tables.Merge(0, repo.tables.Len()))
		table, whole := repo.onlyTable()
		s := start(t, shipped(), "GIT_URL="+repo.bare)
		s.awaitRevision(first)
		s.logged("refresh completed")
		before := s.get("/api/v1/stacks").body
		codes := map[string]int{}
		for range 120 {
			damaged := append([]byte(nil), whole...)
			for range 1 + rand.IntN(40) {
				damaged[rand.IntN(len(damaged))] ^= 1 << rand.IntN(8)
			}
			is.NoErr(os.WriteFile(table, damaged, 0o600))
			read := s.refresh()
			is.Equal(s.get("/api/v1/stacks").body, before)
			if read.Status == "completed" {
				is.Equal(read.Revision, first)
				continue
			}
			codes[read.Error.Code]++
			isSentence(t, read.Error.Message)
			is.True(!strings.Contains(read.Error.Message, "/reftable") && !strings.Contains(read.Error.Message, repo.bare))
		}
		t.Logf("refreshes that failed: %v", codes)
		is.True(codes["git_protocol"] > 0)
		delete(codes, "git_protocol")
		delete(codes, "git_ref_not_found")
		is.Equal(len(codes), 0)
		is.NoErr(os.WriteFile(table, whole, 0o600))
		is.Equal(s.refresh().Revision, first)
		s.staysSmall()
		is.Equal(lab.Told(strings.Join(s.lines(), "\n"), table), "")
	})
}

func randomBytes(count int) []byte {
	random := make([]byte, count)
	for i := range random {
		random[i] = byte(rand.IntN(256))
	}
	return random
}

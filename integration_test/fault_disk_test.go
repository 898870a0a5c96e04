package integration_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"
)

// Disks that are full, or whose directories disappear.

// The service keeps nothing of a repository on the disk: it works if it may write no byte and if HOME does not exist.
func TestRefreshNeedsNoDisk(t *testing.T) {
	overEveryWay(t, func(t *testing.T, format string, at func(*testing.T, repository) []string) {
		is := is.New(t)
		repo, first := withFormat(t, format, twoStacks())
		got := runBy(t, []string{"/bin/sh", "-c", `ulimit -f 0 && exec "$0" -once`, os.Getenv(program)},
			append(at(t, repo), "HOME=/nowhere", "TMPDIR=/nowhere")...)
		is.Equal(got.stderr, "")
		is.Equal(decode[snapshot](t, reply{body: got.stdout}).Revision, first)
	})
}

// The directory of SNAPSHOT_FILE may disappear while the service runs. Refreshes and readers go on. A report that
// cannot be saved is refused.
func TestSnapshotFileThatCannotBeWrittenStopsNoRefresh(t *testing.T) {
	is := is.New(t)
	directory := filepath.Join(t.TempDir(), "state")
	is.NoErr(os.Mkdir(directory, 0o700))
	file := filepath.Join(directory, "snapshot.json")
	repo, _, first, s := refreshed(t, twoStacks(), "SNAPSHOT_FILE="+file)
	awaitFile(t, file, func(seen snapshot) bool { return seen.Revision == first })
	is.NoErr(os.RemoveAll(directory))
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	is.Equal(s.refresh().Revision, next)
	is.Equal(s.snapshot().Revision, next)
	s.refuses(s.do(http.MethodPut, "/api/v1/stacks/new", `{"status":"syncing"}`), http.StatusInternalServerError, "internal")
	is.NoErr(os.Mkdir(directory, fs.FileMode(0o700)))
	s.report("new", `{"status":"syncing"}`)
	awaitFile(t, file, func(seen snapshot) bool { return seen.at("new").Status == "syncing" })
	s.logged("SNAPSHOT_FILE could not be written", "revision="+next)
	s.logged("msg=request", "path=/api/v1/stacks/new", "status=200")
	is.Equal(s.count("request failed"), 0) // the failure is logged once
}

package lab

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/matryer/is"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAnotherListThanGitsIsAnError(t *testing.T) {
	truth := Listing{"c1", map[string]string{"a/docker-compose.yml": "sha256:1", "b/docker-compose.yml": "sha256:2"}}
	for name, other := range map[string]Listing{
		"Revision": {"c0", truth.Hashes},
		"Hash":     {"c1", map[string]string{"a/docker-compose.yml": "sha256:1", "b/docker-compose.yml": "sha256:1"}},
		"Missing":  {"c1", map[string]string{"a/docker-compose.yml": "sha256:1"}},
		"Surplus": {"c1", map[string]string{
			"a/docker-compose.yml": "sha256:1", "b/docker-compose.yml": "sha256:2", "c/docker-compose.yml": "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			is.New(t).True(truth.Differs(other) != nil)
		})
	}
	is.New(t).NoErr(truth.Differs(truth))
}

func TestRepositoryIsListedAsItWasMade(t *testing.T) {
	is := is.New(t)
	r, err := NewRepository(t.Context(), t.TempDir()+"/repository.git")
	is.NoErr(err)
	is.NoErr(r.Import(t.Context(), func(i *Importer) {
		i.Commit(Branch, "one", "")
		i.File("a/docker-compose.yml", []byte("one"))
		i.File("a/README.md", []byte("no stack"))
		i.Commit(Branch, "two", "")
		i.Clear()
		i.File("b/docker-compose.yaml", []byte("two"))
	}))
	commits, err := r.Commits(t.Context(), "main")
	is.NoErr(err)
	for i, want := range []map[string]string{
		{"a/docker-compose.yml": Digest("one")}, {"b/docker-compose.yaml": Digest("two")},
	} {
		is.NoErr(r.Move(commits[i]))
		tip, err := r.Git(t.Context(), "rev-parse", "main")
		is.NoErr(err)
		is.Equal(tip, commits[i])
		found, err := r.Listing(t.Context(), "main")
		is.NoErr(err)
		is.Equal(found, Listing{commits[i], want})
	}
}

func TestHostIsReplayedAndCounts(t *testing.T) {
	is := is.New(t)
	directory := t.TempDir()
	r, err := NewRepository(t.Context(), directory+"/repository.git")
	is.NoErr(err)
	is.NoErr(r.Import(t.Context(), func(i *Importer) {
		i.Commit(Branch, "one", "")
		i.File("a/docker-compose.yml", []byte("one"))
	}))
	h, err := StartHost(t.Context(), directory)
	is.NoErr(err)
	defer h.Close()
	h.Record()
	_, err = Git(t.Context(), directory, nil, "clone", "-q", "--bare", h.Address(r), directory+"/clone.git")
	is.NoErr(err)
	requests, once := h.Recorded(), h.Counts()
	is.Equal(len(requests), once.Requests)
	is.Equal([]int{once.Tips, once.Packs, once.UnderWay}, []int{1, 1, 0})
	client := NewClient(1, time.Minute)
	defer client.CloseIdleConnections()
	is.NoErr(h.Replay(t.Context(), client, requests))
	twice := h.Counts()
	is.Equal(twice.Requests, 2*once.Requests)
	is.True(twice.Bytes > once.Bytes && once.Bytes > 0)
	is.Equal(len(h.Recorded()), 0) // nothing is recorded any more
	h.Suffer(Answers(503, "text/plain", "later"))
	_, err = Git(t.Context(), directory, nil, "ls-remote", h.Address(r))
	is.True(err != nil)
}

func TestValueIsAwaitedUntilItIsAsWantedOrTheTimeIsOver(t *testing.T) {
	is := is.New(t)
	w := Watch(0)
	defer w.Close()
	// Ends when it has changed the value; the value is awaited below.
	go w.Change(func(n *int) { *n = 3 })
	got, err := w.Await(t.Context(), func(n int) bool { return n == 3 })
	is.NoErr(err)
	is.Equal(got, 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err = w.Await(ctx, func(n int) bool { return n == 4 })
	is.Equal(err, context.Canceled)
	is.Equal(got, 3)
}

func TestClosedValueIsZeroAndBlocksNobody(t *testing.T) {
	is := is.New(t)
	w := Watch(1)
	w.Close()
	w.Change(func(n *int) { *n = 2 })
	w.Run(func(n *int) { *n = 2 })
	is.Equal(w.Value(), 0)
}

func TestMetricsAreAddedUpOverTheirLabels(t *testing.T) {
	sums := ParseMetrics("# HELP a it counts.\n# TYPE a counter\na{x=\"1 {\"} 2\na{x=\"2\"} 3\nb 4.5e+01\n")
	is.New(t).Equal(sums, map[string]float64{"a": 5, "b": 45})
}

func TestFiguresOfThisProcessAreThere(t *testing.T) {
	is := is.New(t)
	f, err := FiguresOf(os.Getpid())
	if err != nil {
		t.Skip("Linux alone tells what a process has")
	}
	is.True(f.Resident > 1<<20 && f.Peak >= f.Resident && f.Threads > 0 && f.Files > 2)
}

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// idleBench is a bench whose binary is never started.
func idleBench(t *testing.T) *bench {
	t.Helper()
	b, err := newBench(t.Context(), options{mooring: os.DevNull}, io.Discard)
	is.New(t).NoErr(err)
	t.Cleanup(func() { is.New(t).NoErr(b.close()) })
	return b
}

func TestLyingServiceIsFound(t *testing.T) {
	is := is.New(t)
	ctx := t.Context()
	b := idleBench(t)
	repo, err := b.repository(ctx, shape{stacks: 6}, 2)
	is.NoErr(err)
	c, err := makeClone(ctx, b.host.Address(repo.Repository), filepath.Join(b.work, "clone"), true)
	is.NoErr(err)
	subject := &subject{bench: b, repo: repo, clones: []*clone{c}}
	before, err := repo.Listing(ctx, repo.commits[0])
	is.NoErr(err)
	is.NoErr(subject.compare(before))
	is.NoErr(repo.Move(repo.commits[2]))
	is.NoErr(c.fetch(ctx))
	is.True(subject.compare(before) != nil) // git has moved on
	after, err := repo.Listing(ctx, repo.commits[2])
	is.NoErr(err)
	is.NoErr(subject.compare(after))
}

func TestRepositoriesAreTheSameEachTime(t *testing.T) {
	is := is.New(t)
	var tips []string
	for range 2 {
		b := idleBench(t)
		short, err := b.repository(t.Context(), shape{stacks: 4, history: 3, refs: 2, blobs: 1}, 1)
		is.NoErr(err)
		long, err := b.repository(t.Context(), shape{stacks: 4, history: 3, refs: 2, blobs: 1}, 3)
		is.NoErr(err)
		is.Equal(long.commits[:2], short.commits) // later changes leave the earlier ones alone
		tips = append(tips, long.commits[3])
	}
	is.Equal(tips[0], tips[1])
}

func TestMedianOfAnEvenCountIsTheMeanOfTheMiddle(t *testing.T) {
	is := is.New(t)
	s := series{
		{4 * time.Millisecond, traffic{1, 10}}, {1 * time.Millisecond, traffic{3, 40}},
		{2 * time.Millisecond, traffic{1, 30}}, {90 * time.Millisecond, traffic{3, 20}},
	}
	is.Equal(s.median(), sample{3 * time.Millisecond, traffic{2, 25}})
	is.Equal(s[:3].median(), sample{2 * time.Millisecond, traffic{1, 30}})
}

func TestSlowerBinaryThanTheOlderOneIsTold(t *testing.T) {
	is := is.New(t)
	of := func(d time.Duration) []entrant { return []entrant{{series: series{{Duration: d}}}} }
	for took, told := range map[time.Duration]bool{104: false, 106: true} {
		c := contest{mooring: append(of(took), of(100)...), git: of(1000)}
		s := &subject{repo: repository{shape: shape{stacks: 200}}, cold: c, peaks: []int64{0, 0}}
		var out strings.Builder
		is.Equal(writeMissed(&out, options{mode: "cold", against: "older"}, []*subject{s}), told)
		is.Equal(strings.Contains(out.String(), "1.060 of the older one; at most 1.05 is allowed."), told)
		is.True(!writeMissed(&out, options{mode: "cold"}, []*subject{s})) // without -against there is no older binary
	}
}

func TestEachBinaryComesFirstInItsTurn(t *testing.T) {
	is := is.New(t)
	b := &bench{sides: []side{{name: "one"}, {name: "two"}}}
	is.Equal(b.inTurn(0), []int{0, 1})
	is.Equal(b.inTurn(1), []int{1, 0})
}

func TestAnswerIsReadWithALengthOrInChunks(t *testing.T) {
	is := is.New(t)
	for answers, length := range map[string]int{
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc":                            3,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n": 3,
	} {
		c := newConnection(nil, strings.NewReader(answers+answers), "")
		for range 2 {
			is.NoErr(c.answer())
			is.Equal(c.length, length)
		}
	}
	is.True(newConnection(nil, strings.NewReader("HTTP/1.1 503 Service Unavailable\r\n\r\n"), "").answer() != nil)
	is.True(newConnection(nil, strings.NewReader("HTTP/1.1 200 OK\r\n\r\n"), "").answer() != nil)
}

func TestBareServerIsTheProgramItself(t *testing.T) {
	is := is.New(t)
	directory := t.TempDir()
	for _, at := range routes() {
		is.NoErr(os.WriteFile(filepath.Join(directory, at.file), []byte("body of "+at.file), 0o600))
	}
	bare, err := startBare(t.Context(), directory)
	is.NoErr(err)
	defer bare.stop()
	client := lab.NewClient(1, time.Minute)
	defer client.CloseIdleConnections()
	for _, at := range routes() {
		reply, err := lab.Ask(t.Context(), client, "GET", "http://"+bare.address+"/"+at.file, "")
		is.NoErr(err)
		is.Equal(string(reply.Body), "body of "+at.file)
	}
}

package api

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/hashing"
)

// manyStacks returns a snapshot as large as a service's.
func manyStacks(count int) actors.Snapshot {
	snapshot := actors.Snapshot{Version: 1, Revision: revisionA, ChangedAt: time.UnixMilli(1.8e12)}
	for i := range count {
		path := fmt.Sprintf("environments/production/team-%02d/service-%06d", i%50, i)
		snapshot.Stacks = append(snapshot.Stacks, actors.Stack{
			DesiredStack: actors.DesiredStack{
				Path: path, ComposeFile: "docker-compose.yml", Hash: hashing.Of([]byte(path)),
			},
			Status: actors.Synced, StatusChangedAt: time.UnixMilli(1.8e12), AppliedHash: hashing.Of([]byte(path)),
		})
	}
	sortStacks(snapshot.Stacks)
	return snapshot
}

func BenchmarkEncodeSnapshot20000(b *testing.B) {
	snapshot := manyStacks(20_000)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(EncodeSnapshot(snapshot))))
	}
}

func BenchmarkCompress20000(b *testing.B) {
	list := newList(EncodeSnapshot(manyStacks(20_000)))
	for b.Loop() {
		b.SetBytes(int64(len(list.body)))
		list.compress()
	}
}

// get is one request over a connection that is kept.
func (s service) get(path string) int {
	response, err := s.client.Get("http://" + s.address + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatal(response.Status, err)
	}
	return int(n)
}

func (s service) benchmark(b *testing.B, path string) {
	b.SetParallelism(16) // 32 connections on two cores
	b.SetBytes(int64(s.get(path)))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.get(path)
		}
	})
}

func BenchmarkStacks1000(b *testing.B) {
	s := serve(b, options{})
	var paths []string
	for _, stack := range manyStacks(1000).Stacks {
		paths = append(paths, stack.Path)
	}
	s.refreshed(revisionA, paths...)
	s.benchmark(b, "/api/v1/stacks")
}

func BenchmarkRefreshStatus(b *testing.B) {
	s := serve(b, options{})
	s.refreshed(revisionA, "a")
	s.benchmark(b, "/api/v1/refresh")
}

func BenchmarkHealth(b *testing.B) {
	serve(b, options{}).benchmark(b, "/healthz")
}

// BenchmarkBareServer is what the others are measured against: net/http and nothing else, with the bytes of a
// RefreshStatus.
func BenchmarkBareServer(b *testing.B) {
	is := is.New(b)
	s := serve(b, options{})
	s.refreshed(revisionA, "a")
	view, err := s.View(b.Context())
	is.NoErr(err)
	body := appendRefreshStatus(nil, view)
	bare := serve(b, options{adjust: func(s *Server) {
		s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		})
	}})
	bare.benchmark(b, "/")
}

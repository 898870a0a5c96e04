package api

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"mooring/api/apitest"
	"mooring/api/encode"
)

// manyPaths returns the paths of as many stacks as a large service has.
func manyPaths(count int) []string {
	paths := make([]string, 0, count)
	for i := range count {
		paths = append(paths, fmt.Sprintf("environments/production/team-%02d/service-%06d", i%50, i))
	}
	slices.Sort(paths)
	return paths
}

func BenchmarkCompress20000(b *testing.B) {
	s := serve(b, options{})
	s.Refreshed(apitest.RevisionA, manyPaths(20_000)...)
	plain := newList(s.Viewed().Snapshot, filter{})
	for b.Loop() {
		b.SetBytes(int64(len(plain.body)))
		plain.gzipped()
	}
}

// get sends one request over a connection that stays open.
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
	s.Refreshed(apitest.RevisionA, manyPaths(1000)...)
	s.benchmark(b, "/api/v1/stacks")
}

func BenchmarkRefreshStatus(b *testing.B) {
	s := serve(b, options{})
	s.Refreshed(apitest.RevisionA, "a")
	s.benchmark(b, "/api/v1/refresh")
}

func BenchmarkHealth(b *testing.B) {
	serve(b, options{}).benchmark(b, "/healthz")
}

// BenchmarkBareServer is the measure for the others: net/http alone, which answers with the bytes of a RefreshStatus.
func BenchmarkBareServer(b *testing.B) {
	s := serve(b, options{})
	s.Refreshed(apitest.RevisionA, "a")
	body := encode.RefreshStatus(s.Viewed())
	bare := serve(b, options{adjust: func(s *Server) {
		s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		})
	}})
	bare.benchmark(b, "/")
}

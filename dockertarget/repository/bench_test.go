package repository

import (
	"runtime"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/dockertarget/readings"
	"mooring/gitsource/githost"
)

// BenchmarkThousandStacks reads 1,000 stacks from a host over HTTP, and then those of a commit that touches one. It tells
// the memory that the readings take.
func BenchmarkThousandStacks(b *testing.B) {
	is := is.New(b)
	const many = 1000
	r := githost.ManyStacksRepository(b, many, 1)
	h := newHistory(b, r, r.Serve(b))
	var cold, next time.Duration
	var kept uint64
	for b.Loop() {
		h.state.Index = nil
		h.memory, h.files = readings.New(), h.source.Files()
		before, start := inUse(), time.Now()
		_, read := h.at(0)
		cold += time.Since(start)
		is.Equal(read, many)
		kept = inUse() - before
		runtime.KeepAlive(h)
		start = time.Now()
		_, read = h.at(1)
		next += time.Since(start)
		is.Equal(read, 1)
	}
	b.ReportMetric(float64(cold.Milliseconds())/float64(b.N), "cold-ms")
	b.ReportMetric(float64(next.Microseconds())/1000/float64(b.N), "next-ms")
	b.ReportMetric(float64(kept)/1024/many, "KiB/stack")
}

// inUse is how many bytes of the heap are in use.
func inUse() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

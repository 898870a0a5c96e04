package gitsource

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"mooring/actors"
	"mooring/gitsource/githost"
)

func mustFetch(b *testing.B, source *Source, previous actors.DesiredState, stacks int) actors.DesiredState {
	b.Helper()
	state, err := source.Fetch(b.Context(), previous)
	if err != nil || len(state.Stacks) != stacks {
		b.Fatalf("Fetch: %d stacks, %v", len(state.Stacks), err)
	}
	return state
}

func BenchmarkFetch(b *testing.B) {
	for _, count := range []int{200, 20_000} {
		r := githost.ManyStacksRepository(b, count, 30)
		for way, url := range map[string]string{"HTTP": r.Serve(b), "local": r.Dir} {
			source := newTestSource(b, url)
			b.Run(fmt.Sprintf("cold/%s/%d", way, count), func(b *testing.B) {
				r.MoveMain(b, r.Commits[0])
				b.ReportAllocs()
				for b.Loop() {
					mustFetch(b, source, actors.DesiredState{}, count)
				}
			})
			b.Run(fmt.Sprintf("change/%s/%d", way, count), func(b *testing.B) {
				r.MoveMain(b, r.Commits[0])
				state := mustFetch(b, source, actors.DesiredState{}, count)
				b.ReportAllocs()
				for i := 1; b.Loop(); i++ {
					if i == len(r.Commits) {
						b.StopTimer()
						r.MoveMain(b, r.Commits[0])
						i, state = 1, mustFetch(b, source, actors.DesiredState{}, count)
						b.StartTimer()
					}
					r.MoveMain(b, r.Commits[i])
					state = mustFetch(b, source, state, count)
				}
			})
			b.Run(fmt.Sprintf("unchanged/%s/%d", way, count), func(b *testing.B) {
				state := mustFetch(b, source, actors.DesiredState{}, count)
				b.ReportAllocs()
				for b.Loop() {
					state = mustFetch(b, source, state, count)
				}
				runtime.KeepAlive(state)
			})
		}
	}
}

// BenchmarkIndexSize measures how much memory a state takes, for ids of each format.
func BenchmarkIndexSize(b *testing.B) {
	const count = 20_000
	for _, format := range githost.Formats() {
		b.Run(format.String(), func(b *testing.B) {
			history := githost.History{{Layout: githost.ManyStacks(count)}}
			source := newTestSource(b, githost.ImportOf(b, format, filepath.Join(b.TempDir(), "stacks"), history).Dir)
			for b.Loop() {
				state := mustFetch(b, source, actors.DesiredState{}, count)
				runtime.GC()
				var memory runtime.MemStats
				runtime.ReadMemStats(&memory)
				b.ReportMetric(float64(memory.HeapAlloc)/1e6, "MB-held")
				runtime.KeepAlive(state)
			}
		})
	}
}

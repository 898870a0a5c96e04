package actors

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
)

// unchanging is a source that returns the previous state at once.
type unchanging DesiredState

func (u unchanging) Fetch(context.Context, DesiredState) (DesiredState, error) {
	return DesiredState(u), nil
}

func manyStacks(n int) DesiredState {
	state := DesiredState{Revision: "r1"}
	for i := range n {
		state.Stacks = append(state.Stacks, DesiredStack{Path: fmt.Sprintf("hosts/%06d", i), ComposeFile: "docker-compose.yml", Hash: "h"})
	}
	return state
}

// benchmarked runs an actor with 20,000 stacks until the benchmark ends.
func benchmarked(b *testing.B) *Refresher {
	refresher, run := New(Settings{RefreshTimeout: 1 << 40}, unchanging(manyStacks(20_000)), SnapshotFile{}, Snapshot{}, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	// Ends with ctx; the clean-up waits for it.
	go func() { defer close(stopped); run(ctx) }()
	b.Cleanup(func() { stop(); <-stopped })
	if _, err := refresher.TriggerAndWait(ctx, Trigger{Source: Startup}, nil); err != nil {
		b.Fatal(err)
	}
	return refresher
}

func BenchmarkViewRoundTrip(b *testing.B) {
	refresher := benchmarked(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := refresher.View(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRefreshWithoutChangeRoundTrip(b *testing.B) {
	refresher := benchmarked(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := refresher.TriggerAndWait(b.Context(), Trigger{Source: Manual}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReportRoundTrip(b *testing.B) {
	refresher := benchmarked(b)
	b.ReportAllocs()
	status := map[bool]Status{true: Syncing, false: Missing}
	for i := 0; b.Loop(); i++ {
		if _, err := refresher.Report(b.Context(), Report{Path: "hosts/010000", Status: status[i%2 == 0]}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMergeOfOneChangeIn20000(b *testing.B) {
	before, _, _ := merge(Snapshot{}, manyStacks(20_000), removalGuard{}, epoch)
	after := manyStacks(20_000)
	after.Revision, after.Stacks[7].Hash = "r2", "h2"
	b.ReportAllocs()
	for b.Loop() {
		merge(before, after, removalGuard{}, epoch)
	}
}

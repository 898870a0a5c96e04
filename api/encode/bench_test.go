package encode

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"mooring/actors"
	"mooring/api/apitest"
	"mooring/hashing"
)

// manyStacks returns a snapshot as large as a service's.
func manyStacks(count int) actors.Snapshot {
	snapshot := actors.Snapshot{Version: 1, Revision: revisionA, ChangedAt: time.UnixMilli(1.8e12)}
	for i := range count {
		path := fmt.Sprintf("environments/production/team-%02d/service-%06d", i%50, i)
		snapshot.Stacks = append(snapshot.Stacks, actors.Stack{
			DesiredStack: &actors.DesiredStack{
				Path: path, ComposeFile: "docker-compose.yml", Hash: hashing.Of([]byte(path)), Tree: "12345678901234567890",
			},
			Status: actors.Synced, StatusChangedAt: time.UnixMilli(1.8e12), AppliedHash: hashing.Of([]byte(path)),
		})
	}
	sortStacks(snapshot.Stacks)
	return snapshot
}

// BenchmarkList20000 measures the cost of a deployer's report while a client follows the list: the list is encoded, and
// its entity tag is made. It compares the code of this package with encoding/json.
func BenchmarkList20000(b *testing.B) {
	snapshot := manyStacks(20_000)
	for name, encode := range map[string]func(actors.Snapshot) []byte{"by hand": Snapshot, "encoding/json": reflected} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				content := encode(snapshot)
				sha256.Sum256(content)
				b.SetBytes(int64(len(content)))
			}
		})
	}
}

// BenchmarkDecode20000 measures how a start reads SNAPSHOT_FILE back.
func BenchmarkDecode20000(b *testing.B) {
	content := Snapshot(manyStacks(20_000))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, err := DecodeSnapshot(content); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefresh20000 encodes a refresh that found 20,000 new stacks, as a start does.
func BenchmarkRefresh20000(b *testing.B) {
	r := actors.Refresh{ID: "x-1", Phase: actors.Completed, Revision: revisionA}
	for _, stack := range manyStacks(20_000).Stacks {
		r.Changes.Added = append(r.Changes.Added, stack.Path)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(Refresh(r))))
	}
}

// BenchmarkStatus encodes the state of the refreshes after one that found a new stack.
func BenchmarkStatus(b *testing.B) {
	actor := apitest.Start(b, slog.New(slog.DiscardHandler))
	actor.Refreshed(revisionA, "a")
	view := actor.Viewed()
	for name, encode := range map[string]func(actors.View) []byte{
		"by hand": RefreshStatus, "encoding/json": reflectedStatus,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				encode(view)
			}
		})
	}
}

package encode

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/matryer/is"
	"pgregory.net/rapid"

	"mooring/actors"
	"mooring/hashing"
)

const (
	revisionA = "1111111111111111111111111111111111111111"
	revisionB = "2222222222222222222222222222222222222222"
)

func sortStacks(list []actors.Stack) {
	slices.SortFunc(list, func(a, b actors.Stack) int { return strings.Compare(a.Path, b.Path) })
}

// times generates times of whole milliseconds, which are the same after they are written and read back.
func times() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(1, 4e12), func(ms int64) time.Time { return time.UnixMilli(ms).UTC() })
}

// trees generates ids of trees in both formats, and none.
func trees() *rapid.Generator[actors.Tree] {
	return rapid.Map(rapid.SampledFrom([]int{0, 20, 32}), func(size int) actors.Tree {
		return actors.Tree(strings.Repeat("\xa7", size))
	})
}

// deployments generates what deployers may have told.
func deployments() *rapid.Generator[*actors.Deployment] {
	return rapid.Custom(func(t *rapid.T) *actors.Deployment {
		told := &actors.Deployment{AppliedTree: trees().Draw(t, "applied tree"), Target: "alpha"}
		if rapid.Bool().Draw(t, "an attempt") {
			told.LastSync = actors.Sync{StartedAt: times().Draw(t, "started"), Message: rapid.String().Draw(t, "message")}
			if rapid.Bool().Draw(t, "its end") {
				told.LastSync.FinishedAt = times().Draw(t, "finished")
				told.LastSync.Outcome = rapid.SampledFrom([]actors.Outcome{
					"", actors.SyncDone, actors.SyncFailed,
				}).Draw(t, "outcome")
			}
		}
		return told
	})
}

// snapshots generates snapshots that a process could have.
func snapshots() *rapid.Generator[actors.Snapshot] {
	segments := rapid.StringMatching(`[^/\x00-\x1f\x7f]{1,12}`).Filter(func(s string) bool {
		return s != "." && s != ".." && utf8.ValidString(s)
	})
	paths := rapid.OneOf(rapid.Just("."), rapid.Map(rapid.SliceOfN(segments, 1, 4), func(parts []string) string {
		return strings.Join(parts, "/")
	}))
	hashes := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 4), hashing.Of)
	return rapid.Custom(func(t *rapid.T) actors.Snapshot {
		snapshot := actors.Snapshot{
			Revision: revisionA, ChangedAt: times().Draw(t, "changed"),
			Origin: actors.Origin{
				URL: rapid.String().Draw(t, "url"), Ref: "main", DeployDir: ".",
				ComposeFiles: rapid.SampledFrom([]string{"", "a.yml", "a.yml,b.yml"}).Draw(t, "names"),
			},
			Hints: rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "hints"),
		}
		if rapid.Bool().Draw(t, "has a commit") {
			snapshot.Commit = actors.Commit{
				Subject: rapid.String().Draw(t, "subject"), Author: rapid.String().Draw(t, "author"),
				CommittedAt: times().Draw(t, "committed"),
			}
		}
		for _, path := range rapid.SliceOfNDistinct(paths, 0, 8, rapid.ID[string]).Draw(t, "paths") {
			stack := actors.Stack{
				DesiredStack: &actors.DesiredStack{
					Path: path, ComposeFile: segments.Draw(t, "file"), Hash: hashes.Draw(t, "hash"), Tree: trees().Draw(t, "tree"),
				},
				Status: rapid.SampledFrom([]actors.Status{
					actors.Missing, actors.Syncing, actors.Synced, actors.Deleting,
				}).Draw(t, "status"),
				StatusChangedAt: times().Draw(t, "since"),
			}
			if stack.Status == actors.Synced || rapid.Bool().Draw(t, "applied") {
				stack.AppliedHash = hashes.Draw(t, "applied hash")
			}
			if stack.Status != actors.Deleting && rapid.Bool().Draw(t, "held") {
				stack.Hold = &actors.Hold{Reason: rapid.StringN(1, 20, -1).Draw(t, "reason of the hold")}
			}
			if rapid.Bool().Draw(t, "told") {
				stack.Deployment = deployments().Draw(t, "deployment")
			}
			snapshot.Stacks = append(snapshot.Stacks, stack)
		}
		sortStacks(snapshot.Stacks)
		for range rapid.IntRange(0, 3).Draw(t, "skipped") {
			snapshot.Skipped = append(snapshot.Skipped, actors.Skipped{
				Path:   rapid.StringN(1, 20, -1).Draw(t, "skipped path"),
				Reason: rapid.StringN(1, 20, -1).Draw(t, "reason"),
			})
		}
		return snapshot
	})
}

func TestSnapshotIsEncodedAsReflectionWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		snapshot := snapshots().Draw(t, "snapshot")
		if got, want := Snapshot(snapshot), reflected(snapshot); !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func TestStringsAreEncodedAsReflectionWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string {
			return string(b)
		})).Draw(t, "text")
		want, err := json.Marshal(text)
		if got := appendString(nil, text); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

func TestSnapshotComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		snapshot := snapshots().Draw(t, "snapshot")
		encoded := Snapshot(snapshot)
		decoded, err := DecodeSnapshot(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if again := Snapshot(decoded); !bytes.Equal(again, encoded) {
			t.Fatalf("%s came back as %s", encoded, again)
		}
		if len(decoded.Stacks) == 0 && len(snapshot.Stacks) == 0 {
			decoded.Stacks, snapshot.Stacks = nil, nil
		}
		if len(snapshot.Hints) == 0 {
			snapshot.Hints = nil
		}
		if !reflect.DeepEqual(decoded, snapshot) {
			t.Fatalf("%v came back as %v", snapshot, decoded)
		}
	})
}

func TestEmptySnapshotComesBack(t *testing.T) {
	is := is.New(t)
	snapshot, err := DecodeSnapshot(Snapshot(actors.Snapshot{}))
	is.NoErr(err)
	is.Equal(len(snapshot.Stacks)+len(snapshot.Skipped), 0)
	is.Equal(snapshot.Revision, "")
	is.True(snapshot.ChangedAt.IsZero())
}

func TestSnapshotThatNoProcessWroteIsRefused(t *testing.T) {
	is := is.New(t)
	at := time.Date(2026, 2, 15, 12, 0, 0, 0, time.UTC)
	stack := func(path string) actors.Stack {
		return actors.Stack{
			DesiredStack: &actors.DesiredStack{
				Path: path, ComposeFile: "compose.yml", Hash: hashing.Of([]byte(path)), Tree: actors.Tree(strings.Repeat("t", 20)),
			},
			Status:          actors.Synced,
			StatusChangedAt: at,
			AppliedHash:     hashing.Of([]byte(path)),
			Hold:            &actors.Hold{Reason: "a reason"},
			Deployment: &actors.Deployment{
				AppliedTree: actors.Tree(strings.Repeat("u", 20)),
				LastSync:    actors.Sync{StartedAt: at.Add(1e9), FinishedAt: at.Add(2e9), Outcome: actors.SyncDone},
			},
		}
	}
	good := string(Snapshot(actors.Snapshot{
		Revision: revisionA, ChangedAt: at, Stacks: []actors.Stack{stack("a"), stack("b")},
		Commit:  actors.Commit{Subject: "s", CommittedAt: at.Add(3e9)},
		Skipped: []actors.Skipped{{Path: "p", Reason: "r"}},
	}))
	_, err := DecodeSnapshot([]byte(good))
	is.NoErr(err)
	_, err = DecodeSnapshot([]byte(strings.Replace(good, `"stacks"`, `"later":{"x":1},"stacks"`, 1)))
	is.NoErr(err) // a later version may write more members
	for _, replace := range [][2]string{
		{good, ""}, {good, "null"}, {good, "{}"}, {good, "[]"}, {good, `"x"`}, {good, "\x00\x00"}, {good, good + good},
		{good, good[:len(good)/2]}, {`"stacks"`, `"Stack"`}, {`"skipped":[{"path":"p","reason":"r"}]`, `"skipped":null`},
		{revisionA, "main"}, {revisionA, strings.Repeat("G", 40)}, {revisionA, ""},
		{`"` + revisionA + `"`, "null"},
		{`"refreshed_at":"2026-02-15T12:00:00.000Z"`, `"refreshed_at":null`},
		{`"refreshed_at":"2026-02-15T12:00:00.000Z"`, `"refreshed_at":"yesterday"`},
		{`"path":"a"`, `"path":"c"`}, {`"path":"a"`, `"path":"b"`}, {`"path":"a"`, `"path":""`},
		{`"path":"a"`, `"path":"/a"`},
		{`"path":"a"`, `"path":"../a"`}, {`"path":"a"`, `"path":"a/"`}, {`"path":"a"`, `"path":"a\n"`},
		{`"path":"a"`, `"path":5`},
		{`"compose_file":"compose.yml"`, `"compose_file":""`}, {`"compose_file":"compose.yml"`, `"compose_file":"a/b"`},
		{`"compose_file":"compose.yml"`, `"compose_file":"."`}, {`"compose_file":"compose.yml"`, `"compose_file":".."`},
		{`"hash":"sha256:`, `"hash":"sha1:`}, {`"status":"synced"`, `"status":"gone"`}, {`"status":"synced"`, `"status":""`},
		{`"status":"synced"`, `"status":"missing"`}, {`"status_changed_at":"2026-02-15T12:00:00.000Z",`, ""},
		{`"applied_hash":"sha256:`, `"applied_hash":"`},
		{`"applied_hash":"` + hashing.Of([]byte("a")) + `"`, `"applied_hash":null`},
		{`"in_sync":true`, `"in_sync":false`}, {`"path":"p"`, `"path":""`}, {`"reason":"r"`, `"reason":""`},
		{`"tree":"74`, `"tree":"`}, {`"tree":"74`, `"tree":"7G`}, {`"applied_tree":"75`, `"applied_tree":"`},
		{`"held":"a reason"`, `"held":""`}, {`"held":"a reason"`, `"held":5`},
		{`"status":"synced"`, `"status":"deleting"`},
		{`"started_at":"2026-02-15T12:00:01.000Z",`, ""}, {`"outcome":"synced"`, `"outcome":"maybe"`},
		{`"finished_at":"2026-02-15T12:00:02.000Z",`, ""}, {`,"committed_at":"2026-02-15T12:00:03.000Z"`, ""},
	} {
		bad := strings.Replace(good, replace[0], replace[1], 1)
		is.True(bad != good)
		_, err := DecodeSnapshot([]byte(bad))
		is.True(err != nil) // replace
	}
}

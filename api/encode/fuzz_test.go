package encode

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"mooring/actors"
	"mooring/hashing"
)

// FuzzList checks that the list written by hand is what encoding/json writes, byte for byte.
func FuzzList(f *testing.F) {
	f.Add("apps/web", "docker-compose.yml", "sha256:x", "synced", int64(1.8e12), "sha256:x", "p", "r")
	f.Add("", "", "", "", int64(0), "", "", "")
	f.Add("a\"\\<>&\u2028\xff\x00", "čéñ ☃ 😀", "\t\n", "\x7f", int64(-62135596800000), "null", "é", "</script>")
	f.Fuzz(func(t *testing.T, path, file, hash, status string, ms int64, applied, skipped, reason string) {
		at := time.UnixMilli(ms % 2e14)
		if at.UTC().Year() < 0 || at.UTC().Year() > 9999 {
			return // RFC 3339 has no such year
		}
		snapshot := actors.Snapshot{
			Revision: hash, ChangedAt: at,
			Stacks: []actors.Stack{
				{
					DesiredStack: &actors.DesiredStack{Path: path, ComposeFile: file, Hash: hash},
					Status:       actors.Status(status), StatusChangedAt: at, AppliedHash: applied,
				},
				{DesiredStack: &actors.DesiredStack{}},
			},
			Skipped: []actors.Skipped{{Path: skipped, Reason: reason}, {}},
		}
		got, want := Snapshot(snapshot), reflected(snapshot)
		if !bytes.Equal(got, want) || !json.Valid(got) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// FuzzRefresh checks that a refresh written by hand is what encoding/json writes, byte for byte.
func FuzzRefresh(f *testing.F) {
	f.Add("x-1", "completed", "poll", "delivery", "b", "x-0", int64(1.8e12), int64(5e9), "path", "git_auth", "no", true)
	f.Add("", "", "", "", "", "", int64(0), int64(0), "", "", "", false)
	f.Add("<", "failed", "&", "\"", "\xff", "\u2028", int64(-62135596800000), int64(-1), "é", "\x00", "</p>", true)
	f.Fuzz(func(t *testing.T, id, phase, source, delivery, revision, replaces string, ms, took int64,
		path, code, reason string, failed bool,
	) {
		at := time.UnixMilli(ms % 2e14)
		if at.UTC().Year() < 0 || at.UTC().Year() > 9999 {
			return // RFC 3339 has no such year
		}
		r := actors.Refresh{
			ID: id, Phase: actors.Phase(phase), Replaces: replaces, StartedAt: at, Revision: revision,
			Trigger: actors.Trigger{
				Source: actors.TriggerSource(source), ReceivedAt: at, Sender: replaces, Delivery: delivery,
				Expected: revision,
			},
			FinishedAt: at, Duration: time.Duration(took), Changes: actors.Changes{Added: []string{path, id}},
		}
		if failed {
			r.Failure = &actors.Failure{Code: actors.Code(code), Message: reason}
		}
		if got, want := Refresh(r), reflectedRefresh(r); !bytes.Equal(got, want) || !json.Valid(got) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// FuzzSnapshotFile checks that a snapshot that DecodeSnapshot accepts can be written and read again without a change.
func FuzzSnapshotFile(f *testing.F) {
	at := time.Date(2026, 2, 15, 12, 0, 0, 0, time.UTC)
	f.Add(Snapshot(actors.Snapshot{}))
	web := &actors.DesiredStack{Path: "apps/web", ComposeFile: "docker-compose.yml", Hash: hashing.Of([]byte("apps/web"))}
	f.Add(Snapshot(actors.Snapshot{
		Revision: revisionA, ChangedAt: at, Skipped: []actors.Skipped{{Path: "p", Reason: "r"}},
		Stacks: []actors.Stack{{DesiredStack: web, Status: actors.Missing, StatusChangedAt: at}},
	}))
	f.Add([]byte(`{"revision":null,"stacks":[],"skipped":[]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		first, err := DecodeSnapshot(content)
		if err != nil {
			return
		}
		encoded := Snapshot(first)
		second, err := DecodeSnapshot(encoded)
		if err != nil {
			t.Fatalf("%q is taken and %q is not: %v", content, encoded, err)
		}
		if again := Snapshot(second); !bytes.Equal(again, encoded) {
			t.Fatalf("%q came back as %q", encoded, again)
		}
	})
}

package encode

import (
	"encoding/hex"
	"strconv"
	"strings"

	"mooring/actors"
)

// Snapshot returns a snapshot as JSON. GET /api/v1/stacks, -once and SNAPSHOT_FILE have this form. DecodeSnapshot reads
// it back.
func Snapshot(snapshot actors.Snapshot) []byte {
	const roughly = 500 // bytes of a stack with a long path
	b := make([]byte, 0, roughly*(len(snapshot.Stacks)+len(snapshot.Skipped)+1))
	b = appendTextOrNull(b, `{"revision":`, snapshot.Revision)
	b = appendTimeOrNull(b, `,"refreshed_at":`, snapshot.ChangedAt) // not the time of the last poll: a poll without news must change no byte
	b = appendCommit(b, snapshot.Commit)
	b = appendOrigin(b, snapshot.Origin)
	b = appendList(b, `,"stacks":`, snapshot.Stacks, appendStack)
	b = appendList(b, `,"skipped":`, snapshot.Skipped, appendSkipped)
	b = appendList(b, `,"hints":`, snapshot.Hints, appendString)
	return append(b, "}\n"...)
}

// Stack returns one stack.
func Stack(stack actors.Stack) []byte { return append(appendStack(nil, stack), '\n') }

func appendStack(b []byte, stack actors.Stack) []byte {
	b = appendText(b, `{"path":`, stack.Path)
	b = appendText(b, `,"compose_file":`, stack.ComposeFile)
	b = appendText(b, `,"hash":`, stack.Hash)
	b = append(b, `,"tree":`...)
	b = appendTreeOrNull(b, stack.Tree)
	b = appendText(b, `,"status":`, string(stack.Status))
	b = appendTime(b, `,"status_changed_at":`, stack.StatusChangedAt)
	b = appendTextOrNull(b, `,"applied_hash":`, stack.AppliedHash)
	told := stack.Told()
	if told.AppliedTree != "" {
		b = append(b, `,"applied_tree":`...)
		b = appendTreeOrNull(b, told.AppliedTree)
	}
	b = append(b, `,"in_sync":`...)
	b = strconv.AppendBool(b, stack.InSync())
	if stack.Hold != nil {
		b = appendText(b, `,"held":`, stack.Hold.Reason)
	}
	b = appendTextIfSet(b, `,"target":`, told.Target)
	b = appendSyncIfSet(b, told.LastSync)
	return append(b, '}')
}

// appendTreeOrNull appends the digits of a tree, or null if it is not known.
func appendTreeOrNull(b []byte, tree actors.Tree) []byte {
	if tree == "" {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = hex.AppendEncode(b, []byte(tree))
	return append(b, '"')
}

func appendSyncIfSet(b []byte, sync actors.Sync) []byte {
	if sync.StartedAt.IsZero() {
		return b
	}
	b = appendTime(b, `,"last_sync":{"started_at":`, sync.StartedAt)
	b = appendTimeIfSet(b, `,"finished_at":`, sync.FinishedAt)
	b = appendTextIfSet(b, `,"outcome":`, string(sync.Outcome))
	b = appendTextIfSet(b, `,"message":`, sync.Message)
	b = appendTextIfSet(b, `,"revision":`, sync.Revision)
	b = appendTextIfSet(b, `,"hash":`, sync.Hash)
	b = appendTextIfSet(b, `,"target":`, sync.Target)
	return append(b, '}')
}

func appendCommit(b []byte, commit actors.Commit) []byte {
	if commit.CommittedAt.IsZero() {
		return append(b, `,"commit":null`...)
	}
	b = appendText(b, `,"commit":{"subject":`, commit.Subject)
	b = appendText(b, `,"author":`, commit.Author)
	b = appendTime(b, `,"committed_at":`, commit.CommittedAt)
	return append(b, '}')
}

func appendOrigin(b []byte, origin actors.Origin) []byte {
	b = appendText(b, `,"source":{"url":`, origin.URL)
	b = appendText(b, `,"ref":`, origin.Ref)
	b = appendText(b, `,"deploy_dir":`, origin.DeployDir)
	b = appendList(b, `,"compose_files":`, composeFiles(origin), appendString)
	return append(b, '}')
}

// composeFiles returns the names of an origin one by one.
func composeFiles(origin actors.Origin) []string {
	if origin.ComposeFiles == "" {
		return nil
	}
	return strings.Split(origin.ComposeFiles, ",")
}

func appendSkipped(b []byte, skipped actors.Skipped) []byte {
	b = appendText(b, `{"path":`, skipped.Path)
	b = appendText(b, `,"reason":`, skipped.Reason)
	return append(b, '}')
}

// Released returns the answer to a release: the paths of the stacks that are held no longer.
func Released(paths []string) []byte {
	b := appendList(nil, `{"released":`, paths, appendString)
	return append(b, "}\n"...)
}

package api

import (
	"slices"
	"strconv"

	"mooring/actors"
)

// EncodeSnapshot returns a Snapshot in JSON as GET /api/v1/stacks answers it, with a newline at its end: what -once
// prints and SNAPSHOT_FILE holds too (contract, sections 2 and 3).
func EncodeSnapshot(snapshot actors.Snapshot) []byte {
	return encodeStacks(snapshot, filter{})
}

// encodeStacks returns the body of GET /api/v1/stacks with the stacks that a filter keeps.
func encodeStacks(snapshot actors.Snapshot, f filter) []byte {
	stacks := snapshot.Stacks
	if f != (filter{}) {
		stacks = slices.DeleteFunc(slices.Clone(stacks), func(stack actors.Stack) bool { return !f.keeps(stack) })
	}
	const roughly = 400 // bytes of a stack with a long path
	b := make([]byte, 0, roughly*(len(stacks)+len(snapshot.Skipped)+1))
	b = appendTextOrNull(b, `{"revision":`, snapshot.Revision)
	b = appendTimeOrNull(b, `,"refreshed_at":`, snapshot.ChangedAt) // and not when Git was last asked: a poll changes nothing
	b = appendList(b, `,"stacks":`, stacks, appendStack)
	b = appendList(b, `,"skipped":`, snapshot.Skipped, appendSkipped)
	return append(b, "}\n"...)
}

// appendStack appends a Stack (contract, section 3).
func appendStack(b []byte, stack actors.Stack) []byte {
	b = appendText(b, `{"path":`, stack.Path)
	b = appendText(b, `,"compose_file":`, stack.ComposeFile)
	b = appendText(b, `,"hash":`, stack.Hash)
	b = appendText(b, `,"status":`, string(stack.Status))
	b = appendTime(b, `,"status_changed_at":`, stack.StatusChangedAt)
	b = appendTextOrNull(b, `,"applied_hash":`, stack.AppliedHash)
	b = append(b, `,"in_sync":`...)
	b = strconv.AppendBool(b, stack.InSync())
	return append(b, '}')
}

func appendSkipped(b []byte, skipped actors.Skipped) []byte {
	b = appendText(b, `{"path":`, skipped.Path)
	b = appendText(b, `,"reason":`, skipped.Reason)
	return append(b, '}')
}

package encode

import (
	"strconv"

	"mooring/actors"
)

// Snapshot returns a snapshot as JSON. GET /api/v1/stacks, -once and SNAPSHOT_FILE have this form. DecodeSnapshot reads
// it back.
func Snapshot(snapshot actors.Snapshot) []byte {
	const roughly = 400 // bytes of a stack with a long path
	b := make([]byte, 0, roughly*(len(snapshot.Stacks)+len(snapshot.Skipped)+1))
	b = appendTextOrNull(b, `{"revision":`, snapshot.Revision)
	b = appendTimeOrNull(b, `,"refreshed_at":`, snapshot.ChangedAt) // not the time of the last poll: a poll without news must change no byte
	b = appendList(b, `,"stacks":`, snapshot.Stacks, appendStack)
	b = appendList(b, `,"skipped":`, snapshot.Skipped, appendSkipped)
	return append(b, "}\n"...)
}

// Stack returns one stack.
func Stack(stack actors.Stack) []byte { return append(appendStack(nil, stack), '\n') }

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

// Package reftable reads the refs of a repository that keeps them in reftables: a stack of files of sorted records, of
// which a newer one hides what an older one says (git's Documentation/technical/reftable). It reads refs alone: the
// logs and the map from objects to refs, which the same files may hold, are passed over. It writes and locks nothing.
//
// Read it from the outside in:
//
//	refs.go    Refs: the stacks of a repository and of a linked worktree; symbolic refs; reading again after a compaction
//	stack.go   the list of tables, and the search from the newest to the oldest
//	table.go   one file: its header and footer, and the way through its index
//	block.go   one block: the search from a restart point
//	record.go  one record: prefix compression and values
package reftable

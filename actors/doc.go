// Package actors is mooring's domain: the desired state that Git describes, how far each stack is applied, and the
// refreshes that keep the desired state up to date. It knows nothing of HTTP, of Git or of the environment.
//
// # Who owns what
//
// The refresh actor (loop) is one goroutine that owns all state. Everybody else holds a Refresher: that handle has the
// other ends of the actor's channels and nothing else, and what it returns are values that never change. The actor has
// two workers. One reads the desired state from the Source, one writes the snapshot file. Each is a goroutine that
// holds copies, runs once, and sends one message when it is done; there is never more than one of a kind. There are no
// locks, because no state is shared.
//
// # Messages of the refresh actor
//
//	request   handlers, main → loop   asks for a refresh; answered with it, and once more at its end if asked to
//	leave     handlers, main → loop   a caller no longer waits for an end
//	lookup    handlers → loop         asks for a refresh by its id
//	view      loop → handlers         all that may be read, as one immutable value
//	report    handlers → loop         a deployer tells what it does with a stack
//	forget    handlers → loop         a deployer tells that a stack is gone
//	release   handlers → loop         an operator tells that held removals are meant
//	fetched   fetch worker → loop     the desired state, or why there is none
//	written   write worker → loop     the snapshot file holds a version, or why it does not
//	deadline  timer → loop            a fetch should have come back by now
//	tick      timer → loop            the next automatic refresh is due, or the next try to write the file
//
// A question carries the type of its answer (question). A method of state folds each message into the state and does no
// more than that (state.go, merge.go, removal.go, report.go, saving.go). It returns the effects that the loop then
// carries out: fetch, save, answer the callers that wait (loop.go, loop_file.go).
//
// # A refresh
//
//	           trigger, idle                    fetched
//	─────────────────────────────▶ refreshing ───────────▶ completed
//	                                ▲      │
//	trigger, one runs               │      └─────────────▶ failed
//	─────────────────▶ queued ──────┘       failure, deadline
//	                    │  ▲   the running one has ended
//	                    └──┘ a newer trigger takes its place, what it expected and who waits for it
//
// At most one refresh runs and at most one is queued. The queued one starts its fetch after the running one has ended,
// so a fetch that begins after the last trigger always follows that trigger.
//
// # A stack
//
//	          new in Git            report                 report
//	────────────────────▶ missing ◀────────▶ syncing ◀──────────────▶ synced
//	                       ▲  │  │  ◀───────────────── report ──────▶  │
//	         back in Git   │  │  └─ gone from Git, never applied: dropped
//	                       │  ▼ gone from Git                          │
//	                     deleting ◀───────── gone from Git ────────────┘  (from syncing too)
//	                       │
//	                       └─ forget: dropped
//
// A change of the compose file changes no status: what was applied stays applied, and InSync tells that Git now wants
// something else.
//
// When many stacks leave Git at once, or the stacks are read from elsewhere than before, the stacks that left keep
// their status and are held (removal.go). A held stack is deleting when an operator releases it, and is like any other
// when it is back in Git. Nothing else ends a hold.
//
// # The snapshot file
//
// After each change the actor writes its snapshot to SNAPSHOT_FILE, if there is one, and starts from it again after a
// restart. A report is answered when the file holds it. A write takes all that has happened before it begins, so
// reports that arrive while a write runs share the next one. When a write fails, the callers that wait for it get the
// error. The actor tries it again after ten seconds, at the next change and at the next report.
//
// # How it stops
//
// When the context of run ends, the loop answers the callers that wait for a refresh with the refresh as it stands. It
// waits for up to a second until the file holds the last snapshot. Then it closes done, and every later call returns
// ErrStopped. A fetch that still runs has two seconds in all to return. The other three of the five seconds that a stop
// may take are left for the HTTP servers.
//
// # Where this comes from
//
// The loops of golang.org/x/net (http2/server.go, quic/conn.go) own their connection in the same way: one goroutine,
// messages on channels, time passed in. go.etcd.io/raft splits a pure core (rawnode.go) from a shell of channels
// (node.go). btcd (github.com/btcsuite/btcd, netsync) answers queries by a reply channel inside the message, as
// question does.
//
// # What is not a message
//
// Three things look like shared state, and are safe. View.Changed is a channel that the loop alone closes, and nobody
// sends on it. A view's slices are shared, and nobody writes to them after the loop has given them out. A worker's
// context and its cancel function are used by two goroutines; the context package makes that safe.
//
// Outside this package, in gitsource/transport, context.AfterFunc closes a connection when its fetch is over: the
// function runs in a goroutine of the context package, and touches nothing but the connection, which allows that.
// Libraries have their own locks: net/http and its pool of connections, slog's handlers, Prometheus' registry.
package actors

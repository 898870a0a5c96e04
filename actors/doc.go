// Package actors is mooring's domain: the desired state that Git describes, how far it is applied, and the refreshes
// that keep it true. It knows nothing of HTTP, of Git or of the environment.
//
// # Who owns what
//
// The refresh actor (loop) is one goroutine that owns all state. Others hold a Refresher, which has their ends of the
// actor's channels and nothing else; they get values that never change. The exporter is a second, smaller actor that
// owns the snapshot file and follows the first one like any other reader. A worker, one goroutine for each fetch, holds
// copies and sends one message at its end. Nothing is guarded by a lock, because nothing is shared.
//
// # Messages of the refresh actor
//
//	trigger   handlers, main → loop       asks for a refresh; answered with it, and once more at its end if asked to
//	leave     handlers, main → loop       who waited for an end has gone away
//	lookup    handlers → loop             a refresh by its id
//	view      loop → handlers, exporter   all that may be read, as one immutable value, for whoever receives
//	report    handlers → loop             a deployer's word on a stack
//	forget    handlers → loop             a deployer's word that a stack is gone
//	fetched   worker → loop               what a fetch came to
//	deadline  timer → loop                a fetch should have come back by now
//	tick      timer → loop                the next automatic refresh is due
//
// A view tells by itself when it is out of date (Validity), so that readers ask again when there is something new, and
// not each time they are asked.
//
// A message is folded into the state by a method of state, which does no more than that (state.go, merge.go, report.go); the
// loop then carries out the effects that the method returned (loop.go).
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
// so the last trigger is always followed by a fetch that began after it.
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
// A change of the compose file changes no status: what was applied stays applied, and InSync tells that it is not what
// Git wants.
//
// # How it stops
//
// When the context of run ends, the loop answers those who wait with the refresh as it stands, closes done, upon which
// every later call returns ErrStopped, and gives a fetch that is out two seconds to come back. The exporter ends with
// the refresher, after the write that it is at; one that hangs is waited for as long. Both together leave some of the
// five seconds that a stop may take.
package actors

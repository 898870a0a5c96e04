// Package gitsource reads the desired state from a Git repository: it turns settings into stacks. This package says
// what is asked for and what is kept of the answers; each part of the work has a package of its own below it.
//
// # The way of a Fetch
//
//	Source.Fetch ── the tip has not moved ─────────────────────────────→ the previous state itself
//	     │
//	     ├─ a Git host: transport.Remote → protocol.Session → received ─┐ index.Objects
//	     └─ a local path: local.Repository → localObjects ──────────────┤
//	                                                                    ▼
//	                                              index.Build: trees → stacks → the next state
//
// A host is asked for what the tip has and the commit of the previous state has not. That may not lead to a whole
// state: after a push back to an older commit, after a history was made anew, or if the host leaves out more than is
// known here. Then the host is asked for all trees, and after that for the compose files that are not known by their
// ids. A host that cannot leave out blobs is asked for everything at once, without history.
//
// A repository on this machine is read where it lies. Nothing is written, no program is run, and the checkout is not
// looked at.
//
// What one Fetch learns for the next is an immutable value, the memory, in the Index of the state that it returns. The
// Source keeps nothing between two calls but idle connections.
//
// # The packages
//
//	location    GIT_URL, GIT_REF, credentials, and the removal of secrets from texts
//	transport   HTTP, SSH and git:// as ways to a host
//	protocol    a session with a host, in versions 2 and 0 of Git's protocol
//	pktline     the packets that such a session consists of
//	pack        packs, in one pass; deltas
//	inflate     compressed objects
//	object      ids, types, trees, commits, tags
//	local       a repository on this machine
//	index       from trees to stacks, reading only what changed
//	fault       from errors to codes and sentences
//
// Imports point downwards in this order: transport → protocol → pktline, location; local → pack → inflate; index,
// location, pack → object → fault. The packages githost (repositories and hosts that serve them) and packmaker (packs
// of any kind) are for tests alone.
//
// # Limits
//
// Every byte comes from somebody else, so everything is bounded: the bytes and the objects of a pack, the size of an
// object that is read, the depth of deltas, of directories and of links, the number of compose files and the length of
// their paths. A larger object is hashed piece by piece and thrown away. All ids are computed, and crafted collisions
// are detected.
package gitsource

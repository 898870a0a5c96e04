// Package gitsource reads the desired state from a Git repository: from settings to stacks. It is the only user of
// go-git, and the only package that speaks with Git hosts.
//
// # The way of a Fetch
//
//	Source.Fetch ── the tip has not moved ─────────────────────────→ the previous state itself
//	     │
//	     ├─ a Git host: remote → session → packs → received ─┐
//	     └─ a local path: localRepository, read in place ────┤ objects
//	                                                         ▼
//	                        builder: trees → directories → index → edits → the next state
//
// A host is asked for what the tip has and the known commit has not. Where that does not lead to a whole state (a push
// back to an older commit, a history made anew, a host that leaves out more than is known here) it is asked for all
// trees, and then for the compose files that are not known by their ids. A host that cannot leave out blobs is asked
// for everything at once, without history.
//
// A repository on this machine is read where it lies: packs, loose objects, those of repositories that it borrows
// from. Nothing is written, no program is run, and the checkout is not looked at.
//
// # Where to look
//
//	settings.go ref.go endpoint.go auth.go       what an operator sets, and what it means
//	source.go fetch.go received.go local.go      what a Fetch asks for, and what it keeps of the answers
//	remote.go session.go host_facts.go           a conversation with a host, whichever way it goes
//	greeting.go protocol_*.go ref_listing.go     what is said in it, in versions 2 and 0 of Git's protocol
//	wire.go http_*.go stream_wire.go ssh*.go     how it is carried
//	fetch_request.go pktline.go sideband.go      what is asked for, and the packets of the answer
//	pack*.go delta.go inflate*.go zlib_stream.go the packs that come of it, in one pass
//	object.go content_ring.go                    what packs and local repositories have in common
//	local_*.go                                   a repository on this machine
//	index*.go tree.go symlink.go                 from trees to stacks
//	errors*.go host_error.go                     what an operator is told when something fails
//
// # The index
//
// A tree's id names its content for ever, so what was learned of a tree holds wherever it turns up again. The index
// keeps one directory for each tree under the deploy directory: the directories in it, its compose files, their hash.
// A directory that both commits have is not entered, a compose file that both have is not asked for, and the stacks of
// the next state are those of the previous one with a few edits. An index is immutable and rides in the state that it
// belongs to: the Source keeps nothing between two calls but idle connections.
//
// Directories in which "one regular compose file is the stack" does not hold are odd: several names, symbolic links,
// files that are too large, names that cannot be shown. These few are looked at anew at each change, because what a
// symbolic link leads to may have changed anywhere in the repository.
//
// # Limits
//
// Every byte comes from somebody else, so everything is bounded: the bytes and the objects of a pack, the size of an
// object that is held, the depth of deltas, of directories and of links, the number of compose files and the length of
// their paths. Larger objects are inflated piece by piece for their ids and given up. Ids are computed, with detection
// of crafted collisions, and never believed.
package gitsource

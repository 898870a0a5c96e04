// Package gitsource reads the desired state from a Git repository. This package decides which objects it asks for and
// what it keeps of the answers; the packages below it do the parts of the work.
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
// The first request to a host asks for the objects that the tip has and the commit of the previous state does not have.
// The answer may lack objects: after a push back to an older commit, after a history was rewritten, or if the host
// leaves out more than the memory has. The memory has the last few states, so that a push back to one of them needs
// nothing more. Otherwise the next request asks for all trees, and a third one for the compose files whose ids are not
// in the memory. If the host cannot leave out blobs, one request asks for everything, without history.
//
// A repository on this machine is read in place. Fetch writes nothing, runs no program, and does not look at the
// checkout.
//
// What one Fetch learns for the next is an immutable value, the memory, in the Index of the state that it returns. The
// Source keeps nothing else between two calls but idle connections. Those belong to a transport.Remote, which the memory
// names: when GIT_CA_FILE has changed, the next Fetch makes another one.
//
// Files gives the files of the commit that a state was read from, to whoever reads or applies stacks. It asks a host for
// trees that have changed since the commit before, and for files by their ids. Package checkout keeps them on a disk.
//
// # The packages
//
//	location    GIT_URL, GIT_REF, credentials, and the removal of secrets from texts
//	transport   HTTP, SSH and git:// as ways to a host
//	knownhosts  whether the key of an SSH host is trusted
//	privatekey  the private key for SSH
//	protocol    a session with a host, in versions 2 and 0 of Git's protocol
//	pktline     the packets of such a session
//	pack        packs, in one pass; deltas
//	inflate     compressed objects
//	object      ids, types, trees, commits, tags
//	local       a repository on this machine
//	index       from trees to stacks, reading only what changed
//	checkout    the files that stacks are made of, on a disk
//	fault       from errors to codes and sentences
//
// Imports point downwards in this order: transport → protocol, knownhosts, privatekey → pktline, location; local → pack
// → inflate; index, location, pack → object → fault. The packages githost (repositories and hosts that serve them) and
// packmaker (packs of any kind) are for tests alone.
//
// # Formats
//
// A repository names its objects by SHA-1 or by SHA-256 (object.Format). A session learns the format from the host, and
// a repository in place has it in its config file; from there on it is that of the ids. If another repository takes the
// place of the earlier one and has the other format, nothing of the memory is used.
//
// # Limits
//
// The host is not trusted, so everything is bounded: the bytes and the objects of a pack, the size of an object that is
// read, the depth of deltas, of directories and of links, the number of compose files and the length of their paths. A
// larger object is hashed piece by piece and thrown away. All ids are computed, and crafted collisions are detected.
package gitsource

// Package protocol talks to a Git host in version 2 or version 0 of Git's protocol (gitprotocol-v2, gitprotocol-pack):
// it asks for the commit of a ref, and fetches packs. A Wire carries requests and answers; package transport implements
// it.
//
// Open starts a Session and finds the tip of the tracked ref. Session.Fetch asks for objects, as many times as needed,
// and returns the bytes of a pack for package pack. A value of type Facts is what a session learned about its host.
// Given to the next Open, it saves requests.
//
// Over HTTP a new session does not ask what the host can do. It assumes the abilities of most hosts, and greets the
// host only if a request shows that this was wrong, or if no answer comes within a part of the time.
package protocol

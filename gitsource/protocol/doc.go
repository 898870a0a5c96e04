// Package protocol holds a conversation with a Git host, in version 2 or version 0 of Git's protocol (gitprotocol-v2,
// gitprotocol-pack): it asks where a ref is and fetches packs. How requests and answers travel is the business of a
// Wire, which package transport implements.
//
// Open starts a Session and finds the tip of the tracked ref. Session.Fetch asks for objects, as many times as needed,
// and returns the bytes of a pack for package pack to read. What a session learned of its host is a value of type
// Facts: given to the next Open it saves requests.
//
// Over HTTP a new session does not ask what the host can do. It takes for granted what most hosts can, and greets the
// host only if a request shows that this was wrong.
package protocol

// Package transport reaches Git hosts: over HTTP with or without TLS (gitprotocol-http), over SSH, and over the
// protocol of git daemon (gitprotocol-pack, "Transports"). Each way is a protocol.Wire.
//
// Remote is what the packages above use: it is made of the settings of a location, and opens sessions. It keeps nothing
// between two of them but an HTTP client with its idle connections.
//
// Every wait ends with the context of its request. Credentials are shown to the host that GIT_URL names and to no
// other, and answers that are errors are read to 64 KiB.
package transport

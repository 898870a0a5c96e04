// Package transport reaches Git hosts: over HTTP with or without TLS (gitprotocol-http), over SSH, and over the
// protocol of git daemon (gitprotocol-pack, "Transports"). Each way is a protocol.Wire.
//
// The packages above use Remote: it is made from the settings of a location, and opens sessions. Between two sessions
// it keeps only an HTTP client with its idle connections.
//
// Every wait ends with the context of its request. Credentials are sent only to the host in GIT_URL. At most 64 KiB of
// an answer with an error are read.
package transport

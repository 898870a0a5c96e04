// Package pktline reads and writes the packets of Git's wire protocol: each has its length in four hex digits before
// it, and a few lengths below four are marks (gitprotocol-common, section "pkt-line Format"). It also reads a pack out
// of the side bands of packets (gitprotocol-pack, section "Packfile Data").
//
// What packets mean is the business of package protocol.
package pktline

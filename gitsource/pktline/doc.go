// Package pktline reads and writes the packets of Git's wire protocol: each begins with its length in four hex digits,
// and a few lengths below four are marks (gitprotocol-common, section "pkt-line Format"). It also reads a pack out of
// the side bands of packets (gitprotocol-pack, section "Packfile Data").
//
// Package protocol interprets the packets.
package pktline

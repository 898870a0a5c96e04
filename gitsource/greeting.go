package gitsource

import "strings"

// greeting is what a host says first.
type greeting struct {
	facts hostFacts
	// refs are the tracked ones among those that a host of version 0 lists; a host of version 2 lists none yet.
	refs refListing
	// abilities are the capabilities of version 0, as sent (gitprotocol-capabilities).
	abilities []string
}

// readGreeting reads a host's first words in either version (gitprotocol-v2, "Initial Client Request";
// gitprotocol-pack, "Reference Discovery"), and keeps of its refs those with the given names.
func readGreeting(r *packetReader, names []string) (greeting, error) {
	kind, line, err := r.line()
	if err != nil {
		return greeting{}, err
	}
	if kind == packetData && strings.HasPrefix(line, "# service=") {
		if kind, line, err = afterServiceLine(r, line); err != nil {
			return greeting{}, err
		}
	}
	switch {
	case kind == packetData && line == "version 2":
		facts, err := readV2Abilities(r)
		return greeting{facts: facts}, err
	case kind == packetData && line == "version 1":
		if kind, line, err = r.line(); err != nil {
			return greeting{}, err
		}
	}
	return readV0Refs(r, names, kind, line)
}

// afterServiceLine reads over the line by which HTTP names the service, and the flush packet behind it.
func afterServiceLine(r *packetReader, line string) (packetKind, string, error) {
	if line != "# service="+uploadPack {
		return 0, "", malformed("it is another service's")
	}
	kind, _, err := r.line()
	if err != nil {
		return 0, "", err
	}
	if kind != packetFlush {
		return 0, "", malformed("it does not begin as Git's does")
	}
	return r.line()
}

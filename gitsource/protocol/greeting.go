package protocol

import (
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/pktline"
)

// greeting is the first answer of a host.
type greeting struct {
	facts Facts
	// refs are the tracked refs among those that a host of version 0 lists. A host of version 2 lists none in its
	// greeting.
	refs refListing
	// abilities are the capabilities of a host of version 0, as it sent them (gitprotocol-capabilities).
	abilities []string
}

// readGreeting reads a host's greeting in any version (gitprotocol-v2, "Initial Client Request"; gitprotocol-pack,
// "Reference Discovery"). It keeps only the refs that may be the tracked one.
func readGreeting(r *pktline.Reader, ref location.Ref) (greeting, error) {
	kind, line, err := r.Line()
	if err != nil {
		return greeting{}, err
	}
	if kind == pktline.Data && strings.HasPrefix(line, "# service=") {
		if kind, line, err = afterServiceLine(r, line); err != nil {
			return greeting{}, err
		}
	}
	switch {
	case kind == pktline.Data && line == "version 2":
		facts, err := readV2Abilities(r)
		return greeting{facts: facts}, err
	case kind == pktline.Data && line == "version 1":
		if kind, line, err = r.Line(); err != nil {
			return greeting{}, err
		}
	}
	return readV0Refs(r, ref, kind, line)
}

// formatAbility is the ability, and the argument of a command, that names the format of ids (gitprotocol-capabilities,
// gitprotocol-v2).
const formatAbility = "object-format="

// parseFormat reads the name of the format in which a host's repository has its ids.
func parseFormat(name string) (object.Format, error) {
	format, known := object.ParseFormat(name)
	if !known {
		return 0, fault.UnknownFormat(name)
	}
	return format, nil
}

// afterServiceLine checks the line with the name of the service, which only HTTP has, and returns the first line after
// it and its flush packet.
func afterServiceLine(r *pktline.Reader, line string) (pktline.Kind, string, error) {
	if line != "# service="+Service {
		return 0, "", fault.Malformed("it is that of another service")
	}
	kind, _, err := r.Line()
	if err != nil {
		return 0, "", err
	}
	if kind != pktline.Flush {
		return 0, "", fault.Malformed("it does not begin like an answer of Git")
	}
	return r.Line()
}

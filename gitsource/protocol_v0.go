package gitsource

import (
	"bytes"
	"context"
	"slices"
	"strings"
)

// readV0Refs reads the list of refs, whose first line, already read, tells what the host can do as well.
func readV0Refs(r *packetReader, names []string, kind packetKind, line string) (greeting, error) {
	hello := greeting{facts: hostFacts{protocol: protocolV0}, refs: newRefListing(names)}
	for first := true; kind == packetData; first = false {
		if first {
			var abilities string
			line, abilities, _ = strings.Cut(line, "\x00")
			hello.abilities = strings.Fields(abilities)
		}
		id, name, _ := strings.Cut(line, " ")
		// "capabilities^{}" stands where a repository has no ref; "shallow ID" is where its history ends.
		if name != "capabilities^{}" && id != "shallow" {
			if err := hello.refs.add(id, name); err != nil {
				return greeting{}, err
			}
		}
		var err error
		if kind, line, err = r.line(); err != nil {
			return greeting{}, err
		}
	}
	if kind != packetFlush {
		return greeting{}, malformed("its list of refs is not as it should be")
	}
	return hello.withFacts()
}

// withFacts reads the abilities.
func (g greeting) withFacts() (greeting, error) {
	for _, ability := range g.abilities {
		if format, found := strings.CutPrefix(ability, "object-format="); found && format != "sha1" {
			return greeting{}, sha256Repository()
		}
	}
	// Blobs that were left out are wanted later by their ids, which a host of version 0 must allow.
	byID := g.can("allow-any-sha1-in-want") || g.can("allow-reachable-sha1-in-want")
	g.facts.filter = g.can("filter") && byID
	g.facts.shallow = g.can("shallow")
	return g, nil
}

func (g greeting) can(ability string) bool { return slices.Contains(g.abilities, ability) }

// fetchV0 asks for a pack and reads the answer up to its bytes (gitprotocol-pack, "Packfile Negotiation"). All is said
// in one message, so whether the host knows the have is read before the pack: a host that does not would send all.
func fetchV0(ctx context.Context, w wire, hello greeting, request fetchRequest) (*packBody, error) {
	answer, err := w.exchange(ctx, protocolV0, encodeV0Fetch(hello, request))
	if err != nil {
		return nil, err
	}
	known, err := readV0Acknowledgments(newPacketReader(answer, maxListing), request)
	if err == nil && !known && !request.have.IsZero() {
		err = errNoCommonCommit
	}
	if err != nil {
		answer.end(false)
		return nil, err
	}
	body := &packBody{bytes: answer, answer: answer, once: !w.stateless()}
	if hello.sideband() != "" {
		body.bytes = newSideband(answer)
	}
	return body, nil
}

// sideband is the ability by which the pack comes in packets; empty for a host that sends it bare.
func (g greeting) sideband() string {
	for _, ability := range []string{"side-band-64k", "side-band"} {
		if g.can(ability) {
			return ability
		}
	}
	return ""
}

func encodeV0Fetch(hello greeting, request fetchRequest) []byte {
	var body bytes.Buffer
	for i, want := range request.wants {
		line := "want " + hello.refs.listed(want).String()
		if i == 0 {
			line += " " + strings.Join(wantedAbilities(hello, request), " ")
		}
		appendPacket(&body, line)
	}
	if request.shallow {
		appendPacket(&body, "deepen 1")
	}
	if request.filter != "" {
		appendPacket(&body, "filter "+request.filter)
	}
	body.WriteString(flushPacket)
	if !request.have.IsZero() {
		appendPacket(&body, "have "+request.have.String())
	}
	appendPacket(&body, "done")
	return body.Bytes()
}

// wantedAbilities are those of the host's that the request uses.
func wantedAbilities(hello greeting, request fetchRequest) []string {
	var wanted []string
	// Azure DevOps answers no client that cannot read several acknowledgments.
	for _, ability := range []string{"multi_ack_detailed", "multi_ack"} {
		if hello.can(ability) {
			wanted = append(wanted, ability)
			break
		}
	}
	if band := hello.sideband(); band != "" {
		wanted = append(wanted, band)
	}
	for _, ability := range []string{"no-progress", "ofs-delta", "object-format=sha1"} {
		if hello.can(ability) {
			wanted = append(wanted, ability)
		}
	}
	if request.shallow {
		wanted = append(wanted, "shallow")
	}
	if request.filter != "" {
		wanted = append(wanted, "filter")
	}
	return wanted
}

// readV0Acknowledgments reads what stands before the pack: where the history was cut, if that was asked for, and then
// the acknowledgments, of which the last one is "NAK" or an "ACK" with nothing behind the id.
func readV0Acknowledgments(r *packetReader, request fetchRequest) (known bool, err error) {
	for cut := request.shallow; cut; {
		kind, line, err := r.line()
		if err != nil {
			return false, err
		}
		cut = kind == packetData
		if cut && !strings.HasPrefix(line, "shallow ") && !strings.HasPrefix(line, "unshallow ") {
			return false, malformed("it does not say where the history is cut")
		}
	}
	for {
		kind, line, err := r.line()
		if err != nil {
			return false, err
		}
		rest, acknowledged := strings.CutPrefix(line, "ACK "+request.have.String())
		switch {
		case kind == packetData && line == "NAK":
			return known, nil
		case kind == packetData && acknowledged && !request.have.IsZero() && rest == "":
			return true, nil
		case kind == packetData && acknowledged && !request.have.IsZero() && strings.HasPrefix(rest, " "):
			known = true
		case kind == packetData && strings.HasPrefix(line, "\x03"):
			return false, &hostError{text: line[1:]}
		default:
			return false, malformed("it does not say clearly which commits the host knows")
		}
	}
}

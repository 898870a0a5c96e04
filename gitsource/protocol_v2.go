package gitsource

import (
	"bytes"
	"cmp"
	"context"
	"strings"
)

// readV2Abilities reads what a host of version 2 can do, behind "version 2" (gitprotocol-v2, "Capability
// Advertisement").
func readV2Abilities(r *packetReader) (hostFacts, error) {
	facts := hostFacts{protocol: protocolV2}
	var listsRefs, fetches bool
	for {
		kind, line, err := r.line()
		if err != nil {
			return hostFacts{}, err
		}
		if kind == packetFlush {
			break
		}
		if kind != packetData {
			return hostFacts{}, malformed("its greeting is not as it should be")
		}
		switch name, value, _ := strings.Cut(line, "="); name {
		case "ls-refs":
			listsRefs = true
		case "fetch":
			fetches = true
			features := strings.Fields(value)
			for _, feature := range features {
				facts.filter = facts.filter || feature == "filter"
				facts.shallow = facts.shallow || feature == "shallow"
			}
		case "object-format":
			if value != "sha1" {
				return hostFacts{}, sha256Repository()
			}
		}
	}
	if !listsRefs || !fetches {
		return hostFacts{}, malformed("it offers no way to list refs and to fetch")
	}
	return facts, nil
}

// lsRefs asks for the refs whose names begin with those given, or for all without any (gitprotocol-v2, "ls-refs").
// Without names reading ends at the first ref.
func lsRefs(ctx context.Context, w wire, names []string) (refListing, error) {
	answer, err := w.exchange(ctx, protocolV2, encodeLsRefs(names))
	if err != nil {
		return refListing{}, err
	}
	listing, whole, err := readV2Refs(newPacketReader(answer, maxListing), names)
	answer.end(whole)
	return listing, err
}

func encodeLsRefs(names []string) []byte {
	var request bytes.Buffer
	appendPacket(&request, "command=ls-refs")
	request.WriteString(delimiterPacket)
	appendPacket(&request, "peel")
	for _, name := range names {
		appendPacket(&request, "ref-prefix "+name)
	}
	request.WriteString(flushPacket)
	return request.Bytes()
}

// readV2Refs reads the answer to ls-refs: "OID NAME", with attributes behind; whole tells that it came to its end.
func readV2Refs(r *packetReader, names []string) (listing refListing, whole bool, err error) {
	listing = newRefListing(names)
	for {
		kind, line, err := r.line()
		switch {
		case err != nil:
			return refListing{}, false, err
		case kind == packetFlush:
			return listing, true, nil
		case kind != packetData:
			return refListing{}, false, malformed("its list of refs is not as it should be")
		}
		id, rest, _ := strings.Cut(line, " ")
		if id == "unborn" {
			continue
		}
		name, attributes, _ := strings.Cut(rest, " ")
		for attribute := range strings.FieldsSeq(attributes) {
			if peeled, found := strings.CutPrefix(attribute, "peeled:"); found {
				id = peeled
			}
		}
		if err := listing.add(id, name); err != nil {
			return refListing{}, false, err
		}
		if len(names) == 0 {
			return listing, false, nil
		}
	}
}

// fetchV2 asks for a pack and reads the answer up to its bytes (gitprotocol-v2, "fetch"). With a have it first asks
// without "done": a host that knows the have and needs no more sends the pack in the same answer; where it knows the
// have and the wanted commit does not descend from it, as after a forced push, a second request says "done".
func fetchV2(ctx context.Context, w wire, request fetchRequest) (*packBody, error) {
	answer, err := w.exchange(ctx, protocolV2, encodeV2Fetch(request, request.have.IsZero()))
	if err != nil {
		return nil, err
	}
	reader := newPacketReader(answer, maxListing)
	if !request.have.IsZero() {
		known, ready, err := readV2Acknowledgments(reader, request.have)
		if err != nil || !known {
			answer.end(err == nil && !ready)
			return nil, cmp.Or(err, errNoCommonCommit)
		}
		if !ready {
			answer.end(true)
			if answer, err = w.exchange(ctx, protocolV2, encodeV2Fetch(request, true)); err != nil {
				return nil, err
			}
			reader = newPacketReader(answer, maxListing)
		}
	}
	if err := readV2SectionsBeforePack(reader); err != nil {
		answer.end(false)
		return nil, err
	}
	return &packBody{bytes: newSideband(answer), answer: answer}, nil
}

// wantSize is the size of a packet that names a wanted object.
const wantSize = len("0032want 0123456789abcdef0123456789abcdef01234567\n")

func encodeV2Fetch(request fetchRequest, done bool) []byte {
	var body bytes.Buffer
	body.Grow(len(request.wants) * wantSize)
	appendPacket(&body, "command=fetch")
	body.WriteString(delimiterPacket)
	appendPacket(&body, "no-progress")
	appendPacket(&body, "ofs-delta")
	if request.shallow {
		appendPacket(&body, "deepen 1")
	}
	if request.filter != "" {
		appendPacket(&body, "filter "+request.filter)
	}
	for _, want := range request.wants {
		appendPacket(&body, "want "+want.String())
	}
	if !request.have.IsZero() {
		appendPacket(&body, "have "+request.have.String())
	}
	if done {
		appendPacket(&body, "done")
	}
	body.WriteString(flushPacket)
	return body.Bytes()
}

// readV2Acknowledgments reads the section "acknowledgments": known tells that the host has the commit, ready that the
// pack follows.
func readV2Acknowledgments(r *packetReader, have objectID) (known, ready bool, err error) {
	kind, line, err := r.line()
	if err != nil {
		return false, false, err
	}
	if kind != packetData || line != "acknowledgments" {
		return false, false, malformed("it does not say which commits the host knows")
	}
	for {
		kind, line, err := r.line()
		switch {
		case err != nil:
			return false, false, err
		case kind == packetFlush && !ready, kind == packetDelimiter && ready:
			return known, ready, nil
		case kind == packetData && line == "ready":
			ready = true
		case kind == packetData && line == "ACK "+have.String():
			known = true
		case kind != packetData || line != "NAK":
			return false, false, malformed("it does not say clearly which commits the host knows")
		}
	}
}

// readV2SectionsBeforePack reads up to the section "packfile". The section "shallow-info" tells where the history was
// cut, which is known; no other one was asked for.
func readV2SectionsBeforePack(r *packetReader) error {
	for {
		kind, line, err := r.line()
		switch {
		case err != nil:
			return err
		case kind == packetData && line == "packfile":
			return nil
		case kind != packetData || line != "shallow-info":
			return malformed("it has no pack where one should be")
		}
		for kind == packetData {
			if kind, line, err = r.line(); err != nil {
				return err
			}
			shallow := strings.HasPrefix(line, "shallow ") || strings.HasPrefix(line, "unshallow ")
			if kind == packetFlush || kind == packetData && !shallow {
				return malformed("it has no pack where one should be")
			}
		}
	}
}

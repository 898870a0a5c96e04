package protocol

import (
	"bytes"
	"cmp"
	"context"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/pktline"
)

// readV2Abilities reads what a host of version 2 can do: the lines after "version 2" (gitprotocol-v2, "Capability
// Advertisement").
func readV2Abilities(r *pktline.Reader) (Facts, error) {
	facts := Facts{Version: V2}
	var listsRefs, fetches, namesFormat bool
	for {
		kind, line, err := r.Line()
		if err != nil {
			return Facts{}, err
		}
		if kind == pktline.Flush {
			break
		}
		if kind != pktline.Data {
			return Facts{}, fault.Malformed("its greeting is malformed")
		}
		switch name, value, _ := strings.Cut(line, "="); name {
		case "ls-refs":
			listsRefs = true
		case "fetch":
			fetches = true
			features := strings.Fields(value)
			for _, feature := range features {
				facts.Filter = facts.Filter || feature == "filter"
				facts.Shallow = facts.Shallow || feature == "shallow"
			}
		case "object-format":
			if namesFormat { // the first one is that of the repository
				continue
			}
			namesFormat = true
			if facts.Format, err = parseFormat(value); err != nil {
				return Facts{}, err
			}
		}
	}
	if !listsRefs || !fetches {
		return Facts{}, fault.Malformed("it offers no way to list refs and to fetch")
	}
	return facts, nil
}

// lsRefs asks for the refs whose names begin with one of those given (gitprotocol-v2, "ls-refs"). Without names it asks
// for all refs, and reads the first one only.
func (s *Session) lsRefs(ctx context.Context, names []string) (refListing, error) {
	answer, err := s.exchange(ctx, V2, encodeLsRefs(names, s.hello.facts.Format))
	if err != nil {
		return refListing{}, err
	}
	listing, whole, err := readV2Refs(pktline.NewReader(answer, maxListing), names, s.hello.facts.Format)
	answer.End(whole)
	return listing, err
}

func encodeLsRefs(names []string, format object.Format) []byte {
	var request bytes.Buffer
	appendCommand(&request, "ls-refs", format)
	pktline.AppendLine(&request, "peel")
	for _, name := range names {
		pktline.AppendLine(&request, "ref-prefix "+name)
	}
	request.WriteString(pktline.FlushPacket)
	return request.Bytes()
}

// appendCommand begins a request. A request that names no format is one in SHA-1 (gitprotocol-v2, "object-format"), and
// older hosts know no other.
func appendCommand(request *bytes.Buffer, command string, format object.Format) {
	pktline.AppendLine(request, "command="+command)
	if format != object.SHA1 {
		pktline.AppendLine(request, formatAbility+format.String())
	}
	request.WriteString(pktline.DelimiterPacket)
}

// readV2Refs reads the answer to ls-refs: each line has an id, a name, and attributes. whole tells that it was read to
// its end.
func readV2Refs(
	r *pktline.Reader, names []string, format object.Format,
) (listing refListing, whole bool, err error) {
	listing = newRefListing(location.Ref{Names: names}, format)
	for {
		kind, line, err := r.Line()
		switch {
		case err != nil:
			return refListing{}, false, err
		case kind == pktline.Flush:
			return listing, true, nil
		case kind != pktline.Data:
			return refListing{}, false, fault.Malformed("its list of refs is malformed")
		}
		id, rest, _ := strings.Cut(line, " ")
		if id == "unborn" {
			continue
		}
		name, attributes, _ := strings.Cut(rest, " ")
		var peeled string
		for attribute := range strings.FieldsSeq(attributes) {
			if id, found := strings.CutPrefix(attribute, "peeled:"); found {
				peeled = id
			}
		}
		if err := listing.add(id, peeled, name); err != nil {
			return refListing{}, false, err
		}
		if len(names) == 0 {
			return listing, false, nil
		}
	}
}

// fetchV2 asks for a pack and reads the answer up to the pack's first byte (gitprotocol-v2, "fetch"). With request.Have
// the first request has no "done". If the host knows that commit and the wanted one descends from it, the same answer
// has the pack. If the wanted one does not descend from it, as after a forced push, a second request has "done".
func (s *Session) fetchV2(ctx context.Context, request Request) (*packBody, error) {
	answer, err := s.exchange(ctx, V2, encodeV2Fetch(request, s.hello.facts.Format, request.Have.IsZero()))
	if err != nil {
		return nil, err
	}
	reader := pktline.NewReader(answer, maxListing)
	if !request.Have.IsZero() {
		common, ready, err := readV2Acknowledgments(reader, request.Have)
		if err != nil || !common {
			answer.End(err == nil && !ready)
			return nil, cmp.Or(err, ErrNoCommonCommit)
		}
		if !ready {
			answer.End(true)
			if answer, err = s.exchange(ctx, V2, encodeV2Fetch(request, s.hello.facts.Format, true)); err != nil {
				return nil, err
			}
			reader = pktline.NewReader(answer, maxListing)
		}
	}
	if err := readV2SectionsBeforePack(reader); err != nil {
		answer.End(false)
		return nil, err
	}
	return &packBody{bytes: pktline.NewSideband(answer), answer: answer}, nil
}

func encodeV2Fetch(request Request, format object.Format, done bool) []byte {
	var body bytes.Buffer
	body.Grow(len(request.Wants) * (len("0032want \n") + format.Digits()))
	appendCommand(&body, "fetch", format)
	pktline.AppendLine(&body, "no-progress")
	pktline.AppendLine(&body, "ofs-delta")
	if request.Shallow {
		pktline.AppendLine(&body, "deepen 1")
	}
	if request.Filter != "" {
		pktline.AppendLine(&body, "filter "+request.Filter)
	}
	for _, want := range request.Wants {
		line := append(make([]byte, 0, 80), "want "...) // stays on the stack
		pktline.AppendLine(&body, want.Append(line))
	}
	if !request.Have.IsZero() {
		pktline.AppendLine(&body, "have "+request.Have.String())
	}
	if done {
		pktline.AppendLine(&body, "done")
	}
	body.WriteString(pktline.FlushPacket)
	return body.Bytes()
}

// readV2Acknowledgments reads the section "acknowledgments". common tells whether the host has the commit, and ready
// whether the pack follows.
func readV2Acknowledgments(r *pktline.Reader, have object.ID) (common, ready bool, err error) {
	kind, line, err := r.Line()
	if err != nil {
		return false, false, err
	}
	if kind != pktline.Data || line != "acknowledgments" {
		return false, false, fault.Malformed("it does not say which commits the host knows")
	}
	for {
		kind, line, err := r.Line()
		switch {
		case err != nil:
			return false, false, err
		case kind == pktline.Flush && !ready, kind == pktline.Delimiter && ready:
			return common, ready, nil
		case kind == pktline.Data && line == "ready":
			ready = true
		case kind == pktline.Data && line == "ACK "+have.String():
			common = true
		case kind != pktline.Data || line != "NAK":
			return false, false, fault.Malformed("it does not say clearly which commits the host knows")
		}
	}
}

// readV2SectionsBeforePack reads up to the section "packfile". The only section that may come before it is
// "shallow-info", which says where the history was cut.
func readV2SectionsBeforePack(r *pktline.Reader) error {
	for {
		kind, line, err := r.Line()
		switch {
		case err != nil:
			return err
		case kind == pktline.Data && line == "packfile":
			return nil
		case kind != pktline.Data || line != "shallow-info":
			return fault.Malformed("it has no pack where one should be")
		}
		for kind == pktline.Data {
			if kind, line, err = r.Line(); err != nil {
				return err
			}
			shallow := strings.HasPrefix(line, "shallow ") || strings.HasPrefix(line, "unshallow ")
			if kind == pktline.Flush || kind == pktline.Data && !shallow {
				return fault.Malformed("it has no pack where one should be")
			}
		}
	}
}

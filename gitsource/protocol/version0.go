package protocol

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/pktline"
)

// readV0Refs reads the list of refs. Its first line, which was read already, also says what the host can do.
func readV0Refs(r *pktline.Reader, ref location.Ref, kind pktline.Kind, line string) (greeting, error) {
	line, abilities, _ := strings.Cut(line, "\x00")
	hello := greeting{abilities: strings.Fields(abilities)}
	var err error
	if hello.facts, err = hello.v0Facts(line); err != nil {
		return greeting{}, err
	}
	hello.refs = newRefListing(ref, hello.facts.Format)
	for kind == pktline.Data {
		id, name, _ := strings.Cut(line, " ")
		// A repository without refs lists "capabilities^{}" instead of a ref. "shallow ID" says where its history ends.
		if name != "capabilities^{}" && id != "shallow" {
			if err := hello.refs.add(id, "", name); err != nil {
				return greeting{}, err
			}
		}
		if kind, line, err = r.Line(); err != nil {
			return greeting{}, err
		}
	}
	if kind != pktline.Flush {
		return greeting{}, fault.Malformed("its list of refs is malformed")
	}
	return hello, nil
}

// v0Facts are the facts that the abilities say. If there are several formats, the first one is that of the listed ids
// (gitprotocol-capabilities, "object-format"). If there is none, the first line with a ref shows it.
func (g greeting) v0Facts(line string) (Facts, error) {
	// A later request asks for the left-out blobs by their ids. A host of version 0 must declare that it allows this.
	byID := g.can("allow-any-sha1-in-want") || g.can("allow-reachable-sha1-in-want")
	facts := Facts{Version: V0, Filter: g.can("filter") && byID, Shallow: g.can("shallow")}
	for _, ability := range g.abilities {
		if name, found := strings.CutPrefix(ability, formatAbility); found {
			var err error
			facts.Format, err = parseFormat(name)
			return facts, err
		}
	}
	if digits, _, _ := strings.Cut(line, " "); len(digits) == object.SHA256.Digits() {
		facts.Format = object.SHA256
	}
	return facts, nil
}

// serves tells whether a host of version 0 may be asked for the pinned commit: it has listed the commit, or it says that
// it takes ids that it has not listed (gitprotocol-capabilities).
func (g greeting) serves(commit object.ID) bool {
	byID := slices.ContainsFunc(g.abilities, func(ability string) bool {
		return strings.HasPrefix(ability, "allow-") && strings.HasSuffix(ability, "-sha1-in-want")
	})
	return byID || g.refs.pinned.Commit == commit
}

func (g greeting) can(ability string) bool { return slices.Contains(g.abilities, ability) }

// fetchV0 asks for a pack and reads the answer up to the pack's first byte (gitprotocol-pack, "Packfile Negotiation").
// The whole request is one message. A host that does not know request.Have would send everything, so fetchV0 checks the
// acknowledgments before the pack.
func (s *Session) fetchV0(ctx context.Context, request Request) (*packBody, error) {
	answer, err := s.exchange(ctx, V0, encodeV0Fetch(s.hello, request))
	if err != nil {
		return nil, withoutHave(err, request)
	}
	common, err := readV0Acknowledgments(pktline.NewReader(answer, maxListing), request)
	if err == nil && !common && !request.Have.IsZero() {
		err = ErrNoCommonCommit
	}
	if err != nil {
		answer.End(false)
		return nil, withoutHave(err, request)
	}
	body := &packBody{bytes: answer, answer: answer, once: !s.wire.IsStateless()}
	if s.hello.sideband() != "" {
		body.bytes = pktline.NewSideband(answer)
	}
	return body, nil
}

// withoutHave returns ErrNoCommonCommit for a request with a commit that the client has, if the host refused it without
// a word. Dulwich does that because such a request does not name thin packs. A request without that commit does.
func withoutHave(err error, request Request) error {
	refusal, hasStatus := errors.AsType[finalError](err)
	wordless := hasStatus && !refusal.Final() || IsUnanswered(err)
	if wordless && !request.Have.IsZero() {
		return ErrNoCommonCommit
	}
	return err
}

// sideband is the ability of sending the pack in packets; empty if the host does not have it.
func (g greeting) sideband() string {
	for _, ability := range []string{"side-band-64k", "side-band"} {
		if g.can(ability) {
			return ability
		}
	}
	return ""
}

func encodeV0Fetch(hello greeting, request Request) []byte {
	var body bytes.Buffer
	for i, want := range request.Wants {
		line := "want " + hello.refs.listed(want).String()
		if i == 0 {
			line += " " + strings.Join(wantedAbilities(hello, request), " ")
		}
		pktline.AppendLine(&body, line)
	}
	if request.Shallow {
		pktline.AppendLine(&body, "deepen 1")
	}
	if request.Filter != "" {
		pktline.AppendLine(&body, "filter "+request.Filter)
	}
	body.WriteString(pktline.FlushPacket)
	if !request.Have.IsZero() {
		pktline.AppendLine(&body, "have "+request.Have.String())
	}
	pktline.AppendLine(&body, "done")
	return body.Bytes()
}

// wantedAbilities are those of the host's abilities that the request uses.
func wantedAbilities(hello greeting, request Request) []string {
	var wanted []string
	// Azure DevOps serves only clients that can read several acknowledgments.
	for _, ability := range []string{"multi_ack_detailed", "multi_ack"} {
		if hello.can(ability) {
			wanted = append(wanted, ability)
			break
		}
	}
	if band := hello.sideband(); band != "" {
		wanted = append(wanted, band)
	}
	for _, ability := range []string{"no-progress", "ofs-delta", formatAbility + hello.facts.Format.String()} {
		if hello.can(ability) {
			wanted = append(wanted, ability)
		}
	}
	// Dulwich wants each request to name thin packs. They are named where no thin pack can come: its deltas would need
	// objects of a commit that the client has, and the request names none.
	if request.Have.IsZero() && hello.can("thin-pack") {
		wanted = append(wanted, "thin-pack")
	}
	if request.Shallow {
		wanted = append(wanted, "shallow")
	}
	if request.Filter != "" {
		wanted = append(wanted, "filter")
	}
	return wanted
}

// readV0Acknowledgments reads the lines before the pack: where the history was cut, if the request asked for that, and
// then the acknowledgments. The last of these is "NAK", or an "ACK" with nothing behind the id. common tells whether
// the host has the commit.
func readV0Acknowledgments(r *pktline.Reader, request Request) (common bool, err error) {
	for cut := request.Shallow; cut; {
		kind, line, err := r.Line()
		if err != nil {
			return false, err
		}
		cut = kind == pktline.Data
		if cut && !strings.HasPrefix(line, "shallow ") && !strings.HasPrefix(line, "unshallow ") {
			return false, fault.Malformed("it does not say where the history is cut")
		}
	}
	for {
		kind, line, err := r.Line()
		if err != nil {
			return false, err
		}
		rest, acknowledged := strings.CutPrefix(line, "ACK "+request.Have.String())
		switch {
		case kind == pktline.Data && line == "NAK":
			return common, nil
		case kind == pktline.Data && acknowledged && !request.Have.IsZero() && rest == "":
			return true, nil
		case kind == pktline.Data && acknowledged && !request.Have.IsZero() && strings.HasPrefix(rest, " "):
			common = true
		case kind == pktline.Data && strings.HasPrefix(line, "\x03"):
			return false, &fault.HostError{Text: line[1:]}
		default:
			return false, fault.Malformed("it does not say clearly which commits the host knows")
		}
	}
}

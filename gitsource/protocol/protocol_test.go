package protocol

import (
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/pktline"
)

func packetsOf(message string) *pktline.Reader {
	return pktline.NewReader(strings.NewReader(message), maxListing)
}

func TestAGreetingThatIsNotGitsIsRefused(t *testing.T) {
	for name, message := range map[string]string{
		"nothing":             "",
		"a page":              "<!DOCTYPE html>",
		"cut in a length":     "00",
		"cut in a packet":     "0010ab",
		"a length of three":   "0003",
		"a length too long":   "ffff",
		"another service":     githost.Lines("# service=git-receive-pack\n", "", "version 2\n", ""),
		"no flush":            githost.Lines("# service=git-upload-pack\n", "version 2\n", ""),
		"version 2, cut":      githost.Lines("version 2\n", "ls-refs\n"),
		"version 2, no fetch": githost.Lines("version 2\n", "ls-refs\n", ""),
		"no id":               githost.Lines("main refs/heads/main\x00\n", ""),
		"no name":             githost.Lines(githost.SomeID+"\n", ""),
		"no end":              githost.Lines(githost.SomeID + " HEAD\x00filter\n"),
		"delimiter":           githost.Lines(githost.SomeID+" HEAD\x00filter\n", "|"),
		"version 2, SHA-512":  githost.Lines("version 2\n", "ls-refs\n", "fetch\n", "object-format=sha512\n", ""),
		"version 0, SHA-512":  githost.Lines(githost.SomeID+" HEAD\x00object-format=sha512\n", ""),
		"short ids":           githost.Lines(githost.SomeID+" HEAD\x00object-format=sha256\n", ""),
		"long ids":            githost.Lines(strings.Repeat("ab", 32)+" HEAD\x00object-format=sha1\n", ""),
		"ids of two formats":  githost.Lines(strings.Repeat("ab", 32)+" HEAD\x00\n", githost.SomeID+" refs/heads/a\n", ""),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := readGreeting(packetsOf(message), location.Ref{Names: []string{"HEAD"}})
			is.Equal(fault.Of(err).Code, actors.CodeProtocol)
		})
	}
}

func TestAGreetingOfAnyVersionIsRead(t *testing.T) {
	is := is.New(t)
	refs := []string{githost.SomeID + " HEAD\x00shallow filter allow-reachable-sha1-in-want agent=x\n",
		"shallow " + githost.SomeID + "\n", githost.SomeID + " refs/heads/main\n", ""}
	for _, before := range [][]string{nil, {"version 1\n"}, {"# service=git-upload-pack\n", ""}} {
		hello, err := readGreeting(packetsOf(githost.Lines(append(before, refs...)...)), location.Ref{Names: []string{"refs/heads/main"}})
		is.NoErr(err)
		is.Equal(hello.facts, Facts{Version: V0, Filter: true, Shallow: true})
		is.Equal(hello.refs.found, map[string]object.Tip{"refs/heads/main": {Named: githost.ID(githost.SomeID), Commit: githost.ID(githost.SomeID)}})
	}
	hello, err := readGreeting(packetsOf(githost.Lines("version 2\n", "ls-refs=unborn\n", "fetch=shallow wait-for-done filter\n",
		"object-format=sha1\n", "")), location.Ref{})
	is.NoErr(err)
	is.Equal(hello.facts, Facts{Version: V2, Filter: true, Shallow: true})

	for _, empty := range []string{githost.Lines(""), githost.Lines(object.ID{}.String()+" capabilities^{}\x00shallow\n", "")} {
		hello, err := readGreeting(packetsOf(empty), location.Ref{Names: []string{"HEAD"}})
		is.NoErr(err)
		is.True(!hello.refs.any)
	}
}

func TestAListOfRefsWithoutEndIsCut(t *testing.T) {
	is := is.New(t)
	endless := pktline.NewReader(&githost.Repeating{Line: githost.Lines(githost.SomeID + " refs/pull/1/head\n")}, 1<<20)
	_, _, err := readV2Refs(endless, []string{"HEAD"}, object.SHA1)
	is.Equal(fault.Of(err).Message, "The Git host's answer cannot be read: it does not come to an end.")
}

func TestTheAcknowledgmentsAreReadStrictly(t *testing.T) {
	have := githost.ID(githost.SomeID)
	tests := map[string]struct {
		message      string
		known, ready bool
		failed       bool
	}{
		"unknown":            {githost.Lines("acknowledgments\n", "NAK\n", ""), false, false, false},
		"known":              {githost.Lines("acknowledgments\n", "ACK "+githost.SomeID+"\n", ""), true, false, false},
		"known and ready":    {githost.Lines("acknowledgments\n", "ACK "+githost.SomeID+"\n", "ready\n", "|"), true, true, false},
		"ready, but no pack": {githost.Lines("acknowledgments\n", "ready\n", ""), false, false, true},
		"pack, but unready":  {githost.Lines("acknowledgments\n", "NAK\n", "|"), false, false, true},
		"another commit":     {githost.Lines("acknowledgments\n", "ACK "+strings.Repeat("0", 40)+"\n", ""), false, false, true},
		"no section":         {githost.Lines("packfile\n"), false, false, true},
		"cut":                {githost.Lines("acknowledgments\n", "ready\n"), false, false, true},
		"an error":           {githost.Lines("ERR not now\n"), false, false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			known, ready, err := readV2Acknowledgments(packetsOf(test.message), have)
			is.Equal(err != nil, test.failed)
			is.Equal(known, test.known)
			is.Equal(ready, test.ready)
		})
	}
}

func TestTheAcknowledgmentsOfVersion0AreReadStrictly(t *testing.T) {
	request := Request{Have: githost.ID(githost.SomeID)}
	tests := map[string]struct {
		message string
		request Request
		known   bool
		failed  bool
	}{
		"unknown":         {githost.Lines("NAK\n"), request, false, false},
		"known":           {githost.Lines("ACK " + githost.SomeID + "\n"), request, true, false},
		"multi_ack":       {githost.Lines("ACK "+githost.SomeID+" continue\n", "ACK "+githost.SomeID+"\n"), request, true, false},
		"detailed":        {githost.Lines("ACK "+githost.SomeID+" common\n", "ACK "+githost.SomeID+" ready\n", "NAK\n"), request, true, false},
		"shallow":         {githost.Lines("shallow "+githost.SomeID+"\n", "", "NAK\n"), Request{Shallow: true}, false, false},
		"shallow, no end": {githost.Lines("shallow "+githost.SomeID+"\n", "NAK\n"), Request{Shallow: true}, false, true},
		"not asked":       {githost.Lines("ACK " + object.ID{}.String() + "\n"), Request{}, false, true},
		"no end":          {githost.Lines("ACK " + githost.SomeID + " common\n"), request, false, true},
		"flush":           {githost.Lines(""), request, false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			known, err := readV0Acknowledgments(packetsOf(test.message), test.request)
			is.Equal(err != nil, test.failed)
			is.Equal(known, test.known)
		})
	}
}

func TestWhatHasNoContentComesToAnEndToo(t *testing.T) {
	endless := map[string]func(io.Reader) error{
		"marks in a greeting": func(source io.Reader) error {
			first := strings.NewReader(githost.Lines("version 2\n"))
			_, err := readGreeting(pktline.NewReader(io.MultiReader(first, source), maxListing), location.Ref{})
			return err
		},
		"marks": func(source io.Reader) error {
			for reader := pktline.NewReader(source, 1<<10); ; {
				if _, _, err := reader.Next(); err != nil {
					return err
				}
			}
		},
		"beside a pack": func(source io.Reader) error {
			_, err := io.Copy(io.Discard, pktline.NewSideband(source))
			return err
		},
	}
	for _, c := range []struct{ way, line string }{
		{"marks in a greeting", githost.Lines("|")},
		{"marks", githost.Lines("")},
		{"beside a pack", githost.Lines("\x02" + strings.Repeat("busy ", 10_000))},
		{"beside a pack", githost.Lines(strings.Repeat("\x01", 1))},
	} {
		t.Run(c.way, func(t *testing.T) {
			err := endless[c.way](&githost.Repeating{Line: strings.Repeat(c.line, 1000)})
			is.New(t).Equal(fault.Of(err).Code, actors.CodeProtocol)
		})
	}
}

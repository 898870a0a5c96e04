package gitsource

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

const someID = "1234567890123456789012345678901234567890"

// lines makes a message of packets; "" is a flush packet, "|" a delimiter packet.
func lines(texts ...string) string {
	var message bytes.Buffer
	for _, text := range texts {
		switch text {
		case "":
			message.WriteString(flushPacket)
		case "|":
			message.WriteString(delimiterPacket)
		default:
			message.WriteString(packet(text))
		}
	}
	return message.String()
}

func packetsOf(message string) *packetReader {
	return newPacketReader(strings.NewReader(message), maxListing)
}

func TestAGreetingThatIsNotGitsIsRefused(t *testing.T) {
	for name, message := range map[string]string{
		"nothing":              "",
		"a page":               "<!DOCTYPE html>",
		"cut in a length":      "00",
		"cut in a packet":      "0010ab",
		"a length of three":    "0003",
		"a length too long":    "ffff",
		"another service":      lines("# service=git-receive-pack\n", "", "version 2\n", ""),
		"no flush":             lines("# service=git-upload-pack\n", "version 2\n", ""),
		"version 2, cut":       lines("version 2\n", "ls-refs\n"),
		"version 2, no fetch":  lines("version 2\n", "ls-refs\n", ""),
		"no id":                lines("main refs/heads/main\x00\n", ""),
		"no name":              lines(someID+"\n", ""),
		"no end":               lines(someID + " HEAD\x00filter\n"),
		"delimiter":            lines(someID+" HEAD\x00filter\n", "|"),
		"version 2 of SHA-256": lines("version 2\n", "ls-refs\n", "fetch\n", "object-format=sha256\n", ""),
		"version 0 of SHA-256": lines(someID+" HEAD\x00object-format=sha256\n", ""),
		"ids of SHA-256":       lines(strings.Repeat("ab", 32)+" HEAD\x00\n", ""),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := readGreeting(packetsOf(message), []string{"HEAD"})
			is.Equal(classify(err).Code, actors.CodeProtocol)
		})
	}
}

func TestAGreetingOfAnyVersionIsRead(t *testing.T) {
	is := is.New(t)
	refs := []string{someID + " HEAD\x00shallow filter allow-reachable-sha1-in-want agent=x\n",
		"shallow " + someID + "\n", someID + " refs/heads/main\n", ""}
	for _, before := range [][]string{nil, {"version 1\n"}, {"# service=git-upload-pack\n", ""}} {
		hello, err := readGreeting(packetsOf(lines(append(before, refs...)...)), []string{"refs/heads/main"})
		is.NoErr(err)
		is.Equal(hello.facts, hostFacts{protocol: protocolV0, filter: true, shallow: true})
		is.Equal(hello.refs.found, map[string]objectID{"refs/heads/main": idOf(someID)})
	}
	hello, err := readGreeting(packetsOf(lines("version 2\n", "ls-refs=unborn\n", "fetch=shallow wait-for-done filter\n",
		"object-format=sha1\n", "")), nil)
	is.NoErr(err)
	is.Equal(hello.facts, hostFacts{protocol: protocolV2, filter: true, shallow: true})

	for _, empty := range []string{lines(""), lines(objectID{}.String()+" capabilities^{}\x00shallow\n", "")} {
		hello, err := readGreeting(packetsOf(empty), []string{"HEAD"})
		is.NoErr(err)
		is.True(!hello.refs.any)
	}
}

func TestAListOfRefsWithoutEndIsCut(t *testing.T) {
	is := is.New(t)
	endless := newPacketReader(&repeating{line: lines(someID + " refs/pull/1/head\n")}, 1<<20)
	_, _, err := readV2Refs(endless, []string{"HEAD"})
	is.Equal(classify(err).Message, "The Git host's answer cannot be read: it does not come to an end.")
}

// repeating is a text again and again, without end.
type repeating struct {
	line string
	at   int
}

func (r *repeating) Read(into []byte) (int, error) {
	n := copy(into, r.line[r.at:])
	r.at = (r.at + n) % len(r.line)
	return n, nil
}

func TestTheAcknowledgmentsAreReadStrictly(t *testing.T) {
	have := idOf(someID)
	tests := map[string]struct {
		message      string
		known, ready bool
		failed       bool
	}{
		"unknown":            {lines("acknowledgments\n", "NAK\n", ""), false, false, false},
		"known":              {lines("acknowledgments\n", "ACK "+someID+"\n", ""), true, false, false},
		"known and ready":    {lines("acknowledgments\n", "ACK "+someID+"\n", "ready\n", "|"), true, true, false},
		"ready, but no pack": {lines("acknowledgments\n", "ready\n", ""), false, false, true},
		"pack, but unready":  {lines("acknowledgments\n", "NAK\n", "|"), false, false, true},
		"another commit":     {lines("acknowledgments\n", "ACK "+strings.Repeat("0", 40)+"\n", ""), false, false, true},
		"no section":         {lines("packfile\n"), false, false, true},
		"cut":                {lines("acknowledgments\n", "ready\n"), false, false, true},
		"an error":           {lines("ERR not now\n"), false, false, true},
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
	request := fetchRequest{have: idOf(someID)}
	tests := map[string]struct {
		message string
		request fetchRequest
		known   bool
		failed  bool
	}{
		"unknown":         {lines("NAK\n"), request, false, false},
		"known":           {lines("ACK " + someID + "\n"), request, true, false},
		"multi_ack":       {lines("ACK "+someID+" continue\n", "ACK "+someID+"\n"), request, true, false},
		"detailed":        {lines("ACK "+someID+" common\n", "ACK "+someID+" ready\n", "NAK\n"), request, true, false},
		"shallow":         {lines("shallow "+someID+"\n", "", "NAK\n"), fetchRequest{shallow: true}, false, false},
		"shallow, no end": {lines("shallow "+someID+"\n", "NAK\n"), fetchRequest{shallow: true}, false, true},
		"not asked":       {lines("ACK " + objectID{}.String() + "\n"), fetchRequest{}, false, true},
		"no end":          {lines("ACK " + someID + " common\n"), request, false, true},
		"flush":           {lines(""), request, false, true},
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

func TestASidebandEndsAtItsFlushAlone(t *testing.T) {
	is := is.New(t)
	content, err := io.ReadAll(newSideband(strings.NewReader(lines("\x01PA", "\x02busy", "\x01", "\x01CK", "") + "more")))
	is.NoErr(err)
	is.Equal(string(content), "PACK")
	for name, message := range map[string]string{
		"cut":       lines("\x01PACK"),
		"cut short": lines("\x01PACK")[:7],
		"an error":  lines("\x01PA", "\x03out of memory\n", ""),
		"band four": lines("\x04x", ""),
		"no band":   "0004",
		"delimiter": lines("\x01PACK", "|"),
	} {
		_, err := io.ReadAll(newSideband(strings.NewReader(message)))
		if err == nil || classify(err).Code != actors.CodeProtocol {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPackThatIsCutShortOrStopsIsAFailure(t *testing.T) {
	repository := newTestRepository(t)
	tip := repository.commit("docker-compose.yml", strings.Repeat("a", 1<<20))
	tests := map[string]struct {
		// hangs tells that the host neither goes on nor ends, until the client's context does.
		hangs bool
		code  actors.Code
	}{
		"cut short": {false, actors.CodeProtocol},
		"stopped":   {true, actors.CodeTimeout},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			through := serveHTTP(t, repository, httpOptions{})
			host := serveHTTP(t, repository, httpOptions{instead: func(w http.ResponseWriter, q *http.Request) bool {
				answer := forward(through, q)
				content := answer.Body.Bytes()
				pack := bytes.Index(content, []byte("PACK"))
				w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
				if pack < 0 {
					_, _ = w.Write(content)
					return true
				}
				_, _ = w.Write(content[:pack+20])
				_ = http.NewResponseController(w).Flush()
				if test.hangs {
					<-q.Context().Done()
				}
				return true
			}})
			from := openSession(t, newTestRemote(t, locationSettings{URL: host.url()}), hostFacts{})
			pack, err := from.fetch(ctx, fetchRequest{wants: []objectID{tip}, shallow: true})
			is.NoErr(err)
			_, err = io.ReadFull(pack, make([]byte, len("PACK")))
			is.NoErr(err)
			if test.hangs {
				cancel()
			}
			_, err = io.ReadAll(pack)
			var failure *actors.Failure
			is.True(errors.As(err, &failure)) // as the session promises
			is.Equal(failure.Code, test.code)
			is.NoErr(pack.Close())
		})
	}
}

// forward asks a host what it answers to a request.
func forward(host *httpHost, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	host.Config.Handler.ServeHTTP(recorder, request)
	return recorder
}

func TestWhatHasNoContentComesToAnEndToo(t *testing.T) {
	endless := map[string]func(io.Reader) error{
		"marks in a greeting": func(source io.Reader) error {
			first := strings.NewReader(lines("version 2\n"))
			_, err := readGreeting(newPacketReader(io.MultiReader(first, source), maxListing), nil)
			return err
		},
		"marks": func(source io.Reader) error {
			for reader := newPacketReader(source, 1<<10); ; {
				if _, _, err := reader.next(); err != nil {
					return err
				}
			}
		},
		"beside a pack": func(source io.Reader) error {
			_, err := io.Copy(io.Discard, newSideband(source))
			return err
		},
	}
	for _, c := range []struct{ way, line string }{
		{"marks in a greeting", lines("|")},
		{"marks", lines("")},
		{"beside a pack", lines("\x02" + strings.Repeat("busy ", 10_000))},
		{"beside a pack", lines(strings.Repeat("\x01", 1))},
	} {
		t.Run(c.way, func(t *testing.T) {
			err := endless[c.way](&repeating{line: strings.Repeat(c.line, 1000)})
			is.New(t).Equal(classify(err).Code, actors.CodeProtocol)
		})
	}
}

// Most of a pack comes in packets that it fills: however much that is, it is not beside it.
func TestAPackIsNotBesideItself(t *testing.T) {
	is := is.New(t)
	full := lines("\x01" + strings.Repeat("x", maxPacket-5))
	const count = 2*maxBeside/maxPacket + 1
	source := io.LimitReader(&repeating{line: full}, count*int64(len(full)))
	read, err := io.Copy(io.Discard, newSideband(io.MultiReader(source, strings.NewReader(flushPacket))))
	is.NoErr(err)
	is.Equal(read, int64(count*(maxPacket-5)))
}

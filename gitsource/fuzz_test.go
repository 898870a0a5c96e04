package gitsource

import (
	"errors"
	"io"
	"strings"
	"testing"

	"mooring/actors"
)

// FuzzPackets holds the reader of packets to what it promises of any bytes: it ends, with an end of the input or a
// failure that is the host's, never this program's.
func FuzzPackets(f *testing.F) {
	for _, message := range []string{"", "0000", "0001", "0004", "0005a", "000bERR no\n", "0003", "zz", "fff1", "0010ab"} {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message string) {
		packets := packetsOf(message)
		for {
			_, line, err := packets.line()
			if err != nil {
				hostsFault(t, err)
				return
			}
			if len(line) > maxPacket {
				t.Fatal("a packet longer than packets can be")
			}
		}
	})
}

func FuzzGreeting(f *testing.F) {
	f.Add(lines("# service=git-upload-pack\n", "", someID+" HEAD\x00filter shallow\n", someID+" refs/tags/v1^{}\n", ""))
	f.Add(lines("version 2\n", "ls-refs=unborn\n", "fetch=shallow filter\n", "object-format=sha1\n", ""))
	f.Add(lines("version 1\n", objectID{}.String()+" capabilities^{}\x00\n", ""))
	f.Fuzz(func(t *testing.T, message string) {
		hello, err := readGreeting(packetsOf(message), []string{"HEAD", "refs/tags/v1"})
		if err != nil {
			hostsFault(t, err)
			return
		}
		if _, found := hello.refs.best(); found && !hello.refs.any || hello.facts.protocol == protocolUnknown {
			t.Fatal("a greeting that contradicts itself")
		}
	})
}

func FuzzListOfRefs(f *testing.F) {
	f.Add(lines(someID+" HEAD symref-target:refs/heads/main\n", someID+" refs/tags/v1 peeled:"+someID+"\n", ""))
	f.Add(lines("unborn HEAD symref-target:refs/heads/main\n", ""))
	f.Fuzz(func(t *testing.T, message string) {
		listing, whole, err := readV2Refs(packetsOf(message), []string{"refs/tags/v1"})
		if err != nil {
			hostsFault(t, err)
			return
		}
		if !whole || len(listing.found) > 1 {
			t.Fatal("more than was asked for")
		}
	})
}

func FuzzAnswerToFetch(f *testing.F) {
	f.Add(lines("acknowledgments\n", "ACK "+someID+"\n", "ready\n", "|", "packfile\n", "\x01PACK", ""))
	f.Add(lines("shallow-info\n", "shallow "+someID+"\n", "|", "packfile\n", "\x02hi", "\x01PACK", ""))
	f.Add(lines("shallow "+someID+"\n", "", "NAK\n", "\x01PACK", ""))
	f.Add(lines("ACK "+someID+" common\n", "ACK "+someID+"\n", "\x03no"))
	f.Fuzz(func(t *testing.T, message string) {
		have := idOf(someID)
		source := strings.NewReader(message)
		packets := newPacketReader(source, maxListing)
		known, ready, err := readV2Acknowledgments(packets, have)
		if err == nil && known && ready {
			err = readV2SectionsBeforePack(packets)
		}
		if err != nil {
			hostsFault(t, err)
			source.Reset(message)
			for _, request := range []fetchRequest{{shallow: true}, {have: have}} {
				if _, err = readV0Acknowledgments(newPacketReader(source, maxListing), request); err == nil {
					break
				}
				hostsFault(t, err)
				source.Reset(message)
			}
		}
		if _, err := io.Copy(io.Discard, newSideband(source)); err != nil {
			hostsFault(t, err)
		}
	})
}

func hostsFault(t *testing.T, err error) {
	t.Helper()
	failure := classify(err)
	var said *hostError
	if failure.Code == actors.CodeInternal || failure.Code != actors.CodeProtocol && !errors.As(err, &said) {
		t.Fatalf("%s: %v", failure.Code, err)
	}
}

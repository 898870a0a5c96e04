package protocol

import (
	"io"
	"strings"
	"testing"

	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/object"
	"mooring/gitsource/pktline"
)

func FuzzGreeting(f *testing.F) {
	f.Add(githost.Lines("# service=git-upload-pack\n", "", githost.SomeID+" HEAD\x00filter shallow\n", githost.SomeID+" refs/tags/v1^{}\n", ""))
	f.Add(githost.Lines("version 2\n", "ls-refs=unborn\n", "fetch=shallow filter\n", "object-format=sha1\n", ""))
	f.Add(githost.Lines("version 1\n", object.ID{}.String()+" capabilities^{}\x00\n", ""))
	long := githost.SomeIDOf(object.SHA256)
	f.Add(githost.Lines(long+" HEAD\x00filter object-format=sha256\n", long+" refs/tags/v1^{}\n", ""))
	f.Add(githost.Lines("version 2\n", "ls-refs\n", "fetch\n", "object-format=sha256\n", "object-format=sha1\n", ""))
	f.Add(githost.Lines("version 2\n", "ls-refs\n", "fetch\n", "object-format=sha512\n", ""))
	f.Fuzz(func(t *testing.T, message string) {
		hello, err := readGreeting(packetsOf(message), location.Ref{Names: []string{"HEAD", "refs/tags/v1"}})
		if err != nil {
			githost.BlameTheHost(t, err)
			return
		}
		tip, found := hello.refs.best()
		if found && !hello.refs.any || hello.facts.Version == Unknown {
			t.Fatal("a greeting that contradicts itself")
		}
		if !tip.Commit.IsZero() && tip.Commit.Format() != hello.facts.Format {
			t.Fatalf("%s has another format than the host", tip.Commit)
		}
	})
}

func FuzzListOfRefs(f *testing.F) {
	f.Add(githost.Lines(githost.SomeID+" HEAD symref-target:refs/heads/main\n", githost.SomeID+" refs/tags/v1 peeled:"+githost.SomeID+"\n", ""))
	f.Add(githost.Lines("unborn HEAD symref-target:refs/heads/main\n", ""))
	long := githost.SomeIDOf(object.SHA256)
	f.Add(githost.Lines(long+" refs/tags/v1 peeled:"+long+"\n", ""))
	f.Fuzz(func(t *testing.T, message string) {
		for _, format := range githost.Formats() {
			fuzzListOfRefs(t, format, message)
		}
	})
}

func fuzzListOfRefs(t *testing.T, format object.Format, message string) {
	listing, whole, err := readV2Refs(packetsOf(message), []string{"refs/tags/v1"}, format)
	if err != nil {
		githost.BlameTheHost(t, err)
		return
	}
	if !whole || len(listing.found) > 1 {
		t.Fatal("more than was asked for")
	}
	if tip, found := listing.best(); found && !tip.Commit.IsZero() && tip.Commit.Format() != format {
		t.Fatalf("%s is no %s", tip.Commit, format)
	}
}

func FuzzAnswerToFetch(f *testing.F) {
	f.Add(githost.Lines("acknowledgments\n", "ACK "+githost.SomeID+"\n", "ready\n", "|", "packfile\n", "\x01PACK", ""))
	f.Add(githost.Lines("shallow-info\n", "shallow "+githost.SomeID+"\n", "|", "packfile\n", "\x02hi", "\x01PACK", ""))
	f.Add(githost.Lines("shallow "+githost.SomeID+"\n", "", "NAK\n", "\x01PACK", ""))
	f.Add(githost.Lines("ACK "+githost.SomeID+" common\n", "ACK "+githost.SomeID+"\n", "\x03no"))
	long := githost.SomeIDOf(object.SHA256)
	f.Add(githost.Lines("acknowledgments\n", "ACK "+long+"\n", "ready\n", "|", "packfile\n", "\x01PACK", ""))
	f.Add(githost.Lines("shallow "+long+"\n", "", "ACK "+long+" common\n", "ACK "+long+"\n", "\x01PACK", ""))
	f.Fuzz(func(t *testing.T, message string) {
		for _, format := range githost.Formats() {
			fuzzAnswerToFetch(t, githost.ID(githost.SomeIDOf(format)), message)
		}
	})
}

func fuzzAnswerToFetch(t *testing.T, have object.ID, message string) {
	source := strings.NewReader(message)
	packets := pktline.NewReader(source, maxListing)
	known, ready, err := readV2Acknowledgments(packets, have)
	if err == nil && known && ready {
		err = readV2SectionsBeforePack(packets)
	}
	if err != nil {
		githost.BlameTheHost(t, err)
		source.Reset(message)
		for _, request := range []Request{{Shallow: true}, {Have: have}} {
			if _, err = readV0Acknowledgments(pktline.NewReader(source, maxListing), request); err == nil {
				break
			}
			githost.BlameTheHost(t, err)
			source.Reset(message)
		}
	}
	if _, err := io.Copy(io.Discard, pktline.NewSideband(source)); err != nil {
		githost.BlameTheHost(t, err)
	}
}

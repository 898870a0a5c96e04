package webhook

import (
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"mooring/api/apitest"
)

func FuzzSignature(f *testing.F) {
	const digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	for _, seed := range []string{
		"", "sha256=", "sha256=" + digest, "sha256=" + strings.ToUpper(digest), digest, "sha1=" + digest,
		"sha256=" + digest + "," + digest, "sha256=" + digest[1:], "sha256= " + digest, "\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		parsed, err := parseSignature([]string{value})
		if err != nil {
			if err.Reason != MissingProof && err.Reason != InvalidProof {
				t.Fatalf("%q is refused: %s", value, err.Reason)
			}
			return
		}
		if !strings.EqualFold(value, "sha256="+hex.EncodeToString(parsed)) || len(parsed) != 32 {
			t.Fatalf("%q is taken for %x", value, parsed)
		}
	})
}

func FuzzPush(f *testing.F) {
	body := apitest.Push("refs/heads/main", apitest.RevisionA, apitest.RevisionB)
	for _, seed := range [][2]string{
		{body, "application/json"}, {"payload=" + url.QueryEscape(body), "application/x-www-form-urlencoded"},
		{"payload=%zz", "application/x-www-form-urlencoded"}, {"payload", "application/x-www-form-urlencoded;;"},
		{"", ""}, {"null", ""}, {"[[[[", ""}, {`{"ref":{}}`, ""}, {`{"repository":null,"ref":"x"}`, "a/b; c"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, body, contentType string) {
		p := parsePush(contentType, []byte(body))
		if e := p.expected(); e != "" && !isCommit(e) {
			t.Fatalf("expects %q", e)
		}
		if p.expected() == "" && len(p.stale()) > 0 {
			t.Fatal("something is stale though nothing is expected")
		}
		for _, refs := range []tracked{{"HEAD"}, {"refs/heads/main"}, nil} {
			if reason := refs.ignores(p); len(reason) > 4096 || strings.ContainsAny(reason, "\n\r\x1b") {
				t.Fatalf("reason %q", reason)
			}
		}
	})
}

package webhook

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"mooring/api/apitest"
)

func FuzzSignature(f *testing.F) {
	const sum = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	for _, seed := range []string{
		"", "sha256=", "sha256=" + sum, "sha256=" + strings.ToUpper(sum), sum, "sha1=" + sum,
		"sha256=" + sum + "," + sum, "sha256=" + sum[1:], "sha256= " + sum, "\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, prefix := range []string{"sha256=", ""} { // GitHub's and Bitbucket's, and Gogs'
			var parsed digest
			if decodeHex(value, prefix, &parsed) && !strings.EqualFold(value, prefix+hex.EncodeToString(parsed[:])) {
				t.Fatalf("%q is taken for %x", value, parsed)
			}
		}
	})
}

func FuzzStandardSignatures(f *testing.F) {
	sum := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for _, seed := range []string{"", "v1," + sum, "v1," + sum + " v2,x v1a," + sum, "v1,,v1,", "v1,%", "v1," + sum[1:], sum, "v1,====\t"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		digests := parseStandard(list)
		if len(digests) > strings.Count(list, "v1,") {
			t.Fatalf("%q has %d signatures", list, len(digests))
		}
		for _, sum := range digests {
			if !strings.Contains(list, base64.RawStdEncoding.EncodeToString(sum[:])[:42]) { // the last digit has unused bits
				t.Fatalf("%q is taken for %x", list, sum)
			}
		}
	})
}

// Whatever a header says, nothing is accepted without the secret, and a refusal is one clean line.
func FuzzProof(f *testing.F) {
	for i, s := range specimens() {
		for _, line := range s.lines(s.tracked) {
			_, value, _ := strings.Cut(line, ": ")
			f.Add(uint8(i), value, "d-1", fmt.Sprint(clock().Unix()))
		}
	}
	f.Add(uint8(7), "Bearer", "", "")
	f.Fuzz(func(t *testing.T, which uint8, value, beside, at string) {
		all := specimens()
		s := all[int(which)%len(all)]
		secret := s.other
		if s.sender != "gitlab" && s.sender != "sourcehut" {
			secret = "a secret that no input has: " + value + beside
		}
		r := accepting(secret, s.sender)
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(s.tracked))
		header := senders()[int(which)%len(all)].header
		for name, value := range map[string]string{
			header: value, "webhook-id": beside, "webhook-timestamp": at, "X-Payload-Nonce": beside,
		} {
			request.Header.Set(name, value)
		}
		got, err := r.Receive(httptest.NewRecorder(), request, clock())
		if err == nil {
			t.Fatalf("%s accepts %q, %q and %q: %+v", s.sender, value, beside, at, got)
		}
		if strings.ContainsAny(err.Error(), "\n\r\x1b") || len(err.Error()) > 1000 {
			t.Fatalf("the refusal is %q", err)
		}
		if id := r.Origin(request.Header).ID; len([]rune(id)) > maxID || strings.ContainsAny(id, "\n\r\x1b") {
			t.Fatalf("the id is %q", id)
		}
	})
}

func FuzzPush(f *testing.F) {
	body := apitest.Push("refs/heads/main", apitest.RevisionA, apitest.RevisionB)
	for _, seed := range [][2]string{
		{body, "application/json"}, {"payload=" + url.QueryEscape(body), "application/x-www-form-urlencoded"},
		{"payload=%zz", "application/x-www-form-urlencoded"}, {"payload", "application/x-www-form-urlencoded;;"},
		{"", ""}, {"null", ""}, {"[[[[", ""}, {`{"ref":{}}`, ""}, {`{"repository":null,"ref":"x"}`, "a/b; c"},
		{gitlabPush("main"), ""}, {cloudPush("main"), ""}, {`{"push":{"changes":[null,{"new":{}},{"old":{"type":"tag"}}]}}`, ""},
		{serverDelivery(serverChangeJSON("refs/heads/main", apitest.RevisionA, apitest.RevisionB, "UPDATE")), ""}, {`{"changes":[{},[]]}`, ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, body, contentType string) {
		for _, pushes := range [][]push{
			parseGitHub(contentType, []byte(body)), parseGitLab([]byte(body)), parseBitbucket([]byte(body)),
		} {
			for _, refs := range []tracked{{"HEAD"}, {"refs/heads/main"}, {"refs/heads/main", "refs/tags/main"}, nil} {
				p, reason := refs.choose(pushes)
				if e := p.expected(); e != "" && !isID(e) || e == "" && len(p.stale()) > 0 || e != "" && reason != "" {
					t.Fatalf("%+v of %+v is expected by %v", p, pushes, refs)
				}
				if len(reason) > 4096 || strings.ContainsAny(reason, "\n\r\x1b") {
					t.Fatalf("reason %q", reason)
				}
			}
		}
	})
}

package webhook

import (
	"embed"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// payloads are GitHub's own; testdata/github/README.md tells where they come from.
//
//go:embed testdata/github/*.json
var payloads embed.FS

func TestPayloadsOfGitHubAreUnderstood(t *testing.T) {
	const commit = "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
	for _, c := range []struct {
		file, event string
		follows     tracked
		want        Delivery
		ignored     bool
	}{
		{"push_branch_created", "push", tracked{"refs/heads/master"}, Delivery{Expected: commit}, false},
		{"push_branch_created", "push", tracked{"HEAD"}, Delivery{Expected: commit}, false},
		{"push_branch_created", "push", tracked{"refs/heads/main"}, Delivery{}, true},
		{"push_tag_created", "push", tracked{"refs/heads/simple-tag", "refs/tags/simple-tag"}, Delivery{Expected: commit}, false},
		{"push_tag_created", "push", tracked{"HEAD"}, Delivery{}, true},
		{"push_tag_deleted", "push", tracked{"refs/tags/simple-tag"}, Delivery{}, false},
		{"push_tag_deleted", "push", nil, Delivery{}, true},
		{"ping", "ping", tracked{"HEAD"}, Delivery{}, true},
	} {
		t.Run(c.file, func(t *testing.T) {
			is := is.New(t)
			content, err := payloads.ReadFile("testdata/github/" + c.file + ".json")
			is.NoErr(err)
			r := accepting(apitest.GitHubSecret, "github")
			r.tracked = c.follows
			got, err := r.takes(string(content), apitest.Sign(apitest.GitHubSecret, string(content)), "X-GitHub-Event: "+c.event)
			is.NoErr(err)
			is.Equal(got.Ignored != "", c.ignored)
			got.Ignored = ""
			is.Equal(got, c.want)
		})
	}
}

// Gogs 0.14.3 sends GitHub's headers for the event and the id, and only its own for the signature. Gitea sends GitHub's
// signature beside Gogs' one (https://docs.gitea.com/usage/webhooks).
func TestGogsIsKnownByItsSignatureAlone(t *testing.T) {
	is := is.New(t)
	// After https://github.com/gogs/docs-api/blob/master/Repositories/Webhooks.md and Gogs' own page of a delivery.
	body := `{"ref":"refs/heads/main","before":"` + apitest.RevisionA + `","after":"` + apitest.RevisionB + `","compare_url":"",` +
		`"commits":[{"id":"` + apitest.RevisionB + `","message":"Update\n"}],"repository":{"id":1,"full_name":"ops/stacks",` +
		`"default_branch":"main"},"pusher":{"username":"ops"},"sender":{"username":"ops"}}`
	lines := []string{apitest.SignGogs(apitest.GitHubSecret, body), "X-GitHub-Event: push", "X-GitHub-Delivery: d-1",
		"X-Gogs-Event: push", "X-Gogs-Delivery: d-1"}
	got, err := accepting(apitest.GitHubSecret, "gogs").takes(body, lines...)
	is.NoErr(err)
	is.Equal(got, Delivery{Expected: apitest.RevisionB, Stale: []string{apitest.RevisionA}})
	_, err = accepting(apitest.GitHubSecret, "github").takes(body, lines...)
	refusedFor(t, err, InvalidProof)
	is.True(strings.Contains(err.Error(), "X-Gogs-Signature") && strings.Contains(err.Error(), "gogs"))
	both := append(lines, apitest.Sign(apitest.GitHubSecret, body), "X-Hub-Signature: sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59")
	_, err = accepting(apitest.GitHubSecret, "github").takes(body, both...)
	is.NoErr(err)
	_, err = accepting(apitest.GitHubSecret, "gogs").takes(body, both...)
	refusedFor(t, err, InvalidProof)
	form := append([]string{}, lines...)
	_, err = accepting(apitest.GitHubSecret, "gogs").takes("payload="+body, append(form, "Content-Type: application/x-www-form-urlencoded")...)
	refusedFor(t, err, InvalidProof)
	is.True(strings.Contains(err.Error(), "application/json"))
	for _, value := range []string{"", "sha256=" + strings.Repeat("0", 64), strings.Repeat("0", 63), strings.Repeat("0", 65), strings.Repeat("g", 64)} {
		_, err := accepting(apitest.GitHubSecret, "gogs").takes(body, "X-Gogs-Signature: "+value)
		refusedFor(t, err, map[bool]Reason{true: MissingProof, false: InvalidProof}[value == ""])
	}
}

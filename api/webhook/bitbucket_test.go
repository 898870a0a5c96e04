package webhook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// cloudRefJSON is a side of a change, after https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/#Push.
func cloudRefJSON(kind, name, hash string) string {
	if hash == "" {
		return "null"
	}
	return `{"type":"` + kind + `","name":"` + name + `","target":{"type":"commit","hash":"` + hash + `","message":"Update","parents":[]},` +
		`"links":{"html":{"href":"https://bitbucket.org/ops/stacks/branch/` + name + `"}}}`
}

func cloudChangeJSON(kind, name, before, after string) string {
	return fmt.Sprintf(`{"old":%s,"new":%s,"created":%v,"closed":%v,"forced":false,"truncated":false,"commits":[]}`,
		cloudRefJSON(kind, name, before), cloudRefJSON(kind, name, after), before == "", after == "")
}

// cloudDelivery is the body of a push of Bitbucket Cloud.
func cloudDelivery(changes ...string) string {
	return `{"push":{"changes":[` + strings.Join(changes, ",") + `]},"actor":{"type":"user","nickname":"ops"},` +
		`"repository":{"type":"repository","name":"stacks","full_name":"ops/stacks","scm":"git"}}`
}

func cloudPush(branch string) string {
	return cloudDelivery(cloudChangeJSON("branch", branch, apitest.RevisionA, apitest.RevisionB))
}

// serverChangeJSON is a change, after
// https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html#Eventpayload-Push.
func serverChangeJSON(ref, from, to, kind string) string {
	return fmt.Sprintf(`{"ref":{"id":%q,"displayId":"x","type":"BRANCH"},"refId":%q,"fromHash":%q,"toHash":%q,"type":%q}`,
		ref, ref, from, to, kind)
}

func serverDelivery(changes ...string) string {
	return `{"eventKey":"repo:refs_changed","date":"2026-02-15T11:00:00+0000","actor":{"name":"ops","id":1},` +
		`"repository":{"slug":"stacks","id":84,"project":{"key":"OPS"}},"changes":[` + strings.Join(changes, ",") + `],"commits":[]}`
}

// fromBitbucket gives a signed delivery to a receiver that follows some refs.
func fromBitbucket(t *testing.T, follows tracked, event, body string) Delivery {
	t.Helper()
	r := accepting(apitest.GitHubSecret, "bitbucket")
	r.tracked = follows
	got, err := r.takes(body, apitest.SignBitbucket(apitest.GitHubSecret, body), "X-Event-Key: "+event)
	is.New(t).NoErr(err)
	return got
}

func TestChangeOfTheTrackedRefCountsAmongSeveral(t *testing.T) {
	a, b, c, zeros := apitest.RevisionA, apitest.RevisionB, strings.Repeat("c", 40), strings.Repeat("0", 40)
	other, main := cloudChangeJSON("branch", "topic", a, c), cloudChangeJSON("branch", "main", a, b)
	gone, created := cloudChangeJSON("branch", "main", a, ""), cloudChangeJSON("branch", "main", "", b)
	mine := Delivery{Expected: b, Stale: []string{a}}
	branch := tracked{"refs/heads/main"}
	for name, x := range map[string]struct {
		follows tracked
		event   string
		body    string
		want    Delivery
	}{
		"first":    {branch, "repo:push", cloudDelivery(main, other), mine},
		"last":     {branch, "repo:push", cloudDelivery(other, cloudChangeJSON("branch", "topic", c, ""), main), mine},
		"unnamed":  {branch, "", cloudDelivery(other, main), mine},
		"created":  {branch, "repo:push", cloudDelivery(other, created), Delivery{Expected: b}},
		"deleted":  {branch, "repo:push", cloudDelivery(other, gone), Delivery{}},
		"replaced": {branch, "repo:push", cloudDelivery(gone, created), Delivery{Expected: b}},
		"reversed": {branch, "repo:push", cloudDelivery(created, gone), Delivery{Expected: b}},
		// GIT_REF=main is a branch, or else a tag.
		"tag":        {tracked{"refs/heads/main", "refs/tags/main"}, "repo:push", cloudDelivery(cloudChangeJSON("tag", "main", "", b)), Delivery{Expected: b}},
		"branch":     {tracked{"refs/heads/main", "refs/tags/main"}, "repo:push", cloudDelivery(cloudChangeJSON("tag", "main", "", c), main), mine},
		"annotated":  {tracked{"refs/tags/main"}, "repo:push", cloudDelivery(main, cloudChangeJSON("annotated_tag", "main", "", c)), Delivery{Expected: c}},
		"other kind": {branch, "repo:push", cloudDelivery(other, cloudChangeJSON("bookmark", "main", a, b)), Delivery{}},
		// The payload does not name the default branch.
		"head":          {tracked{"HEAD"}, "repo:push", cloudDelivery(main), mine},
		"head of some":  {tracked{"HEAD"}, "repo:push", cloudDelivery(other, main), Delivery{}},
		"merge":         {tracked{"HEAD"}, "repo:push", cloudDelivery(main, cloudChangeJSON("branch", "topic", c, "")), mine},
		"head and odd":  {tracked{"HEAD"}, "repo:push", cloudDelivery(main, cloudChangeJSON("bookmark", "x", a, b)), Delivery{}},
		"another event": {branch, "pullrequest:fulfilled", cloudDelivery(main), Delivery{}},

		"server":         {branch, "repo:refs_changed", serverDelivery(serverChangeJSON("refs/heads/main", a, b, "UPDATE")), mine},
		"server added":   {branch, "repo:refs_changed", serverDelivery(serverChangeJSON("refs/heads/main", zeros, b, "ADD")), Delivery{Expected: b}},
		"server deleted": {branch, "repo:refs_changed", serverDelivery(serverChangeJSON("refs/heads/main", a, zeros, "DELETE")), Delivery{}},
		"server both": {branch, "repo:refs_changed", serverDelivery(serverChangeJSON("refs/heads/topic", a, zeros, "DELETE"),
			serverChangeJSON("refs/heads/main", a, b, "UPDATE")), mine},
		"server long ids": {branch, "repo:refs_changed", serverDelivery(serverChangeJSON("refs/heads/main", strings.Repeat("0", 64),
			strings.Repeat("d", 64), "ADD")), Delivery{Expected: strings.Repeat("d", 64)}},
	} {
		t.Run(name, func(t *testing.T) { is.New(t).Equal(fromBitbucket(t, x.follows, x.event, x.body), x.want) })
	}
}

func TestChangesOfOtherRefsOnlyAreIgnored(t *testing.T) {
	is := is.New(t)
	a, b := apitest.RevisionA, apitest.RevisionB
	for event, body := range map[string]string{
		"repo:push":         cloudDelivery(cloudChangeJSON("branch", "topic", a, b), cloudChangeJSON("tag", "main", "", b)),
		"repo:refs_changed": serverDelivery(serverChangeJSON("refs/heads/topic", a, b, "UPDATE"), serverChangeJSON("refs/tags/main", a, b, "UPDATE")),
	} {
		is.True(strings.Contains(fromBitbucket(t, tracked{"refs/heads/main"}, event, body).Ignored, "refs/heads/topic"))
		is.True(fromBitbucket(t, nil, event, body).Ignored != "") // GIT_REF is a commit
	}
	is.True(fromBitbucket(t, tracked{"refs/heads/main"}, "diagnostics:ping", `{"test":true}`).Ignored != "")
}

// A delivery with more changes than are read may be about any ref.
func TestVeryManyChangesAreAPlainTrigger(t *testing.T) {
	is := is.New(t)
	other := cloudChangeJSON("branch", "topic", apitest.RevisionA, apitest.RevisionB)
	many := strings.Repeat(other+",", changesRead-2) + other
	is.True(fromBitbucket(t, tracked{"refs/heads/main"}, "repo:push", cloudDelivery(many)).Ignored != "")
	is.Equal(fromBitbucket(t, tracked{"refs/heads/main"}, "repo:push", cloudDelivery(many, other)), Delivery{})
	is.Equal(fromBitbucket(t, tracked{"refs/heads/main"}, "repo:push", cloudDelivery(many, other, other)), Delivery{})
	server := serverChangeJSON("refs/heads/topic", apitest.RevisionA, apitest.RevisionB, "UPDATE")
	is.Equal(fromBitbucket(t, tracked{"refs/heads/main"}, "repo:refs_changed",
		serverDelivery(strings.Repeat(server+",", 5000)+server)), Delivery{})
}

// GitHub uses the header for a signature with SHA-1, which proves nothing.
func TestSignatureWithSHA1ProvesNothing(t *testing.T) {
	const sha1 = "X-Hub-Signature: sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"
	for _, name := range []string{"github", "bitbucket"} {
		_, err := accepting(apitest.GitHubSecret, name).takes("Hello, World!", sha1)
		refusedFor(t, err, MissingProof)
	}
	r := accepting(apitest.GitHubSecret, "bitbucket")
	good := apitest.SignBitbucket(apitest.GitHubSecret, "Hello, World!")
	for _, lines := range [][]string{{sha1, good}, {good, sha1}, {good, good}} {
		_, err := r.takes("Hello, World!", lines...)
		refusedFor(t, err, InvalidProof)
	}
	_, digits, _ := strings.Cut(good, "sha256=")
	for _, value := range []string{"sha256=", "sha256=" + digits[1:], "sha256=" + digits + "0", "SHA256=" + digits, "sha256= " + digits,
		"sha256=" + digits + ",sha256=" + digits, "sha256=" + digits[:63] + "g"} {
		_, err := r.takes("Hello, World!", "X-Hub-Signature: "+value)
		refusedFor(t, err, InvalidProof)
	}
}

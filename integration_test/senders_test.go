package integration_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// The webhook of every sender that WEBHOOK_SENDERS can name.

// sending is a sender with its secret, how it proves a body, and its body for a push to refs/heads/main.
type sending struct {
	name, secret string
	proof        func(body string) []string
	push         func(before, after string) string
	tells        bool // its push tells the new revision
}

func sum256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// signStandard signs as GitLab does (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
func signStandard(key []byte, id string, at time.Time, body string) []string {
	sum := sum256(key, fmt.Sprintf("%s.%d.%s", id, at.Unix(), body))
	return []string{
		"webhook-id: " + id, fmt.Sprintf("webhook-timestamp: %d", at.Unix()),
		"webhook-signature: v1," + base64.StdEncoding.EncodeToString(sum),
	}
}

// standardKey is a key of Standard Webhooks, and standardSecret is how GitLab shows it.
func standardKey() []byte { return []byte("a key of the length of GitLab's.") }

func standardSecret() string { return "whsec_" + base64.StdEncoding.EncodeToString(standardKey()) }

// sourcehutKey is the key that SourceHut signs with here.
func sourcehutKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, 32)) }

func sendings() []sending {
	key := []byte(githubSecret)
	github := func(before, after string) string { return lab.PushEvent("refs/heads/main", before, after) }
	nothing := func(string, string) string { return "{}" }
	public := base64.StdEncoding.EncodeToString(sourcehutKey()[32:])
	return []sending{
		{"github", githubSecret, func(b string) []string { return []string{lab.Sign(githubSecret, b)} }, github, true},
		{"gitlab", standardSecret(), func(b string) []string { return signStandard(standardKey(), "d-1", time.Now(), b) },
			func(before, after string) string {
				return fmt.Sprintf(`{"object_kind":"push","ref":"refs/heads/main","before":%q,"after":%q,"checkout_sha":%q,`+
					`"project":{"default_branch":"main"}}`, before, after, after)
			}, true},
		{"bitbucket", githubSecret, func(b string) []string {
			return []string{"X-Hub-Signature: sha256=" + hex.EncodeToString(sum256(key, b))}
		},
			func(before, after string) string {
				return fmt.Sprintf(`{"push":{"changes":[{"old":{"type":"branch","name":"topic","target":{"hash":%[1]q}},"new":null},`+
					`{"old":{"type":"branch","name":"main","target":{"hash":%[1]q}},"new":{"type":"branch","name":"main","target":{"hash":%[2]q}}}]}}`,
					before, after)
			}, true},
		{"gogs", githubSecret, func(b string) []string { return []string{"X-Gogs-Signature: " + hex.EncodeToString(sum256(key, b))} }, github, true},
		{"sourcehut", public, func(b string) []string {
			signature := base64.StdEncoding.EncodeToString(ed25519.Sign(sourcehutKey(), []byte(b+"ab12")))
			return []string{"X-Payload-Nonce: ab12", "X-Payload-Signature: " + signature}
		}, nothing, false},
		{"gitlab-token", githubSecret, func(string) []string { return []string{"X-Gitlab-Token: " + githubSecret} }, nothing, false},
		{"azure-devops", githubSecret, func(string) []string {
			return []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("u:"+githubSecret))}
		}, nothing, false},
		{"bearer", githubSecret, func(string) []string { return []string{"Authorization: Bearer " + githubSecret} }, nothing, false},
	}
}

func TestWebhookOfEachSenderRefreshes(t *testing.T) {
	inEachFormat(t, webhookOfEachSenderRefreshes)
}

func webhookOfEachSenderRefreshes(t *testing.T, format string) {
	t.Helper()
	repo, first := withFormat(t, format, twoStacks())
	host := serveRepository(t, repo)
	for _, sender := range sendings() {
		t.Run(sender.name, func(t *testing.T) {
			is := is.New(t)
			s := start(t, "GIT_URL="+host.url(), "GIT_REF=main", "WEBHOOK_SENDERS="+sender.name, "WEBHOOK_SECRET="+sender.secret)
			before := s.awaitRevision(first).Revision
			s.logged("refresh completed")
			next := repo.push(files{sender.name + "/docker-compose.yml": "services: {}"})
			first = next
			body := sender.push(before, next)
			accepted := decode[refresh](t, s.do(http.MethodPost, "/api/v1/webhook", body, sender.proof(body)...))
			is.Equal(accepted.Trigger.Sender, sender.name)
			is.Equal(accepted.Trigger.Expected == next, sender.tells)
			s.awaitRevision(next)
			s.logged("webhook accepted", "sender="+sender.name, "id="+accepted.ID)
			s.refuses(s.do(http.MethodPost, "/api/v1/webhook", body), http.StatusUnauthorized, "missing_signature")
		})
	}
}

func TestDeliveryOfASenderThatIsNotNamedSaysWhichSettingIsMissing(t *testing.T) {
	is := is.New(t)
	_, _, _, s := hooked(t) // github alone
	for _, sender := range sendings() {
		if sender.name == "github" {
			continue
		}
		answer := s.do(http.MethodPost, "/api/v1/webhook", "{}", sender.proof("{}")...)
		s.refuses(answer, http.StatusUnauthorized, "invalid_signature")
		is.True(strings.Contains(answer.body, "WEBHOOK_SENDERS") && strings.Contains(answer.body, sender.name))
		s.logged("level=WARN", "webhook refused", "sender="+sender.name, "WEBHOOK_SENDERS")
	}
}

func TestWebhookOfGitLabIsRefusedWhenItIsOldAndIgnoredWhenItIsRepeated(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	host := serveRepository(t, repo)
	s := start(t, "GIT_URL="+host.url(), "WEBHOOK_SENDERS=gitlab,github", "WEBHOOK_SECRET="+githubSecret,
		"WEBHOOK_SECRET_PREVIOUS="+standardSecret())
	s.awaitRevision(revision)
	s.logged("refresh completed")
	before := host.Counts().Tips
	deliver := func(at time.Time) reply {
		return s.do(http.MethodPost, "/api/v1/webhook", "{}", signStandard(standardKey(), "d-1", at, "{}")...)
	}
	for _, off := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		s.refuses(deliver(time.Now().Add(off)), http.StatusUnauthorized, "invalid_signature")
	}
	accepted := deliver(time.Now())
	is.Equal(accepted.status, http.StatusAccepted)
	s.logged("refresh completed", "id="+decode[refresh](t, accepted).ID)
	again := deliver(time.Now())
	is.Equal(again.status, http.StatusOK)
	is.True(strings.Contains(again.body, `"ignored":true`))
	is.Equal(host.Counts().Tips, before+1)
	is.Equal(s.deliver("{}").status, http.StatusAccepted) // GitHub has the other secret
}

// A file is read at each use, so a wrong key in it stops no start, and a good one counts at once.
func TestPublicKeyOfSourceHutInAFileIsCheckedAtEachUse(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	sender := sendings()[4]
	is.Equal(sender.name, "sourcehut")
	file := newSecretFile(t, "no public key at all")
	s := start(t, "GIT_URL="+repo.bare, "WEBHOOK_SENDERS=sourcehut", "WEBHOOK_SECRET_FILE="+file.path)
	s.awaitRevision(revision)
	s.refuses(s.do(http.MethodPost, "/api/v1/webhook", "{}", sender.proof("{}")...), http.StatusServiceUnavailable, "webhook_disabled")
	file.rotate(s, sender.secret)
	is.Equal(s.do(http.MethodPost, "/api/v1/webhook", "{}", sender.proof("{}")...).status, http.StatusAccepted)
}

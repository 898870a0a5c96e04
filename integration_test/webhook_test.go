package integration_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// A webhook refreshes the desired state.

// githubSecret and helloSignature are GitHub's own example, from "Validating webhook deliveries".
const (
	githubSecret   = "It's a Secret to Everybody"
	helloSignature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
)

// deliver sends a signed delivery.
func (s *service) deliver(body string, headers ...string) reply {
	s.t.Helper()
	return s.do(http.MethodPost, "/api/v1/webhook", body, append(headers, lab.Sign(githubSecret, body))...)
}

// hooked returns a service that has refreshed once and takes deliveries.
func hooked(t *testing.T) (repository, host, string, *service) {
	t.Helper()
	repo, revision := with(t, twoStacks())
	host := serveRepository(t, repo)
	s := start(t, "GIT_URL="+host.url(), "WEBHOOK_SECRET="+githubSecret)
	s.awaitRevision(revision)
	s.logged("refresh completed")
	return repo, host, revision, s
}

func TestWebhookRefreshesFromTheLatestRevision(t *testing.T) {
	is := is.New(t)
	repo, _, first, s := hooked(t)
	next := repo.push(files{"web/docker-compose.yml": "services: {}", "new/docker-compose.yml": "services: {}"})
	body := lab.PushEvent("refs/heads/main", first, next)
	answer := s.deliver(body, "X-GitHub-Event: push", "X-GitHub-Delivery: d-1", "Content-Type: application/json")
	is.Equal(answer.status, http.StatusAccepted)
	accepted := decode[refresh](t, answer)
	is.Equal(accepted.Status, "refreshing")
	is.Equal(accepted.Trigger.Source, "webhook")
	is.Equal(accepted.Trigger.Sender, "github")
	is.Equal(accepted.Trigger.Delivery, "d-1")
	is.Equal(accepted.Trigger.Expected, next)
	seen := s.awaitRevision(next)
	is.Equal(seen.paths(), []string{"db/main", "new", "web"})
	is.Equal(seen.at("web").Hash, repo.hash(next, "web/docker-compose.yml"))
	s.logged("refresh completed", "id="+accepted.ID)
	ended := s.found(accepted.ID)
	is.Equal(ended.Status, "completed")
	is.Equal(ended.Revision, next)
	is.Equal(ended.Changes.Added, []string{"new"})
	is.Equal(ended.Changes.Changed, []string{"web"})
	is.Equal(ended.Changes.Removed, []string{})
}

func TestWebhookWhileRefreshingIsQueuedAndSaysThatOneRuns(t *testing.T) {
	is := is.New(t)
	_, host, _, s := hooked(t)
	before := host.Counts()
	host.Hang()
	running := s.trigger()
	is.Equal(running.Status, "refreshing")
	host.reached()
	answer := s.deliver(`{"zen":"hi"}`, "X-GitHub-Event: workflow_run")
	is.Equal(answer.status, http.StatusAccepted)
	queued := decode[refresh](t, answer)
	is.Equal(queued.Status, "queued")
	is.Equal(queued.Message, "a refresh is already running; this one is queued")
	is.Equal(host.Counts().Requests, before.Requests+1) // no second refresh has begun
	host.Release()
	s.logged("refresh completed", "id="+queued.ID)
	is.Equal(host.Counts().Tips, before.Tips+2)
	is.Equal(host.Counts().Most, 1)
}

func TestWebhookWithoutAGoodSignatureIsRefused(t *testing.T) {
	is := is.New(t)
	_, host, _, s := hooked(t)
	before := host.Counts()
	refused := map[string]string{
		"made with the empty key":          "sha256=2bbcfa9524f3218c7a34b30e6936f8b1a4516cb097f1a85a1c7d98b5977ec769",
		"made with the secret and newline": "sha256=59105a2da8182e5e7d6b699ca7f738081e03db4f55149c9af1ec7d424ca3e19c",
		"of the body and a newline":        "sha256=8fde2e970f9163923fb1cb61bb945626ff2b4091d87e622ee3ad600160592325",
		"sha1 of it":                       "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59",
		"bare hex":                         helloSignature,
		"no digits":                        "sha256=",
		"63 digits":                        "sha256=" + helloSignature[1:],
		"65 digits":                        "sha256=" + helloSignature + "0",
		"a list":                           "sha256=" + helloSignature + ",sha256=" + helloSignature,
	}
	for name, signature := range refused {
		t.Run(name, func(t *testing.T) {
			answer := s.do(http.MethodPost, "/api/v1/webhook", "Hello, World!", "X-Hub-Signature-256: "+signature)
			s.refuses(answer, http.StatusUnauthorized, "invalid_signature")
		})
	}
	good := "X-Hub-Signature-256: sha256=" + helloSignature
	const bad = "X-Hub-Signature-256: sha256=00"
	for _, both := range [][]string{{good, bad}, {bad, good}} {
		answer := s.do(http.MethodPost, "/api/v1/webhook", "Hello, World!", both...)
		s.refuses(answer, http.StatusUnauthorized, "invalid_signature")
	}
	s.refuses(s.do(http.MethodPost, "/api/v1/webhook", "Hello, World!"), http.StatusUnauthorized, "missing_signature")
	old := s.do(http.MethodPost, "/api/v1/webhook", "Hello, World!",
		"X-Hub-Signature: sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59")
	s.refuses(old, http.StatusUnauthorized, "missing_signature")
	is.Equal(host.Counts().Requests, before.Requests) // none of them has asked Git
	is.Equal(s.do(http.MethodPost, "/api/v1/webhook", "Hello, World!", good).status, http.StatusAccepted)
	s.logged("level=INFO", "webhook accepted") // then the lines before it are there, too
	is.Equal(s.count("level=WARN", "webhook refused"), len(refused)+4)
}

func TestWebhookIgnoresPingsAndOtherRefs(t *testing.T) {
	is := is.New(t)
	_, host, first, s := hooked(t)
	before := host.Counts()
	for _, answer := range []reply{
		s.deliver(`{"zen":"hi"}`, "X-GitHub-Event: ping"),
		s.deliver(lab.PushEvent("refs/heads/other", first, strings.Repeat("a", 40)), "X-GitHub-Event: push"),
		s.deliver(lab.PushEvent("refs/tags/main", first, strings.Repeat("a", 40)), "X-GitHub-Event: push"),
	} {
		is.Equal(answer.status, http.StatusOK)
		told := decode[struct {
			Ignored bool   `json:"ignored"`
			Reason  string `json:"reason"`
		}](t, answer)
		is.True(told.Ignored)
		is.True(told.Reason != "")
	}
	is.Equal(host.Counts().Requests, before.Requests)
}

func TestWebhookTakesAPushInAForm(t *testing.T) {
	is := is.New(t)
	repo, _, first, s := hooked(t)
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	body := url.Values{"payload": {lab.PushEvent("refs/heads/main", first, next)}}.Encode()
	answer := s.deliver(body, "X-GitHub-Event: push", "Content-Type: application/x-www-form-urlencoded")
	is.Equal(decode[refresh](t, answer).Trigger.Expected, next)
	s.awaitRevision(next)
}

// The host announces a push before its ref has moved. The same refresh still finds the new revision.
func TestWebhookAheadOfItsPushFindsTheAnnouncedRevision(t *testing.T) {
	is := is.New(t)
	repo, host, first, s := hooked(t)
	next := repo.commit(files{"new/docker-compose.yml": "services: {}"})
	before := host.Counts()
	accepted := decode[refresh](t, s.deliver(lab.PushEvent("refs/heads/main", first, next), "X-GitHub-Event: push"))
	await(t, host.State, "an answer with the old revision", func(now lab.HostState) bool {
		return now.Tips > before.Tips && now.UnderWay == 0
	})
	repo.publish("HEAD:refs/heads/main")
	s.awaitRevision(next)
	s.logged("refresh completed", "id="+accepted.ID)
	is.Equal(s.found(accepted.ID).Revision, next)
}

func TestWebhookDeliveredTwiceCausesAtMostTwoRefreshes(t *testing.T) {
	is := is.New(t)
	repo, host, first, s := hooked(t)
	before := host.Counts()
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	host.Hang()
	body := lab.PushEvent("refs/heads/main", first, next)
	one := decode[refresh](t, s.deliver(body, "X-GitHub-Event: push", "X-GitHub-Delivery: same"))
	two := decode[refresh](t, s.deliver(body, "X-GitHub-Event: push", "X-GitHub-Delivery: same"))
	is.Equal([]string{one.Status, two.Status}, []string{"refreshing", "queued"})
	host.Release()
	s.logged("refresh completed", "id="+two.ID)
	is.Equal(s.snapshot().Revision, next)
	is.True(host.Counts().Tips <= before.Tips+2)
}

func TestWebhookWithoutASecretIsDisabled(t *testing.T) {
	repo, revision := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare, "WEBHOOK_SECRET=") // empty counts as unset
	s.awaitRevision(revision)
	for _, headers := range [][]string{nil, {lab.Sign("", "{}")}} {
		answer := s.do(http.MethodPost, "/api/v1/webhook", "{}", headers...)
		s.refuses(answer, http.StatusServiceUnavailable, "webhook_disabled")
	}
}

func TestWebhookBodyOfMoreThan25MiBIsRefused(t *testing.T) {
	repo, revision := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare, "WEBHOOK_SECRET="+githubSecret)
	s.awaitRevision(revision)
	body := strings.Repeat(" ", 25<<20)
	is.New(t).Equal(s.deliver(body).status, http.StatusAccepted)
	if answer, err := s.try(http.MethodPost, "/api/v1/webhook", body+" ", lab.Sign(githubSecret, body+" ")); err == nil {
		s.refuses(answer, http.StatusRequestEntityTooLarge, "payload_too_large") // unless the connection was cut first
	}
}

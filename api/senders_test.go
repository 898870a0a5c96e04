package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
)

// withSender returns options for one sender and its secret.
func withSender(secret string, names ...string) options {
	return options{settings: Settings{WebhookSecret: fixed(secret), WebhookSenders: names}}
}

// proven is a way to prove a delivery, and the secret for it.
type proven struct {
	sender, secret string
	lines          func(body string) []string
}

// provenWays has each sender once.
func provenWays() []proven {
	secret, gitlab := apitest.GitHubSecret, apitest.GitLabSecret
	private, public := apitest.SourceHutKeys("ours")
	return []proven{
		{"github", secret, func(b string) []string { return []string{apitest.Sign(secret, b)} }},
		{"gitlab", gitlab, func(b string) []string { return apitest.SignGitLab(gitlab, "d-1", time.Now(), b) }},
		{"sourcehut", public, func(b string) []string { return apitest.SignSourceHut(private, "1f", b) }},
		{"bitbucket", secret, func(b string) []string { return []string{apitest.SignBitbucket(secret, b)} }},
		{"gogs", secret, func(b string) []string { return []string{apitest.SignGogs(secret, b)} }},
		{"gitlab-token", secret, func(string) []string { return []string{"X-Gitlab-Token: " + secret} }},
		{"azure-devops", secret, func(string) []string { return []string{apitest.Basic("mooring", secret)} }},
		{"bearer", secret, func(string) []string { return []string{"Authorization: Bearer " + secret} }},
	}
}

func TestEachSenderIsNamedInTheRefreshAndCounted(t *testing.T) {
	for _, way := range provenWays() {
		t.Run(way.sender, func(t *testing.T) {
			is := is.New(t)
			s := serve(t, withSender(way.secret, way.sender))
			r := s.do("POST", webhookPath, "{}", way.lines("{}")...)
			is.Equal(r.status, http.StatusAccepted)
			is.Equal(decoded(t, r)["trigger"].(map[string]any)["sender"], way.sender)
			other := serve(t, withSender(apitest.GitHubSecret, map[bool]string{true: "gogs", false: "github"}[way.sender == "github"]))
			other.refuses(other.do("POST", webhookPath, "{}", way.lines("{}")...), http.StatusUnauthorized, codeInvalidSignature)
			apitest.HasMetrics(t, s.metrics(), map[string]string{
				`mooring_webhook_deliveries_total{result="accepted",sender="` + way.sender + `"}`: "1",
				`mooring_webhook_deliveries_total{result="accepted",sender="unknown"}`:            "0",
			})
			apitest.HasMetrics(t, other.metrics(), map[string]string{
				`mooring_webhook_deliveries_total{result="invalid_signature",sender="unknown"}`:            "1",
				`mooring_webhook_deliveries_total{result="invalid_signature",sender="` + way.sender + `"}`: "",
			})
		})
	}
}

// The schema lists every sender.
func TestSendersAreDescribed(t *testing.T) {
	is := is.New(t)
	described := readDocument(t).Components.Schemas["Trigger"].Properties["sender"].Enum
	for i, way := range provenWays() {
		is.Equal(described[i], way.sender)
	}
	is.Equal(len(described), len(provenWays()))
}

func TestReplayedDeliveryOfGitLabIsIgnoredAndOthersCostOneRefresh(t *testing.T) {
	for _, way := range provenWays() {
		t.Run(way.sender, func(t *testing.T) {
			is := is.New(t)
			s := serve(t, withSender(way.secret, way.sender))
			lines := way.lines("{}")
			is.Equal(s.do("POST", webhookPath, "{}", lines...).status, http.StatusAccepted)
			again := s.do("POST", webhookPath, "{}", lines...)
			if way.sender != "gitlab" {
				is.Equal(again.status, http.StatusAccepted)
				is.Equal(len(s.Viewed().Refreshes(10)), 2)
				return
			}
			is.Equal(again.status, http.StatusOK)
			is.Equal(decoded(t, again), map[string]any{"ignored": true, "reason": repeated})
			is.Equal(len(s.Viewed().Refreshes(10)), 1)
			apitest.HasMetrics(t, s.metrics(), map[string]string{`mooring_webhook_deliveries_total{result="ignored",sender="gitlab"}`: "1"})
		})
	}
}

// GitLab retries with the same id until it gets an answer, so an id counts only when its refresh was accepted.
func TestIDOfGitLabCountsWhenItsRefreshWasAccepted(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSender(apitest.GitLabSecret, "gitlab"))
	lines := func(at time.Time, body string) []string {
		return apitest.SignGitLab(apitest.GitLabSecret, "d-1", at, body)
	}
	other := apitest.Push("refs/heads/other", apitest.RevisionA, apitest.RevisionB)
	other = strings.Replace(other, "repository", "project", 1)
	old := time.Now().Add(-time.Hour)
	s.refuses(s.do("POST", webhookPath, "{}", lines(old, "{}")...), http.StatusUnauthorized, codeInvalidSignature)
	s.refuses(s.do("POST", webhookPath, "{} ", lines(time.Now(), "{}")...), http.StatusUnauthorized, codeInvalidSignature)
	is.Equal(s.do("POST", webhookPath, other, lines(time.Now(), other)...).status, http.StatusOK) // ignored: another ref
	is.Equal(len(s.Viewed().Refreshes(10)), 0)
	is.Equal(s.do("POST", webhookPath, "{}", lines(time.Now(), "{}")...).status, http.StatusAccepted)
	is.Equal(s.do("POST", webhookPath, "{}", lines(time.Now().Add(time.Second), "{}")...).status, http.StatusOK) // a retry
	is.Equal(len(s.Viewed().Refreshes(10)), 1)
	for id, status := range map[string]int{"d-2": http.StatusAccepted, "d-1": http.StatusOK} {
		is.Equal(s.do("POST", webhookPath, "{}", apitest.SignGitLab(apitest.GitLabSecret, id, time.Now(), "{}")...).status, status)
	}
}

// unwilling is a Refresher that refuses the first trigger, as one that stops does.
type unwilling struct {
	Refresher
	refuse <-chan struct{} // from the test → a handler: one value for each trigger to refuse
}

func (u unwilling) Trigger(ctx context.Context, trigger actors.Trigger) (actors.Refresh, error) {
	select {
	case <-u.refuse:
		return actors.Refresh{}, actors.ErrStopped
	default:
		return u.Refresher.Trigger(ctx, trigger)
	}
}

func TestIDOfARefusedTriggerIsNotRemembered(t *testing.T) {
	is := is.New(t)
	refuse := make(chan struct{}, 1)
	refuse <- struct{}{}
	o := withSender(apitest.GitLabSecret, "gitlab")
	o.wrap = func(r Refresher) Refresher { return unwilling{r, refuse} }
	s := serve(t, o)
	lines := apitest.SignGitLab(apitest.GitLabSecret, "d-1", time.Now(), "{}")
	s.refuses(s.do("POST", webhookPath, "{}", lines...), http.StatusServiceUnavailable, codeShuttingDown)
	is.Equal(s.do("POST", webhookPath, "{}", lines...).status, http.StatusAccepted)
}

func TestDeliveriesOfGitLabWithOneIDAtOnceCauseOneRefresh(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSender(apitest.GitLabSecret, "gitlab"))
	lines := apitest.SignGitLab(apitest.GitLabSecret, "d-1", time.Now(), "{}")
	const senders = 20
	statuses := make(chan int, 1)
	for range senders {
		// Ends with the answer; the loop below waits for it.
		go func() { statuses <- s.do("POST", webhookPath, "{}", lines...).status }()
	}
	count := make(map[int]int)
	for range senders {
		count[<-statuses]++
	}
	is.Equal(count, map[int]int{http.StatusAccepted: 1, http.StatusOK: senders - 1})
	is.Equal(len(s.Viewed().Refreshes(10)), 1)
}

func TestKeyThatIsNoneForGitLabDisablesItAlone(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSender(apitest.GitHubSecret, "github", " gitlab "))
	lines := apitest.SignGitLab(apitest.GitLabSecret, "d-1", time.Now(), "{}")
	s.refuses(s.do("POST", webhookPath, "{}", lines...), http.StatusServiceUnavailable, codeWebhookDisabled)
	is.Equal(s.deliver("{}").status, http.StatusAccepted)
	o := withSender(apitest.GitHubSecret, "gitlab")
	o.settings.WebhookSecretPrevious = fixed(apitest.GitLabSecret)
	rotated := serve(t, o)
	is.Equal(rotated.do("POST", webhookPath, "{}", lines...).status, http.StatusAccepted)
}

func TestRefusalOfAnUnnamedSenderTellsWhatWouldAcceptIt(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret)) // github alone
	for header, name := range map[string]string{
		"X-Gitlab-Token: x": "gitlab-token", "webhook-signature: v1,x": "gitlab", "X-Gogs-Signature: 00": "gogs",
		"Authorization: Basic eDp4": "azure-devops", "Authorization: Bearer x": "bearer", "X-Payload-Signature: x": "sourcehut",
		"X-Hub-Signature: sha256=00": "bitbucket",
	} {
		r := s.do("POST", webhookPath, "{}", header)
		s.refuses(r, http.StatusUnauthorized, codeInvalidSignature)
		var body map[string]map[string]string
		is.NoErr(json.Unmarshal([]byte(r.body), &body))
		message := body["error"]["message"]
		field, _, _ := strings.Cut(header, ":")
		is.True(strings.Contains(message, field) && strings.Contains(message, "WEBHOOK_SENDERS") && strings.Contains(message, " "+name+" "))
	}
}

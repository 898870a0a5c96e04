package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
)

// deliver sends a signed delivery.
func (s service) deliver(body string, headers ...string) reply {
	s.t.Helper()
	return s.do("POST", "/api/v1/webhook", body, append(headers, apitest.Sign(apitest.GitHubSecret, body))...)
}

func withSecret(secret string) options {
	return options{settings: Settings{WebhookSecret: fixed(secret)}}
}

func TestSignedDeliveriesAreAccepted(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret))
	for body, digest := range map[string]string{
		"Hello, World!":                      "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
		"":                                   "66a0c074deaa0f489ead6537e0d32f9a344b90bbeda705b6ed45ecd3b413fb40",
		"{}":                                 "50b0123e6e44430d2c43ecca0ee520d961ffd326425c07859f70a57161c3ebcd",
		"payload=%7B%22zen%22%3A%22hi%22%7D": "0eda7b9cfa817244b9500c4232ec4f3fb32de72dd9e98e861237e9ab97dc9414",
		`{"zen":"čéñ ☃ 😀"}`:                  "28049d789cb9997b238b2ca762d18780d8274c1602113e6143d35d9d5fecdb83",
	} {
		for _, digits := range []string{digest, strings.ToUpper(digest)} {
			r := s.do("POST", "/api/v1/webhook", body, "X-Hub-Signature-256: sha256="+digits, "X-GitHub-Delivery: d-1")
			is.Equal(r.status, http.StatusAccepted) // body
			answer := decoded(t, r)
			is.Equal(r.header.Get("Location"), "refreshes/"+answer["id"].(string))
			trigger := answer["trigger"].(map[string]any)
			is.Equal(trigger["source"], "webhook")
			is.Equal(trigger["sender"], "github")
			is.Equal(trigger["delivery"], "d-1")
			is.Equal(trigger["expected_revision"], nil)
		}
	}
}

func TestDeliveriesWithoutAGoodSignatureAreRefused(t *testing.T) {
	s := serve(t, withSecret(apitest.GitHubSecret))
	const good = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	const other = "2bbcfa9524f3218c7a34b30e6936f8b1a4516cb097f1a85a1c7d98b5977ec769"
	const header = "X-Hub-Signature-256: "
	for _, c := range []struct {
		code    errorCode
		headers []string
	}{
		{codeMissingSignature, nil},
		{codeMissingSignature, []string{header}},
		{codeMissingSignature, []string{"X-Hub-Signature: sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"}},
		{codeInvalidSignature, []string{header + "sha256=" + other}}, // made with the empty key
		{codeInvalidSignature, []string{header + "sha256=59105a2da8182e5e7d6b699ca7f738081e03db4f55149c9af1ec7d424ca3e19c"}},
		{codeInvalidSignature, []string{header + "sha256=8fde2e970f9163923fb1cb61bb945626ff2b4091d87e622ee3ad600160592325"}},
		{codeInvalidSignature, []string{header + "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"}},
		{codeInvalidSignature, []string{header + "sha256=01dc10d0c83e72ed246219cdd91669667fe2ca59"}},
		{codeInvalidSignature, []string{header + good}},
		{codeInvalidSignature, []string{header + "sha256="}},
		{codeInvalidSignature, []string{header + "sha256=" + good[1:]}},
		{codeInvalidSignature, []string{header + "sha256=" + good + "0"}},
		{codeInvalidSignature, []string{header + "sha256=" + good + "00"}},
		{codeInvalidSignature, []string{header + "sha256=" + good[:63] + "g"}},
		{codeInvalidSignature, []string{header + "SHA256=" + good}},
		{codeInvalidSignature, []string{header + "sha512=" + good}},
		{codeInvalidSignature, []string{header + "sha256= " + good}},
		{codeInvalidSignature, []string{header + "sha256=" + good + ",sha256=" + good}},
		{codeInvalidSignature, []string{header + "sha256=" + good + ", sha256=" + other}},
		{codeInvalidSignature, []string{header + "sha256=" + good, header + "sha256=" + good}},
		{codeInvalidSignature, []string{header + "sha256=" + good, header + "sha256=" + other}},
		{codeInvalidSignature, []string{header + "sha256=" + other, header + "sha256=" + good}},
		{codeInvalidSignature, []string{header, header + "sha256=" + good}},
	} {
		s.refuses(s.do("POST", "/api/v1/webhook", "Hello, World!", c.headers...), http.StatusUnauthorized, c.code)
	}
	r := s.do("POST", "/api/v1/webhook", "Hello, World", header+"sha256="+good) // a byte is missing
	s.refuses(r, http.StatusUnauthorized, codeInvalidSignature)
	view, err := s.View(t.Context())
	is.New(t).NoErr(err)
	is.New(t).Equal(len(view.Refreshes(1)), 0)
}

func TestWebhookWithoutSecretIsDisabled(t *testing.T) {
	unreadable := func() (string, error) { return "", errors.New("permission denied") }
	for name, settings := range map[string]Settings{
		"unset":      {},
		"empty":      {WebhookSecret: fixed("")},
		"unreadable": {WebhookSecret: unreadable},
		"previous":   {WebhookSecretPrevious: fixed(apitest.GitHubSecret)},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, options{settings: settings})
			s.refuses(s.deliver("{}"), http.StatusServiceUnavailable, codeWebhookDisabled)
			r := s.do("POST", "/api/v1/webhook", "{}", apitest.Sign("", "{}"))
			s.refuses(r, http.StatusServiceUnavailable, codeWebhookDisabled)
			r = s.do("POST", "/api/v1/webhook", "{}")
			s.refuses(r, http.StatusServiceUnavailable, codeWebhookDisabled)
		})
	}
}

func TestSecretsRotate(t *testing.T) {
	is := is.New(t)
	s := serve(t, options{settings: Settings{WebhookSecret: fixed("new"), WebhookSecretPrevious: fixed("old")}})
	for _, secret := range []string{"new", "old"} {
		is.Equal(s.do("POST", "/api/v1/webhook", "{}", apitest.Sign(secret, "{}")).status, http.StatusAccepted) // secret
	}
	s.refuses(s.do("POST", "/api/v1/webhook", "{}", apitest.Sign("", "{}")), http.StatusUnauthorized, codeInvalidSignature)
	for _, previous := range []func() (string, error){
		fixed(""), func() (string, error) { return "old", errors.New("unreadable") },
	} {
		s := serve(t, options{settings: Settings{WebhookSecret: fixed("new"), WebhookSecretPrevious: previous}})
		is.Equal(s.do("POST", "/api/v1/webhook", "{}", apitest.Sign("new", "{}")).status, http.StatusAccepted)
		for _, secret := range []string{"old", ""} {
			r := s.do("POST", "/api/v1/webhook", "{}", apitest.Sign(secret, "{}"))
			s.refuses(r, http.StatusUnauthorized, codeInvalidSignature)
		}
	}
}

func TestPushToTheTrackedRefTellsWhatToExpect(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret))
	body := apitest.Push("refs/heads/main", apitest.RevisionA, apitest.RevisionB)
	form := "action=x&payload=" + strings.NewReplacer(`"`, "%22", "{", "%7B", "}", "%7D", " ", "+").Replace(body)
	for _, c := range [][2]string{
		{body, "application/json"}, {body, ""}, {form, "application/x-www-form-urlencoded; charset=utf-8"},
	} {
		r := s.deliver(c[0], "X-GitHub-Event: push", "Content-Type: "+c[1])
		is.Equal(r.status, http.StatusAccepted)
		is.Equal(decoded(t, r)["trigger"].(map[string]any)["expected_revision"], apitest.RevisionB)
	}
}

func TestOtherDeliveriesAreIgnoredWithAReason(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret))
	for _, c := range [][2]string{
		{apitest.Push("refs/heads/topic", apitest.RevisionA, apitest.RevisionB), "push"},
		{apitest.Push("refs/tags/main", apitest.RevisionA, apitest.RevisionB), "push"},
		{apitest.Push("refs/heads/topic", apitest.RevisionA, apitest.RevisionB), ""}, // a sender that does not name its events
		{apitest.Push("refs/heads/main", apitest.RevisionA, apitest.RevisionB), "ping"},
		{`{"zen":"Design for failure."}`, "ping"},
		{"", "ping"},
	} {
		r := s.deliver(c[0], "X-GitHub-Event: "+c[1])
		is.Equal(r.status, http.StatusOK)
		body := decoded(t, r)
		is.Equal(len(body), 2)
		is.Equal(body["ignored"], true)
		is.True(body["reason"].(string) != "")
	}
	view, err := s.View(t.Context())
	is.NoErr(err)
	is.Equal(len(view.Refreshes(1)), 0)
}

func TestEverythingElseThatIsSignedIsAPlainTrigger(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret))
	zeros := strings.Repeat("0", 40)
	for _, c := range [][2]string{
		{"not JSON", "push"}, {`{"ref":5}`, "push"}, {"null", "push"}, {"[]", "push"}, {`{"ref":""}`, "push"},
		{strings.Repeat("[", 1<<20), "push"},
		{`{"after":"` + apitest.RevisionB + `"}`, "push"},
		{apitest.Push("refs/heads/main", apitest.RevisionA, zeros), "push"}, // the branch was deleted
		{apitest.Push("refs/heads/main", apitest.RevisionA, "HEAD"), "push"},
		{apitest.Push("refs/heads/topic", apitest.RevisionA, apitest.RevisionB), "pull_request"},
		{apitest.Push("topic", apitest.RevisionA, apitest.RevisionB), "create"},
	} {
		r := s.deliver(c[0], "X-GitHub-Event: "+c[1])
		is.Equal(r.status, http.StatusAccepted)
		is.Equal(decoded(t, r)["trigger"].(map[string]any)["expected_revision"], nil)
	}
}

func TestSameDeliveryTwiceIsAcceptedTwice(t *testing.T) {
	is := is.New(t)
	s := serve(t, withSecret(apitest.GitHubSecret))
	for range 2 {
		r := s.deliver(apitest.Push("refs/heads/main", apitest.RevisionA, apitest.RevisionB), "X-GitHub-Delivery: 72d3162e-cc78-11e3")
		is.Equal(r.status, http.StatusAccepted)
	}
	view, err := s.View(t.Context())
	is.NoErr(err)
	is.Equal(len(view.Refreshes(10)), 2)
}

func TestWebhookIsAnsweredWhileShuttingDown(t *testing.T) {
	s := serve(t, withSecret(apitest.GitHubSecret))
	s.stopActor()
	s.refuses(s.deliver("{}"), http.StatusServiceUnavailable, codeShuttingDown)
	s.refuses(s.do("POST", "/api/v1/webhook", "{}"), http.StatusUnauthorized, codeMissingSignature)
}

func TestDeliveriesAreLoggedWithoutSecrets(t *testing.T) {
	is := is.New(t)
	var log bytes.Buffer
	o := withSecret(apitest.GitHubSecret)
	o.log = slog.New(slog.NewTextHandler(&log, nil))
	s := serve(t, o)
	long := strings.Repeat("d", 200)
	accepted := decoded(t, s.deliver("{}", "X-GitHub-Delivery: "+long))
	is.Equal(accepted["trigger"].(map[string]any)["delivery"], long[:128])
	s.deliver("{}", "X-GitHub-Event: ping", "X-GitHub-Delivery: ping-1")
	s.do("POST", "/api/v1/webhook", "{}", apitest.Sign("guess", "{}"), "X-GitHub-Delivery: bad-1")
	s.stopActor()
	s.stopServer() // the log is at rest from here on
	id := "id=" + accepted["id"].(string)
	is.Equal(linesWith(log.String(), "level=INFO", "webhook accepted", id, "sender=github", "delivery="+long[:128]+" "), 1)
	is.Equal(linesWith(log.String(), "level=INFO", "webhook ignored", "delivery=ping-1"), 1)
	is.Equal(linesWith(log.String(), "level=WARN", "webhook refused", "code=invalid_signature", "delivery=bad-1"), 1)
	is.True(!strings.Contains(log.String(), apitest.GitHubSecret))
}

// linesWith counts the lines of a log that have all these parts.
func linesWith(log string, parts ...string) (count int) {
	for line := range strings.Lines(log) {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			count++
		}
	}
	return count
}

func TestEveryRefusalOfADeliveryIsAWarning(t *testing.T) {
	is := is.New(t)
	var log bytes.Buffer
	o := withSecret(apitest.GitHubSecret)
	o.log = slog.New(slog.NewTextHandler(&log, nil))
	o.settings.AllowedHosts = []string{"127.0.0.1"}
	s := serve(t, o)
	s.refuses(s.deliver("{}", "Host: elsewhere", "X-GitHub-Delivery: astray-1"),
		http.StatusMisdirectedRequest, codeMisdirected)
	s.do("GET", "/api/v1/webhook", "", "Host: elsewhere") // no delivery
	s.do("POST", "/api/v1/refresh", "", "Host: elsewhere")
	s.stopActor()
	s.refuses(s.deliver("{}", "X-GitHub-Delivery: late-1"), http.StatusServiceUnavailable, codeShuttingDown)
	s.stopServer() // the log is at rest from here on
	refused := []string{"level=WARN", `msg="webhook refused"`, "reason=", "remote="}
	is.Equal(linesWith(log.String(), refused...), 2)
	is.Equal(linesWith(log.String(), append(refused, "code=misdirected", "delivery=astray-1")...), 1)
	is.Equal(linesWith(log.String(), append(refused, "code=shutting_down", "delivery=late-1")...), 1)
}

// noted is a Refresher that sends each trigger to the test.
type noted struct {
	Refresher
	triggers chan<- actors.Trigger
}

func (n noted) Trigger(ctx context.Context, trigger actors.Trigger) (actors.Refresh, error) {
	n.triggers <- trigger
	return n.Refresher.Trigger(ctx, trigger)
}

func TestTriggerCarriesWhatThePushSays(t *testing.T) {
	is := is.New(t)
	triggers := make(chan actors.Trigger, 1)
	o := withSecret(apitest.GitHubSecret)
	o.wrap = func(r Refresher) Refresher { return noted{r, triggers} }
	s := serve(t, o)
	s.deliver(apitest.Push("refs/heads/main", apitest.RevisionA, apitest.RevisionB), "X-GitHub-Event: push", "X-GitHub-Delivery: d-1")
	trigger := <-triggers
	is.True(time.Since(trigger.ReceivedAt) < time.Minute)
	trigger.ReceivedAt = time.Time{}
	is.Equal(trigger, actors.Trigger{
		Source: actors.Webhook, Sender: "github", Delivery: "d-1", Expected: apitest.RevisionB, Stale: []string{apitest.RevisionA},
	})
}

func TestNothingOfADeliveryIsParsedBeforeItsSignatureIsGood(t *testing.T) {
	s := serve(t, withSecret(apitest.GitHubSecret))
	other := apitest.Push("refs/heads/topic", apitest.RevisionA, apitest.RevisionB)
	for _, c := range [][3]string{
		{`{"zen":"hi"}`, "ping", "application/json"},
		{other, "push", "application/json"},
		{"payload=" + url.QueryEscape(other), "push", "application/x-www-form-urlencoded"},
		{"payload=%zz", "push", "application/x-www-form-urlencoded"},
		{"not JSON", "push", "application/json"},
	} {
		headers := []string{"X-GitHub-Event: " + c[1], "Content-Type: " + c[2]}
		s.refuses(s.do("POST", webhookPath, c[0], headers...), http.StatusUnauthorized, codeMissingSignature)
		s.refuses(s.do("POST", webhookPath, c[0], append(headers, apitest.Sign("guess", c[0]))...),
			http.StatusUnauthorized, codeInvalidSignature)
	}
}

package webhook

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// clock is when the deliveries of these tests come.
func clock() time.Time { return time.Date(2026, 2, 15, 11, 0, 0, 0, time.UTC) }

// specimen is a pair of deliveries of one sender, and what there is to know about it.
type specimen struct {
	sender, secret, other string // other is a secret that this sender does not have
	// sign returns the header lines that prove a body.
	sign func(body string) []string
	// headers are the lines that the sender sends beside the proof.
	headers []string
	// tracked is the body of a push to refs/heads/main from RevisionA to RevisionB, and elsewhere of one to another ref.
	tracked, elsewhere string
	// reads tells whether pushes are read; otherwise each delivery is a plain trigger.
	reads bool
}

// specimens has every sender once. The bodies have the members of the pages that the constants name.
func specimens() []specimen {
	secret, push := apitest.GitHubSecret, apitest.Push
	private, public := apitest.SourceHutKeys("ours")
	_, foreign := apitest.SourceHutKeys("another")
	main, topic := push("refs/heads/main", apitest.RevisionA, apitest.RevisionB), push("refs/heads/topic", apitest.RevisionA, apitest.RevisionB)
	return []specimen{
		{"github", secret, "x", func(b string) []string { return []string{apitest.Sign(secret, b)} },
			[]string{"X-GitHub-Event: push", "X-GitHub-Delivery: d-1"}, main, topic, true},
		{"gitlab", apitest.GitLabSecret, "whsec_eA==",
			func(b string) []string { return apitest.SignGitLab(apitest.GitLabSecret, "d-1", clock(), b) },
			[]string{"X-Gitlab-Event: Push Hook", "Idempotency-Key: d-1"}, gitlabPush("main"), gitlabPush("topic"), true},
		{"sourcehut", public, foreign, func(b string) []string { return apitest.SignSourceHut(private, "2f5a", b) },
			[]string{"X-Webhook-Event: GIT_POST_RECEIVE", "X-Webhook-Delivery: d-1"}, sourcehutEvent, sourcehutEvent, false},
		{"bitbucket", secret, "x", func(b string) []string { return []string{apitest.SignBitbucket(secret, b)} },
			[]string{"X-Event-Key: repo:push", "X-Request-UUID: d-1"}, cloudPush("main"), cloudPush("topic"), true},
		{"gogs", secret, "x", func(b string) []string { return []string{apitest.SignGogs(secret, b)} },
			[]string{"X-GitHub-Event: push", "X-GitHub-Delivery: d-1", "X-Gogs-Event: push", "X-Gogs-Delivery: d-1"}, main, topic, true},
		{"gitlab-token", secret, "x", func(string) []string { return []string{"X-Gitlab-Token: " + secret} },
			[]string{"X-Gitlab-Event: Push Hook", "webhook-id: d-1", "webhook-timestamp: 1"}, gitlabPush("main"), gitlabPush("topic"), false},
		{"azure-devops", secret, "x", func(string) []string { return []string{apitest.Basic("mooring", secret)} },
			nil, azurePush, azurePush, false},
		{"bearer", secret, "x", func(string) []string { return []string{"Authorization: Bearer " + secret} }, nil, "", "", false},
	}
}

// accepting returns a receiver that follows refs/heads/main.
func accepting(secret string, names ...string) *Receiver {
	current := func() (string, error) { return secret, nil }
	return New(names, current, nil, []string{"refs/heads/main"}, new(shelf), slog.New(slog.DiscardHandler))
}

// posted returns a request with header lines of the form "Name: value".
func posted(body string, headers ...string) *http.Request {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Add(name, value)
	}
	return request
}

// takes gives a delivery to a receiver at the time of clock.
func (r *Receiver) takes(body string, headers ...string) (Delivery, error) {
	return r.Receive(httptest.NewRecorder(), posted(body, headers...), clock())
}

// lines returns all header lines of a delivery.
func (s specimen) lines(body string) []string { return append(s.sign(body), s.headers...) }

func TestEachSenderIsAcceptedWithItsProof(t *testing.T) {
	for _, s := range specimens() {
		t.Run(s.sender, func(t *testing.T) {
			is := is.New(t)
			r := accepting(s.secret, s.sender)
			got, err := r.takes(s.tracked, s.lines(s.tracked)...)
			is.NoErr(err)
			want := Delivery{Once: s.sender == "gitlab"}
			if s.reads {
				want.Expected, want.Stale = apitest.RevisionB, []string{apitest.RevisionA}
			}
			is.Equal(got, want)
			origin := r.Origin(posted("", s.lines("")...).Header)
			is.Equal(origin.Sender, s.sender)
			is.Equal(origin.ID == "d-1", len(s.headers) > 0)
		})
	}
}

func TestEachSenderWithAWrongKeyIsRefused(t *testing.T) {
	for _, s := range specimens() {
		t.Run(s.sender, func(t *testing.T) {
			_, err := accepting(s.other, s.sender).takes(s.tracked, s.lines(s.tracked)...)
			refusedFor(t, err, InvalidProof)
			is.New(t).True(strings.Contains(err.Error(), "WEBHOOK_SECRET"))
			if s.sign("") != nil && s.sign("a")[0] != s.sign("b")[0] || s.sender == "gitlab" || s.sender == "sourcehut" {
				_, err = accepting(s.secret, s.sender).takes(s.tracked+" ", s.lines(s.tracked)...) // another body
				refusedFor(t, err, InvalidProof)
			}
		})
	}
}

func TestEachSenderIsAcceptedWithThePreviousKey(t *testing.T) {
	for _, s := range specimens() {
		current, previous := s.other, s.secret
		r := New([]string{s.sender}, func() (string, error) { return current, nil }, func() (string, error) { return previous, nil },
			[]string{"refs/heads/main"}, new(shelf), slog.New(slog.DiscardHandler))
		_, err := r.takes(s.tracked, s.lines(s.tracked)...)
		is.New(t).NoErr(err) // sender
		previous = s.other
		_, err = r.takes(s.tracked, s.lines(s.tracked)...)
		refusedFor(t, err, InvalidProof)
	}
}

// A sender whose deliveries are not read has no other ref: each of its deliveries asks for a refresh.
func TestPushToAnotherRefIsIgnoredFromEachSenderThatIsRead(t *testing.T) {
	for _, s := range specimens() {
		t.Run(s.sender, func(t *testing.T) {
			got, err := accepting(s.secret, s.sender).takes(s.elsewhere, s.lines(s.elsewhere)...)
			is.New(t).NoErr(err)
			is.New(t).Equal(strings.Contains(got.Ignored, "refs/heads/topic"), s.reads)
			is.New(t).Equal(got.Expected, "")
		})
	}
}

func TestWhatIsNotAPushIsAPlainTriggerFromEachSender(t *testing.T) {
	for _, s := range specimens() {
		for _, body := range []string{"", "null", "[]", "not JSON", `{"ref":5}`, `{"push":[]}`, `{"push":{"changes":{}}}`, `{"changes":[[]]}`,
			`{"push":{"changes":[{"old":null,"new":null}]}}`, strings.Repeat("[", 20_000)} {
			got, err := accepting(s.secret, s.sender).takes(body, s.lines(body)...)
			is.New(t).NoErr(err)                                       // sender and body
			is.New(t).Equal(got, Delivery{Once: s.sender == "gitlab"}) // sender and body
		}
	}
}

// Standard Webhooks is the only proof with a time. What the others have proven stays proven, and costs one refresh each
// time that it comes.
func TestOldDeliveryIsRefusedFromGitLabAndCostsOneRefreshFromOthers(t *testing.T) {
	for _, s := range specimens() {
		t.Run(s.sender, func(t *testing.T) {
			r := accepting(s.secret, s.sender)
			for _, later := range []time.Duration{0, 5 * time.Minute, 5*time.Minute + 1, 24 * time.Hour} {
				request := posted(s.tracked, s.lines(s.tracked)...)
				got, err := r.Receive(httptest.NewRecorder(), request, clock().Add(later))
				if s.sender == "gitlab" && later > 5*time.Minute {
					refusedFor(t, err, InvalidProof)
					continue
				}
				is.New(t).NoErr(err)
				is.New(t).Equal(got.Ignored, "")
			}
		})
	}
}

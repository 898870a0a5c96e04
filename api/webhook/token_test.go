package webhook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// azurePush is the body of a push, after
// https://learn.microsoft.com/en-us/azure/devops/service-hooks/events#code-pushed (git.push).
const azurePush = `{"subscriptionId":"00000000-0000-0000-0000-000000000000","notificationId":1,` +
	`"id":"03c164c2-8912-4d5e-8009-3707d5f83734","eventType":"git.push","publisherId":"tfs","resource":{"commits":[],` +
	`"refUpdates":[{"name":"refs/heads/topic","oldObjectId":"1111111111111111111111111111111111111111",` +
	`"newObjectId":"2222222222222222222222222222222222222222"}],"repository":{"name":"stacks","defaultBranch":"refs/heads/main"}},` +
	`"resourceVersion":"1.0","createdDate":"2026-02-15T11:00:00Z"}`

func TestSecretsThatAreShownAreComparedInWhole(t *testing.T) {
	secret := apitest.GitHubSecret
	r := accepting(secret, "gitlab-token", "azure-devops", "bearer")
	for _, accepted := range []string{
		"X-Gitlab-Token: " + secret, apitest.Basic("", secret), apitest.Basic("a", secret), "Authorization: Bearer " + secret,
		"Authorization: bearer " + secret, "Authorization: Bearer   " + secret,
		strings.Replace(apitest.Basic("a", secret), "Basic", "bASIC", 1),
	} {
		got, err := r.takes(azurePush, accepted)
		is.New(t).NoErr(err) // the header
		is.New(t).Equal(got, Delivery{})
	}
	for _, refused := range [][]string{
		{"X-Gitlab-Token: " + secret + "x"}, {"X-Gitlab-Token: " + secret[1:]}, {"X-Gitlab-Token: x"},
		{"X-Gitlab-Token: " + secret, "X-Gitlab-Token: " + secret}, {"X-Gitlab-Token: " + secret, "X-Gitlab-Token: "},
		{apitest.Basic("a", secret+":x")}, {apitest.Basic("a", "")}, {apitest.Basic(secret, "x")}, {"Authorization: Basic " + secret},
		{"Authorization: Basic "}, {apitest.Basic("a", secret), apitest.Basic("a", secret)},
		{apitest.Basic("a", secret), "Authorization: Bearer " + secret}, {"Authorization: Bearer " + secret, apitest.Basic("a", secret)},
		{"Authorization: Bearer "}, {"Authorization: Bearer x"}, {"Authorization: Bearer " + secret + ",x"},
		{"Authorization: Bearer " + secret, "Authorization: Bearer " + secret},
		{"X-Gitlab-Token: x", "Authorization: Bearer " + secret},
	} {
		_, err := r.takes(azurePush, refused...)
		refusedFor(t, err, InvalidProof)
		is.New(t).True(!strings.Contains(err.Error(), secret))
	}
	for _, missing := range [][]string{nil, {"X-Gitlab-Token: "}, {"Authorization: "}, {"Authorization: " + secret}, {"Authorization: Bearer"},
		{"Authorization: Digest username=x"}} {
		_, err := r.takes(azurePush, missing...)
		refusedFor(t, err, MissingProof)
	}
}

// Nobody knows yet whether the body is worth reading.
func TestWrongSecretIsRefusedBeforeTheBodyIsRead(t *testing.T) {
	r := accepting(apitest.GitHubSecret, "gitlab-token", "azure-devops", "bearer")
	for _, line := range []string{"X-Gitlab-Token: x", apitest.Basic("a", "x"), "Authorization: Bearer x", "X-Gogs-Signature: 00"} {
		request := posted("", line)
		request.Body = io.NopCloser(unread{t})
		_, err := r.Receive(httptest.NewRecorder(), request, clock())
		refusedFor(t, err, InvalidProof)
	}
}

// Their bodies are not proven. They are bounded all the same, and take no memory.
func TestBodiesThatAreNotReadAreBounded(t *testing.T) {
	is := is.New(t)
	for _, s := range specimens() {
		if s.reads || s.sender == "sourcehut" {
			continue
		}
		r := accepting(s.secret, s.sender)
		memory := new(shelf)
		r.memory = memory
		for size, reason := range map[int64]Reason{maxBody: "", maxBody + 1: TooLarge} {
			request := posted("", s.lines("")...)
			request.Method, request.ContentLength = http.MethodPost, -1
			request.Body = io.NopCloser(io.LimitReader(blanks{}, size))
			_, err := r.Receive(httptest.NewRecorder(), request, clock())
			if reason == "" {
				is.NoErr(err) // sender
				continue
			}
			refusedFor(t, err, reason)
		}
		is.Equal(memory.borrowed, 0)
	}
}

package webhook

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/api/apitest"
)

// gitlabPush is the body of a push, after https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events.
func gitlabPush(branch string) string {
	return `{"object_kind":"push","event_name":"push","before":"` + apitest.RevisionA + `","after":"` + apitest.RevisionB + `",` +
		`"ref":"refs/heads/` + branch + `","ref_protected":true,"checkout_sha":"` + apitest.RevisionB + `","user_id":4,` +
		`"user_username":"ops","project_id":15,"project":{"id":15,"name":"Stacks","default_branch":"main",` +
		`"path_with_namespace":"ops/stacks","git_http_url":"https://gitlab.example.com/ops/stacks.git"},` +
		`"repository":{"name":"Stacks","visibility_level":0},"commits":[{"id":"` + apitest.RevisionB + `","message":"Update \u2603",` +
		`"added":[],"modified":["web/docker-compose.yml"],"removed":[]}],"total_commits_count":1}`
}

// opensslHMAC returns an HMAC-SHA256 in base64, computed by openssl.
func opensslHMAC(t testing.TB, key []byte, text string) string {
	t.Helper()
	command := exec.Command("openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(key), "-binary")
	command.Stdin = strings.NewReader(text)
	sum, err := command.Output()
	is.New(t).NoErr(err)
	return base64.StdEncoding.EncodeToString(sum)
}

// The key, the id, the time and the body are those of the tests of
// https://github.com/standard-webhooks/standard-webhooks (libraries/go/webhook_test.go).
func TestSignatureOfStandardWebhooksIsTheOneThatOpenSSLComputes(t *testing.T) {
	is := is.New(t)
	const id, at, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, `{"test": 2432232314}`
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	is.NoErr(err)
	signature := opensslHMAC(t, key, fmt.Sprintf("%s.%d.%s", id, at, body))
	is.Equal(signature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	for _, secret := range []string{apitest.GitLabSecret} {
		request := posted(body, "webhook-id: "+id, fmt.Sprintf("webhook-timestamp: %d", at), "webhook-signature: v1,"+signature)
		got, err := accepting(secret, "gitlab").Receive(nil, request, time.Unix(at, 0).Add(timeTolerance))
		is.NoErr(err)
		is.Equal(got, Delivery{Once: true})
	}
}

// The key and the signature may be written with and without padding.
func TestPaddingOfKeyAndSignatureIsOptional(t *testing.T) {
	const id, body = "ce4c2d7e", `{"object_kind":"push"}`
	key := []byte("32 bytes, as GitLab's tokens are")
	content := fmt.Sprintf("%s.%d.%s", id, clock().Unix(), body)
	padded := opensslHMAC(t, key, content)
	encoded := base64.StdEncoding.EncodeToString(key)
	is.New(t).True(strings.HasSuffix(padded, "=") && strings.HasSuffix(encoded, "="))
	for _, secret := range []string{"whsec_" + encoded, "whsec_" + strings.TrimRight(encoded, "=")} {
		for _, signature := range []string{padded, strings.TrimRight(padded, "=")} {
			_, err := accepting(secret, "gitlab").takes(body, "webhook-id: "+id,
				fmt.Sprintf("webhook-timestamp: %d", clock().Unix()), "webhook-signature: v1,"+signature)
			is.New(t).NoErr(err)
		}
	}
}

func TestOneGoodSignatureOfSeveralIsEnough(t *testing.T) {
	body := gitlabPush("main")
	lines := apitest.SignGitLab(apitest.GitLabSecret, "d-1", clock(), body)
	_, good, _ := strings.Cut(lines[2], ": ")
	bad := "v1," + base64.StdEncoding.EncodeToString(make([]byte, 32))
	r := accepting(apitest.GitLabSecret, "gitlab")
	for list, accepted := range map[string]bool{
		good: true, bad + " " + good: true, good + " " + bad: true, "v1a,eA== v2," + good[3:] + "  " + good: true,
		"v1, v1,%% " + good: true, strings.Repeat(bad+" ", 100) + good: true,
		bad: false, "v2," + good[3:]: false, "v1a," + good[3:]: false, good[3:]: false, "V1," + good[3:]: false,
		"v1, " + good[3:]: false, good + "," + bad: false, bad + "," + good: false, "v1": false, "v1,": false, " ": false,
		good + "x": false, good[:20]: false,
	} {
		_, err := r.takes(body, lines[0], lines[1], "webhook-signature: "+list)
		if accepted {
			is.New(t).NoErr(err) // list
			continue
		}
		refusedFor(t, err, InvalidProof)
	}
}

func TestTimeMoreThanFiveMinutesOffIsRefusedAndBothClocksAreNamed(t *testing.T) {
	is := is.New(t)
	body := gitlabPush("main")
	r := accepting(apitest.GitLabSecret, "gitlab")
	for _, off := range []time.Duration{0, timeTolerance, -timeTolerance, time.Second} {
		_, err := r.takes(body, apitest.SignGitLab(apitest.GitLabSecret, "d-1", clock().Add(off), body)...)
		is.NoErr(err) // off
	}
	for off, named := range map[time.Duration]string{
		timeTolerance + time.Second: "2026-02-15T11:05:01Z", -timeTolerance - time.Second: "2026-02-15T10:54:59Z",
		-1000 * time.Hour: "2026-01-04T19:00:00Z",
	} {
		_, err := r.takes(body, apitest.SignGitLab(apitest.GitLabSecret, "d-1", clock().Add(off), body)...)
		refusedFor(t, err, InvalidProof)
		is.True(strings.Contains(err.Error(), named))
		is.True(strings.Contains(err.Error(), "2026-02-15T11:00:00Z"))
	}
}

func TestOddTimesAndIDsOfStandardWebhooksAreRefused(t *testing.T) {
	body := gitlabPush("main")
	r := accepting(apitest.GitLabSecret, "gitlab")
	good := apitest.SignGitLab(apitest.GitLabSecret, "d-1", clock(), body)
	key, _ := standardKey([]byte(apitest.GitLabSecret))
	now := fmt.Sprint(clock().Unix())
	for _, c := range [][2]string{
		{"d-1", "+" + now}, {"d-1", now + ".0"}, {"d-1", "0" + now + "00"}, {"d-1", "soon"}, {"d-1", "-1"}, {"d-1", "9223372036854775807"},
		{"d-1", "99999999999999999999"}, {"d-1", "0x1"}, {"d-1", now + "000"}, {"d.1", now}, {"d 1", now}, {strings.Repeat("d", 129), now},
		{"d\u200b1", now},
	} {
		signature := opensslHMAC(t, key, c[0]+"."+c[1]+"."+body)
		_, err := r.takes(body, "webhook-id: "+c[0], "webhook-timestamp: "+c[1], "webhook-signature: v1,"+signature)
		refusedFor(t, err, InvalidProof)
	}
	for i, line := range good {
		name, _, _ := strings.Cut(line, ": ")
		reason := map[string]Reason{webhookSignature: MissingProof}[name]
		if reason == "" {
			reason = InvalidProof
		}
		rest := append(append([]string{}, good[:i]...), good[i+1:]...)
		_, err := r.takes(body, append(rest, name+": ")...) // empty
		refusedFor(t, err, reason)
		is.New(t).True(strings.Contains(err.Error(), name))
		_, err = r.takes(body, rest...) // missing
		refusedFor(t, err, reason)
		_, err = r.takes(body, append(good, line)...) // twice
		refusedFor(t, err, InvalidProof)
	}
}

func TestKeyWithoutItsPrefixIsNoneForGitLab(t *testing.T) {
	body := gitlabPush("main")
	lines := apitest.SignGitLab(apitest.GitLabSecret, "d-1", clock(), body)
	bare := strings.TrimPrefix(apitest.GitLabSecret, "whsec_")
	for _, secret := range []string{bare, "whsec_", "whsec_=", "whsec_%%", "WHSEC_" + bare, "whsec_" + bare + "!", "x"} {
		_, err := accepting(secret, "gitlab").takes(body, lines...)
		refusedFor(t, err, Disabled)
		is.New(t).True(strings.Contains(err.Error(), "whsec_"))
		is.New(t).True(!strings.Contains(err.Error(), bare))
		github, err := accepting(secret, "github", "gitlab").takes("{}", apitest.Sign(secret, "{}"))
		is.New(t).NoErr(err) // the secret is a key for others
		is.New(t).Equal(github, Delivery{})
	}
}

// GitLab sends the id and the time without a signature too.
func TestIDAndTimeOfGitLabDecideNothing(t *testing.T) {
	is := is.New(t)
	alone := []string{"webhook-id: d-1", "webhook-timestamp: 5", "X-Gitlab-Event: Push Hook"}
	r := accepting(apitest.GitLabSecret, "gitlab", "gitlab-token")
	_, err := r.takes("{}", alone...)
	refusedFor(t, err, MissingProof)
	got, err := r.takes("{}", append(alone, "X-Gitlab-Token: "+apitest.GitLabSecret)...)
	is.NoErr(err)
	is.Equal(got, Delivery{})
	got, err = r.takes("{}", append(alone, "X-Gitlab-Token: "+apitest.GitLabSecret)...)
	is.NoErr(err) // nothing is proven about the id, so it repeats nothing
	is.Equal(got, Delivery{})
}

func TestTagsAndDeletionsOfGitLabAreUnderstood(t *testing.T) {
	is := is.New(t)
	zeros := strings.Repeat("0", 40)
	annotated := strings.Repeat("c", 40)
	r := accepting(apitest.GitLabSecret, "gitlab")
	r.tracked = tracked{"refs/heads/v1", "refs/tags/v1"}
	take := func(event, body string) Delivery {
		t.Helper()
		lines := append(apitest.SignGitLab(apitest.GitLabSecret, "d-1", clock(), body), "X-Gitlab-Event: "+event)
		got, err := r.takes(body, lines...)
		is.NoErr(err)
		return got
	}
	// After https://docs.gitlab.com/user/project/integrations/webhook_events/#tag-events: for an annotated tag, after is
	// the tag's own id and checkout_sha that of its commit.
	tag := func(before, after, checkout string) string {
		return `{"object_kind":"tag_push","event_name":"tag_push","before":"` + before + `","after":"` + after + `","ref":"refs/tags/v1",` +
			`"checkout_sha":` + checkout + `,"message":"first","project":{"default_branch":"main"},"commits":[],"total_commits_count":0}`
	}
	is.Equal(take("Tag Push Hook", tag(zeros, annotated, `"`+apitest.RevisionB+`"`)), Delivery{Expected: annotated, Once: true})
	is.Equal(take("Tag Push Hook", tag(annotated, zeros, "null")), Delivery{Once: true})
	is.True(strings.Contains(take("Push Hook", gitlabPush("main")).Ignored, "refs/heads/main"))
	is.Equal(take("Issue Hook", gitlabPush("main")), Delivery{Once: true})
	r.tracked = tracked{"HEAD"}
	is.Equal(take("Push Hook", gitlabPush("main")).Expected, apitest.RevisionB)
	is.True(take("Push Hook", gitlabPush("topic")).Ignored != "")
}

package transport

import (
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/protocol"
)

func secret(text string) func() (string, error) { return func() (string, error) { return text, nil } }

func TestChallengesAreTheNamesOfSchemes(t *testing.T) {
	is := is.New(t)
	for field, want := range map[string][]string{
		`Basic realm="git"`: {"Basic"},
		`Digest realm="a, Basic b", qop="auth,auth-int", nonce="x\", NTLM", algorithm=MD5`: {"Digest"},
		`Negotiate, NTLM`:                               {"Negotiate", "NTLM"},
		`Negotiate YIIabc==, Basic realm="x"`:           {"Negotiate", "Basic"},
		`Newauth realm="apps", type=1, Basic realm="x"`: {"Newauth", "Basic"},
		`Basic realm = "a" , charset = "UTF-8", basic`:  {"Basic"},
		`Bearer`:   {"Bearer"},
		`, ,Basic`: {"Basic"},
		`<script>, ` + strings.Repeat("x", 33) + `, "é"`: nil,
		``: nil,
	} {
		is.Equal(challenges([]string{field}), want)
	}
	is.Equal(challenges([]string{"Negotiate", "NTLM", `Basic realm="x"`, "ntlm"}), []string{"Negotiate", "NTLM", "Basic"})
	is.Equal(len(challenges([]string{"a, b, c, d, e, f, g, h"})), maxSchemes)
}

func TestA401SaysWhatTheHostWantsAndWhatToSet(t *testing.T) {
	none := location.Settings{}
	password := location.Settings{Username: "alice", Password: secret("pass-w0rd")}
	token := location.Settings{BearerToken: secret("t0ken")}
	for name, test := range map[string]struct {
		settings location.Settings
		status   int
		wants    []string
		says     []string
	}{
		"nothing sent, Basic":     {none, 401, []string{`Basic realm="x"`}, []string{"wants credentials", "set GIT_USERNAME and GIT_PASSWORD"}},
		"nothing sent, not said":  {none, 401, nil, []string{"set GIT_USERNAME and GIT_PASSWORD"}},
		"nothing sent, Bearer":    {none, 401, []string{`Bearer realm="x"`}, []string{"by Bearer; set GIT_BEARER_TOKEN"}},
		"nothing sent, both":      {none, 401, []string{`Bearer realm="x"`, `Basic realm="x"`}, []string{"GIT_PASSWORD, or GIT_BEARER_TOKEN"}},
		"nothing sent, Digest":    {none, 401, []string{`Digest realm="x", nonce="1"`}, []string{"by Digest, which mooring does not support", "ask its operator for Basic"}},
		"password sent, Digest":   {password, 401, []string{`Digest realm="x"`}, []string{"by Digest, which mooring does not support", "GIT_BEARER_TOKEN"}},
		"password sent, Windows":  {password, 401, []string{"Negotiate", "NTLM"}, []string{"by Negotiate or NTLM, which mooring does not support"}},
		"password sent, Bearer":   {password, 401, []string{"Bearer"}, []string{"takes no user name and password", "set GIT_BEARER_TOKEN"}},
		"password sent, Basic":    {password, 401, []string{"Basic", "Digest"}, []string{"refuses the credentials; check GIT_USERNAME and GIT_PASSWORD"}},
		"token sent, Bearer":      {token, 401, []string{"Bearer", "Basic"}, []string{"check GIT_BEARER_TOKEN and what it may read"}},
		"token sent, not said":    {token, 401, nil, []string{"check GIT_BEARER_TOKEN"}},
		"token sent, Basic":       {token, 401, []string{"Basic"}, []string{"refuses GIT_BEARER_TOKEN and offers Basic", "set GIT_USERNAME"}},
		"token sent, Digest":      {token, 401, []string{"Digest"}, []string{"by Digest, which mooring does not support"}},
		"token sent, forbidden":   {token, 403, []string{"Digest"}, []string{"check GIT_BEARER_TOKEN and what it may read"}},
		"a scheme that repeats":   {token, 401, []string{"t0ken"}, []string{"***"}},
		"a pair that is repeated": {password, 401, []string{"YWxpY2U6cGFzcy13MHJk"}, []string{"***"}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			host := githost.ServeHTTP(t, githost.New(t), githost.HTTPOptions{Instead: func(w http.ResponseWriter, q *http.Request) bool {
				w.Header()["Www-Authenticate"] = test.wants
				w.WriteHeader(test.status)
				return true
			}})
			test.settings.URL = host.Repository()
			failure := openFailure(t, test.settings)
			is.Equal(failure.Code, actors.CodeAuth)
			for _, says := range test.says {
				if !strings.Contains(failure.Message, says) {
					t.Errorf("%q does not say %q", failure.Message, says)
				}
			}
			for _, hidden := range []string{"t0ken", "pass-w0rd", "YWxpY2U6cGFzcy13MHJk"} {
				is.True(!strings.Contains(failure.Message, hidden))
			}
		})
	}
}

// A bearer token overrides the credentials in GIT_URL. It goes to the host in GIT_URL alone.
func TestABearerTokenIsSentInPlaceOfAPassword(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	other := githost.ServeHTTP(t, repository, githost.HTTPOptions{})
	host := githost.ServeHTTP(t, repository, githost.HTTPOptions{Instead: func(w http.ResponseWriter, q *http.Request) bool {
		if q.Header.Get("Authorization") != "Bearer t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		q.Header.Del("Authorization")
		return false
	}})
	settings := location.Settings{
		URL: strings.Replace(host.Repository(), "://", "://alice:old@", 1), BearerToken: secret("t0ken"),
	}
	is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Tip(), tip)

	redirecting := githost.ServeHTTP(t, repository, githost.HTTPOptions{Instead: githost.Redirecting(302, func(q *http.Request) string {
		return other.URL + q.URL.String()
	})})
	settings.URL = redirecting.Repository()
	is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Tip(), tip)
	seen := other.Saw()
	is.True(len(seen) > 0)
	for _, request := range seen {
		is.Equal(request.Authorization, "")
	}
}

func TestABearerTokenThatCannotBeReadSendsNothing(t *testing.T) {
	is := is.New(t)
	host := githost.ServeHTTP(t, githost.New(t), githost.HTTPOptions{})
	for _, read := range []func() (string, error){
		func() (string, error) { return "", fault.ErrAbsent }, secret("two\nlines"), secret("a blank"), secret(""),
	} {
		failure := openFailure(t, location.Settings{URL: host.Repository(), BearerToken: read})
		is.Equal(failure.Code, actors.CodeAuth)
		is.True(strings.HasPrefix(failure.Message, "GIT_BEARER_TOKEN "))
	}
	is.Equal(len(host.Saw()), 0)
}

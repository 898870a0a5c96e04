package location

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/fault"
)

func held(secret string) func() (string, error) { return func() (string, error) { return secret, nil } }

func TestABearerTokenTakesThePlaceOfOtherCredentialsOverHTTPAlone(t *testing.T) {
	is := is.New(t)
	for url, want := range map[string]string{
		"https://alice:pw@h/x": "Bearer t0ken",
		"http://h/x":           "Bearer t0ken",
		"ssh://alice:pw@h/x":   "Basic YWxpY2U6cHc=",
		"git://h/x":            "",
		"/srv/stacks":          "",
	} {
		at, err := Parse(url)
		is.NoErr(err)
		sent, err := Settings{URL: url, BearerToken: held("t0ken")}.Credentials(at)
		is.NoErr(err)
		is.Equal(sent.Authorization(), want)
	}
}

func TestABearerTokenThatCannotBeSentIsRefused(t *testing.T) {
	is := is.New(t)
	at := Endpoint{Scheme: HTTPS, Host: "h"}
	for _, token := range []string{"", "a b", "a\n", "a\nb", "a\x00"} {
		settings := Settings{URL: "https://h", BearerToken: held(token)}
		sent, err := settings.Credentials(at)
		is.Equal(fault.Of(err).Code, actors.CodeAuth)
		is.Equal(settings.Validate().Error(), "GIT_BEARER_TOKEN must hold one token, without blanks and control characters")
		is.Equal(settings.Redactor(at, sent).Clean("x"+token+"y"), map[bool]string{true: "xy", false: "x***y"}[token == ""])
	}
	unreadable := func() (string, error) { return "", errors.New("no such file") }
	_, err := Settings{BearerToken: unreadable}.Credentials(at)
	is.Equal(fault.Of(err).Message, "GIT_BEARER_TOKEN cannot be read from its file: no such file.")
}

// Only one of them could be sent. Credentials in GIT_URL are overridden, as GIT_PASSWORD overrides them.
func TestABearerTokenBesideAPasswordIsABadSetting(t *testing.T) {
	is := is.New(t)
	for _, settings := range []Settings{{Password: held("x")}, {Username: "x"}, {Username: "x", Password: held("x")}} {
		settings.URL, settings.BearerToken = "https://h/x", held("t0ken")
		is.Equal(settings.Validate().Error(),
			"GIT_BEARER_TOKEN takes the place of GIT_USERNAME and GIT_PASSWORD: unset it, or unset these")
	}
	is.NoErr(Settings{URL: "https://alice:pw@h/x", BearerToken: held("t0ken")}.Validate())
}

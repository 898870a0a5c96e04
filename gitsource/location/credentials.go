package location

import (
	"cmp"
	"encoding/base64"
	"errors"
	"strings"
	"unicode"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// Credentials are sent to a host. Settings.Credentials reads them anew for each session, so that a new password takes
// effect at once.
type Credentials struct {
	// Username and Password are not encoded; either may be empty.
	Username, Password string
	// Bearer is a token that takes the place of both; empty if none is set.
	Bearer string
}

// DefaultUsername is the name for a password or token without a name. Hosts that take tokens accept any name.
const DefaultUsername = "git"

// Authorization is the value of the HTTP header with this name: Bearer (RFC 6750) if there is a token, else Basic
// (RFC 7617). It is empty if there are no credentials.
func (c Credentials) Authorization() string {
	switch {
	case c.Bearer != "":
		return "Bearer " + c.Bearer
	case c == Credentials{}:
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password))
}

// Credentials joins the settings with the credentials in GIT_URL; the settings override these. Over HTTP a bearer token
// takes the place of all others. If a secret cannot be read, the error is an *actors.Failure, and nothing must be sent
// to the host.
func (s Settings) Credentials(at Endpoint) (Credentials, error) {
	if s.BearerToken != nil && at.IsHTTP() {
		token, err := readSecret("GIT_BEARER_TOKEN", s.BearerToken)
		if err == nil && !isToken(token) {
			err = fault.New(actors.CodeAuth, "GIT_BEARER_TOKEN %s.", tokenRule)
		}
		return Credentials{Bearer: token}, err
	}
	password, err := readSecret("GIT_PASSWORD", s.Password)
	if err != nil {
		return Credentials{}, err
	}
	c := Credentials{
		Username: cmp.Or(s.Username, at.User),
		Password: cmp.Or(password, at.password),
	}
	if c.Username == "" && c.Password != "" {
		c.Username = DefaultUsername
	}
	return c, nil
}

// tokenRule follows the name of the variable. A token with a blank or a newline cannot be sent in a header.
const tokenRule = "must hold one token, without blanks and control characters"

func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}

// validateBearerToken refuses a token that cannot be sent, and one beside a user name or a password: only one of them
// could be sent. Credentials in GIT_URL are no mistake, because settings override them.
func (s Settings) validateBearerToken() error {
	if s.BearerToken == nil {
		return nil
	}
	if s.Password != nil || s.Username != "" {
		return errors.New("GIT_BEARER_TOKEN takes the place of GIT_USERNAME and GIT_PASSWORD: unset it, or unset these")
	}
	if token, err := s.BearerToken(); err == nil && !isToken(token) {
		return errors.New("GIT_BEARER_TOKEN " + tokenRule)
	}
	return nil
}

// Passphrase reads the passphrase of SSHKeyFile; empty if none is set. The error is an *actors.Failure.
func (s Settings) Passphrase() (string, error) {
	return readSecret("GIT_SSH_KEY_PASSPHRASE", s.SSHKeyPassphrase)
}

func readSecret(variable string, read func() (string, error)) (string, error) {
	if read == nil {
		return "", nil
	}
	secret, err := read()
	if err != nil {
		reason := fault.Clean(fault.WithoutPath(err).Error())
		return "", fault.New(actors.CodeAuth, "%s cannot be read from its file: %s.", variable, reason)
	}
	return secret, nil
}

// Redactor makes a Redactor of every secret in the settings, in GIT_URL and in the credentials that are sent to the
// host, and of others that the caller knows. A user name may be a token too, if it has no password, or the placeholder
// "x-oauth-basic" that GitHub documents.
func (s Settings) Redactor(at Endpoint, sent Credentials, others ...string) Redactor {
	passphrase, _ := s.Passphrase()
	secrets := append([]string{passphrase, sent.Password, at.password}, others...)
	if at.Scheme == SSH {
		return newRedactor(secrets)
	}
	for _, pair := range []Credentials{sent, {Username: at.User, Password: at.password}} {
		if mayBeToken(pair) {
			secrets = append(secrets, pair.Username)
		}
	}
	_, encoded, _ := strings.Cut(sent.Authorization(), " ") // the bearer token, or name and password in base64
	return newRedactor(append(secrets, encoded))
}

func mayBeToken(pair Credentials) bool {
	return pair.Username != DefaultUsername && (pair.Password == "" || pair.Password == "x-oauth-basic")
}

package gitsource

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mooring/actors"
)

// credentials are what a session shows to the host. They are read anew for each session, so that a rotated one counts.
type credentials struct {
	username, password string
}

// defaultUsername is the name where only a password or token is given: hosts that take tokens accept any.
const defaultUsername = "git"

// credentials joins the settings with what GIT_URL holds; the settings win. A secret that cannot be read is a failure:
// the host is not asked without it.
func (s Settings) credentials(at endpoint) (credentials, error) {
	password, err := readSecret("GIT_PASSWORD", s.Password)
	if err != nil {
		return credentials{}, err
	}
	c := credentials{
		username: cmp.Or(s.Username, at.user),
		password: cmp.Or(password, at.password),
	}
	if c.username == "" && c.password != "" {
		c.username = defaultUsername
	}
	return c, nil
}

func readSecret(variable string, read func() (string, error)) (string, error) {
	if read == nil {
		return "", nil
	}
	secret, err := read()
	if err != nil {
		reason := cleanText(withoutPath(err).Error())
		return "", failf(actors.CodeAuth, "%s cannot be read from its file: %s.", variable, reason)
	}
	return secret, nil
}

// basic is the value of the header Authorization (RFC 7617), or empty where there is nothing to show.
func (c credentials) basic() string {
	if c == (credentials{}) {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.username+":"+c.password))
}

// redactor removes secrets from texts. Its elements are the forms in which secrets may appear, longest first.
type redactor []string

// redacted stands where a secret was.
const redacted = "***"

// redactor knows every secret of the settings, and what was read of them to be shown to the host. Besides the passwords
// that is a user name that may be a token: one without a password, or beside the placeholder that GitHub documents.
func (s Settings) redactor(at endpoint, shown credentials) redactor {
	passphrase, _ := readSecret("GIT_SSH_KEY_PASSPHRASE", s.SSHKeyPassphrase)
	secrets := []string{passphrase, shown.password, at.password}
	if at.scheme == schemeSSH {
		return newRedactor(secrets)
	}
	for _, pair := range []credentials{shown, {at.user, at.password}} {
		if mayBeToken(pair) {
			secrets = append(secrets, pair.username)
		}
	}
	return newRedactor(append(secrets, strings.TrimPrefix(shown.basic(), "Basic ")))
}

func mayBeToken(pair credentials) bool {
	return pair.username != defaultUsername && (pair.password == "" || pair.password == "x-oauth-basic")
}

func newRedactor(secrets []string) redactor {
	var forms redactor
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		quoted := strconv.Quote(secret)
		forms = append(forms, secret, quoted[1:len(quoted)-1])
		for _, escaped := range []string{
			url.QueryEscape(secret), url.PathEscape(secret), url.User(secret).String(),
		} {
			forms = append(forms, escaped, lowerHex(escaped))
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(forms)
}

// lowerHex writes the digits of percent-encoded bytes in lower case.
func lowerHex(escaped string) string {
	parts := strings.Split(escaped, "%")
	for i, part := range parts[1:] {
		digits := min(2, len(part))
		parts[i+1] = strings.ToLower(part[:digits]) + part[digits:]
	}
	return strings.Join(parts, "%")
}

func (r redactor) clean(text string) string {
	for _, secret := range r {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}

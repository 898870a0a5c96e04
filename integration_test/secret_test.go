package integration_test

import (
	"encoding/base64"
	"net/url"
	"os"
	"strings"
	"testing"
)

// secrets are texts that nobody may be told.
type secrets []string

// secretVariables hold secrets, and so do the files that their _FILE twins name (contract, section 2).
func secretVariables() []string {
	return []string{
		"GIT_PASSWORD", "GIT_SSH_KEY_PASSPHRASE", "WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS", "DEPLOYER_TOKEN",
	}
}

// secretsOf finds the secrets in an environment: in variables, in files, in the SSH key, and inside GIT_URL and the
// addresses of proxies.
func secretsOf(t *testing.T, variables []string) secrets {
	t.Helper()
	var found secrets
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		for _, secret := range secretVariables() {
			switch name {
			case secret:
				found = append(found, value)
			case secret + "_FILE":
				if content, err := os.ReadFile(value); err == nil {
					found = append(found, strings.TrimSuffix(string(content), "\n"))
				}
			}
		}
		switch name {
		case "GIT_URL", "HTTP_PROXY", "HTTPS_PROXY":
			found = append(found, secretOfURL(value)...)
		case "GIT_SSH_KEY_FILE":
			found = append(found, secretsOfKey(value)...)
		}
	}
	return found
}

// secretOfURL returns the password of a URL, or the user name where that stands alone: a token, as GitHub and GitLab take
// them; and both as HTTP sends them.
func secretOfURL(value string) secrets {
	address, err := url.Parse(value)
	if err != nil {
		_, userinfo, _ := strings.Cut(value, "://")
		userinfo, _, _ = strings.Cut(userinfo, "@")
		_, password, _ := strings.Cut(userinfo, ":")
		return secrets{password}
	}
	user := address.User.Username()
	secret, set := address.User.Password()
	if address.Scheme == "ssh" && !set {
		return nil // the name of an account
	}
	if !set {
		secret = user
	}
	if secret == "" {
		return nil
	}
	return secrets{secret, base64.StdEncoding.EncodeToString([]byte(user + ":" + secret))}
}

// secretsOfKey returns the lines of a private key.
func secretsOfKey(file string) secrets {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var lines secrets
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "-----") {
			lines = append(lines, line)
		}
	}
	return lines
}

// check fails the test when a text tells a secret, raw or in one of the ways of percent-encoding. Any goroutine may
// call it.
func (s secrets) check(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range s {
		if secret == "" {
			continue
		}
		inURL := strings.TrimPrefix(url.UserPassword("", secret).String(), ":")
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), inURL} {
			if strings.Contains(text, form) {
				t.Errorf("%s tells the secret %q: %s", where, form, text)
			}
		}
	}
}

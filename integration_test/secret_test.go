package integration_test

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"mooring/integration_test/lab"
)

// secrets are texts that the service must not show.
type secrets []string

// secretVariables have secrets, and so do the files that their _FILE variants name.
func secretVariables() []string {
	return []string{
		"GIT_BEARER_TOKEN", "GIT_PASSWORD", "GIT_SSH_KEY_PASSPHRASE", "WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS", "DEPLOYER_TOKEN",
	}
}

// secretsOf finds the secrets in an environment: in variables, in files, in the SSH key, inside GIT_URL and the
// addresses of proxies, and in the form in which HTTP sends them.
func secretsOf(variables []string) secrets {
	found := secrets{authorization(variables)}
	for _, name := range secretVariables() {
		found = append(found, settingOf(variables, name), contentOf(settingOf(variables, name+"_FILE")))
	}
	for _, name := range []string{"GIT_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		found = append(found, secretsOfURL(settingOf(variables, name))...)
	}
	for _, name := range []string{"GIT_SSH_KEY_FILE", "GIT_CLIENT_KEY_FILE"} {
		found = append(found, secretsOfKey(settingOf(variables, name))...)
	}
	return slices.DeleteFunc(found, func(secret string) bool { return secret == "" })
}

// contentOf returns a file's content without the newline at its end, or nothing.
func contentOf(file string) string {
	content, _ := os.ReadFile(file)
	return strings.TrimSuffix(string(content), "\n")
}

// secretsOfURL returns the password of a URL. A user name without a password is a secret too: GitHub and GitLab take a
// token there. It also returns each secret in the form in which HTTP sends it. For a malformed URL it returns the text
// in the password's place.
func secretsOfURL(value string) secrets {
	address, err := url.Parse(value)
	if err != nil {
		_, userinfo, _ := strings.Cut(value, "://")
		userinfo, _, _ = strings.Cut(userinfo, "@")
		_, password, _ := strings.Cut(userinfo, ":")
		return secrets{password, lab.WithoutPercent(password)}
	}
	user := address.User.Username()
	password, set := address.User.Password()
	switch {
	case set:
		return secrets{password, basic(user, password)}
	case address.Scheme == "ssh" || user == "":
		return nil // the name of an account
	}
	return secrets{user, basic(user, "")}
}

// authorization is the header that the service sends to the Git host (RFC 7617). Settings override the URL.
func authorization(variables []string) string {
	var user, password string
	if address, err := url.Parse(settingOf(variables, "GIT_URL")); err == nil {
		user = address.User.Username()
		password, _ = address.User.Password()
	}
	given := settingOf(variables, "GIT_PASSWORD")
	password = cmp.Or(given, contentOf(settingOf(variables, "GIT_PASSWORD_FILE")), password)
	if password == "" {
		return ""
	}
	return basic(cmp.Or(settingOf(variables, "GIT_USERNAME"), user, "git"), password)
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
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

// check fails the test if a text has a secret in it, in any encoding. Any goroutine may call it.
func (s secrets) check(t *testing.T, where, text string) {
	t.Helper()
	if secret := lab.Told(text, s...); secret != "" {
		t.Errorf("%s tells the secret %q: %s", where, secret, text)
	}
}

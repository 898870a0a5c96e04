package gitsource

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"mooring/actors"
)

// locationSettings say where a repository is and what is shown to its host, as an operator sets it. The secrets are functions,
// so that a rotated one counts at its next use.
type locationSettings struct {
	// URL is GIT_URL, which may hold credentials: it is shown by DisplayURL alone.
	URL string
	// Ref is GIT_REF.
	Ref string
	// Username is GIT_USERNAME; it wins over the one inside URL.
	Username string
	// Password reads GIT_PASSWORD, which wins over the one inside URL; nil where none is set.
	Password func() (string, error)
	// SSHKeyFile is the path of GIT_SSH_KEY_FILE; empty for the keys of the SSH agent.
	SSHKeyFile string
	// SSHKeyPassphrase reads GIT_SSH_KEY_PASSPHRASE; nil where none is set.
	SSHKeyPassphrase func() (string, error)
	// SSHKnownHostsFile is the path of GIT_SSH_KNOWN_HOSTS_FILE; empty for ~/.ssh/known_hosts.
	SSHKnownHostsFile string
	// CAFile is the path of GIT_CA_FILE; empty for the system's roots alone.
	CAFile string
}

// Validate tells what is wrong with the settings: an error names the variable and the rule, and quotes no value that
// could hold a secret. Files are opened to see that they can be read; nothing is asked of the Git host.
func (s locationSettings) Validate() error {
	if _, err := parseEndpoint(s.URL); err != nil {
		return fmt.Errorf("GIT_URL %w", err)
	}
	if err := validateRef(s.Ref); err != nil {
		return fmt.Errorf("GIT_REF %w", err)
	}
	if strings.ContainsRune(s.Username, ':') || strings.ContainsFunc(s.Username, unicode.IsControl) {
		return errors.New("GIT_USERNAME must hold no colon and no control character")
	}
	files := []struct{ variable, name string }{
		{"GIT_SSH_KEY_FILE", s.SSHKeyFile},
		{"GIT_SSH_KNOWN_HOSTS_FILE", s.SSHKnownHostsFile},
		{"GIT_CA_FILE", s.CAFile},
	}
	for _, file := range files {
		if file.name == "" {
			continue
		}
		if err := readable(file.name); err != nil {
			return fmt.Errorf("%s must name a file that can be read: %w", file.variable, err)
		}
	}
	return nil
}

// DisplayURL is GIT_URL without credentials, for a log line or a page.
func (s locationSettings) DisplayURL() string {
	at, err := parseEndpoint(s.URL)
	if err != nil {
		return "(a GIT_URL that cannot be read)"
	}
	return at.display()
}

// Credentials joins the settings with what GIT_URL holds; the settings win. A secret that cannot be read is an
// *actors.Failure: the host is not asked without it.
func (s locationSettings) Credentials(at endpoint) (credentials, error) {
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

// Passphrase reads what opens SSHKeyFile; empty where none is set. The error is an *actors.Failure.
func (s locationSettings) Passphrase() (string, error) {
	return readSecret("GIT_SSH_KEY_PASSPHRASE", s.SSHKeyPassphrase)
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

// Redactor knows every secret of the settings, and what was read of them to be shown to the host. Besides the passwords
// that is a user name that may be a token: one without a password, or beside the placeholder that GitHub documents.
func (s locationSettings) Redactor(at endpoint, shown credentials) redactor {
	passphrase, _ := s.Passphrase()
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

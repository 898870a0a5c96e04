package location

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// Settings say where a repository is and what is shown to its host, as an operator sets it. Secrets are read by
// functions at each use, so that a new one counts at once.
type Settings struct {
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

// Validate tells what is wrong with the settings. An error names the variable and the rule, and quotes no value that
// could hold a secret. Files are opened to see whether they can be read; the Git host is asked nothing.
func (s Settings) Validate() error {
	if _, err := Parse(s.URL); err != nil {
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
		if err := fault.Readable(file.name); err != nil {
			return fmt.Errorf("%s must name a file that can be read: %w", file.variable, err)
		}
	}
	return nil
}

// DisplayURL is GIT_URL without credentials, for a log line or a page.
func (s Settings) DisplayURL() string {
	at, err := Parse(s.URL)
	if err != nil {
		return "(a GIT_URL that cannot be read)"
	}
	return at.Display()
}

// Credentials joins the settings with what GIT_URL holds; the settings win. If a secret cannot be read the error is an
// *actors.Failure, and the host must not be asked without it.
func (s Settings) Credentials(at Endpoint) (Credentials, error) {
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

// Passphrase reads what opens SSHKeyFile; empty if none is set. The error is an *actors.Failure.
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

// Redactor makes a Redactor of every secret in the settings, in GIT_URL and among what is shown to the host. That
// includes a user name that may be a token: one without a password, or with the placeholder "x-oauth-basic" that GitHub
// documents.
func (s Settings) Redactor(at Endpoint, shown Credentials) Redactor {
	passphrase, _ := s.Passphrase()
	secrets := []string{passphrase, shown.Password, at.password}
	if at.Scheme == SSH {
		return newRedactor(secrets)
	}
	for _, pair := range []Credentials{shown, {at.User, at.password}} {
		if mayBeToken(pair) {
			secrets = append(secrets, pair.Username)
		}
	}
	return newRedactor(append(secrets, strings.TrimPrefix(shown.Basic(), "Basic ")))
}

func mayBeToken(pair Credentials) bool {
	return pair.Username != DefaultUsername && (pair.Password == "" || pair.Password == "x-oauth-basic")
}

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

// Settings are the operator's settings of the repository's address and of the credentials. Secrets are functions that
// are called at each use, so that a new secret takes effect at once.
type Settings struct {
	// URL is GIT_URL. It may contain credentials, so only DisplayURL may show it.
	URL string
	// Ref is GIT_REF.
	Ref string
	// Username is GIT_USERNAME; it overrides the one in URL.
	Username string
	// Password reads GIT_PASSWORD, which overrides the one in URL; nil if none is set.
	Password func() (string, error)
	// SSHKeyFile is the path of GIT_SSH_KEY_FILE; empty for the keys of the SSH agent.
	SSHKeyFile string
	// SSHKeyPassphrase reads GIT_SSH_KEY_PASSPHRASE; nil if none is set.
	SSHKeyPassphrase func() (string, error)
	// SSHKnownHostsFile is the path of GIT_SSH_KNOWN_HOSTS_FILE; empty for those of the ssh program.
	SSHKnownHostsFile string
	// CAFile is the path of GIT_CA_FILE; empty for the system's roots alone.
	CAFile string
}

// Validate tells what is wrong with the settings. An error names the variable and the rule, and quotes no value that
// could contain a secret. It opens files to see whether they can be read, and sends nothing to the Git host.
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

// Credentials joins the settings with the credentials in GIT_URL; the settings override these. If a secret cannot be
// read, the error is an *actors.Failure, and nothing must be sent to the host.
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
// host. A user name may be a token too, if it has no password, or the placeholder "x-oauth-basic" that GitHub
// documents.
func (s Settings) Redactor(at Endpoint, sent Credentials) Redactor {
	passphrase, _ := s.Passphrase()
	secrets := []string{passphrase, sent.Password, at.password}
	if at.Scheme == SSH {
		return newRedactor(secrets)
	}
	for _, pair := range []Credentials{sent, {at.User, at.password}} {
		if mayBeToken(pair) {
			secrets = append(secrets, pair.Username)
		}
	}
	return newRedactor(append(secrets, strings.TrimPrefix(sent.Basic(), "Basic ")))
}

func mayBeToken(pair Credentials) bool {
	return pair.Username != DefaultUsername && (pair.Password == "" || pair.Password == "x-oauth-basic")
}

package location

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

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
	// BearerToken reads GIT_BEARER_TOKEN; nil if none is set.
	BearerToken func() (string, error)
	// SSHKeyFile is the path of GIT_SSH_KEY_FILE; empty for the keys of the SSH agent.
	SSHKeyFile string
	// SSHKeyPassphrase reads GIT_SSH_KEY_PASSPHRASE; nil if none is set.
	SSHKeyPassphrase func() (string, error)
	// SSHKnownHostsFile is the path of GIT_SSH_KNOWN_HOSTS_FILE; empty for those of the ssh program.
	SSHKnownHostsFile string
	// CAFile is the path of GIT_CA_FILE; empty for the system's roots alone.
	CAFile string
	// ClientCertFile and ClientKeyFile are the paths of GIT_CLIENT_CERT_FILE and GIT_CLIENT_KEY_FILE; both empty for
	// no client certificate.
	ClientCertFile, ClientKeyFile string
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
	if err := s.validateBearerToken(); err != nil {
		return err
	}
	if (s.ClientCertFile == "") != (s.ClientKeyFile == "") {
		return errors.New("GIT_CLIENT_CERT_FILE and GIT_CLIENT_KEY_FILE must both be set: a client certificate needs its key")
	}
	files := []struct{ variable, name string }{
		{"GIT_SSH_KEY_FILE", s.SSHKeyFile},
		{"GIT_SSH_KNOWN_HOSTS_FILE", s.SSHKnownHostsFile},
		{"GIT_CA_FILE", s.CAFile},
		{"GIT_CLIENT_CERT_FILE", s.ClientCertFile},
		{"GIT_CLIENT_KEY_FILE", s.ClientKeyFile},
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

package gitsource

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mooring/actors"
	"mooring/gitsource/index"
	"mooring/gitsource/location"
	"mooring/gitsource/transport"
)

// Settings say which repository is read, and how. The tags are those of envconfig. It ignores fields that are
// functions: the caller sets the secrets.
type Settings struct {
	// URL is the repository: https, http, ssh or git URL, host:path for SSH, file URL or local path. A local path is a
	// bare repository, the top of a checkout, or its .git; only "." is looked for upwards. URL may contain credentials,
	// so only DisplayURL may show it.
	URL string `envconfig:"GIT_URL" default:"." desc:"repository: an https, http, ssh, git or file URL, git@host:path, or a local path: bare, a checkout's top or its .git; unset: found from the current directory as git does"`
	// Ref is the tracked ref: empty for the remote HEAD, a full ref name, 40 or 64 hex digits for a commit, or else the
	// name of a branch or, if there is no such branch, of a tag.
	Ref string `envconfig:"GIT_REF" desc:"full ref name, 40 or 64 hex digits (a commit), else a branch, else a tag; unset: the remote HEAD"`
	// DeployDir is the directory under which stacks are looked for, relative to the repository's root, with "/".
	DeployDir string `envconfig:"GIT_DEPLOY_DIR" default:"." desc:"directory under which stacks are looked for, at any depth; inside the repository"`
	// Username overrides the one in URL. If only a password is given, the name is "git".
	Username string `envconfig:"GIT_USERNAME" desc:"user name for HTTP and SSH; git if only a password is given; overrides the one in GIT_URL"`
	// Password is called at each use, and overrides the one in URL. If it returns an error, nothing is sent to the
	// host. It is nil if no password is set.
	Password func() (string, error) `envconfig:"GIT_PASSWORD" desc:"password or token for HTTP and SSH; overrides the one in GIT_URL"`
	// BearerToken is sent to an HTTP host in place of a user name and password. Like Password it is called at each use,
	// and nil if it is not set.
	BearerToken func() (string, error) `envconfig:"GIT_BEARER_TOKEN" desc:"token for HTTP that is sent as Authorization: Bearer, in place of a user name and password; overrides those in GIT_URL"`
	// SSHKeyFile is a private key in PEM or OpenSSH's format, read at each use, and with it a certificate in the file
	// beside it whose name ends in "-cert.pub". If it is empty, the agent at SSH_AUTH_SOCK gives the keys.
	SSHKeyFile string `envconfig:"GIT_SSH_KEY_FILE" desc:"file of the private key for SSH, with a certificate beside it if there is one (FILE-cert.pub); unset: the agent has the keys"`
	// SSHKeyPassphrase decrypts SSHKeyFile; like Password it is called at each use, and nil if it is not set.
	SSHKeyPassphrase func() (string, error) `envconfig:"GIT_SSH_KEY_PASSPHRASE" desc:"passphrase of the key in GIT_SSH_KEY_FILE"`
	// SSHKnownHostsFile holds the host keys that are trusted (sshd(8)). Empty: the user's and the machine's files that
	// the ssh program reads.
	SSHKnownHostsFile string `envconfig:"GIT_SSH_KNOWN_HOSTS_FILE" desc:"file of the trusted host keys; unset: ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts"`
	// CAFile holds roots in PEM that are trusted beside the system's. Each refresh looks whether it has changed.
	CAFile string `envconfig:"GIT_CA_FILE" desc:"file of root certificates in PEM that are trusted beside the system's; read again when it has changed"`
	// ClientCertFile and ClientKeyFile hold a client certificate with its chain, and its key, in PEM. They are read for
	// each TLS connection on which the host asks for a certificate.
	ClientCertFile string `envconfig:"GIT_CLIENT_CERT_FILE" desc:"file of the client certificate in PEM, for hosts that ask for one over TLS; read at each use"`
	ClientKeyFile  string `envconfig:"GIT_CLIENT_KEY_FILE" desc:"file of the key of the client certificate in PEM, not encrypted; read at each use"`
	// ComposeFiles are the file names that make a directory a stack, best first.
	ComposeFiles []string `envconfig:"COMPOSE_FILES" default:"docker-compose.yml,docker-compose.yaml" desc:"file names that make a directory a stack, best first"`
}

// TrackedRefs returns the full names of the refs that Ref may mean, the best first. It returns only HEAD for the remote
// HEAD, and nothing for a commit.
func (s Settings) TrackedRefs() []string { return location.ParseRef(s.Ref).Names }

// DisplayURL is GIT_URL without credentials, for a log line or a page.
func (s Settings) DisplayURL() string { return s.location().DisplayURL() }

// Origin is what the settings say about where stacks are read from, without credentials. Its texts are UTF-8: JSON can
// have no other bytes (RFC 8259, 8.1), and an origin that is read back from a file must be the same.
func (s Settings) Origin() actors.Origin {
	return actors.Origin{
		URL:          string([]rune(s.DisplayURL())), // each byte that is not UTF-8 becomes U+FFFD
		Ref:          string([]rune(cmp.Or(s.Ref, "HEAD"))),
		DeployDir:    path.Clean(s.DeployDir),
		ComposeFiles: strings.Join(s.composeNames(), ","),
	}
}

// Validate tells what is wrong with the settings. An error names the variable and the rule, and quotes no value that
// could contain a secret. It opens files to see whether they can be read, and sends nothing to the Git host.
func (s Settings) Validate() error {
	if err := s.location().Validate(); err != nil {
		return err
	}
	if err := validateDeployDir(s.DeployDir); err != nil {
		return fmt.Errorf("GIT_DEPLOY_DIR %w", err)
	}
	if err := validateComposeFiles(s.composeNames()); err != nil {
		return fmt.Errorf("COMPOSE_FILES %w", err)
	}
	return transport.Validate(s.location())
}

// location returns the settings of the repository's address and of the credentials.
func (s Settings) location() location.Settings {
	return location.Settings{
		URL:               s.URL,
		Ref:               s.Ref,
		Username:          s.Username,
		Password:          s.Password,
		BearerToken:       s.BearerToken,
		SSHKeyFile:        s.SSHKeyFile,
		SSHKeyPassphrase:  s.SSHKeyPassphrase,
		SSHKnownHostsFile: s.SSHKnownHostsFile,
		CAFile:            s.CAFile,
		ClientCertFile:    s.ClientCertFile,
		ClientKeyFile:     s.ClientKeyFile,
	}
}

// rules returns the settings that define a stack.
func (s Settings) rules() index.Rules {
	return index.Rules{ComposeFiles: s.composeNames(), DeployDir: path.Clean(s.DeployDir)}
}

func validateDeployDir(dir string) error {
	if strings.HasPrefix(dir, "/") {
		return errors.New("must be relative to the repository's root")
	}
	if clean := path.Clean(dir); clean == ".." || strings.HasPrefix(clean, "../") {
		return errors.New("must be inside the repository")
	}
	if !utf8.ValidString(dir) || strings.ContainsFunc(dir, unicode.IsControl) {
		return errors.New("must be UTF-8 without control characters")
	}
	return nil
}

func validateComposeFiles(names []string) error {
	if len(names) == 0 {
		return errors.New("must name at least one file")
	}
	for i, name := range names {
		switch {
		case name == "":
			return errors.New("must not hold an empty name")
		case name == "." || name == ".." || strings.ContainsRune(name, '/'):
			return errors.New("must hold plain file names, without directories")
		case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
			return errors.New("must hold names of UTF-8 without control characters")
		case slices.Contains(names[:i], name):
			return errors.New("must not hold a name twice")
		}
	}
	return nil
}

// composeNames are ComposeFiles without the blanks around a name, as in "a.yml, b.yml".
func (s Settings) composeNames() []string {
	names := make([]string, 0, len(s.ComposeFiles))
	for _, name := range s.ComposeFiles {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

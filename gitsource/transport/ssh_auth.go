package transport

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/location"
)

// sshConfig puts together the credentials and the known host keys. The caller calls release when the handshake is over.
func sshConfig(ctx context.Context, address string, settings location.Settings, credentials location.Credentials) (
	config *ssh.ClientConfig, release func(), err error) {
	file := settings.SSHKnownHostsFile
	if file == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, nil, noKnownHosts()
		}
		file = filepath.Join(home, ".ssh", "known_hosts")
	}
	if err := fault.Readable(file); err != nil {
		return nil, nil, noKnownHosts()
	}
	known, err := knownhosts.NewDB(file)
	if err != nil {
		return nil, nil, fault.New(actors.CodeUntrusted, "The known hosts cannot be read: %s; mend the file of "+
			"GIT_SSH_KNOWN_HOSTS_FILE.", fault.Clean(err.Error()))
	}
	config = &ssh.ClientConfig{
		User:              credentials.Username,
		HostKeyCallback:   known.HostKeyCallback(),
		HostKeyAlgorithms: known.HostKeyAlgorithms(address),
	}
	if config.User == "" {
		config.User = location.DefaultUsername
	}
	config.Auth, release, err = sshAuth(ctx, settings, credentials)
	return config, release, err
}

// noKnownHosts is the failure of a machine without a file of known hosts.
func noKnownHosts() error {
	return fault.New(actors.CodeUntrusted, "There is no file of known SSH hosts; set GIT_SSH_KNOWN_HOSTS_FILE to one that "+
		"holds the Git host's key, as ssh-keyscan prints it.")
}

// sshAuth returns the key of GIT_SSH_KEY_FILE, or the keys of the agent if that is not set, and then the password if
// there is one. The caller calls release when the handshake is over.
func sshAuth(ctx context.Context, settings location.Settings, credentials location.Credentials) (
	methods []ssh.AuthMethod, release func(), err error) {
	release = func() {}
	if settings.SSHKeyFile != "" {
		signer, err := sshKey(settings)
		if err != nil {
			return nil, nil, err
		}
		methods = append(methods, ssh.PublicKeys(signer))
	} else {
		keys, hangUp, err := sshAgent(ctx)
		switch {
		case err == nil:
			methods, release = append(methods, keys), hangUp
		case credentials.Password == "":
			return nil, nil, err
		}
	}
	if credentials.Password != "" {
		methods = append(methods, ssh.Password(credentials.Password))
	}
	return methods, release, nil
}

// sshAgent connects to the agent that SSH_AUTH_SOCK names (ssh-agent(1)).
func sshAgent(ctx context.Context) (ssh.AuthMethod, func(), error) {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, nil, fault.New(actors.CodeAuth, "There is no SSH key; set GIT_SSH_KEY_FILE, or SSH_AUTH_SOCK to an agent's "+
			"socket.")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, nil, fault.New(actors.CodeAuth, "The SSH agent at SSH_AUTH_SOCK does not answer; set GIT_SSH_KEY_FILE, or "+
			"start the agent.")
	}
	// Runs when ctx ends, unless hangUp was called before. Nobody waits for it: to close a connection takes no time.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	hangUp := func() {
		stop()
		conn.Close()
	}
	return ssh.PublicKeysCallback(agent.NewClient(conn).Signers), hangUp, nil
}

// sshKey reads the private key. It is called for each connection, so that a new key takes effect at once.
func sshKey(settings location.Settings) (ssh.Signer, error) {
	pem, err := os.ReadFile(settings.SSHKeyFile)
	if err != nil {
		return nil, fault.New(actors.CodeAuth, "The file of GIT_SSH_KEY_FILE cannot be read: %s.", fault.WithoutPath(err))
	}
	passphrase, err := settings.Passphrase()
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(pem)
	var encrypted *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return signer, nil
	case !errors.As(err, &encrypted):
		return nil, fault.New(actors.CodeAuth, "The file of GIT_SSH_KEY_FILE holds no private key that can be read.")
	case passphrase == "":
		return nil, fault.New(actors.CodeAuth, "The key of GIT_SSH_KEY_FILE is encrypted; set GIT_SSH_KEY_PASSPHRASE.")
	}
	if signer, err = ssh.ParsePrivateKeyWithPassphrase(pem, []byte(passphrase)); err != nil {
		return nil, fault.New(actors.CodeAuth, "GIT_SSH_KEY_PASSPHRASE does not open the key of GIT_SSH_KEY_FILE.")
	}
	return signer, nil
}

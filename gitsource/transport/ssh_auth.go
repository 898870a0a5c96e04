package transport

import (
	"context"
	"net"
	"os"

	"golang.org/x/crypto/ssh"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/knownhosts"
	"mooring/gitsource/location"
	"mooring/gitsource/privatekey"
)

// login is what one connection to an SSH host needs.
type login struct {
	config *ssh.ClientConfig
	host   knownhosts.Host
	// warning is about the known hosts, for the log; empty if there is nothing to say.
	warning string
	// hasKey and hasPassword tell what can be offered to the host.
	hasKey, hasPassword bool
	// doubt is a sentence about the key, for the failure of a refused one; it may be empty.
	doubt string
	// release lets the agent go. It is called when the handshake is over.
	release func()
}

// newLogin puts together the credentials and the known keys of the host at an address. It reads all files anew, so that
// a change takes effect at once. The caller calls release.
func newLogin(
	ctx context.Context, address string, settings location.Settings, credentials location.Credentials,
) (*login, error) {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	known, err := knownHosts(settings)
	if err != nil {
		return nil, err
	}
	l := &login{warning: known.Warning(), release: func() {}}
	if l.host, err = known.At(name, port); err != nil {
		return nil, err
	}
	l.config = &ssh.ClientConfig{
		User:              credentials.Username,
		HostKeyCallback:   l.host.Check,
		HostKeyAlgorithms: l.host.Algorithms(),
	}
	if l.config.User == "" {
		l.config.User = location.DefaultUsername
	}
	if err := l.addKeys(ctx, settings, credentials.Password != ""); err != nil {
		return nil, err
	}
	if credentials.Password != "" {
		l.hasPassword = true
		l.config.Auth = append(l.config.Auth, passwordMethods(credentials.Password)...)
	}
	return l, nil
}

// knownHosts reads the file of GIT_SSH_KNOWN_HOSTS_FILE, or those that the ssh program reads.
func knownHosts(settings location.Settings) (knownhosts.Hosts, error) {
	home, _ := os.UserHomeDir() // empty without HOME
	files := knownhosts.DefaultFiles(home)
	if settings.SSHKnownHostsFile != "" {
		files = []string{settings.SSHKnownHostsFile}
	}
	known, err := knownhosts.Read(files)
	if err != nil || !known.IsEmpty() {
		return known, err
	}
	reason := ""
	if settings.SSHKnownHostsFile == "" && home == "" {
		reason = ", and HOME is not set"
	}
	return knownhosts.Hosts{}, fault.New(actors.CodeUntrusted, "There is no file of known SSH hosts%s; set "+
		"GIT_SSH_KNOWN_HOSTS_FILE to one that holds the Git host's key, as ssh-keyscan prints it.", reason)
}

// addKeys adds the key of GIT_SSH_KEY_FILE, or the keys of the agent if that is not set. Without an agent a password is
// enough.
func (l *login) addKeys(ctx context.Context, settings location.Settings, hasPassword bool) error {
	if settings.SSHKeyFile != "" {
		keys, err := privatekey.Read(settings.SSHKeyFile, settings.Passphrase)
		if err != nil {
			return err
		}
		l.hasKey, l.doubt = true, keys.Doubt
		l.config.Auth = append(l.config.Auth, ssh.PublicKeys(keys.Signers...))
		return nil
	}
	signers, hangUp, err := sshAgent(ctx)
	switch {
	case err == nil:
		l.hasKey, l.release = true, hangUp
		l.config.Auth = append(l.config.Auth, ssh.PublicKeys(signers...))
	case !hasPassword || ctx.Err() != nil:
		return err
	}
	return nil
}

// passwordMethods are the two ways in which a host asks for a password (RFC 4252, section 8; RFC 4256). Some hosts have
// only the second one. There the password is the answer to a single question whose answer is not shown, and to no
// other: a one-time code, say, is none.
func passwordMethods(password string) []ssh.AuthMethod {
	isSent := false // the methods of one connection are called one after the other
	plain := func() (string, error) {
		isSent = true
		return password, nil
	}
	answer := func(_, _ string, questions []string, shown []bool) ([]string, error) {
		switch {
		case len(questions) == 0: // only a text for the user
			return nil, nil
		case len(questions) > 1 || shown[0]:
			return nil, fault.New(actors.CodeAuth, "The Git host asks over SSH for more than a password; set GIT_SSH_KEY_FILE.")
		case isSent:
			return nil, fault.New(actors.CodeAuth, "The Git host does not accept the password over SSH, or asks for more than "+
				"that; check GIT_PASSWORD and the user in GIT_URL, or set GIT_SSH_KEY_FILE.")
		}
		isSent = true
		return []string{password}, nil
	}
	return []ssh.AuthMethod{ssh.PasswordCallback(plain), ssh.KeyboardInteractive(answer)}
}

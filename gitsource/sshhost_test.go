package gitsource

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// sshOptions are what an SSH host is like.
type sshOptions struct {
	// v0 makes a host that takes no environment variables, as sshd does without AcceptEnv.
	v0 bool
	// password is accepted, where it is set, beside the key.
	password string
	// key is the one that is accepted; nil for a new one.
	key *keyFile
	// instead, where it is set, is what becomes of a session in place of a command: it is refused, or its connection lost.
	instead func(ssh.NewChannel, *ssh.ServerConn)
	// directory is where commands run.
	directory string
}

// sshHost is an SSH host that serves a repository.
type sshHost struct {
	url string
	// keyFile holds a private key that the host accepts, knownHosts the host's own key.
	keyFile, knownHosts string
}

// serveSSH serves the repository over SSH.
func serveSSH(t *testing.T, r *testRepository, options sshOptions) sshHost {
	t.Helper()
	hostKey, userKey := newSigner(t), options.key
	if userKey == nil {
		made := newKeyFile(t)
		userKey = &made
	}
	server := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if string(key.Marshal()) == string(userKey.public.Marshal()) {
				return nil, nil
			}
			return nil, os.ErrPermission
		},
	}
	if options.password != "" {
		server.PasswordCallback = func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if string(password) == options.password {
				return nil, nil
			}
			return nil, os.ErrPermission
		}
	}
	server.AddHostKey(hostKey)
	address := listen(t, func(conn net.Conn) { serveSSHConn(t, conn, server, options) })
	return sshHost{
		url:        "ssh://git@" + address + r.dir,
		keyFile:    userKey.file,
		knownHosts: knownHostsFile(t, address, hostKey.PublicKey()),
	}
}

func serveSSHConn(t *testing.T, conn net.Conn, config *ssh.ServerConfig, options sshOptions) {
	server, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer server.Close()
	// Ends when the connection does.
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		if options.instead != nil {
			options.instead(offered, server)
			continue
		}
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		serveSSHSession(t, channel, requests, options)
	}
}

// serveSSHSession runs the command of one session, with the environment that was asked for before.
func serveSSHSession(t *testing.T, channel ssh.Channel, requests <-chan *ssh.Request, options sshOptions) {
	defer channel.Close()
	environment := gitEnvironment()
	for request := range requests {
		var argument struct{ Command string }
		var variable struct{ Name, Value string }
		switch {
		case request.Type == "env" && !options.v0 && ssh.Unmarshal(request.Payload, &variable) == nil:
			environment = append(environment, variable.Name+"="+variable.Value)
		case request.Type == "exec" && ssh.Unmarshal(request.Payload, &argument) == nil:
			_ = request.Reply(true, nil)
			command := exec.CommandContext(t.Context(), "sh", "-c", argument.Command)
			command.Dir = options.directory
			command.Env, command.Stdout, command.Stderr = environment, channel, channel.Stderr()
			serveProcess(command, channel)
			status := struct{ Status uint32 }{uint32(command.ProcessState.ExitCode())}
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(status))
			return
		}
	}
}

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// keyFile is a private key in a file, and its public half.
type keyFile struct {
	file   string
	public ssh.PublicKey
	key    ed25519.PrivateKey
}

// newKeyFile makes a key in OpenSSH's format.
func newKeyFile(t *testing.T) keyFile {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return keyFile{writeFile(t, "id", string(pem.EncodeToMemory(block))), signer.PublicKey(), private}
}

// encrypt writes the key anew with a passphrase. One round of its hash is enough here, and quick.
func (k keyFile) encrypt(t *testing.T, passphrase string) {
	t.Helper()
	arguments := []string{"-q", "-p", "-a", "1", "-P", "", "-N", passphrase, "-f", k.file}
	if output, err := exec.CommandContext(t.Context(), "ssh-keygen", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, output)
	}
}

func knownHostsFile(t *testing.T, address string, key ssh.PublicKey) string {
	t.Helper()
	return writeFile(t, "known_hosts", knownhosts.Line([]string{knownhosts.Normalize(address)}, key)+"\n")
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

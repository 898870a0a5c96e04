package githost

import (
	"net"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/crypto/ssh"
)

// SSHOptions are the properties of an SSH host.
type SSHOptions struct {
	// V0 makes a host that ignores environment variables, as sshd does without AcceptEnv.
	V0 bool
	// Password is accepted too, if it is set.
	Password string
	// Key is the accepted key; nil for a new one.
	Key *KeyFile
	// Configure changes the host's configuration, if it is set.
	Configure func(*ssh.ServerConfig)
	// Instead handles a session instead of a command, if it is set.
	Instead func(ssh.NewChannel, *ssh.ServerConn)
	// Directory is where commands run.
	Directory string
	// Command runs instead of any command that a client asks for, if it is set, like sshd's ForceCommand.
	Command []string
}

// SSHHost is an SSH host that serves a repository.
type SSHHost struct {
	// URL is the repository's.
	URL string
	// KeyFile is the path of a private key that the host accepts, KnownHosts that of a file with the host's own key.
	KeyFile, KnownHosts string
}

// ServeSSH serves the repository over SSH.
func ServeSSH(t *testing.T, r *Repository, options SSHOptions) SSHHost {
	t.Helper()
	hostKey, userKey := NewSigner(t), options.Key
	if userKey == nil {
		made := NewKeyFile(t)
		userKey = &made
	}
	server := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if string(key.Marshal()) == string(userKey.Public.Marshal()) {
				return nil, nil
			}
			return nil, os.ErrPermission
		},
	}
	if options.Password != "" {
		server.PasswordCallback = func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if string(password) == options.Password {
				return nil, nil
			}
			return nil, os.ErrPermission
		}
	}
	server.AddHostKey(hostKey)
	if options.Configure != nil {
		options.Configure(server)
	}
	address := Listen(t, func(conn net.Conn) { serveSSHConn(t, conn, server, options) })
	return SSHHost{
		URL:        "ssh://git@" + address + r.Dir,
		KeyFile:    userKey.File,
		KnownHosts: KnownHostsFile(t, address, hostKey.PublicKey()),
	}
}

func serveSSHConn(t *testing.T, conn net.Conn, config *ssh.ServerConfig, options SSHOptions) {
	server, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer server.Close()
	// Ends when the connection is closed, which the deferred Close does; the check for leaks at the end of all tests
	// waits for it.
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		if options.Instead != nil {
			options.Instead(offered, server)
			continue
		}
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		serveSSHSession(t, channel, requests, options)
	}
}

// serveSSHSession runs the command of one session, with the environment variables that the client has set.
func serveSSHSession(t *testing.T, channel ssh.Channel, requests <-chan *ssh.Request, options SSHOptions) {
	defer channel.Close()
	environment := Environment()
	for request := range requests {
		var argument struct{ Command string }
		var variable struct{ Name, Value string }
		switch {
		case request.Type == "env" && !options.V0 && ssh.Unmarshal(request.Payload, &variable) == nil:
			environment = append(environment, variable.Name+"="+variable.Value)
		case request.Type == "exec" && ssh.Unmarshal(request.Payload, &argument) == nil:
			_ = request.Reply(true, nil)
			run := []string{"sh", "-c", argument.Command}
			if options.Command != nil {
				run = options.Command
			}
			command := exec.CommandContext(t.Context(), run[0], run[1:]...)
			command.Dir = options.Directory
			command.Env, command.Stdout, command.Stderr = environment, channel, channel.Stderr()
			serveProcess(command, channel)
			status := struct{ Status uint32 }{uint32(command.ProcessState.ExitCode())}
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(status))
			return
		}
	}
}

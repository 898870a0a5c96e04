package transport

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/githost"
	"mooring/gitsource/protocol"
)

func TestTheSSHAgentsKeysAreUsedWithoutAKeyFile(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	key := githost.NewKeyFile(t)
	settings := overSSH(t, repository, githost.SSHOptions{Key: &key})
	settings.SSHKeyFile = ""

	keyring := agent.NewKeyring()
	is.NoErr(keyring.Add(agent.AddedKey{PrivateKey: key.Key}))
	socket := filepath.Join(t.TempDir(), "agent")
	t.Setenv("SSH_AUTH_SOCK", socket)
	is.Equal(openFailure(t, settings).Code, actors.CodeAuth) // no agent answers there

	serveAgent(t, socket, func(conn net.Conn) { _ = agent.ServeAgent(keyring, conn) })
	is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Tip(), tip)
}

// serveAgent serves an agent's connections at a socket, one after the other.
func serveAgent(t *testing.T, socket string, serve func(net.Conn)) {
	t.Helper()
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	// Ends when the listener is closed; the cleanup waits for it.
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-ended })
}

// silentSigner is an agent that has keys and does not sign until its connection is closed.
type silentSigner struct {
	agent.ExtendedAgent
	closed <-chan struct{}
}

func (s silentSigner) SignWithFlags(ssh.PublicKey, []byte, agent.SignatureFlags) (*ssh.Signature, error) {
	<-s.closed
	return nil, errors.New("too late")
}

func TestAnAgentThatIsOfNoUseIsToldWithinABoundedTime(t *testing.T) {
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	key := githost.NewKeyFile(t)
	settings := overSSH(t, repository, githost.SSHOptions{Key: &key})
	settings.SSHKeyFile = ""
	keyring := agent.NewKeyring()
	is.New(t).NoErr(keyring.Add(agent.AddedKey{PrivateKey: key.Key}))
	hangs := func(conn net.Conn) {
		for read := error(nil); read == nil; _, read = conn.Read(make([]byte, 1024)) {
		}
	}
	for name, c := range map[string]struct {
		serve func(t *testing.T, conn net.Conn)
		says  string
	}{
		"silent":   {func(_ *testing.T, conn net.Conn) { hangs(conn) }, "does not answer"},
		"closed":   {func(_ *testing.T, conn net.Conn) {}, "does not answer"},
		"no key":   {func(_ *testing.T, conn net.Conn) { _ = agent.ServeAgent(agent.NewKeyring(), conn) }, "ssh-add"},
		"no words": {func(_ *testing.T, conn net.Conn) { _, _ = conn.Write([]byte("hello")); hangs(conn) }, "does not answer"},
		"silent when it signs": {func(t *testing.T, conn net.Conn) {
			signer := silentSigner{keyring.(agent.ExtendedAgent), t.Context().Done()}
			_ = agent.ServeAgent(signer, conn)
		}, "does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			socket := filepath.Join(t.TempDir(), "agent")
			t.Setenv("SSH_AUTH_SOCK", socket)
			serveAgent(t, socket, func(conn net.Conn) { c.serve(t, conn) })
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := newTestRemote(t, settings).Open(ctx, protocol.Facts{})
			is.Equal(fault.Of(err).Code, actors.CodeAuth) // and not the timeout of the whole
			is.True(strings.Contains(err.Error(), c.says))
			is.True(strings.Contains(err.Error(), "GIT_SSH_KEY_FILE"))
		})
	}
}

func TestAnSSHPasswordIsUsedWhereNoKeyIsAccepted(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	settings := overSSH(t, repository, githost.SSHOptions{Password: "pa/ss"})
	settings.URL = strings.Replace(settings.URL, "git@", "git:pa%2Fss@", 1)
	t.Setenv("SSH_AUTH_SOCK", "")
	for _, key := range []string{"", githost.NewKeyFile(t).File} { // no key, and a key that the host does not know
		settings.SSHKeyFile = key
		is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Tip(), tip)
	}
	settings.URL = strings.Replace(settings.URL, "pa%2Fss", "wrong", 1)
	is.Equal(openFailure(t, settings).Code, actors.CodeAuth)
}

// asking configures a host that lets a user in by questions (RFC 4256), and by nothing else.
func asking(ask func(ssh.KeyboardInteractiveChallenge) error) func(*ssh.ServerConfig) {
	return func(c *ssh.ServerConfig) {
		c.PublicKeyCallback, c.PasswordCallback = nil, nil
		c.KeyboardInteractiveCallback = func(
			_ ssh.ConnMetadata, client ssh.KeyboardInteractiveChallenge,
		) (*ssh.Permissions, error) {
			return nil, ask(client)
		}
	}
}

func TestAPasswordAnswersASingleHiddenQuestionAndNoOther(t *testing.T) {
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	const password = "s3cret word"
	expect := func(client ssh.KeyboardInteractiveChallenge, questions []string, shown []bool) error {
		answers, err := client("", "", questions, shown)
		if err == nil && len(questions) > 0 && answers[0] != password {
			return errors.New("wrong")
		}
		return err
	}
	hidden := func(client ssh.KeyboardInteractiveChallenge) error {
		return expect(client, []string{"Password: "}, []bool{false})
	}
	for name, c := range map[string]struct {
		ask  func(ssh.KeyboardInteractiveChallenge) error
		says string
	}{
		"hidden": {hidden, ""},
		"after a text": {func(client ssh.KeyboardInteractiveChallenge) error {
			return errors.Join(expect(client, nil, nil), hidden(client), expect(client, nil, nil))
		}, ""},
		"shown": {func(client ssh.KeyboardInteractiveChallenge) error {
			return expect(client, []string{"Login: "}, []bool{true})
		}, "asks over SSH for more than a password"},
		"two": {func(client ssh.KeyboardInteractiveChallenge) error {
			return expect(client, []string{"Password: ", "Code: "}, []bool{false, false})
		}, "asks over SSH for more than a password"},
		"a code after it": {func(client ssh.KeyboardInteractiveChallenge) error {
			return errors.Join(hidden(client), expect(client, []string{"Code: "}, []bool{false}))
		}, "does not accept the password over SSH, or asks for more"},
		"refused": {func(client ssh.KeyboardInteractiveChallenge) error {
			return errors.Join(hidden(client), errors.New("no"))
		}, "does not accept"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			settings := overSSH(t, repository, githost.SSHOptions{Configure: asking(c.ask)})
			settings.Password = func() (string, error) { return password, nil }
			t.Setenv("SSH_AUTH_SOCK", "")
			for _, key := range []string{"", settings.SSHKeyFile} {
				settings.SSHKeyFile = key
				if c.says == "" {
					is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Tip(), tip)
					continue
				}
				failure := openFailure(t, settings)
				is.Equal(failure.Code, actors.CodeAuth)
				is.True(strings.Contains(failure.Message, c.says))
				is.True(!strings.Contains(failure.Message, "s3cret"))
			}
		})
	}
}

func TestWhatTheHostAsksForIsToldWhereItIsMissing(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	t.Setenv("SSH_AUTH_SOCK", "")
	onlyQuestions := githost.SSHOptions{Configure: asking(func(ssh.KeyboardInteractiveChallenge) error { return nil })}
	onlyPassword := githost.SSHOptions{Password: "pw", Configure: func(c *ssh.ServerConfig) { c.PublicKeyCallback = nil }}
	for _, options := range []githost.SSHOptions{onlyQuestions, onlyPassword} {
		failure := openFailure(t, overSSH(t, repository, options))
		is.Equal(failure.Code, actors.CodeAuth)
		is.True(strings.Contains(failure.Message, "set GIT_PASSWORD"))
	}
	settings := overSSH(t, repository, githost.SSHOptions{})
	settings.SSHKeyFile, settings.Password = "", func() (string, error) { return "pw", nil }
	failure := openFailure(t, settings)
	is.Equal(failure.Code, actors.CodeAuth)
	is.True(strings.Contains(failure.Message, "set GIT_SSH_KEY_FILE"))
}

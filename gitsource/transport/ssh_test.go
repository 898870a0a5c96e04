package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
	"golang.org/x/crypto/ssh"

	"mooring/actors"
	"mooring/gitsource/githost"
	"mooring/gitsource/location"
	"mooring/gitsource/protocol"
)

func TestAnSSHHostKeyMustBeKnown(t *testing.T) {
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	settings := overSSH(t, repository, githost.SSHOptions{})
	at, err := location.Parse(settings.URL)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	otherKind, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ file, says string }{
		"unknown":     {githost.WriteFile(t, "known_hosts", ""), "is not known"},
		"changed":     {githost.KnownHostsFile(t, at.Host, githost.NewKeyFile(t).Public), "is not the known one"},
		"other kind":  {githost.KnownHostsFile(t, at.Host, otherKind), "no SSH key of a kind"},
		"no file":     {filepath.Join(t.TempDir(), "missing"), "There is no file of known SSH hosts"},
		"not as such": {githost.WriteFile(t, "known_hosts", "one two\n"), "is not known"},
		"a directory": {t.TempDir(), "is a directory"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			settings := settings
			settings.SSHKnownHostsFile = test.file
			failure := openFailure(t, settings)
			is.Equal(failure.Code, actors.CodeUntrusted)
			is.True(strings.Contains(failure.Message, test.says))
			is.True(strings.Contains(failure.Message, "GIT_SSH_KNOWN_HOSTS_FILE"))
		})
	}
}

func TestTheKnownHostsOfTheHomeDirectoryCountByDefault(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	settings := overSSH(t, repository, githost.SSHOptions{})
	home := t.TempDir()
	t.Setenv("HOME", home)
	is.NoErr(os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
	is.NoErr(os.Rename(settings.SSHKnownHostsFile, filepath.Join(home, ".ssh", "known_hosts")))
	settings.SSHKnownHostsFile = ""
	is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Tip(), tip)

	t.Setenv("HOME", t.TempDir())
	is.Equal(openFailure(t, settings).Code, actors.CodeUntrusted)
	t.Setenv("HOME", "")
	failure := openFailure(t, settings)
	is.Equal(failure.Code, actors.CodeUntrusted)
	is.True(strings.Contains(failure.Message, "GIT_SSH_KNOWN_HOSTS_FILE"))
}

func TestASessionWarnsOfLinesThatCannotBeRead(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	settings := overSSH(t, repository, githost.SSHOptions{})
	is.Equal(openSession(t, newTestRemote(t, settings), protocol.Facts{}).Warning(), "")
	known, err := os.ReadFile(settings.SSHKnownHostsFile)
	is.NoErr(err)
	settings.SSHKnownHostsFile = githost.WriteFile(t, "known_hosts", "Could not resolve hostname\n"+string(known))
	warning := openSession(t, newTestRemote(t, settings), protocol.Facts{}).Warning()
	is.True(strings.Contains(warning, "line 1 of "+settings.SSHKnownHostsFile))
}

func TestAnSSHKeyIsReadOrTheReasonTold(t *testing.T) {
	secret := func(value string) func() (string, error) {
		return func() (string, error) { return value, nil }
	}
	repository := githost.New(t)
	repository.Commit("docker-compose.yml", "a")
	encrypted := githost.NewKeyFile(t)
	encrypted.Encrypt(t, "open sesame")
	good := overSSH(t, repository, githost.SSHOptions{Key: &encrypted})
	good.SSHKeyPassphrase = secret("open sesame")
	openSession(t, newTestRemote(t, good), protocol.Facts{})

	tests := map[string]struct {
		change func(*location.Settings)
		says   string
	}{
		"no passphrase":    {func(s *location.Settings) { s.SSHKeyPassphrase = nil }, "set GIT_SSH_KEY_PASSPHRASE"},
		"wrong passphrase": {func(s *location.Settings) { s.SSHKeyPassphrase = secret("wrong one") }, "does not open the key"},
		"unreadable passphrase": {func(s *location.Settings) {
			s.SSHKeyPassphrase = func() (string, error) { return "", os.ErrPermission }
		}, "GIT_SSH_KEY_PASSPHRASE cannot be read"},
		"another key": {func(s *location.Settings) { s.SSHKeyFile = githost.NewKeyFile(t).File }, "does not accept the SSH key"},
		"no key":      {func(s *location.Settings) { s.SSHKeyFile = githost.WriteFile(t, "id", "not a key") }, "holds no private key"},
		"no file":     {func(s *location.Settings) { s.SSHKeyFile += ".gone" }, "no such file"},
		"no agent":    {func(s *location.Settings) { s.SSHKeyFile = "" }, "set GIT_SSH_KEY_FILE"},
	}
	t.Setenv("SSH_AUTH_SOCK", "")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			settings := good
			test.change(&settings)
			failure := openFailure(t, settings)
			is.Equal(failure.Code, actors.CodeAuth)
			is.True(strings.Contains(failure.Message, test.says))
			is.True(!strings.Contains(failure.Message, "wrong one"))
		})
	}
}

func TestTheWordsOfAnSSHHostBecomeAFailure(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	settings := overSSH(t, repository, githost.SSHOptions{})
	settings.URL += "-gone/it's!"
	failure := openFailure(t, settings)
	is.Equal(failure.Code, actors.CodeNotFound)
	is.True(strings.Contains(failure.Message, "stacks-gone/it's!' does not appear to be a git repository"))
}

func TestAnSCPAddressIsRelativeToTheHome(t *testing.T) {
	is := is.New(t)
	repository := githost.New(t)
	tip := repository.Commit("docker-compose.yml", "a")
	settings := overSSH(t, repository, githost.SSHOptions{Directory: filepath.Dir(repository.Dir)})
	at, err := location.Parse(settings.URL)
	is.NoErr(err)
	remote := newTestRemote(t, settings)
	// This is git@host:stacks, which cannot name a port.
	remote.at = location.Endpoint{Scheme: location.SSH, Host: at.Host, User: "git", Path: "stacks"}
	is.Equal(openSession(t, remote, protocol.Facts{}).Tip(), tip)
}

func TestAGitDaemonWithoutTheRepositoryIsNotFound(t *testing.T) {
	is := is.New(t)
	for _, v0 := range []bool{false, true} {
		failure := openFailure(t, location.Settings{URL: githost.ServeGit(t, githost.New(t), v0) + "-gone"})
		is.Equal(failure.Code, actors.CodeNotFound)
	}
}

func TestAnSSHHostThatOpensNoSessionIsUnreachable(t *testing.T) {
	r := githost.New(t)
	r.Commit("docker-compose.yml", "a")
	for name, instead := range map[string]func(ssh.NewChannel, *ssh.ServerConn){
		"too many sessions": func(offered ssh.NewChannel, _ *ssh.ServerConn) {
			_ = offered.Reject(ssh.ResourceShortage, "no more sessions")
		},
		"the connection is lost before the program runs": func(offered ssh.NewChannel, server *ssh.ServerConn) {
			if _, _, err := offered.Accept(); err == nil {
				server.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			is.Equal(openFailure(t, overSSH(t, r, githost.SSHOptions{Instead: instead})).Code, actors.CodeUnreachable)
		})
	}
}

package integration_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// The files of SSH against OpenSSH's server: known hosts that cannot be read whole, and certificates.

// keygen runs ssh-keygen.
func keygen(t *testing.T, arguments ...string) {
	t.Helper()
	if output, err := exec.CommandContext(t.Context(), "ssh-keygen", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, output)
	}
}

// prepend writes lines before the content of a file.
func prepend(t *testing.T, file, lines string) {
	t.Helper()
	content, err := os.ReadFile(file)
	is.New(t).NoErr(err)
	is.New(t).NoErr(os.WriteFile(file, []byte(lines+string(content)), 0o600))
}

func TestSSHKnownHostsThatCannotBeReadWholeAreWarnedOfOnce(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	key := newKey(t, "")
	host := serveSSH(t, key)
	file := host.knownHosts(host.hostKey("ed25519"))
	prepend(t, file, "getaddrinfo git: Name or service not known\n# text\ngit 1024 35 12345\ngit ssh-new AAAA\n")
	s := start(t, "GIT_URL="+host.url(repo), "GIT_SSH_KEY_FILE="+key, "GIT_SSH_KNOWN_HOSTS_FILE="+file)
	s.awaitRevision(first)
	warning := s.logged("level=WARN", "something was left out")
	is.True(strings.Contains(lab.Field(warning, "reason"), "lines 1, 3 and 4 of "+file))
	is.Equal(s.refresh().Revision, first)
	next := repo.push(files{"new/docker-compose.yml": "services: {}"})
	is.Equal(s.refresh().Revision, next)
	is.Equal(s.count("something was left out"), 1)

	prepend(t, file, "@revoked * ssh-new AAAA\n")
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_untrusted")
	isSentence(t, failed.Error.Message)
	is.True(strings.Contains(failed.Error.Message, "line 1 of "+file))
	is.Equal(s.snapshot().Revision, next)

	host.know(file, host.hostKey("ed25519"))
	is.Equal(s.refresh().Revision, next)
}

func TestSSHCertificateBesideTheKeyIsUsed(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	authority, key := newKey(t, ""), newKey(t, "")
	who, err := user.Current()
	is.NoErr(err)
	host := serveSSH(t, newKey(t, ""), "TrustedUserCAKeys "+authority+".pub") // the key alone is not accepted
	settings := []string{"GIT_URL=" + host.url(repo), "GIT_SSH_KEY_FILE=" + key,
		"GIT_SSH_KNOWN_HOSTS_FILE=" + host.knownHosts(host.hostKey("ed25519"))}

	is.True(strings.HasPrefix(run(t, []string{"-once"}, settings...).stderr, "mooring: git_auth: "))
	keygen(t, "-q", "-s", authority, "-I", "test", "-n", who.Username, key+".pub")
	got := run(t, []string{"-once"}, settings...)
	is.Equal(got.stderr, "")
	is.Equal(decode[snapshot](t, reply{body: got.stdout}).Revision, first)

	keygen(t, "-q", "-s", authority, "-I", "test", "-n", who.Username, "-V", "20200101:20200102", key+".pub")
	refused := run(t, []string{"-once"}, settings...)
	is.True(strings.HasPrefix(refused.stderr, "mooring: git_auth: "))
	is.True(strings.Contains(refused.stderr, "has expired at 2020-01-0"))
}

// The authority's key is of another kind than the host's.
func TestSSHHostWithACertificateIsTrustedByItsAuthority(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	key, authority, other := newKey(t, ""), newKeyOf(t, "ecdsa", ""), newKeyOf(t, "ecdsa", "")
	host := serveSSH(t, key)
	keygen(t, "-q", "-s", authority, "-I", "test", "-h", "-n", "127.0.0.1", host.hostKey("ed25519")+".pub")
	configuration := filepath.Join(host.directory, "sshd_config")
	prepend(t, configuration, "HostCertificate "+host.hostKey("ed25519")+"-cert.pub\n")
	for name, c := range map[string]struct{ authority, code string }{
		"known":   {authority, ""},
		"another": {other, "git_untrusted"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			file := host.knownHosts(c.authority)
			prepend(t, file, "@cert-authority ")
			got := run(t, []string{"-once"}, "GIT_URL="+host.url(repo), "GIT_SSH_KEY_FILE="+key,
				"GIT_SSH_KNOWN_HOSTS_FILE="+file)
			if c.code != "" {
				is.True(strings.HasPrefix(got.stderr, "mooring: "+c.code+": "))
				return
			}
			is.Equal(got.stderr, "")
			is.Equal(decode[snapshot](t, reply{body: got.stdout}).Revision, first)
		})
	}
}

// A fresh service user has neither a home nor an agent.
func TestSSHWithoutHomeAndAgentSaysWhatToSet(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	host := serveSSH(t, newKey(t, ""))
	got := run(t, []string{"-once"}, "GIT_URL="+host.url(repo), "HOME=", "SSH_AUTH_SOCK=",
		"GIT_SSH_KNOWN_HOSTS_FILE="+host.knownHosts(host.hostKey("ed25519")))
	is.True(strings.HasPrefix(got.stderr, "mooring: git_auth: There is no SSH key; set GIT_SSH_KEY_FILE"))
	got = run(t, []string{"-once"}, "GIT_URL="+host.url(repo), "HOME=", "SSH_AUTH_SOCK=")
	is.True(strings.HasPrefix(got.stderr, "mooring: git_untrusted: "))
	is.True(strings.Contains(got.stderr, "GIT_SSH_KNOWN_HOSTS_FILE"))
}

// README says so. For the programs ssh and git these files would lead to another host.
func TestConfigurationOfSSHAndGitIsNotRead(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	key := newKey(t, "")
	host := serveSSH(t, key)
	home := t.TempDir()
	is.NoErr(os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
	for name, content := range map[string]string{
		".ssh/config": "Host *\nHostName 192.0.2.1\nProxyCommand false\nStrictHostKeyChecking no\n",
		".gitconfig":  "[url \"file:///nonexistent/\"]\n\tinsteadOf = ssh://\n[core]\n\tsshCommand = false\n",
	} {
		is.NoErr(os.WriteFile(filepath.Join(home, name), []byte(content), 0o600))
	}
	host.know(filepath.Join(home, ".ssh", "known_hosts"), host.hostKey("ed25519"))
	got := run(t, []string{"-once"}, "GIT_URL="+host.url(repo), "HOME="+home, "GIT_SSH_KEY_FILE="+key)
	is.Equal(got.stderr, "")
	is.Equal(decode[snapshot](t, reply{body: got.stdout}).Revision, revision)
	readme, err := os.ReadFile("../README.md")
	is.NoErr(err)
	is.True(strings.Contains(string(readme), "mooring does not read the configuration of SSH (`~/.ssh/config`"))
	is.True(strings.Contains(string(readme), "or of git (`insteadOf`"))
}

package integration_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// SSH against OpenSSH's server: keys, passphrases, host keys, silence.

func TestSSHKeyThatIsAcceptedFollowsPushes(t *testing.T) {
	for version, lines := range map[string][]string{"version 2": {acceptProtocol}, "version 0": nil} {
		for _, filter := range []string{"true", "false"} {
			t.Run(version+" with filter "+filter, func(t *testing.T) {
				t.Parallel()
				repo, first := with(t, twoStacks())
				git(t, repo.bare, "config", "uploadpack.allowFilter", filter)
				git(t, repo.bare, "config", "uploadpack.allowAnySHA1InWant", filter)
				key := newKey(t, "")
				host := serveSSH(t, key, lines...)
				s := start(t, "GIT_URL="+host.url(repo), "GIT_SSH_KEY_FILE="+key,
					"GIT_SSH_KNOWN_HOSTS_FILE="+host.knownHosts(host.hostKey("ed25519")))
				followsPushes(t, repo, first, s)
			})
		}
	}
}

// followsPushes checks the snapshot at first, after a push and after a forced push back.
func followsPushes(t *testing.T, repo repository, first string, s *service) {
	t.Helper()
	is := is.New(t)
	holdsTwoStacks(t, repo, first, s)
	next := repo.push(files{"new/docker-compose.yml": "services: {}", "web/docker-compose.yml": ""})
	is.Equal(s.refresh().Revision, next)
	is.Equal(s.snapshot().paths(), []string{"db/main", "new"})
	repo.publish(first + ":refs/heads/main")
	is.Equal(s.refresh().Revision, first)
	is.Equal(s.snapshot().paths(), []string{"db/main", "web"})
}

func TestSSHKeyThatIsNotAcceptedIsToldUntilItIs(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, first := with(t, twoStacks())
	right, wrong := newKey(t, ""), newKey(t, "")
	host := serveSSH(t, right)
	mounted := newSecretFile(t, "")
	copyFile(t, wrong, mounted.path)
	s := start(t, "GIT_URL="+host.url(repo), "GIT_SSH_KEY_FILE="+mounted.path, "LOG_LEVEL=debug",
		"GIT_SSH_KNOWN_HOSTS_FILE="+host.knownHosts(host.hostKey("ed25519")))
	s.secrets = append(s.secrets, secretsOfKey(right)...)
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_auth")
	isSentence(t, failed.Error.Message)
	is.True(strings.Contains(failed.Error.Message, "GIT_SSH_KEY_FILE"))
	copyFile(t, right, mounted.path) // a rotated key counts at the next attempt
	s.awaitRevision(first)
	is.Equal(s.status().Last.Trigger.Source, "poll")
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	is.New(t).NoErr(err)
	is.New(t).NoErr(os.WriteFile(to, content, 0o600))
}

func TestSSHKeyWithAPassphrase(t *testing.T) {
	t.Parallel()
	repo, first := with(t, twoStacks())
	const passphrase = "open: ses ame%41"
	key := newKey(t, passphrase)
	host := serveSSH(t, key)
	settings := []string{"GIT_URL=" + host.url(repo), "GIT_SSH_KEY_FILE=" + key,
		"GIT_SSH_KNOWN_HOSTS_FILE=" + host.knownHosts(host.hostKey("ed25519"))}
	for _, c := range []struct{ name, setting, says string }{
		{"given", "GIT_SSH_KEY_PASSPHRASE=" + passphrase, ""},
		{"in a file", "GIT_SSH_KEY_PASSPHRASE_FILE=" + newSecretFile(t, passphrase).path, ""},
		{"missing", "GIT_SSH_KEY_PASSPHRASE=", "is encrypted; set GIT_SSH_KEY_PASSPHRASE"},
		{"wrong", "GIT_SSH_KEY_PASSPHRASE=close sesame", "GIT_SSH_KEY_PASSPHRASE does not open"},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := is.New(t)
			got := run(t, []string{"-once"}, append(settings, c.setting)...)
			if c.says == "" {
				is.Equal(got.stderr, "")
				is.Equal(decode[snapshot](t, reply{body: got.stdout}).Revision, first)
				return
			}
			is.Equal(got.code, 1)
			is.True(strings.HasPrefix(got.stderr, "mooring: git_auth: "))
			is.True(strings.Contains(got.stderr, c.says))
		})
	}
}

// A host key that is unknown, or differs from the known one, is always refused. The snapshot stays. When the file lists
// the key, the service recovers by itself.
func TestSSHHostKeyThatIsUnknownOrChangedIsUntrusted(t *testing.T) {
	for name, c := range map[string]struct {
		known func(*testing.T, sshHost) []string
		says  string
	}{
		"unknown": {func(*testing.T, sshHost) []string { return nil }, "is not known"},
		"changed": {func(t *testing.T, _ sshHost) []string { return []string{newKey(t, "")} }, "is not the known one"},
		"of another kind": {func(t *testing.T, _ sshHost) []string { return []string{newKeyOf(t, "rsa", "")} },
			"no SSH key of a kind that the known hosts list"},
		"one of two changed": {func(t *testing.T, h sshHost) []string {
			return []string{newKey(t, ""), newKeyOf(t, "ecdsa", "")}
		}, "is not the known one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			repo, first := with(t, twoStacks())
			key := newKey(t, "")
			host := serveSSH(t, key)
			file := host.knownHosts(host.hostKey("ed25519"))
			s := start(t, "GIT_URL="+host.url(repo), "GIT_SSH_KEY_FILE="+key, "GIT_SSH_KNOWN_HOSTS_FILE="+file)
			s.awaitRevision(first)
			s.logged("refresh completed")
			next := repo.push(files{"new/docker-compose.yml": "services: {}"})
			before := s.get("/api/v1/stacks")

			host.know(file, c.known(t, host)...)
			failed := s.refresh()
			is.Equal(failed.Error.Code, "git_untrusted")
			isSentence(t, failed.Error.Message)
			is.True(strings.Contains(failed.Error.Message, c.says))
			is.True(strings.Contains(failed.Error.Message, "GIT_SSH_KNOWN_HOSTS_FILE"))
			s.keeps(before, first, failed)

			host.know(file, host.hostKey("ecdsa")) // the host has both kinds; the listed one is asked for
			s.awaitRevision(next)
			is.Equal(s.status().Failures, 0)
		})
	}
}

func TestSSHKnownHostsMayBeHashed(t *testing.T) {
	repo, first := with(t, twoStacks())
	key := newKey(t, "")
	host := serveSSH(t, key)
	file := host.knownHosts(host.hostKey("ed25519"))
	output, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-H", "-f", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, output)
	}
	start(t, "GIT_URL="+host.url(repo), "GIT_SSH_KEY_FILE="+key, "GIT_SSH_KNOWN_HOSTS_FILE="+file).awaitRevision(first)
}

// When an SSH host runs something else than Git, the failure quotes the output, if that is text.
func TestSSHHostThatDoesNotRunGitIsTold(t *testing.T) {
	repo, _ := with(t, twoStacks())
	key := newKey(t, "")
	for name, c := range map[string]struct{ command, code, says string }{
		"the repository is not there": {"git-upload-pack /nowhere/x.git", "git_not_found", "does not appear to be a git repository"},
		"a greeting for people":       {"echo 'Welcome, <b>friend</b>'", "git_protocol", ""},
		"a refusal":                   {"echo 'ERROR: access denied' >&2; exit 1", "git_auth", "access denied"},
		"no such program":             {"exec git-upload-pack-is-not-here", "git_not_found", ""},
		"nothing at all":              {"exit 0", "git_protocol", ""},
	} {
		t.Run(name, func(t *testing.T) {
			host := serveSSH(t, key, "ForceCommand "+c.command)
			got := run(t, []string{"-once"}, "GIT_URL="+host.url(repo), "GIT_SSH_KEY_FILE="+key,
				"GIT_SSH_KNOWN_HOSTS_FILE="+host.knownHosts(host.hostKey("ed25519")))
			is.New(t).Equal(got.code, 1)
			code, sentence, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(got.stderr, "mooring: ")), ": ")
			faultCase{code: c.code, says: c.says}.isTold(t, failure{code, sentence})
		})
	}
}

// A host may accept the connection and then send nothing. The refresh fails when its time is over, and the connection
// is closed.
func TestHostThatSaysNothingIsLeftAtTheDeadline(t *testing.T) {
	key := newKey(t, "")
	for name, c := range map[string]struct{ scheme, begin string }{
		"ssh without a banner":        {"ssh", ""},
		"ssh after its banner":        {"ssh", "SSH-2.0-OpenSSH_9.9\r\n"},
		"ssh before its banner":       {"ssh", strings.Repeat("hello\r\n", 100)},
		"git":                         {"git", ""},
		"git in the middle of a line": {"git", "00"},
		"https":                       {"https", ""},
		"http":                        {"http", ""},
		"http in its header":          {"http", "HTTP/1.1 200 OK\r\nX: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			closed := make(chan struct{}, 1)
			host := sshHost{t: t, address: listen(t, func(conn net.Conn) {
				if c.scheme == "http" {
					_, _ = conn.Read(make([]byte, 1)) // an answer before the request would be another fault
				}
				_, _ = io.WriteString(conn, c.begin)
				_, _ = io.Copy(io.Discard, conn) // until the client closes it
				select {
				case closed <- struct{}{}:
				default: // a retry has closed one, too
				}
			})}
			s := start(t, fmt.Sprintf("GIT_URL=%s://%s/repository.git", c.scheme, host.address), "REFRESH_TIMEOUT=1s",
				"GIT_SSH_KEY_FILE="+key, "GIT_SSH_KNOWN_HOSTS_FILE="+host.knownHosts(key))
			failed := s.logged("level=ERROR", "refresh failed")
			is.Equal(lab.Field(failed, "code"), "timeout")
			<-closed
			is.Equal(s.get("/readyz").status, http.StatusServiceUnavailable)
		})
	}
}

func TestSSHHostThatSaysNothingAfterTheKeyIsLeftAtTheDeadline(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	key := newKey(t, "")
	host := serveSSH(t, key, "ForceCommand cat >/dev/null")
	s := start(t, "GIT_URL="+host.url(repo), "GIT_SSH_KEY_FILE="+key, "REFRESH_TIMEOUT=2s",
		"GIT_SSH_KNOWN_HOSTS_FILE="+host.knownHosts(host.hostKey("ed25519")))
	failed := s.logged("level=ERROR", "refresh failed")
	is.Equal(lab.Field(failed, "code"), "timeout")
}

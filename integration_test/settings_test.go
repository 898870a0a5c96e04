package integration_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// A bad setting stops the start with exit code 2 and one line that names the variable, never a secret's value.
func TestBadSettingStopsTheStartAndIsNamed(t *testing.T) {
	directory := t.TempDir()
	const secret = "s3cret/with space"
	file := filepath.Join(directory, "secret")
	is.New(t).NoErr(os.WriteFile(file, []byte(secret+"\n"), 0o600))
	bad := []struct {
		variable string // the line must contain it: the variable, or the variable and the rule
		settings []string
	}{
		{"GIT_URL", []string{"GIT_URL=ftp://user:" + secret + "@127.0.0.1/repository.git"}},
		{"GIT_URL", []string{"GIT_URL=https://user:hidden%zz@127.0.0.1/repository.git"}},
		{"GIT_REF", []string{"GIT_REF=a..b"}},
		{"GIT_DEPLOY_DIR", []string{"GIT_DEPLOY_DIR=../other"}},
		{"GIT_DEPLOY_DIR", []string{"GIT_DEPLOY_DIR=/etc"}},
		{"GIT_USERNAME", []string{"GIT_USERNAME=a:b"}},
		{"GIT_SSH_KEY_FILE", []string{"GIT_SSH_KEY_FILE=" + directory + "/none"}},
		{"GIT_SSH_KNOWN_HOSTS_FILE", []string{"GIT_SSH_KNOWN_HOSTS_FILE=" + directory + "/none"}},
		{"GIT_CA_FILE", []string{"GIT_CA_FILE=" + file}},
		{"GIT_CLIENT_CERT_FILE and GIT_CLIENT_KEY_FILE must both be set", []string{"GIT_CLIENT_CERT_FILE=" + file}},
		{"GIT_CLIENT_CERT_FILE and GIT_CLIENT_KEY_FILE must both be set", []string{"GIT_CLIENT_KEY_FILE=" + file}},
		{"GIT_CLIENT_CERT_FILE", []string{"GIT_CLIENT_CERT_FILE=" + file, "GIT_CLIENT_KEY_FILE=" + file}},
		{"GIT_BEARER_TOKEN must hold one token", []string{"GIT_BEARER_TOKEN=" + secret}},
		{"GIT_BEARER_TOKEN takes the place of", []string{"GIT_BEARER_TOKEN=s3cret", "GIT_PASSWORD=" + secret}},
		{"GIT_BEARER_TOKEN takes the place of", []string{"GIT_BEARER_TOKEN=s3cret", "GIT_USERNAME=robot"}},
		{"ALL_PROXY must be the address of a proxy", []string{"GIT_URL=https://127.0.0.1/x", "ALL_PROXY=socks4://u:" + secret + "@h"}},
		{"COMPOSE_FILES", []string{"COMPOSE_FILES=a/docker-compose.yml"}},
		{"COMPOSE_FILES", []string{"COMPOSE_FILES=a.yml,,b.yml"}},
		{"POLL_INTERVAL", []string{"POLL_INTERVAL=60"}},
		{"POLL_INTERVAL", []string{"POLL_INTERVAL=-1s"}},
		{"POLL_INTERVAL", []string{"POLL_INTERVAL=2562047h"}}, // with jitter it would be negative
		{"REFRESH_TIMEOUT", []string{"REFRESH_TIMEOUT=0"}},
		{"REFRESH_TIMEOUT", []string{"REFRESH_TIMEOUT=soon"}},
		{"REFRESH_TIMEOUT", []string{"REFRESH_TIMEOUT=2562047h"}},
		{"LISTEN_ADDR", []string{"LISTEN_ADDR=8080"}},
		{"LISTEN_ADDR", []string{"LISTEN_ADDR=127.0.0.1:70000"}},
		{"LISTEN_ADDR", []string{"LISTEN_ADDR=unix:mooring.sock"}},
		{"METRICS_ADDR", []string{"METRICS_ADDR=unix:/run/mooring.sock"}},
		{"ALLOWED_HOSTS", []string{"ALLOWED_HOSTS=https://deploy.example.org"}},
		{"ALLOWED_HOSTS", []string{"ALLOWED_HOSTS= "}}, // a blank is not unset; if it were, every host name would be allowed
		{"ALLOWED_HOSTS", []string{"ALLOWED_HOSTS= , "}},
		{"METRICS_ADDR", []string{"METRICS_ADDR=nowhere"}},
		{"WEBHOOK_SENDERS must be names from github, gitlab, ", []string{"WEBHOOK_SENDERS=gitea"}},
		{"WEBHOOK_SENDERS", []string{"WEBHOOK_SENDERS=github,"}},
		{"WEBHOOK_SENDERS", []string{"WEBHOOK_SENDERS= "}}, // a blank is not unset
		{"WEBHOOK_SENDERS must be sourcehut alone", []string{"WEBHOOK_SENDERS=sourcehut,bearer"}},
		{"WEBHOOK_SECRET must be the Ed25519 public key", []string{"WEBHOOK_SENDERS=sourcehut", "WEBHOOK_SECRET=" + secret}},
		{"WEBHOOK_SECRET_PREVIOUS", []string{"WEBHOOK_SENDERS=sourcehut", "WEBHOOK_SECRET_PREVIOUS=" + secret}},
		{"HEADLESS", []string{"HEADLESS=perhaps"}},
		{"WORK_DIR must be an absolute path", []string{"WORK_DIR=work"}}, // ?inputs=true reads there
		{"REMOVAL_LIMIT must be a whole percentage from 0% to 100%", []string{"REMOVAL_LIMIT=50"}},
		{"REMOVAL_LIMIT must be a whole percentage from 0% to 100%", []string{"REMOVAL_LIMIT=101%"}},
		{"REMOVAL_LIMIT must be a whole percentage from 0% to 100%", []string{"REMOVAL_LIMIT=33.3%"}},
		{"POLL_INTERVAL", []string{"HEADLESS=true", "POLL_INTERVAL=0"}},
		{"SNAPSHOT_FILE", []string{"SNAPSHOT_FILE=" + directory + "/none/snapshot.json"}},
		{"SNAPSHOT_FILE", []string{"SNAPSHOT_FILE=" + directory}},
		{"LOG_LEVEL must be debug, info, warn or error", []string{"LOG_LEVEL=loud"}},
		{"LOG_LEVEL must be debug, info, warn or error", []string{"LOG_LEVEL=error+4"}},
		{"LOG_LEVEL must be debug, info, warn or error", []string{"LOG_LEVEL=info-1"}},
		{"LOG_FORMAT", []string{"LOG_FORMAT=xml"}},
	}
	for _, name := range secretVariables() {
		bad = append(bad, struct {
			variable string
			settings []string
		}{name, []string{name + "=" + secret, name + "_FILE=" + file}})
		bad = append(bad, struct {
			variable string
			settings []string
		}{name + "_FILE", []string{name + "_FILE=" + directory + "/none"}})
		bad = append(bad, struct {
			variable string
			settings []string
		}{name + "_FILE", []string{name + "_FILE=" + secret}}) // the secret was set in place of the file's name
	}
	for _, b := range bad {
		t.Run(b.variable, func(t *testing.T) {
			is := is.New(t)
			got := run(t, nil, append([]string{"LISTEN_ADDR=127.0.0.1:0", "GIT_URL=" + directory}, b.settings...)...)
			is.Equal(got.code, 2)
			is.Equal(got.stdout, "")
			is.Equal(strings.Count(got.stderr, "\n"), 1) // one line
			if !strings.Contains(got.stderr, b.variable) {
				t.Errorf("%q does not name %s", got.stderr, b.variable)
			}
			for _, part := range []string{secret, "s3cret", "hidden"} {
				is.True(!strings.Contains(got.stderr, part)) // the line has no secret
			}
		})
	}
}

func TestEmptyVariableCountsAsUnset(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	got := run(t, []string{"-once"}, "GIT_URL="+repo.bare, "GIT_REF=", "GIT_DEPLOY_DIR=", "GIT_USERNAME=", "GIT_PASSWORD=",
		"GIT_PASSWORD_FILE=", "GIT_BEARER_TOKEN=", "GIT_SSH_KEY_FILE=", "GIT_CA_FILE=", "GIT_CLIENT_CERT_FILE=",
		"GIT_CLIENT_KEY_FILE=", "ALL_PROXY=", "COMPOSE_FILES=", "WEBHOOK_SECRET=", "POLL_INTERVAL=",
		"REFRESH_TIMEOUT=", "LISTEN_ADDR=", "ALLOWED_HOSTS=", "DEPLOYER_TOKEN=", "METRICS_ADDR=", "HEADLESS=", "WEBHOOK_SENDERS=",
		"SNAPSHOT_FILE=", "LOG_LEVEL=", "LOG_FORMAT=")
	is.Equal(got.stderr, "")
	is.Equal(got.code, 0)
	is.Equal(decode[snapshot](t, reply{body: got.stdout}).Revision, revision)
}

func TestComposeFilesAreTakenInTheirOrder(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, files{
		"both/b.yml": "services: {b: {}}", "both/a.yml": "services: {a: {}}", "one/docker-compose.yml": "services: {}",
	})
	s := start(t, "GIT_URL="+repo.bare, "COMPOSE_FILES=b.yml, a.yml")
	seen := s.awaitRevision(revision)
	is.Equal(seen.paths(), []string{"both"})
	is.Equal(seen.at("both").ComposeFile, "b.yml")
	is.Equal(seen.at("both").Hash, repo.hash(revision, "both/b.yml"))
	s.logged("level=WARN", "both/a.yml") // the other one is ignored, and the log says so
}

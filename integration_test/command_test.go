package integration_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// The command line, as README.md describes it.

func TestOncePrintsWhatTheServiceWouldAnswer(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	host := serveRepository(t, repo)
	got := run(t, []string{"-once"}, "GIT_URL="+host.url())
	is.Equal(got.code, 0)
	is.Equal(got.stderr, "")
	seen := decode[snapshot](t, reply{body: got.stdout})
	is.Equal(seen.Revision, revision)
	is.Equal(seen.at("web").Hash, repo.hash(revision, "web/docker-compose.yml"))
	is.Equal(host.Counts().Tips, 1)
	is.True(strings.HasSuffix(got.stdout, "}\n"))
	is.Equal(strings.Count(got.stdout, "\n"), 1)
}

func TestOnceFailsWithTheReasonOnStandardError(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	got := run(t, []string{"-once"}, "GIT_URL="+repo.bare, "GIT_DEPLOY_DIR=nowhere")
	is.Equal(got.code, 1)
	is.Equal(got.stdout, "")
	is.True(strings.Contains(got.stderr, "deploy_dir_not_found"))
	is.Equal(strings.Count(got.stderr, "\n"), 1)
	host := serveRepository(t, repo)
	host.Demand("robot", "another passw0rd")
	got = run(t, []string{"-once"}, "GIT_URL="+host.url("robot", "wr@ng/pass word"))
	is.Equal([]string{got.stdout, got.stderr[:19]}, []string{"", "mooring: git_auth: "})
	is.Equal(got.code, 1)
}

func TestOnceKeepsAndWritesTheSnapshotFile(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	file := filepath.Join(t.TempDir(), "snapshot.json")
	got := run(t, []string{"-once"}, "GIT_URL="+repo.bare, "SNAPSHOT_FILE="+file)
	is.Equal(got.code, 0)
	written, err := os.ReadFile(file)
	is.NoErr(err)
	is.Equal(string(written), got.stdout)
}

func TestOnceWarnsOfASnapshotFileThatCannotBeReadBack(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	file := filepath.Join(t.TempDir(), "snapshot.json")
	is.NoErr(os.WriteFile(file, []byte("{"), 0o600))
	got := run(t, []string{"-once"}, "GIT_URL="+repo.bare, "SNAPSHOT_FILE="+file)
	is.Equal(got.code, 0)
	is.Equal(decode[snapshot](t, reply{body: got.stdout}).Revision, revision)
	is.True(strings.HasPrefix(got.stderr, "mooring: SNAPSHOT_FILE cannot be read back"))
	is.Equal(strings.Count(got.stderr, "\n"), 1)
}

func TestHelpPrintsEverySetting(t *testing.T) {
	is := is.New(t)
	got := run(t, []string{"-help"})
	is.Equal(got.code, 0)
	is.Equal(got.stderr, "")
	for _, variable := range append(secretVariables(),
		"GIT_URL", "GIT_REF", "GIT_DEPLOY_DIR", "GIT_USERNAME", "GIT_SSH_KEY_FILE", "GIT_SSH_KNOWN_HOSTS_FILE",
		"GIT_CA_FILE", "GIT_CLIENT_CERT_FILE", "GIT_CLIENT_KEY_FILE", "COMPOSE_FILES", "POLL_INTERVAL", "REFRESH_TIMEOUT", "LISTEN_ADDR", "ALLOWED_HOSTS",
		"METRICS_ADDR", "HEADLESS", "SNAPSHOT_FILE", "LOG_LEVEL", "LOG_FORMAT", "WORK_DIR", "DEPLOY_PATHS") {
		if !strings.Contains(got.stdout, "  "+variable+" ") && !strings.Contains(got.stdout, variable+",") {
			t.Errorf("-help does not tell of %s", variable)
		}
	}
	for _, value := range []string{"docker-compose.yml,docker-compose.yaml", "1m", "2m", ":8080", "info", "text"} {
		is.True(strings.Contains(got.stdout, value)) // a default
	}
}

func TestHelpReadsLikeAManualPage(t *testing.T) {
	is := is.New(t)
	got := run(t, []string{"-help"})
	before := -1
	for _, section := range []string{
		"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SIGNALS", "ENVIRONMENT", "EXIT STATUS", "EXAMPLES",
	} {
		at := strings.Index("\n"+got.stdout, "\n"+section+"\n")
		is.True(at > before) // section
		before = at
	}
	for _, name := range secretVariables() {
		is.True(strings.Contains(got.stdout, "    "+name+", "+name+"_FILE  (default: unset)\n"))
	}
	for line := range strings.Lines(got.stdout) {
		line = strings.TrimSuffix(line, "\n")
		is.True(len(line) <= 100)                      // columns
		is.Equal(line, strings.TrimRight(line, " \t")) // no blanks at the end
		is.True(!strings.Contains(line, "\t") && !strings.Contains(line, "{"+"settings"))
	}
	for _, flag := range []string{"-h", "--help"} {
		is.Equal(run(t, []string{flag}), got)
	}
}

func TestFailureIsALineOfTheLogWhereProgramsReadIt(t *testing.T) {
	is := is.New(t)
	for _, args := range [][]string{nil, {"-once"}} {
		got := run(t, args, "LOG_FORMAT=json", "GIT_REF=a..b")
		is.Equal(got.code, 2)
		is.Equal(strings.Count(got.stderr, "\n"), 1)
		is.True(strings.Contains(got.stderr, "GIT_REF"))
		var line struct{ Level, Msg, Error string }
		err := json.Unmarshal([]byte(got.stderr), &line)
		is.Equal(err == nil, args == nil) // the error of -once is for people, and not in JSON
		if args == nil {
			is.Equal([]string{line.Level, line.Msg}, []string{"ERROR", "mooring has failed"})
			is.True(strings.Contains(line.Error, "GIT_REF"))
		}
	}
}

func TestVersionTellsWhatWasBuilt(t *testing.T) {
	is := is.New(t)
	got := run(t, []string{"-version"}, "GIT_URL=https://nowhere\x7f", "POLL_INTERVAL=bad") // asks for no setting
	is.Equal(got.code, 0)
	is.True(strings.HasPrefix(got.stdout, "mooring "))
	is.True(strings.Contains(got.stdout, "go1."))
	is.Equal(strings.Count(got.stdout, "\n"), 1)
}

func TestUnknownFlagsAndArgumentsAreRefused(t *testing.T) {
	for _, args := range [][]string{{"-twice"}, {"serve"}, {"-once=perhaps"}} {
		is := is.New(t)
		got := run(t, args)
		is.Equal(got.code, 2)
		is.Equal(got.stdout, "")
		is.Equal(strings.Count(got.stderr, "\n"), 1)
		is.True(strings.HasPrefix(got.stderr, "mooring: "))
	}
}

func TestHealthcheckAsksTheRunningService(t *testing.T) {
	is := is.New(t)
	repo, revision := with(t, twoStacks())
	s := start(t, "GIT_URL="+repo.bare)
	s.awaitRevision(revision)
	well := run(t, []string{"-healthcheck"}, "LISTEN_ADDR="+s.address)
	is.Equal(well, result{})
	s.finish()
	ill := run(t, []string{"-healthcheck"}, "LISTEN_ADDR="+s.address)
	is.Equal(ill.code, 1)
	is.Equal(ill.stdout, "")
	is.True(ill.stderr != "")
	headless := run(t, []string{"-healthcheck"}, "LISTEN_ADDR="+s.address, "HEADLESS=true")
	is.Equal(headless, result{})
}

func TestAddressInUseEndsTheStart(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	is.NoErr(err)
	defer listener.Close()
	got := run(t, nil, "GIT_URL="+repo.bare, "LISTEN_ADDR="+listener.Addr().String())
	is.Equal(got.code, 1)
	is.True(strings.Contains(got.stderr, "LISTEN_ADDR"))
	is.True(strings.Contains(got.stderr, "address already in use"))
}

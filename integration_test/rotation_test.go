package integration_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// secretFile is a file that a _FILE variable names. The service notices a rotation only by reading the file.
type secretFile struct {
	t    *testing.T
	path string
}

func newSecretFile(t *testing.T, secret string) secretFile {
	t.Helper()
	f := secretFile{t, filepath.Join(t.TempDir(), "secret")}
	is.New(t).NoErr(os.WriteFile(f.path, []byte(secret+"\n"), 0o600))
	return f
}

// rotate replaces the secret in the file by a rename, as Kubernetes does with mounted secrets. From then on the
// service's log and answers are searched for the new secret, too.
func (f secretFile) rotate(s *service, secret string) {
	f.t.Helper()
	is := is.New(f.t)
	is.NoErr(os.WriteFile(f.path+".new", []byte(secret+"\n"), 0o600))
	is.NoErr(os.Rename(f.path+".new", f.path))
	s.secrets = append(s.secrets, secretsOf(s.Command.Env)...)
}

func TestGitPasswordFileIsReadAtEachUse(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	host := serveRepository(t, repo)
	host.Demand("robot", "first p@ssword/%41")
	file := newSecretFile(t, "first p@ssword/%41")
	s := start(t, "GIT_URL="+host.url(), "GIT_USERNAME=robot", "GIT_PASSWORD_FILE="+file.path)
	s.awaitRevision(first)
	host.Demand("robot", "second: pass+word")
	is.Equal(s.refresh().Error.Code, "git_auth")
	file.rotate(s, "second: pass+word")
	is.Equal(s.refresh().Status, "completed")
	is.NoErr(os.Remove(file.path))
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_auth") // unreadable means refused, never an empty key
	is.Equal(s.snapshot().Revision, first)
}

// demandsBearer asks for the token that the variable has at that time.
func demandsBearer(token lab.Watched[string]) lab.Fault {
	return func(w http.ResponseWriter, r *http.Request, git http.Handler) {
		if given := r.Header.Get("Authorization"); given != "Bearer "+token.Value() {
			lab.Answers(http.StatusUnauthorized, "text/plain", "not "+given, "WWW-Authenticate", `Bearer realm="x"`)(w, r, git)
			return
		}
		git.ServeHTTP(w, r)
	}
}

func TestGitBearerTokenFileIsReadAtEachUse(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	host, token := serveRepository(t, repo), watch(t, "first-t0ken/%41+x==")
	host.Suffer(demandsBearer(token))
	file := newSecretFile(t, "first-t0ken/%41+x==")
	s := start(t, "GIT_URL="+host.url("robot", "older p@ss"), "GIT_BEARER_TOKEN_FILE="+file.path, "LOG_LEVEL=debug")
	s.awaitRevision(first) // the token overrides the credentials in GIT_URL
	token.Change(func(token *string) { *token = "second.t0ken" })
	failed := s.refresh()
	is.Equal(failed.Error.Code, "git_auth")
	is.True(strings.Contains(failed.Error.Message, "check GIT_BEARER_TOKEN and what it may read"))
	is.True(strings.Contains(failed.Error.Message, "not Bearer ***"))
	file.rotate(s, "second.t0ken")
	is.Equal(s.refresh().Status, "completed")
	is.NoErr(os.Remove(file.path))
	failed = s.refresh()
	is.Equal(failed.Error.Code, "git_auth")
	is.True(strings.HasPrefix(failed.Error.Message, "GIT_BEARER_TOKEN cannot be read from its file: "))
	is.Equal(s.snapshot().Revision, first)
}

func TestGitBearerTokenIsNamedWhereAHostWantsOne(t *testing.T) {
	is := is.New(t)
	repo, _ := with(t, twoStacks())
	host := serveRepository(t, repo)
	host.Suffer(demandsBearer(watch(t, "t0ken")))
	got := run(t, []string{"-once"}, "GIT_URL="+host.url("robot", "p@ss"))
	is.Equal(got.code, 1)
	is.True(strings.HasPrefix(got.stderr, "mooring: git_auth: "))
	is.True(strings.Contains(got.stderr, "set GIT_BEARER_TOKEN"))
}

func TestPasswordAloneGoesWithTheNameGit(t *testing.T) {
	repo, first := with(t, twoStacks())
	host := serveRepository(t, repo)
	host.Demand("git", "t0ken of a robot")
	start(t, "GIT_URL="+host.url(), "GIT_PASSWORD=t0ken of a robot").awaitRevision(first)
}

func TestGivenCredentialsWinOverTheOnesInTheURL(t *testing.T) {
	repo, first := with(t, twoStacks())
	host := serveRepository(t, repo)
	host.Demand("robot", "right p@ss")
	start(t, "GIT_URL="+host.url("robot", "right p@ss")).awaitRevision(first)
	start(t, "GIT_URL="+host.url("robot", "wrong p@ss"), "GIT_PASSWORD=right p@ss").awaitRevision(first)
}

// A refresh fails with credentials of every form. The failure is in the log, the answers and the page, and the secret
// is nowhere: do and finish search for it.
func TestCredentialsAreToldNowhereWhenGitRefusesThem(t *testing.T) {
	repo, _ := with(t, twoStacks())
	host := serveRepository(t, repo)
	host.Demand("somebody", "3lse-where")
	other := host.Server.Listener.Addr().String()
	for name, variables := range map[string][]string{
		"in the URL":         {"GIT_URL=" + host.url("robot", "p@ss:w/rd %41&ž")},
		"a token as name":    {"GIT_URL=http://ghp_0123456789abcdef@" + other + "/repository.git"},
		"in a variable":      {"GIT_URL=" + host.url(), "GIT_PASSWORD=p@ss:w/rd %41&ž", "GIT_USERNAME=robot"},
		"nobody listens":     {"GIT_URL=http://robot:p%40ss%3Aw%2Frd@127.0.0.1:1/repository.git"},
		"no such repository": {"GIT_URL=http://somebody:3lse-where@" + other + "/other%20one.git"},
		"a log in JSON":      {"GIT_URL=" + host.url("robot", `p@ss:"w\rd"<%41&'+ž>`), "LOG_FORMAT=json"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := start(t, append(variables, "LOG_LEVEL=debug")...)
			s.logged("ERROR", "refresh failed")
			is.Equal(s.refresh().Status, "failed")
			for _, path := range []string{"/", "/api/v1/refresh", "/api/v1/refreshes", "/readyz", "/api/v1/stacks"} {
				is.True(s.get(path).body != "")
			}
		})
	}
}

func TestWebhookSecretRotates(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	file := newSecretFile(t, "first secret")
	s := start(t, "GIT_URL="+repo.bare, "WEBHOOK_SECRET_FILE="+file.path, "WEBHOOK_SECRET_PREVIOUS=older secret")
	s.awaitRevision(first)
	accepts := func(secret string) int {
		return s.do(http.MethodPost, "/api/v1/webhook", "{}", lab.Sign(secret, "{}")).status
	}
	is.Equal(accepts("first secret"), http.StatusAccepted)
	is.Equal(accepts("older secret"), http.StatusAccepted)
	is.Equal(accepts("second secret"), http.StatusUnauthorized)
	file.rotate(s, "second secret")
	is.Equal(accepts("second secret"), http.StatusAccepted)
	is.Equal(accepts("first secret"), http.StatusUnauthorized)
	is.Equal(accepts("older secret"), http.StatusAccepted)
	is.NoErr(os.WriteFile(file.path, []byte("\n"), 0o600))
	is.Equal(accepts(""), http.StatusServiceUnavailable) // never an empty key
	is.NoErr(os.Remove(file.path))
	is.Equal(accepts(""), http.StatusServiceUnavailable)
	file.rotate(s, "third secret")
	is.Equal(accepts("third secret"), http.StatusAccepted)
}

func TestDeployerTokenRotates(t *testing.T) {
	is := is.New(t)
	repo, first := with(t, twoStacks())
	file := newSecretFile(t, "first-token")
	s := start(t, "GIT_URL="+repo.bare, "DEPLOYER_TOKEN_FILE="+file.path)
	s.awaitRevision(first)
	put := func(headers ...string) reply {
		return s.do(http.MethodPut, "/api/v1/stacks/web", `{"status":"syncing"}`, headers...)
	}
	s.refuses(put(), http.StatusUnauthorized, "missing_token")
	s.refuses(put("Authorization: Bearer second-token"), http.StatusUnauthorized, "invalid_token")
	is.Equal(put("Authorization: Bearer first-token").status, http.StatusOK)
	file.rotate(s, "second-token")
	is.Equal(put("Authorization: Bearer second-token").status, http.StatusOK)
	s.refuses(put("Authorization: Bearer first-token"), http.StatusUnauthorized, "invalid_token")
	s.refuses(s.do(http.MethodDelete, "/api/v1/stacks/web", ""), http.StatusUnauthorized, "missing_token")
	is.NoErr(os.Remove(file.path))
	for _, token := range []string{"second-token", "x"} {
		s.refuses(put(fmt.Sprintf("Authorization: Bearer %s", token)), http.StatusUnauthorized, "invalid_token")
	}
	is.Equal(s.get("/api/v1/stacks").status, http.StatusOK) // reading needs no token
}

package integration_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// recorder is a server. A deployer's commands send it their parameters, and its answer decides whether they succeed.
type recorder struct {
	t      *testing.T
	server *httptest.Server
	script string
	state  lab.Watched[recorded]
}

type recorded struct {
	executions []execution
	// gate makes commands hang while it is shut.
	gate lab.Gate
	// refusals is how many of the next commands fail. A command that applies a compose file with "broken" in it always
	// fails.
	refusals int
	underWay int
}

// execution is a command that was run.
type execution struct {
	action, path, file, hash, revision, project, content, token string
}

func (e execution) String() string { return e.action + " " + e.path }

func newRecorder(t *testing.T) recorder {
	t.Helper()
	for _, tool := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("the deployer needs %s, which is not installed here: apt-get install %s", tool, tool)
		}
	}
	r := recorder{t: t, script: filepath.Join(t.TempDir(), "recorder.sh"), state: watch(t, recorded{})}
	const script = `set -- --data-urlencode "action=$1"
for name in STACK_PATH COMPOSE_FILE HASH REVISION COMPOSE_PROJECT_NAME DEPLOYER_TOKEN; do
	set -- "$@" --data-urlencode "$name=$(printenv $name)"
done
[ -z "${COMPOSE_FILE-}" ] || set -- "$@" --data-urlencode "content@$COMPOSE_FILE"
curl -fsS -m 60 "$@" "$RECORDER"
exit # with what curl said, and curl a process below this one, as containers' tools are
`
	is.New(t).NoErr(os.WriteFile(r.script, []byte(script), 0o600))
	r.server = httptest.NewServer(r)
	t.Cleanup(func() { r.release(); r.server.Close() })
	return r
}

// ServeHTTP takes down one execution.
func (r recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	value := request.PostFormValue
	e := execution{value("action"), value("STACK_PATH"), value("COMPOSE_FILE"), value("HASH"), value("REVISION"),
		value("COMPOSE_PROJECT_NAME"), value("content"), value("DEPLOYER_TOKEN")}
	refused := strings.Contains(e.content, "broken")
	r.state.Change(func(s *recorded) {
		s.executions = append(s.executions[:len(s.executions):len(s.executions)], e) // others look at the old one
		s.underWay++
		if s.refusals > 0 {
			s.refusals--
			refused = true
		}
	})
	defer r.state.Change(func(s *recorded) { s.underWay-- })
	_ = r.state.Value().gate.Pass(request.Context()) // or the command was ended
	if refused {
		http.Error(w, "failed for the sake of a test", http.StatusInternalServerError)
	}
}

// hang makes every command from now on hang until release.
func (r recorder) hang() { r.state.Change(func(s *recorded) { s.gate.Shut() }) }

func (r recorder) release() { r.state.Change(func(s *recorded) { s.gate.Open() }) }

// awaitHanging returns when this many commands hang.
func (r recorder) awaitHanging(count int) {
	r.t.Helper()
	await(r.t, r.state, "commands that hang", func(s recorded) bool { return s.underWay == count })
}

func (r recorder) executions() []execution { return r.state.Value().executions }

// order returns the actions and their stacks, from the nth execution on.
func (r recorder) order(n int) []string {
	var order []string
	for _, e := range r.executions()[n:] {
		order = append(order, e.String())
	}
	return order
}

// of returns the executions of one stack.
func (r recorder) of(path string) []execution {
	return slices.DeleteFunc(slices.Clone(r.executions()), func(e execution) bool { return e.path != path })
}

package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/apitest"
)

// told is a Contents that answers with a function of the test.
type told func(state actors.DesiredState, path string) (actors.Contents, error)

func (f told) Of(_ context.Context, state actors.DesiredState, path string) (actors.Contents, error) {
	return f(state, path)
}

func TestAStackTellsWhatItIsMadeOfOnlyWhenAsked(t *testing.T) {
	is := is.New(t)
	questions := 0 // one request at a time
	s := serve(t, options{contents: told(func(state actors.DesiredState, path string) (actors.Contents, error) {
		questions++
		if path == "bad" {
			return actors.Contents{Revision: state.Revision, Problem: `No "x" here.`}, nil
		}
		return actors.Contents{
			Revision: state.Revision, Project: "web", ComposeFiles: []string{path + "/docker-compose.yml"},
			Inputs: []actors.Input{{Path: "<a>", Use: "mount", Kind: "directory", ID: apitest.RevisionB}},
		}, nil
	})})
	s.Refreshed(apitest.RevisionA, "apps/web", "bad")
	plain := s.do("GET", "/api/v1/stacks/apps/web", "").body
	is.Equal(s.do("GET", "/api/v1/stacks/apps/web?inputs=false", "").body, plain)
	is.Equal(questions, 0)
	beginning := strings.TrimSuffix(plain, "}\n")
	is.Equal(s.do("GET", "/api/v1/stacks/apps/web?inputs=true", "").body, beginning+`,"revision":"`+apitest.RevisionA+
		`","project":"web","compose_files":["apps/web/docker-compose.yml"],"inputs":[{"path":"\u003ca\u003e","use":"mount",`+
		`"kind":"directory","id":"`+apitest.RevisionB+`"}]}`+"\n")
	bad := s.do("GET", "/api/v1/stacks/bad?inputs=true", "")
	is.True(strings.HasSuffix(bad.body, `,"revision":"`+apitest.RevisionA+`","problem":"No \"x\" here."}`+"\n"))
	for _, query := range []string{"inputs=", "inputs=1", "inputs=True", "inputs=true&inputs=true", "inputs=%zz"} {
		s.refuses(s.do("GET", "/api/v1/stacks/bad?"+query, ""), http.StatusBadRequest, codeInvalidParameter)
	}
	s.refuses(s.do("GET", "/api/v1/stacks/none?inputs=true", ""), http.StatusNotFound, codeNotFound)
	is.Equal(questions, 2)
}

func TestContentsThatAreNotThereAreSaidToBeSo(t *testing.T) {
	is := is.New(t)
	var failure error
	s := serve(t, options{contents: told(func(actors.DesiredState, string) (actors.Contents, error) {
		return actors.Contents{}, failure
	})})
	s.Refreshed(apitest.RevisionA, "web")
	for _, c := range []struct {
		err    error
		status int
		code   errorCode
	}{
		{actors.ErrBusy, http.StatusServiceUnavailable, codeBusy},
		{actors.ErrStopped, http.StatusServiceUnavailable, codeShuttingDown},
		{&actors.Failure{Code: actors.CodeUnreachable, Message: "no route"}, http.StatusBadGateway, "git_unreachable"},
		{&actors.Failure{Code: actors.CodeInternal, Message: "hunter2"}, http.StatusInternalServerError, codeInternal},
		{errors.New("no space for hunter2"), http.StatusInternalServerError, codeInternal},
	} {
		failure = c.err
		r := s.do("GET", "/api/v1/stacks/web?inputs=true", "")
		s.refuses(r, c.status, c.code)
		is.True(!strings.Contains(r.body, "hunter2"))
	}
}

func TestContentsAreNotReadyBeforeTheFirstRefresh(t *testing.T) {
	s := serve(t, options{wrap: func(r Refresher) Refresher { return restored{r} }})
	s.refuses(s.do("GET", "/api/v1/stacks/web?inputs=true", ""), http.StatusServiceUnavailable, codeNotReady)
}

// restored is a Refresher whose stacks come from a file: no refresh has completed.
type restored struct{ Refresher }

func (r restored) View(ctx context.Context) (actors.View, error) {
	view, err := r.Refresher.View(ctx)
	stack := apitest.Stacks("web")[0]
	view.Snapshot.Stacks = []actors.Stack{{DesiredStack: &stack, Status: actors.Missing}}
	return view, err
}

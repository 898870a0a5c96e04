package dockertarget

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource"
	"mooring/gitsource/githost"
)

// madeOf is a repository of a stack with inputs, one that cannot be read, and one of a file alone.
func madeOf() githost.Layout {
	return githost.Layout{
		"apps/web/docker-compose.yml": githost.File("include: [../../shared/base.yml]\nservices:\n  web:\n    image: web\n" +
			"    env_file: app.env\n    volumes: ['./conf:/etc/web:ro']\n"),
		"apps/web/app.env":       githost.File("PASSWORD=hunter2\n"),
		"apps/web/conf/web.conf": githost.File("x"),
		"shared/base.yml":        githost.File("services: {db: {image: db}}\n"),
		"bad/docker-compose.yml": githost.File("services: {bad: {image: '${TAG}'}}\n"),
		"one/docker-compose.yml": githost.File("services: {one: {image: one}}\n"),
	}
}

// asked is a running actor with a state of its source.
type asked struct {
	t *testing.T
	*Contents
	source *gitsource.Source
	state  actors.DesiredState
}

func ask(t *testing.T, url string) *asked {
	t.Helper()
	source, err := gitsource.New(gitsource.Settings{URL: url, DeployDir: ".", ComposeFiles: []string{"docker-compose.yml"}})
	is.New(t).NoErr(err)
	contents, run := NewContents(Settings{WorkDir: t.TempDir()}, source, []string{"PATH=/bin", "DOCKER_AUTH_CONFIG=hunter2"})
	ctx, stop := context.WithCancel(context.Background())
	// Ends with its context; the cleanup waits for it.
	go run(ctx)
	t.Cleanup(func() { stop(); <-contents.Done() })
	a := &asked{t: t, Contents: contents, source: source}
	a.refresh()
	return a
}

func (a *asked) refresh() {
	a.t.Helper()
	var err error
	a.state, err = a.source.Fetch(a.t.Context(), a.state)
	is.New(a.t).NoErr(err)
}

func (a *asked) of(path string) actors.Contents {
	a.t.Helper()
	contents, err := a.Of(a.t.Context(), a.state, path)
	is.New(a.t).NoErr(err)
	is.New(a.t).Equal(contents.Revision, a.state.Revision)
	return contents
}

// uses are the inputs without their ids.
func uses(contents actors.Contents) []string {
	var list []string
	for _, input := range contents.Inputs {
		list = append(list, strings.Join([]string{input.Path, input.Use, input.Kind}, " "))
	}
	return list
}

func TestAStackIsReadOnceForEachRevisionAndOnlyWhenSomebodyAsks(t *testing.T) {
	is := is.New(t)
	first := madeOf()
	r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(first, first.With(githost.Layout{
		"shared/base.yml": githost.File("services: {db: {image: db, env_file: db.env}}\n"), "shared/db.env": githost.File("A=1\n"),
	})))
	r.MoveMain(t, r.Commits[0])
	a := ask(t, r.URL)
	r.Posts()
	is.Equal(r.Posts(), 0) // nobody has asked
	web := a.of("apps/web")
	is.Equal(uses(web), []string{
		"apps/web/app.env environment file", "apps/web/conf mount directory", "apps/web/docker-compose.yml compose file",
		"shared/base.yml compose file",
	})
	is.Equal(web.Project, "web")
	is.Equal(web.ComposeFiles, []string{"apps/web/docker-compose.yml"})
	for _, input := range web.Inputs {
		is.Equal(input.ID, strings.TrimSpace(githost.At(t, r.Dir).Git("rev-parse", r.Commits[0]+":"+input.Path)))
	}
	is.True(r.Posts() > 0)
	is.Equal(a.of("apps/web"), web)
	is.Equal(r.Posts(), 0) // the answer is known
	is.Equal(a.of("one").Project, "one")
	is.Equal(r.Posts(), 1) // the trees are known: only the files of this stack

	r.MoveMain(t, r.Commits[1])
	a.refresh()
	is.Equal(len(a.of("apps/web").Inputs), 5) // shared/db.env is one more
}

func TestAFileThatCannotBeReadIsAProblemOfItsStackAlone(t *testing.T) {
	is := is.New(t)
	r := githost.Import(t, filepath.Join(t.TempDir(), "stacks"), githost.Chain(madeOf()))
	a := ask(t, r.Dir)
	bad := a.of("bad")
	is.True(strings.HasPrefix(bad.Problem, "The variable TAG is set nowhere"))
	is.Equal(len(bad.Inputs), 0)
	is.Equal(a.of("none").Problem, "Git no longer has this stack.")
	is.Equal(a.of("one").Problem, "")
}

func TestAHostThatIsAwayIsAFailureAndTheNextQuestionAsksAgain(t *testing.T) {
	is := is.New(t)
	r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(madeOf()))
	a := ask(t, r.URL)
	is.NoErr(os.Rename(r.Dir, r.Dir+".away"))
	_, err := a.Of(t.Context(), a.state, "one")
	var failure *actors.Failure
	is.True(errors.As(err, &failure))
	is.Equal(failure.Code, actors.CodeNotFound)
	is.NoErr(os.Rename(r.Dir+".away", r.Dir))
	is.Equal(a.of("one").Project, "one")
}

func TestAQuestionEndsWithItsTurnItsCallerAndTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		contents, run := NewContents(Settings{}, nil, nil) // nobody takes the questions until run runs
		began := time.Now()
		_, err := contents.Of(t.Context(), actors.DesiredState{}, "web")
		is.Equal(err, actors.ErrBusy)
		is.Equal(time.Since(began), turnWithin)
		gone, leave := context.WithCancel(t.Context())
		leave()
		_, err = contents.Of(gone, actors.DesiredState{}, "web")
		is.Equal(err, context.Canceled)
		run(gone)
		_, err = contents.Of(t.Context(), actors.DesiredState{}, "web")
		is.Equal(err, actors.ErrStopped)
	})
}

func TestNothingIsKeptAfterAMinuteWithoutQuestions(t *testing.T) {
	r := githost.Import(t, filepath.Join(t.TempDir(), "stacks"), githost.Chain(madeOf()))
	source, err := gitsource.New(gitsource.Settings{URL: r.Dir, DeployDir: ".", ComposeFiles: []string{"docker-compose.yml"}})
	is.New(t).NoErr(err)
	state, err := source.Fetch(t.Context(), actors.DesiredState{})
	is.New(t).NoErr(err)
	work := t.TempDir()
	for pause, kept := range map[time.Duration]int{contentsIdle - time.Second: 1, contentsIdle + time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			questions, done := make(chan contentsQuestion), make(chan struct{})
			l := &contentsLoop{questions: questions, done: done, settings: Settings{WorkDir: work}, source: source}
			ctx, stop := context.WithCancel(t.Context())
			// Ends with its context; the test waits for it.
			go l.run(ctx)
			_, err := (&Contents{questions, done}).Of(t.Context(), state, "one")
			is.NoErr(err)
			time.Sleep(pause)
			stop()
			<-done
			is.Equal(len(l.known), kept)
			is.Equal(l.files != nil, kept > 0)
		})
	}
}

func TestAnswersThatAreTooManyAreForgotten(t *testing.T) {
	is := is.New(t)
	l := &contentsLoop{}
	l.forget("a")
	large := actors.Contents{Problem: strings.Repeat("x", 1000)}
	for i := range 20_000 {
		l.keep(strings.Repeat("p", i), large)
		is.True(l.size <= maxKnownBytes)
	}
	is.True(len(l.known) > 0)
	is.Equal(l.revision, "a")
}

func TestPasswordsOfRegistriesAreNoVariablesOfAStack(t *testing.T) {
	is := is.New(t)
	is.Equal(withoutRegistrySecrets([]string{"PATH=/bin", "DOCKER_AUTH_CONFIG=x", "DOCKER_HOST=y"}),
		[]string{"PATH=/bin", "DOCKER_HOST=y"})
}

package integration_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/matryer/is"
)

// composed is a repository with a stack that is made of several files, and one that cannot be read.
func composed() files {
	return files{
		"apps/web/docker-compose.yml": "include: [../../shared/base.yml]\nservices:\n  web:\n    image: web\n" +
			"    env_file: app.env\n    volumes: ['./conf:/etc/web:ro']\n",
		"apps/web/app.env":       "PASSWORD=hunter2\n",
		"apps/web/conf/web.conf": "x",
		"shared/base.yml":        "services: {db: {image: db}}\n",
		"bad/docker-compose.yml": "services: {bad: {image: 'a:${TAG}'}}\n",
	}
}

// contents are what a stack is made of, as the API tells it.
type contents struct {
	stack
	Revision     string
	Project      string
	Problem      string
	ComposeFiles []string `json:"compose_files"`
	Inputs       []struct{ Path, Use, Kind, ID string }
}

func (s *service) contents(path string) contents {
	s.t.Helper()
	answer := s.get("/api/v1/stacks/" + path + "?inputs=true")
	is.New(s.t).Equal(answer.status, 200)
	is.New(s.t).True(!strings.Contains(answer.body, "hunter2"))
	return decode[contents](s.t, answer)
}

// uses are the inputs, each as "path use kind".
func (c contents) uses() string {
	var lines []string
	for _, input := range c.Inputs {
		lines = append(lines, strings.Join([]string{input.Path, input.Use, input.Kind}, " "))
	}
	return strings.Join(lines, "\n")
}

func TestAStackTellsWhatItIsMadeOf(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(repository) string{
		"over HTTP": func(r repository) string { return serveRepository(t, r).url() },
		"in place":  func(r repository) string { return r.bare },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			repo, first := with(t, composed())
			s := start(t, "GIT_URL="+address(repo), "WORK_DIR="+t.TempDir())
			s.awaitRevision(first)
			web := s.contents("apps/web")
			is.Equal(web.uses(), "apps/web/app.env environment file\napps/web/conf mount directory\n"+
				"apps/web/docker-compose.yml compose file\nshared/base.yml compose file")
			is.Equal(web.Project, "web")
			is.Equal(web.Revision, first)
			is.Equal(web.ComposeFiles, []string{"apps/web/docker-compose.yml"})
			for _, input := range web.Inputs {
				is.Equal(input.ID, strings.TrimSpace(git(t, repo.bare, "rev-parse", first+":"+input.Path)))
			}
			is.Equal(s.contents("bad").Problem, `The variable TAG is set nowhere and has no default; set it in "bad/.env", `+
				"or write ${TAG:-default}.")
			is.Equal(len(s.contents("bad").Inputs), 0)

			next := repo.push(files{"apps/web/docker-compose.override.yml": "services: {web: {environment: {A: b}}}\n"})
			s.refresh()
			web = s.contents("apps/web")
			is.Equal(web.Revision, next)
			is.Equal(web.ComposeFiles, []string{"apps/web/docker-compose.yml", "apps/web/docker-compose.override.yml"})
		})
	}
}

// While a host does not answer the question what a stack is made of, everything else is answered, and a stop too.
func TestAHostThatHangsHoldsUpOnlyWhoAsksForFiles(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	_, host, _, s := refreshed(t, composed(), "POLL_INTERVAL=0")
	host.Hang()
	t.Cleanup(host.Release)
	answers := s.later("GET", "/api/v1/stacks/apps/web?inputs=true")
	host.reached()
	second := s.later("GET", "/api/v1/stacks/bad?inputs=true")
	for _, path := range []string{"/healthz", "/readyz", "/api/v1/stacks", "/api/v1/stacks/bad", "/"} {
		is.Equal(s.get(path).status, 200)
	}
	host.Release()
	is.Equal((<-answers).status, 200)
	is.Equal((<-second).status, 200)
}

func TestAHostThatIsAwayGivesTheCodeOfARefresh(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	_, host, _, s := refreshed(t, composed(), "POLL_INTERVAL=0")
	host.Refuse(503)
	answer := s.get("/api/v1/stacks/apps/web?inputs=true")
	is.Equal(answer.status, 502)
	is.True(strings.Contains(answer.body, `"code":"git_unreachable"`))
	host.Refuse(0)
	is.Equal(s.contents("apps/web").Project, "web")
}

// A stop does not wait for a host that hangs.
func TestAStopEndsTheReadingOfFiles(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	_, host, _, s := refreshed(t, composed(), "POLL_INTERVAL=0")
	host.Hang()
	t.Cleanup(host.Release)
	answers := s.later("GET", "/api/v1/stacks/apps/web?inputs=true")
	host.reached()
	is.Equal(s.stop(syscall.SIGTERM), 0)
	is.Equal((<-answers).status, 503)
}

// The opened row asks once for each click, and says for each file what it is used for.
func pageTellsWhatAStackIsMadeOf(t *testing.T, c chromium) {
	is := is.New(t)
	_, host, first, s := refreshed(t, composed(), "POLL_INTERVAL=0")
	b := c.on(t, s)
	row := func(path string) string {
		return "[...document.querySelectorAll('#stacks li.row')].find((row) => row.querySelector('.path').textContent === '" +
			path + "')"
	}
	look[bool](b, "document.querySelectorAll('#stacks details').forEach((details) => { details.open = true; }), true")
	asked := "performance.getEntriesByType('resource').filter((entry) => entry.name.includes('inputs=')).length"
	is.Equal(look[int](b, asked), 0) // to open a row asks nothing
	click := func(path string) {
		t.Helper()
		look[bool](b, row(path)+".querySelector('[data-is=made-ask]').click(), true")
	}
	said := func(path, text string) {
		t.Helper()
		b.until(row(path) + ".innerText.includes(" + asJSON(text) + ")")
	}
	click("apps/web")
	said("apps/web", "At revision "+first[:12]+", as the project web:")
	said("apps/web", "apps/web/app.env variables")
	said("apps/web", "apps/web/conf mounted, a directory")
	said("apps/web", "shared/base.yml compose file")
	click("bad")
	said("bad", "At revision "+first[:12]+": The variable TAG is set nowhere")
	is.Equal(look[int](b, asked), 2)
	b.do(chromedp.EmulateViewport(1280, 4000))
	b.checkAccess("wide, with what stacks are made of")
	b.do(chromedp.EmulateViewport(320, 6000))
	b.checkAccess("narrow, with what stacks are made of")
	is.Equal(look[int](b, "document.documentElement.scrollWidth"), 320) // nothing sticks out
	b.checkProblems()

	fresh := c.on(t, s)
	host.Hang() // the answers are known: the host is not asked
	t.Cleanup(host.Release)
	look[bool](fresh, row("apps/web")+".querySelector('[data-is=made-ask]').click(), true")
	fresh.until(row("apps/web") + ".querySelectorAll('[data-is=made-of] li').length === 4")
	fresh.checkProblems()
}

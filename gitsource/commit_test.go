package gitsource

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/gitsource/githost"
)

func TestTheCommitOfAStateIsThatOfItsRevision(t *testing.T) {
	for _, kind := range kindsOfHost() {
		t.Run(kind.claim, func(t *testing.T) {
			is := is.New(t)
			served := githost.New(t)
			served.Git("config", "user.name", "Ada Lovelace")
			served.Git("config", "uploadpack.allowFilter", map[bool]string{true: "false", false: "true"}[kind.plain])
			first := served.Commit("a/docker-compose.yml", "1").String()
			source := newTestSource(t, kind.serve(t, served)+filepath.Base(served.Dir))
			var state actors.DesiredState
			fetched := func(revision string) {
				t.Helper()
				var err error
				state, err = source.Fetch(t.Context(), state)
				is.NoErr(err)
				is.Equal(state.Revision, revision)
				said := strings.Split(served.Git("log", "-1", "--format=%s%n%an%n%cI", revision), "\n")
				at, err := time.Parse(time.RFC3339, said[2])
				is.NoErr(err)
				is.Equal(state.Commit, actors.Commit{Subject: said[0], Author: said[1], CommittedAt: at.UTC()})
			}
			fetched(first)
			served.Git("commit", "--quiet", "--allow-empty", "--message=The same stacks\n\nfor another reason")
			fetched(served.ID("HEAD").String()) // the same tree
			served.Git("reset", "--quiet", "--hard", first)
			fetched(first) // a push back
		})
	}
}

func TestACommitIsShownInOneBoundedLineEach(t *testing.T) {
	is := is.New(t)
	r := githost.New(t)
	tree := r.Git("rev-parse", r.Commit("a/docker-compose.yml", "1").String()+"^{tree}")
	written := func(person, message string) actors.Commit {
		t.Helper()
		content := "tree " + tree + "\nauthor " + person + "\ncommitter C <c@example.com> 1770000000 +0200\n" + message
		r.Git("update-ref", "refs/heads/main", writeObject(t, r, "commit", content))
		state, err := newTestSource(t, r.Dir).Fetch(t.Context(), actors.DesiredState{})
		is.NoErr(err)
		return state.Commit
	}
	at := time.Unix(1770000000, 0).UTC()
	is.Equal(written("A <a@example.com> 1 +0000", "\n\n\nOne\n  two \n\nthree"), actors.Commit{Subject: "One two", Author: "A", CommittedAt: at})
	is.Equal(written("A\x1b[1m\xff <a@example.com> 1 +0000", "\n\x07b\xc2\x85c"), actors.Commit{
		Subject: `\ab\u0085c`, Author: `A\x1b[1m\xff`, CommittedAt: at,
	})
	is.Equal(written("A\u202eB\u2066 <a@example.com> 1 +0000", "\na\u200f\u2028b\ufeff"), actors.Commit{
		Subject: `a\u200f\u2028b\ufeff`, Author: `A\u202eB\u2066`, CommittedAt: at, // nothing turns the text around
	})
	is.Equal(written("", ""), actors.Commit{CommittedAt: at})
	is.Equal(written("<>", "\n"+strings.Repeat("é", 10_000)).Subject, strings.Repeat("é", 199)+"…")
	bad := "tree " + tree + "\nauthor A <a> 1 +0000\ncommitter C <c> 99999999999999 +0000\n\nlate\n"
	r.Git("update-ref", "refs/heads/main", writeObject(t, r, "commit", bad))
	state, err := newTestSource(t, r.Dir).Fetch(t.Context(), actors.DesiredState{})
	is.NoErr(err)
	is.Equal(state.Commit, actors.Commit{}) // no year that a time can have
}

// writeObject writes an object of any content and returns its id.
func writeObject(t *testing.T, r *githost.Repository, kind, content string) string {
	t.Helper()
	output := githost.Git(t, r.Dir, bytes.NewBufferString(content), "hash-object", "-t", kind, "-w", "--literally", "--stdin")
	return strings.TrimSpace(string(output))
}

func TestASecretInACommitIsNotShown(t *testing.T) {
	is := is.New(t)
	r := githost.Host(t, githost.HTTPOptions{User: "git", Password: "hunter2-and-more"}, githost.Chain(githost.Layout{"a/docker-compose.yml": githost.File("1")}))
	secret := func() (string, error) { return "hunter2-and-more", nil }
	content := "tree " + r.Says(t, nil, "rev-parse", "main^{tree}") +
		"\nauthor hunter2-and-more <a> 1 +0000\ncommitter C <c> 1770000000 +0000\n\nuse hunter2-and-more\n"
	id := r.Says(t, bytes.NewBufferString(content), "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
	r.Says(t, nil, "update-ref", "refs/heads/main", id)
	state, err := newTestSource(t, r.URL, func(s *Settings) { s.Password = secret }).Fetch(t.Context(), actors.DesiredState{})
	is.NoErr(err)
	is.Equal(state.Commit.Subject, "use ***")
	is.Equal(state.Commit.Author, "***")
}

func TestHintsNameTheSettingToChange(t *testing.T) {
	const all = "compose.yaml,compose.yml,docker-compose.yml,docker-compose.yaml"
	named := func(names ...string) func(*Settings) { return func(s *Settings) { s.ComposeFiles = names } }
	for _, test := range []struct {
		claim  string
		files  []string
		change func(*Settings)
		want   []string
	}{
		{"stacks alone", []string{"a/docker-compose.yml"}, deployDir("."), nil},
		{"nothing", []string{"README"}, deployDir("."), []string{
			"No directory in the repository has a file named docker-compose.yml or docker-compose.yaml; " +
				"check GIT_DEPLOY_DIR and COMPOSE_FILES.",
		}},
		{"nothing in the directory", []string{"d/README", "docker-compose.yml"}, deployDir("d"), []string{
			`No directory in "d", the GIT_DEPLOY_DIR, has a file named docker-compose.yml or docker-compose.yaml; ` +
				"check GIT_DEPLOY_DIR and COMPOSE_FILES.",
		}},
		{"one of another name", []string{"b/c/compose.yml"}, deployDir("."), []string{
			`The directory "b/c" has a file named compose.yaml or compose.yml that is not served; to serve it, set COMPOSE_FILES=` + all + ".",
		}},
		{"several among stacks", []string{"a/docker-compose.yml", "b/compose.yaml", "b/compose.yml", "c/d/compose.yaml", "compose.yml"},
			deployDir("."), []string{
				`3 directories, such as ".", have a file named compose.yaml or compose.yml that is not served; ` +
					"to serve it, set COMPOSE_FILES=" + all + ".",
			}},
		{"outside of the directory", []string{"d/a/docker-compose.yml", "b/compose.yaml"}, deployDir("d"), nil},
		{"all are named", []string{"b/compose.yaml", "c/compose.yml"}, named("compose.yaml", "compose.yml"), nil},
		{"one is named", []string{"b/compose.yaml", "c/compose.yml"}, named("compose.yaml"), []string{
			`The directory "c" has a file named compose.yml that is not served; to serve it, set COMPOSE_FILES=compose.yml,compose.yaml.`,
		}},
		{"a directory of that name", []string{"a/docker-compose.yml", "a/compose.yaml/x"}, deployDir("."), nil},
		{"a skipped file", []string{"a/docker-compose.yml/x"}, deployDir("."), nil},
	} {
		t.Run(test.claim, func(t *testing.T) {
			is := is.New(t)
			layout := githost.Layout{}
			for _, name := range test.files {
				layout[name] = githost.File("x")
			}
			r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(layout))
			state, err := newTestSource(t, r.URL, test.change).Fetch(t.Context(), actors.DesiredState{})
			is.NoErr(err)
			is.Equal(state.Hints, test.want)
		})
	}
}

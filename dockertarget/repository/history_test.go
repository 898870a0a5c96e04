package repository

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/matryer/is"
	"go.uber.org/goleak"

	"mooring/actors"
	"mooring/dockertarget/inputs"
	"mooring/dockertarget/readings"
	"mooring/gitsource"
	"mooring/gitsource/githost"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// history are the commits of a repository, and what is remembered of one for the next.
type history struct {
	t      testing.TB
	r      *githost.Bare
	source *gitsource.Source
	files  *gitsource.Files
	memory *readings.Memory
	state  actors.DesiredState
	// work is WORK_DIR, and reader reads the stacks.
	work   string
	reader readings.Reader
}

func newHistory(t testing.TB, r *githost.Bare, url string) *history {
	t.Helper()
	is := is.New(t)
	source, err := gitsource.New(gitsource.Settings{URL: url, DeployDir: ".", ComposeFiles: []string{"docker-compose.yml"}})
	is.NoErr(err)
	reader, err := inputs.NewReader(t.TempDir(), nil, "repository")
	is.NoErr(err)
	t.Cleanup(func() { is.NoErr(reader.Close()) })
	return &history{t: t, r: r, source: source, files: source.Files(), memory: readings.New(), work: t.TempDir(), reader: reader}
}

// at reads the stacks of a commit. It returns the readings by path, and how many stacks were read for them.
func (h *history) at(commit int) (map[string]readings.Reading, int) {
	h.t.Helper()
	is := is.New(h.t)
	ctx := context.Background()
	h.r.MoveMain(h.t, h.r.Commits[commit])
	var err error
	h.state, err = h.source.Fetch(ctx, h.state)
	is.NoErr(err)
	opened, err := h.files.Open(ctx, h.state)
	is.NoErr(err)
	defer opened.Close()
	files, err := New(opened, filepath.Join(h.work, "tree"))
	is.NoErr(err)
	var stacks []readings.Stack
	for _, stack := range h.state.Stacks {
		stacks = append(stacks, readings.Stack{Path: stack.Path, ComposeFile: stack.ComposeFile, Tree: stack.Tree.String()})
	}
	all, read, err := h.memory.Update(ctx, h.reader, files, stacks)
	is.NoErr(err)
	is.NoErr(files.Close())
	byPath := map[string]readings.Reading{}
	for i, stack := range stacks {
		byPath[stack.Path] = all[i]
	}
	return byPath, read
}

// put writes a file of an operator.
func (h *history) put(name, content string) {
	h.t.Helper()
	is := is.New(h.t)
	at := filepath.Join(h.work, "tree", name)
	is.NoErr(os.MkdirAll(filepath.Dir(at), 0o755))
	is.NoErr(os.WriteFile(at, []byte(content), 0o600))
}

// quick is a Reader that looks at the compose file and at .env alone, and counts.
type quick struct{ read int }

func (q *quick) Read(ctx context.Context, files inputs.Files, stack, composeFile string) (*inputs.Stack, error) {
	name := path.Join(stack, composeFile)
	at, err := files.Entry(ctx, name)
	if err == nil {
		_, err = files.Read(ctx, name)
	}
	if err != nil {
		return nil, err
	}
	if _, err := files.Entry(ctx, path.Join(stack, ".env")); err == nil {
		return nil, fmt.Errorf("%s has a .env", stack)
	}
	q.read++
	return &inputs.Stack{Inputs: []inputs.Input{{Path: name, Entry: at}}, Absent: []string{path.Join(stack, ".env")}}, nil
}

func TestACommitThatTouchesOneOf20000StacksReadsOne(t *testing.T) {
	is := is.New(t)
	const many = 20_000
	first := githost.SomeStacks(many)
	r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(first,
		first.With(githost.Layout{"hosts/h7/s77/docker-compose.yml": githost.File("services: {}\n")}),
		first.With(githost.Layout{"hosts/h7/s77/docker-compose.yml": githost.File("services: {}\n"), "README.md": githost.File("x")})))
	h, reader := newHistory(t, r.Bare, r.URL), &quick{}
	h.reader = reader
	all, read := h.at(0)
	is.Equal([]int{len(all), read, reader.read}, []int{many, many, many})
	r.Posts()
	reader.read = 0
	all, read = h.at(1)
	is.Equal([]int{len(all), read, reader.read}, []int{many, 1, 1})
	is.Equal(r.Posts(), 4) // two of the refresh, the changed trees, and the compose file
	reader.read = 0
	_, read = h.at(2)
	is.Equal([]int{read, reader.read}, []int{0, 0})
	is.Equal(r.Posts(), 3)
}

const service = "services:\n  web:\n    image: nginx\n"

func TestAStackIsReadAgainWhenWhatItIsMadeOfChanges(t *testing.T) {
	first := githost.Layout{
		"web/docker-compose.yml":   githost.File("include: [../shared/base.yml]\n" + service),
		"web/README.md":            githost.File("x"),
		"shared/base.yml":          githost.File("services:\n  db:\n    image: postgres\n"),
		"other/docker-compose.yml": githost.File(service),
		"bad/docker-compose.yml":   githost.File("services: {a: {image: $NONE}}\n"),
		"late/docker-compose.yml":  githost.File(service + "    env_file: [{path: ../envs/late.env, required: false}]\n"),
		"docker-compose.yml":       githost.File(service),
	}
	for name, test := range map[string]struct {
		change githost.Layout
		read   int
	}{
		"its compose file":                  {githost.Layout{"other/docker-compose.yml": githost.File(service + "# x\n")}, 1},
		"an included file":                  {githost.Layout{"shared/base.yml": githost.File("services:\n  db:\n    image: mysql\n")}, 1},
		"a file that was not there":         {githost.Layout{"envs/late.env": githost.File("A=1\n")}, 1},
		"variables that were missing":       {githost.Layout{"bad/.env": githost.File("NONE=x\n")}, 1},
		"variables at the root":             {githost.Layout{".env": githost.File("A=x\n")}, 1},
		"a link in place of a file":         {githost.Layout{"other/docker-compose.yml": githost.Link("../web/docker-compose.yml")}, 1},
		"a file that is none of its inputs": {githost.Layout{"web/README.md": githost.File("y")}, 0},
		"a new stack":                       {githost.Layout{"new/docker-compose.yml": githost.File(service)}, 1},
		"nothing of it":                     {githost.Layout{"docs/x": githost.File("y")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(first, first.With(test.change)))
			h := newHistory(t, r.Bare, r.URL)
			_, read := h.at(0)
			is.Equal(read, 5)
			remembered, read := h.at(1)
			is.Equal(read, test.read)
			afresh, _ := newHistory(t, r.Bare, r.Dir).at(1)
			is.Equal(remembered, afresh) // what is remembered is what would be read
		})
	}
}

func TestAFileOfAnOperatorGivesWayToGit(t *testing.T) {
	is := is.New(t)
	first := githost.Layout{"web/docker-compose.yml": githost.File("services: {a: {image: \"nginx:$TAG\"}}\n")}
	r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(first,
		first.With(githost.Layout{"web/.env": githost.File("TAG=git\n")})))
	h := newHistory(t, r.Bare, r.URL)
	h.put("web/.env", "TAG=own\n")
	all, _ := h.at(0)
	is.Equal(all["web"].Stack.Services[0].Image, "nginx:own")
	all, read := h.at(1)
	is.Equal(read, 1)
	is.Equal(all["web"].Stack.Services[0].Image, "nginx:git")
}

func TestFilesThatSeveralStacksNeedTakeOneRequest(t *testing.T) {
	is := is.New(t)
	layout := githost.Layout{"shared/base.yml": githost.File("services:\n  db:\n    image: postgres\n")}
	for i := range 30 {
		layout[fmt.Sprintf("s%d/docker-compose.yml", i)] = githost.File("include: [../shared/base.yml]\n" + service +
			"    volumes: [./nginx.conf:/nginx.conf]\n    configs: [c]\nconfigs: {c: {file: ./c.conf}}\n")
		layout[fmt.Sprintf("s%d/nginx.conf", i)] = githost.File(fmt.Sprint(i))
		layout[fmt.Sprintf("s%d/c.conf", i)] = githost.File(fmt.Sprint("c", i))
	}
	r := githost.Host(t, githost.HTTPOptions{}, githost.Chain(layout))
	h := newHistory(t, r.Bare, r.URL)
	_, read := h.at(0)
	is.Equal(read, 30)
	// Three of the refresh; the trees, the compose files, the shared file, and one for each of the files of a service.
	is.Equal(r.Posts(), 8)
}

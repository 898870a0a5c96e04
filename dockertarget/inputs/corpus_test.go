package inputs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// example is a stack of testdata/corpus. Each file there begins with what it shows, and with lines that name the stack's
// directory ("app" if none does), its compose file, and its inputs. Then come the files of the repository, each after its
// path: "-- app/.env --". Behind the path may be "-> TARGET" for a link, "(bom, crlf)" for the habits of Windows, or "(not
// in Git)".
type example struct {
	stack, file string
	inputs      []string
	files       commit
}

func readExample(t testing.TB, name string) example {
	t.Helper()
	is := is.New(t)
	content, err := os.ReadFile(name)
	is.NoErr(err)
	e := example{stack: "app", file: "docker-compose.yml", files: commit{}}
	current := ""
	for line := range strings.Lines(string(content)) {
		header, isHeader := strings.CutPrefix(line, "-- ")
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch {
		case isHeader:
			header = strings.TrimSuffix(header, " --\n")
			name, target, link := strings.Cut(header, " -> ")
			name, note, _ := strings.Cut(name, " (")
			current = name
			e.files[name] = map[bool]string{true: "-> " + target}[link] +
				map[bool]string{true: "unmanaged "}[note == "not in Git)"] +
				map[bool]string{true: "\ufeff"}[strings.Contains(note, "bom")]
			if strings.Contains(note, "crlf") {
				e.files[name] += "\r\n" // tells the lines below to end so, and is an empty line
			}
		case current != "" && strings.Contains(e.files[current], "\r\n"):
			e.files[current] += strings.ReplaceAll(line, "\n", "\r\n")
		case current != "":
			e.files[current] += line
		case key == "stack":
			e.stack = value
		case key == "file":
			e.file = value
		case key == "input":
			e.inputs = append(e.inputs, value)
		default:
			is.True(strings.HasPrefix(line, "#")) // a line before the files is a remark or has a known key
		}
	}
	return e
}

// write writes the files of a repository for which wanted is true. It returns the directory of the stack.
func (e example) write(t *testing.T, root string, wanted func(name string) bool) string {
	t.Helper()
	is := is.New(t)
	for name, content := range e.files {
		at := filepath.Join(root, name)
		target, link := strings.CutPrefix(content, "-> ")
		if !wanted(name) {
			continue
		}
		is.NoErr(os.MkdirAll(filepath.Dir(at), 0o700))
		if link {
			is.NoErr(os.Symlink(target, at))
			continue
		}
		is.NoErr(os.WriteFile(at, []byte(strings.TrimPrefix(content, "unmanaged ")), 0o600))
	}
	return filepath.Join(root, e.stack)
}

// config is what docker compose makes of a stack, as JSON without the path of the repository.
func config(t *testing.T, program, root, directory string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, "config", "--format", "json")
	command.Dir = directory
	command.Env = []string{"HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}
	var problems strings.Builder
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		t.Fatalf("docker compose refuses the stack: %v\n%s", err, problems.String())
	}
	return strings.ReplaceAll(string(output), root, "ROOT")
}

// The services, the images, the environment, the labels and all the rest of what docker compose config shows are the same
// with nothing but the inputs of a stack in its repository, so no input is missing. That none is too many is what their list
// in each file says.
func TestTheCorpusIsReadAsDockerComposeReadsIt(t *testing.T) {
	program, err := lab.Compose(t.Context())
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("no docker compose to compare with: ", err)
	}
	is.New(t).NoErr(err)
	names, err := filepath.Glob("testdata/corpus/*.txt")
	is.New(t).NoErr(err)
	is.New(t).True(len(names) >= 60)
	for _, name := range names {
		t.Run(strings.TrimSuffix(path.Base(filepath.ToSlash(name)), ".txt"), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			example := readExample(t, name)
			reader, err := NewReader(t.TempDir(), []string{"HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}, "repo")
			is.NoErr(err)
			stack, err := reader.Read(t.Context(), example.files, example.stack, example.file)
			is.NoErr(err)
			is.NoErr(reader.Close())
			is.Equal(strings.Join(inputs(stack), "\n"), strings.Join(example.inputs, "\n"))

			all, only := filepath.Join(t.TempDir(), "repo"), filepath.Join(t.TempDir(), "repo")
			said := config(t, program, all, example.write(t, all, func(string) bool { return true }))
			is.Equal(config(t, program, only, example.write(t, only, func(name string) bool {
				return strings.HasPrefix(example.files[name], "unmanaged ") || slices.ContainsFunc(stack.Inputs, func(input Input) bool {
					return input.Path == "." || input.Path == name || input.Kind == Directory && strings.HasPrefix(name, input.Path+"/")
				})
			})), said)

			var project struct {
				Name     string
				Services map[string]struct{ Image string }
			}
			is.NoErr(json.Unmarshal([]byte(said), &project))
			is.Equal(stack.Project, project.Name)
			images := map[string]string{}
			for _, service := range stack.Services {
				images[service.Name] = service.Image
			}
			is.Equal(len(images), len(project.Services))
			for name, service := range project.Services {
				is.Equal(images[name], service.Image)
			}
		})
	}
}

package inputs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// hostFile makes a file of variables outside of the repository, and returns its path.
func hostFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "host.env")
	is.New(t).NoErr(os.WriteFile(name, []byte("V=from-this-machine\n"), 0o600))
	return name
}

func TestAStackNeverReadsAFileOfThisMachine(t *testing.T) {
	host := hostFile(t)
	hostCompose := host[:len(host)-len("host.env")] + "host.yml"
	is.New(t).NoErr(os.WriteFile(hostCompose, []byte("services: {x: {image: from-this-machine}}\n"), 0o600))
	up := strings.Repeat("../", 40)
	far := strings.Repeat("../", 90) + host[1:]
	included := "services: {db: {image: 'db:${V:-none}'}}\n"
	for name, files := range map[string]commit{
		"by an include's env_file": {"s/docker-compose.yml": "include: [{path: a.yml, env_file: " + host + "}]\n", "s/a.yml": included},
		"by one in a list":         {"s/docker-compose.yml": "include: [{path: a.yml, env_file: [" + host + "]}]\n", "s/a.yml": included},
		"by an env_file that climbs": {
			"s/docker-compose.yml": "include: [{path: a.yml, env_file: " + far + "}]\n", "s/a.yml": included,
		},
		"by a variable": {
			"s/docker-compose.yml": "include: [{path: a.yml, env_file: $FILE}]\n", "s/a.yml": included, "s/.env": "FILE=" + host + "\n",
		},
		"by a project_directory": {
			"s/docker-compose.yml": "include: [{path: a.yml, project_directory: " + filepath.Dir(host) + "}]\n", "s/a.yml": included,
		},
		"by a project_directory that climbs, and then more": {
			"s/docker-compose.yml": "include: [{path: a.yml, project_directory: " + up + "x}]\n",
			"s/a.yml":              "services: {db: {extends: {file: " + up + hostCompose[1:] + ", service: x}}}\n",
		},
		"by an extends after another": {
			"s/docker-compose.yml": "services: {db: {extends: {file: ../b/b.yml, service: x}}}\n",
			"b/b.yml":              "services: {x: {extends: {file: " + up + up[:60] + hostCompose[1:] + ", service: x}}}\n",
		},
		"by COMPOSE_ENV_FILES in .env, which does not count there": {
			"s/docker-compose.yml": "services: {db: {image: '${V}'}}\n", "s/.env": "COMPOSE_ENV_FILES=" + host + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := read(t, files)
			var problem *Problem
			is.True(errors.As(err, &problem))
			t.Log(problem.Message)
			is.True(!strings.Contains(problem.Message, "from-this-machine"))
			is.True(!strings.Contains(problem.Message, "mooring-read-"))
		})
	}
}

// The current directory of the process has files of the same names. Those of the repository count.
func TestAStackNeverReadsAFileOfTheCurrentDirectory(t *testing.T) {
	is := is.New(t)
	files := commit{
		"s/docker-compose.yml": "include: [../shared/db.yml]\n" + web,
		"shared/db.yml":        "include: [{path: deep/cache.yml, env_file: my.env, project_directory: place}]\n",
		"shared/my.env":        "V=of-the-repository\n", "shared/place/c": "", "shared/place/.env": "V=no\n",
		"shared/deep/cache.yml": "services: {cache: {image: 'redis:${V}', volumes: ['./c:/c'], env_file: c}}\n",
	}
	t.Chdir(t.TempDir())
	is.NoErr(os.MkdirAll("shared/place", 0o700))
	for _, name := range []string{"my.env", "place/.env", "shared/my.env", "shared/place/.env", ".env"} {
		is.NoErr(os.MkdirAll(filepath.Dir(name), 0o700))
		is.NoErr(os.WriteFile(name, []byte("V=of-this-machine\n"), 0o600))
	}
	stack, err := read(t, files)
	is.NoErr(err)
	is.Equal(stack.Services[0].Image, "redis:of-the-repository")
	is.Equal(strings.Join(inputs(stack), ", "), "compose s/docker-compose.yml, compose shared/db.yml, compose shared/deep/cache.yml, "+
		"environment shared/my.env, environment shared/place/.env, environment shared/place/c")
}

// Compose itself looks for them from the directory of the stack: findings/compose-go-nested-include-env-file.sh.
func TestAnIncludeOfTheThirdLevelHasNoPlacesOfItsOwn(t *testing.T) {
	for _, place := range []string{"env_file: x.env", "project_directory: x"} {
		is := is.New(t)
		_, err := read(t, commit{
			"s/docker-compose.yml": "include: [a/a.yml]\n", "s/a/a.yml": "include: [b/b.yml]\n",
			"s/a/b/b.yml": "include: [{path: c.yml, " + place + "}]\n", "s/a/b/c.yml": web, "s/a/b/x.env": "", "s/a/b/x/y": "",
		})
		var problem *Problem
		is.True(errors.As(err, &problem))
		is.True(strings.Contains(problem.Message, `"s/a/b/b.yml" is an included file that gives an include`))

		_, err = read(t, commit{ // the project is elsewhere, so it is the second level
			"s/docker-compose.yml": web, "s/.env": "COMPOSE_FILE=p/p.yml\n", "s/p/p.yml": "include: [a/a.yml]\n",
			"s/p/a/a.yml": "include: [{path: c.yml, " + place + "}]\n", "s/p/a/c.yml": web, "s/p/a/x.env": "", "s/p/a/x/y": "",
		})
		is.True(errors.As(err, &problem))
		is.True(strings.Contains(problem.Message, `"s/p/a/a.yml" is an included file that gives an include`))
	}
}

// compose-go 2.16.2 panics at some of these.
func TestValuesOfWrongTypesAreProblems(t *testing.T) {
	for _, content := range []string{
		"services: {web: {extends: {file: 5, service: x}}}", "services: {web: {extends: {service: 5}}}", "services: {web: {extends: [x]}}",
		"include: 5", "include: [5]", "include: [{path: 5}]", "include: [[x]]", "include: [{path: {a: b}}]", "include: [{}]",
		"services: 5", "services: [a]", "services: {web: 5}", "services: {web: null}", "services: {web: {build: 5}}",
		"services: {web: {build: {context: 5}}}", "services: {web: {build: {context: [5]}}}",
		"services: {web: {image: a, volumes: [5]}}", "services: {web: {image: a, volumes: [{type: bind}]}}",
		"services: {web: {image: a, volumes: [{type: bind, source: 5, target: x}]}}", "services: {web: {image: a, env_file: {a: b}}}",
		"services: {web: {image: a, env_file: [[a]]}}", "services: {web: {image: a, links: [5]}}", "services: {web: {image: a, depends_on: 5}}",
		"services: {web: {image: a, networks: 5}}", "services: {web: {image: a, pre_start: 5}}", "services: {web: {image: a}}\nvolumes: 5",
		"services: {web: {image: a}}\nvolumes: {a: 5}", "services: {web: {image: a}}\nvolumes: {a: {driver: local, driver_opts: 5}}",
		"services: {web: {image: a}}\nconfigs: {a: 5}", "services: {web: {image: a}}\nsecrets: {a: {file: 5}}", "jobs: 5", "jobs: {a: 5}",
		"services: {web: {image: a}}\nx-mooring: 5", "services: {web: {image: a}}\nx-mooring: {after: {a: b}}",
		"services: {web: {image: a}}\nx-mooring: {suspend: perhaps}", "name: [a]\nservices: {web: {image: a}}", "name: ''", "5", "[a]", "- a", "null",
		"services: {web: {image: a}}\n5: x", "services: {web: {image: a, network_mode: 5}}", "services: {web: {image: a, volumes_from: [5]}}",
		"a: &a [*a]", "services: &a {web: *a}", "\x00", "\xff\xfe", "%", "services: {web: !!binary x}", "services: {web: !reset null}",
		"services: {web: {image: a, label_file: 5}}", "services: {web: {image: a, extends: {file: a.yml, service: x}}}",
		"services: {web: {provider: {type: x}, volumes: [.:/x]}}", "services: {web: {image: a, develop: {watch: 5}}}",
		"include: [{path: a.yml, env_file: {a: b}}]", "include: [{path: a.yml, project_directory: [a]}]", "include: [{path: [a.yml, 5]}]",
	} {
		t.Run(content, func(t *testing.T) {
			is := is.New(t)
			for _, files := range []commit{
				{"s/docker-compose.yml": content},
				{"s/docker-compose.yml": "include: [a.yml]\n" + web, "s/a.yml": content},
				{"s/docker-compose.yml": "services: {web: {extends: {file: a.yml, service: web}}}\n", "s/a.yml": content},
			} {
				_, err := read(t, files)
				var problem *Problem
				is.True(err == nil || errors.As(err, &problem))
				if problem != nil {
					is.True(!strings.Contains(problem.Message, "mooring-read-"))
					t.Log(problem.Message)
				}
			}
		})
	}
}

func TestATextThatIsMadeToTakeLongIsAProblem(t *testing.T) {
	lists := "a0: &a0 [x]\n"
	for i := range 30 {
		one := fmt.Sprintf("*a%d, ", i)
		lists += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(one, 9))
	}
	for name, content := range map[string]string{
		"aliases of aliases":      "services: {web: {image: a}}\nx-a:\n  " + strings.ReplaceAll(lists, "\n", "\n  "),
		"deeper lists":            "x-a: " + strings.Repeat("[", 500_000),
		"many variables":          "services: {web: {image: '" + strings.Repeat("${A:-x}", 100_000) + "'}}",
		"variables in variables":  "services: {web: {image: '" + strings.Repeat("${A:-", 300_000) + strings.Repeat("}", 300_000) + "'}}",
		"variables without end":   "services: {web: {image: '" + strings.Repeat("${A:-", 300_000) + "'}}",
		"many keys":               "services: {web: {image: a}}\nx-a: {" + manyKeys(150_000) + "}",
		"more than it reads":      "services: {web: {image: a}}\n#" + strings.Repeat("x", maxBytes),
		"more than Files reads":   "too large",
		"more variables in all":   "services: {web: {image: a, labels: {" + manyVariables(5_000) + "}}}",
		"variables in a variable": "services: {web: {image: '${A:-" + strings.Repeat("${A:-x}", 50_000) + "}'}}",
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := read(t, commit{"s/docker-compose.yml": content})
			var problem *Problem
			is.True(errors.As(err, &problem))
			t.Log(problem.Message)
			if content != "too large" && len(content) < maxBytes {
				_, err = read(t, commit{"s/docker-compose.yml": web, "s/.env": "V=" + content})
				is.True(err == nil || errors.As(err, &problem))
			}
			is.True(len(problem.Message) < 5000)
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1, ", i)
	}
	return b.String()
}

func manyVariables(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: '%s', ", i, strings.Repeat("${A:-x}", 30))
	}
	return b.String()
}

func TestPathsThatNoFileSystemTakesAreProblems(t *testing.T) {
	long := strings.Repeat("x", 300)
	deep := strings.Repeat("d/", 2500)
	for _, files := range []commit{
		{"s/docker-compose.yml": "include: [" + long + ".yml]\n", "s/" + long + ".yml": web},
		{"s/docker-compose.yml": "include: [" + deep + "a.yml]\n", "s/" + deep + "a.yml": web},
		{"s/docker-compose.yml": "include: [docker-compose.yml/x]\n"},
		{"s/docker-compose.yml": "include: [a]\n", "s/a/b": ""},
		{"s/docker-compose.yml": "include: [a, a/b.yml]\n", "s/a/b.yml": web},
		{"s/docker-compose.yml": "include: ['']\n"},
		{"s/docker-compose.yml": "include: [{path: a.yml, env_file: d}]\n", "s/d/x": "", "s/a.yml": web},
		{"s/docker-compose.yml": web + "    env_file: d\n", "s/d/x": ""},
		{"s/docker-compose.yml": web, "s/.env": "COMPOSE_FILE=\n"},
		{"s/docker-compose.yml": web, "s/.env": "COMPOSE_FILE=-\n", "s/-": web},
		{"s/docker-compose.yml": web, "s/.env": "COMPOSE_DISABLE_ENV_FILE=perhaps\n"},
	} {
		is := is.New(t)
		_, err := read(t, files)
		var problem *Problem
		is.True(errors.As(err, &problem))
		is.True(!strings.Contains(problem.Message, "mooring-read-"))
		t.Log(problem.Message)
	}
}

func TestAProblemShowsNoPassword(t *testing.T) {
	for name, files := range map[string]commit{
		"in a .env that has no form":     {"s/docker-compose.yml": web, "s/.env": "A=1\nhunter2/x=\n"},
		"in a .env without its quote":    {"s/docker-compose.yml": web, "s/.env": "A=1\nP=\"hunter2\n"},
		"in a .env with a dollar sign":   {"s/docker-compose.yml": web, "s/.env": "A=1\nP=hunter2${\n"},
		"in an included file's .env":     {"s/docker-compose.yml": "include: [a/a.yml]\n", "s/a/a.yml": web, "s/a/.env": "PASS hunter2=x\n"},
		"in a text with a dollar sign":   {"s/docker-compose.yml": web + "    environment: {P: 'hunter2${'}\n"},
		"in one of an extended service":  {"s/docker-compose.yml": "services: {w: {extends: {file: a.yml, service: web}}}\n", "s/a.yml": web + "    environment: {P: 'hunter2${'}\n"},
		"in a default that is not taken": {"s/docker-compose.yml": web + "    environment: {P: '${A:-hunter2${}'}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := read(t, files)
			var problem *Problem
			is.True(errors.As(err, &problem))
			t.Log(problem.Message)
			is.True(!strings.Contains(problem.Message, "hunter2"))
			is.True(strings.Contains(problem.Message, "s/") || strings.Contains(problem.Message, "services.web.environment.P"))
		})
	}
}

// failing is a commit whose host does not answer for one file.
type failing struct {
	commit
	name string
}

var errHost = errors.New("the host does not answer")

func (f failing) Read(ctx context.Context, name string) ([]byte, error) {
	if name == f.name {
		return nil, errHost
	}
	return f.commit.Read(ctx, name)
}

func TestAnErrorOfGitIsNoProblemOfTheStack(t *testing.T) {
	files := commit{
		"s/docker-compose.yml": "include: [a.yml]\n" + web + "    configs: [c]\n    volumes: ['./l:/l']\nconfigs: {c: {file: c}}\n",
		"s/a.yml":              "services: {}\n", "s/.env": "A=1\n", "s/c": "", "s/l": "-> c",
	}
	for name := range files {
		is := is.New(t)
		reader, err := NewReader(t.TempDir(), nil, "repo")
		is.NoErr(err)
		_, err = reader.Read(t.Context(), failing{files, name}, "s", "docker-compose.yml")
		is.True(errors.Is(err, errHost)) // name
		var problem *Problem
		is.True(!errors.As(err, &problem))
		is.NoErr(reader.Close())
	}
}

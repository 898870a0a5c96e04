package inputs

import (
	"os"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// read reads the stack "s" of a tree, whose compose file is docker-compose.yml.
func read(t *testing.T, files commit, environment ...string) (*Stack, error) {
	t.Helper()
	return readAt(t, files, "s", "docker-compose.yml", environment...)
}

func readAt(t *testing.T, files commit, stack, composeFile string, environment ...string) (*Stack, error) {
	t.Helper()
	is := is.New(t)
	directory := t.TempDir()
	reader, err := NewReader(directory, environment, "the Repo")
	is.NoErr(err)
	result, readErr := reader.Read(t.Context(), files, stack, composeFile)
	_, err = os.Stat(reader.scratch.root)
	is.True(os.IsNotExist(err)) // a reading leaves no file behind
	is.NoErr(reader.Close())
	left, err := os.ReadDir(directory)
	is.NoErr(err)
	is.Equal(len(left), 0)
	return result, readErr
}

// inputs are the inputs of a stack, each as "use path".
func inputs(stack *Stack) []string {
	var all []string
	for _, input := range stack.Inputs {
		all = append(all, string(input.Use)+" "+input.Path)
	}
	return all
}

const web = "services:\n  web:\n    image: nginx\n"

func TestAStackIsMadeOf(t *testing.T) {
	for name, test := range map[string]struct {
		files commit
		want  string // the inputs, in one line
	}{
		"its compose file": {
			commit{"s/docker-compose.yml": web, "s/README.md": "not used", "other/docker-compose.yml": web},
			"compose s/docker-compose.yml",
		},
		"its override and its .env": {
			commit{
				"s/docker-compose.yml": web, "s/.env": "A=1\n",
				"s/docker-compose.override.yml": "services:\n  web:\n    image: nginx:${A}\n",
			},
			"environment s/.env, compose s/docker-compose.override.yml, compose s/docker-compose.yml",
		},
		"the first override only": {
			commit{
				"s/docker-compose.yml": web, "s/compose.override.yaml": web, "s/docker-compose.override.yml": "services: [",
			},
			"compose s/compose.override.yaml, compose s/docker-compose.yml",
		},
		"what COMPOSE_FILE names": {
			commit{
				"s/docker-compose.yml": web, "s/.env": "COMPOSE_FILE=a.yml:../b.yml\n", "s/a.yml": web, "b.yml": web,
				"s/compose.override.yaml": "services: [",
			},
			"compose b.yml, environment s/.env, compose s/a.yml, compose s/docker-compose.yml",
		},
		"what it includes, and what that includes": {
			commit{
				"s/docker-compose.yml":   "include: [../shared/db.yml]\n" + web,
				"shared/db.yml":          "include: [deep/cache.yml]\nservices:\n  db:\n    image: postgres:${V}\n    env_file: db.env\n",
				"shared/.env":            "V=16\n",
				"shared/db.env":          "X=1\n",
				"shared/deep/cache.yml":  "services:\n  cache:\n    image: redis\n    volumes: [./redis.conf:/etc/redis.conf]\n",
				"shared/deep/redis.conf": "x",
			},
			"compose s/docker-compose.yml, environment shared/.env, environment shared/db.env, compose shared/db.yml, " +
				"compose shared/deep/cache.yml, mount shared/deep/redis.conf",
		},
		"an included file with a directory and variables of its own": {
			commit{
				"s/docker-compose.yml": "include:\n  - path: ../shared/db.yml\n    project_directory: ../proj\n    env_file: my.env\n" + web,
				"s/my.env":             "V=1\n",
				"proj/.env":            "V=2\n",
				"proj/a.conf":          "x",
				"shared/db.yml":        "services:\n  db:\n    image: postgres:${V}\n    volumes: [./a.conf:/a.conf]\n",
			},
			"environment proj/.env, mount proj/a.conf, compose s/docker-compose.yml, environment s/my.env, compose shared/db.yml",
		},
		"the file whose service it extends, outside of its directory": {
			commit{
				"s/docker-compose.yml": "services:\n  web:\n    extends: {file: ../base/common.yml, service: web}\n",
				"base/common.yml":      "services:\n  web:\n    extends: {file: deeper/base.yml, service: base}\n    env_file: [./web.env]\n",
				"base/deeper/base.yml": "services:\n  base:\n    image: nginx\n    configs: []\n",
				"base/web.env":         "A=1\n",
			},
			"compose base/common.yml, compose base/deeper/base.yml, environment base/web.env, compose s/docker-compose.yml",
		},
		"files of variables and labels": {
			commit{
				"s/docker-compose.yml": web + "    env_file:\n      - a.env\n      - {path: none.env, required: false}\n" +
					"      - {path: b.env, required: false}\n      - /etc/host.env\n    label_file: l.labels\n",
				"s/a.env": "A=1", "s/b.env": "B=1", "s/l.labels": "l=1",
			},
			"environment s/a.env, environment s/b.env, compose s/docker-compose.yml, environment s/l.labels",
		},
		"configs and secrets that it uses": {
			commit{
				"s/docker-compose.yml": web + "    configs: [c, inline, far]\n    secrets: [p]\n" +
					"configs:\n  c: {file: ./c.conf}\n  inline: {content: hi}\n  far: {external: true}\n  idle: {file: ./idle}\n" +
					"secrets:\n  p: {file: ../secrets/p}\n",
				"s/c.conf": "c", "s/idle": "x", "secrets/p": "p",
			},
			"config s/c.conf, compose s/docker-compose.yml, secret secrets/p",
		},
		"what its containers mount": {
			commit{
				"s/docker-compose.yml": web + "    volumes:\n      - ./conf:/conf:ro\n      - ../shared/x:/x\n      - ./data:/data\n" +
					"      - /var/run/docker.sock:/var/run/docker.sock\n      - ~/home:/home\n      - named:/named\n      - bound:/bound\n" +
					"      - {type: bind, source: ./long, target: /long}\nvolumes:\n  named: {}\n" +
					"  bound: {driver: local, driver_opts: {o: bind, type: none, device: ./bound}}\n",
				"s/conf/a": "a", "s/conf/b": "b", "shared/x": "x", "s/long": "l", "s/bound/f": "f", "s/named/f": "no",
			},
			"mount s/bound, mount s/conf, compose s/docker-compose.yml, mount s/long, mount shared/x",
		},
		"build contexts and a Dockerfile elsewhere": {
			commit{
				"s/docker-compose.yml": "services:\n  web:\n    build:\n      context: ./app\n      dockerfile: ../docker/web.Dockerfile\n" +
					"      additional_contexts: {lib: ../lib, alpine: docker-image://alpine}\n  far:\n    build: https://example.com/x.git\n" +
					"  plain:\n    build: ./plain\n",
				"s/app/main": "x", "s/docker/web.Dockerfile": "FROM scratch", "lib/l": "l", "s/plain/Dockerfile": "FROM scratch",
			},
			"build lib, build s/app, compose s/docker-compose.yml, build s/docker/web.Dockerfile, build s/plain, build s/plain/Dockerfile",
		},
		"the services of its active profiles": {
			commit{
				"s/docker-compose.yml": "services:\n  a:\n    image: a\n    env_file: a.env\n    profiles: [x]\n" +
					"  b:\n    image: b\n    env_file: b.env\n    profiles: [y]\n",
				"s/.env": "COMPOSE_PROFILES=x, z\n", "s/a.env": "", "s/b.env": "",
			},
			"environment s/.env, environment s/a.env, compose s/docker-compose.yml",
		},
		"links and what they lead to": {
			commit{
				"s/docker-compose.yml": "-> ../common/web.yml", "common/web.yml": web + "    env_file: app.env\n",
				"s/app.env": "-> ../envs/app.env", "envs": "-> real", "real/app.env": "A=1",
			},
			"compose common/web.yml, link envs, environment real/app.env, link s/app.env, link s/docker-compose.yml",
		},
		"files that are not in Git, which are no inputs": {
			commit{
				"s/docker-compose.yml": "services:\n  web:\n    image: nginx:${V}\n    env_file: local.env\n    secrets: [p]\nsecrets:\n  p: {file: p}\n",
				"s/.env":               "unmanaged V=1\n", "s/local.env": "unmanaged A=1", "s/p": "unmanaged secret",
			},
			"compose s/docker-compose.yml",
		},
		"a file with Windows line ends, a byte order mark, anchors and several documents": {
			commit{
				"s/docker-compose.yml": "\ufeffx-base: &base\r\n  image: nginx\r\n  env_file: a.env\r\nservices:\r\n  web:\r\n    <<: *base\r\n" +
					"---\r\nservices:\r\n  web:\r\n    label_file: l\r\n",
				"s/a.env": "A=1\r\n", "s/l": "l=1\r\n",
			},
			"environment s/a.env, compose s/docker-compose.yml, environment s/l",
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			stack, err := read(t, test.files)
			is.NoErr(err)
			is.Equal(strings.Join(inputs(stack), ", "), test.want)
		})
	}
}

func TestTheNameOfAProjectIsComposes(t *testing.T) {
	for name, test := range map[string]struct {
		stack string
		files commit
		env   []string
		want  string
		named bool
	}{
		"the directory's":         {"apps/My.App", commit{"apps/My.App/c.yml": web}, nil, "myapp", false},
		"the repository's":        {".", commit{"c.yml": web}, nil, "therepo", false},
		"by name":                 {"a", commit{"a/c.yml": "name: other\n" + web}, nil, "other", true},
		"by name, the same":       {"a", commit{"a/c.yml": "name: a\n" + web}, nil, "a", true},
		"by a variable in a name": {"a", commit{"a/c.yml": "name: x-${N}\n" + web, "a/.env": "N=1\n"}, nil, "x-1", true},
		"by .env":                 {"a", commit{"a/c.yml": "name: other\n" + web, "a/.env": "COMPOSE_PROJECT_NAME=mine\n"}, nil, "mine", true},
		"by the environment":      {"a", commit{"a/c.yml": web, "a/.env": "COMPOSE_PROJECT_NAME=mine\n"}, []string{"COMPOSE_PROJECT_NAME=ours"}, "ours", true},
		"the last file's":         {"a", commit{"a/c.yml": "name: one\n" + web, "a/compose.override.yml": "name: two\n"}, nil, "two", true},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			stack, err := readAt(t, test.files, test.stack, "c.yml", test.env...)
			is.NoErr(err)
			is.Equal(stack.Project, test.want)
			is.Equal(stack.Named, test.named)
		})
	}
}

func TestAStackSaysToMooringWhatItWants(t *testing.T) {
	is := is.New(t)
	stack, err := read(t, commit{"s/docker-compose.yml": "x-mooring: {suspend: true, after: [db, net/proxy]}\n" + web})
	is.NoErr(err)
	is.True(stack.Suspended)
	is.Equal(stack.After, []string{"db", "net/proxy"})
}

func TestTheDigestChangesWithAnInputAndWithNothingElse(t *testing.T) {
	is := is.New(t)
	files := commit{"s/docker-compose.yml": web + "    env_file: a.env\n", "s/a.env": "A=1", "s/x": "1"}
	before, err := read(t, files)
	is.NoErr(err)
	files["s/x"] = "2"
	same, err := read(t, files)
	is.NoErr(err)
	is.Equal(before.Digest(), same.Digest())
	files["s/a.env"] = "A=2"
	after, err := read(t, files)
	is.NoErr(err)
	is.True(before.Digest() != after.Digest())
}

func TestAServiceHasADigestOfWhatComposeDoesNotCompare(t *testing.T) {
	is := is.New(t)
	files := commit{
		"s/docker-compose.yml": web + "    volumes: [./a:/a]\n  plain:\n    image: x\n    env_file: e\n", "s/a": "1", "s/e": "",
	}
	unseen := func() map[string]string {
		stack, err := read(t, files)
		is.NoErr(err)
		digests := map[string]string{}
		for _, service := range stack.Services {
			digests[service.Name] = service.Unseen
		}
		return digests
	}
	before := unseen()
	is.Equal(before["plain"], "") // Compose compares an env_file by itself
	files["s/e"] = "E=1"
	is.Equal(unseen(), before)
	files["s/a"] = "2"
	is.True(unseen()["web"] != before["web"])
}

package inputs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"

func TestAFaultOfAStackIsAProblemThatNamesIt(t *testing.T) {
	for name, test := range map[string]struct {
		files commit
		want  string // a part of the sentence
	}{
		"a missing env_file":      {commit{"s/docker-compose.yml": web + "    env_file: ../x/a.env\n"}, `The service "web" needs "x/a.env", which is an env_file and is not in the repository.`},
		"a missing label_file":    {commit{"s/docker-compose.yml": web + "    label_file: l\n"}, `needs "s/l", which is a label_file`},
		"a missing include":       {commit{"s/docker-compose.yml": "include: [none.yml]\n" + web}, `"s/none.yml", is not in the repository.`},
		"a missing extends":       {commit{"s/docker-compose.yml": "services:\n  web:\n    extends: {file: none.yml, service: x}\n"}, `"s/none.yml", is not in the repository.`},
		"a missing config":        {commit{"s/docker-compose.yml": web + "    configs: [c]\nconfigs: {c: {file: c.conf}}\n"}, `needs "s/c.conf", which is a config and`},
		"a missing secret":        {commit{"s/docker-compose.yml": web + "    secrets: [c]\nsecrets: {c: {file: c.conf}}\n"}, `needs "s/c.conf", which is a secret and`},
		"a missing context":       {commit{"s/docker-compose.yml": "services: {web: {build: app}}\n"}, `needs "s/app", which is a build context and`},
		"a missing Dockerfile":    {commit{"s/docker-compose.yml": "services: {web: {build: app}}\n", "s/app/x": ""}, `needs "s/app/Dockerfile", which is a Dockerfile and`},
		"a missing variable":      {commit{"s/docker-compose.yml": "services: {web: {image: 'a:${NO_SUCH}'}}\n"}, `The variable NO_SUCH is set nowhere and has no default; set it in "s/.env"`},
		"a demanded variable":     {commit{"s/docker-compose.yml": "services: {web: {image: 'a:${V:?give a version}'}}\n"}, `give a version`},
		"an include circle":       {commit{"s/docker-compose.yml": "include: [a.yml]\n" + web, "s/a.yml": "include: [docker-compose.yml]\n"}, `include cycle detected: s/docker-compose.yml include s/a.yml include s/docker-compose.yml`},
		"an extends circle":       {commit{"s/docker-compose.yml": "services: {web: {extends: {file: a.yml, service: a}}}\n", "s/a.yml": "services: {a: {extends: {file: docker-compose.yml, service: web}}}\n"}, `Circular reference`},
		"an include that leaves":  {commit{"s/docker-compose.yml": "include: [../../x.yml]\n" + web}, `leaves the repository.`},
		"one that leaves far":     {commit{"s/docker-compose.yml": "include: [" + strings.Repeat("../", 90) + "etc/x.yml]\n" + web}, `leaves the repository.`},
		"one of this machine":     {commit{"s/docker-compose.yml": "include: [/etc/x.yml]\n" + web}, `"/etc/x.yml" is a path of this machine`},
		"one of another host":     {commit{"s/docker-compose.yml": "include: ['https://example.com/x.git']\n" + web}, `is on another host`},
		"an OCI include":          {commit{"s/docker-compose.yml": "include: ['oci://example.com/x:1']\n" + web}, `is on another host`},
		"an extends that leaves":  {commit{"s/docker-compose.yml": "services: {web: {extends: {file: /etc/x.yml, service: x}}}\n"}, `is a path of this machine`},
		"an env_file that leaves": {commit{"s/docker-compose.yml": web + "    env_file: ../../a.env\n"}, `"../../a.env" leaves the repository.`},
		"a mount that leaves":     {commit{"s/docker-compose.yml": web + "    volumes: ['../../../data:/data']\n"}, `leaves the repository.`},
		"a submodule":             {commit{"s/docker-compose.yml": web + "    volumes: ['./sub/x:/x']\n", "s/sub": "submodule"}, `is in the submodule "s/sub"`},
		"an LFS pointer":          {commit{"s/docker-compose.yml": "include: [a.yml]\n" + web, "s/a.yml": pointer}, `"s/a.yml" is a pointer of Git LFS`},
		"an LFS env_file":         {commit{"s/docker-compose.yml": web + "    env_file: a.env\n", "s/a.env": pointer}, `"s/a.env" is a pointer of Git LFS`},
		"an LFS config":           {commit{"s/docker-compose.yml": web + "    configs: [c]\nconfigs: {c: {file: c}}\n", "s/c": pointer}, `"s/c" is a pointer of Git LFS`},
		"an LFS mount":            {commit{"s/docker-compose.yml": web + "    volumes: ['./m:/m']\n", "s/m": pointer}, `"s/m" is a pointer of Git LFS`},
		"a directory of labels":   {commit{"s/docker-compose.yml": web + "    label_file: l\n", "s/l/x": ""}, `reads variables or labels from "s/l", which is a directory`},
		"a file as a context":     {commit{"s/docker-compose.yml": "services: {web: {build: app}}\n", "s/app": ""}, `built from "s/app", which is no directory`},
		"a name of nothing":       {commit{"s/docker-compose.yml": "name: '${N:-}'\n" + web}, `project name must not be empty`},
		"a wrong wish":            {commit{"s/docker-compose.yml": web + "x-mooring: 5\n"}, `x-mooring must have the keys suspend and after`},
		"a misspelt wish":         {commit{"s/docker-compose.yml": web + "x-mooring: {suspended: true}\n"}, `x-mooring has the key "suspended"`},
		"a wish of no path":       {commit{"s/docker-compose.yml": web + "x-mooring: {after: db}\n"}, `after in x-mooring must be a list`},
		"a wish perhaps":          {commit{"s/docker-compose.yml": web + "x-mooring: {suspend: perhaps}\n"}, `suspend in x-mooring must be true or false`},
		"no YAML":                 {commit{"s/docker-compose.yml": "services: [\n"}, `s/docker-compose.yml`},
		"no Compose":              {commit{"s/docker-compose.yml": "services: {web: {imag: x}}\n"}, `imag`},
		"an empty file":           {commit{"s/docker-compose.yml": ""}, `empty compose file`},
		"COMPOSE_FILE elsewhere":  {commit{"s/docker-compose.yml": web, "s/.env": "COMPOSE_FILE=/etc/x.yml\n"}, `COMPOSE_FILE names "/etc/x.yml", which is not in the repository.`},
		"COMPOSE_FILE to nothing": {commit{"s/docker-compose.yml": web, "s/.env": "COMPOSE_FILE=x.yml\n"}, `A file that COMPOSE_FILE names, "s/x.yml", is not in the repository.`},
		"no compose file":         {commit{"s/x": ""}, `The compose file, "s/docker-compose.yml", is not in the repository.`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := read(t, test.files)
			var problem *Problem
			is.True(errors.As(err, &problem)) // the stack is at fault, not the program
			if !strings.Contains(problem.Message, test.want) {
				t.Errorf("%q does not say %q", problem.Message, test.want)
			}
			is.True(!strings.Contains(problem.Message, "mooring-read-")) // no path of this machine
		})
	}
}

func TestADirectoryThatGivesNoNameIsAProblem(t *testing.T) {
	is := is.New(t)
	_, err := readAt(t, commit{"été/---/c.yml": web}, "été/---", "c.yml")
	var problem *Problem
	is.True(errors.As(err, &problem))
	is.True(strings.Contains(problem.Message, "project name"))
}

func TestVeryManyIncludedFilesAreAProblem(t *testing.T) {
	is := is.New(t)
	files := commit{}
	for i := range maxFiles + 5 {
		files[fmt.Sprintf("s/%d.yml", i)] = fmt.Sprintf("include: [%d.yml]\n", i+1)
	}
	files["s/docker-compose.yml"] = "include: [0.yml]\n" + web
	_, err := read(t, files)
	var problem *Problem
	is.True(errors.As(err, &problem))
}

func TestAProblemTellsWhatWouldEndIt(t *testing.T) {
	is := is.New(t)
	files := commit{
		"s/docker-compose.yml": "include: [../l/db.yml]\n" + web, "l": "-> real", "real/db.yml": "services: {db: {image: db, env_file: a.env}}\n",
		"s/.env": "A=1",
	}
	_, err := read(t, files)
	var problem *Problem
	is.True(errors.As(err, &problem))
	is.Equal(strings.Join(inputs(&Stack{Inputs: problem.Inputs}), ", "),
		"link l, compose real/db.yml, environment s/.env, compose s/docker-compose.yml")
	is.True(slices.Contains(problem.Absent, "real/a.env"))
	files["real/a.env"] = ""
	stack, err := read(t, files)
	is.NoErr(err)
	is.True(!slices.Contains(stack.Absent, "real/a.env"))
}

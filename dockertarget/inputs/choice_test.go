package inputs

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

// That Compose does the same in each of these cases is what TestTheCorpusIsReadAsDockerComposeReadsIt shows for its stacks.
func TestTheVariablesDecideWhatIsRead(t *testing.T) {
	plain := "services: {web: {image: 'a:${V:-none}'}}\n"
	for name, test := range map[string]struct {
		files       commit
		environment []string
		want        string // the image, the project, its directory, and the inputs
	}{
		"a first compose file elsewhere moves the project there": {
			commit{
				"s/docker-compose.yml": web, "s/.env": "COMPOSE_FILE=../b/c.yml\nV=first\n", "b/.env": "V=second\n",
				"b/c.yml": plain[:len(plain)-3] + ", volumes: ['./d:/d']}}\n", "b/d": "",
			},
			nil, "a:first b b: environment b/.env, compose b/c.yml, mount b/d, environment s/.env, compose s/docker-compose.yml",
		},
		"a compose file at the root": {
			commit{"s/docker-compose.yml": web, "s/.env": "COMPOSE_FILE=../c.yml\n", "c.yml": plain},
			nil, "a:none therepo .: compose c.yml, environment s/.env, compose s/docker-compose.yml",
		},
		"COMPOSE_DISABLE_ENV_FILE in .env leaves the other COMPOSE_ variables": {
			commit{"s/docker-compose.yml": plain, "s/.env": "COMPOSE_DISABLE_ENV_FILE=1\nV=1\nCOMPOSE_PROJECT_NAME=p\n"},
			nil, "a:none p s: environment s/.env, compose s/docker-compose.yml",
		},
		"COMPOSE_DISABLE_ENV_FILE of the process leaves nothing": {
			commit{"s/docker-compose.yml": plain, "s/.env": "V=1\nCOMPOSE_PROJECT_NAME=p\n"},
			[]string{"COMPOSE_DISABLE_ENV_FILE=true"}, "a:none s s: compose s/docker-compose.yml",
		},
		"COMPOSE_ENV_FILES takes the place of .env, and its last file counts": {
			commit{"s/docker-compose.yml": plain, "s/.env": "V=1\n", "s/a.env": "V=2\n", "b.env": "V=3\n"},
			[]string{"COMPOSE_ENV_FILES=a.env,../b.env"},
			"a:3 s s: environment b.env, environment s/a.env, compose s/docker-compose.yml",
		},
		"the variables of the process come first": {
			commit{"s/docker-compose.yml": plain, "s/.env": "V=1\n"},
			[]string{"V=0"}, "a:0 s s: environment s/.env, compose s/docker-compose.yml",
		},
		"a path below PWD is one of the repository": {
			commit{
				"s/docker-compose.yml": "services: {web: {image: a, volumes: ['${PWD}/conf:/c', '$PWD/../shared:/s', '${PWD}:/all']}}\n",
				"s/conf/x":             "", "shared/x": "",
			},
			[]string{"PWD=/of/the/process"}, "a s s: mount s, mount s/conf, compose s/docker-compose.yml, mount shared",
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			stack, err := read(t, test.files, test.environment...)
			is.NoErr(err)
			is.Equal(stack.Services[0].Image+" "+stack.Project+" "+stack.Directory+": "+strings.Join(inputs(stack), ", "), test.want)
		})
	}
}

func TestFilesOfVariablesAreToldInTheirOrder(t *testing.T) {
	is := is.New(t)
	stack, err := read(t, commit{
		"s/docker-compose.yml": web, "s/.env": "COMPOSE_FILE=../b/c.yml\n", "b/.env": "V=2\n", "b/c.yml": web,
	})
	is.NoErr(err)
	is.Equal(stack.Variables, []string{"b/.env", "s/.env"})
}

func TestAPathThatIsNotThereIsTold(t *testing.T) {
	is := is.New(t)
	files := commit{
		"s/docker-compose.yml": "include: [../shared/db.yml]\n" + web + "    env_file: [{path: ../x/o.env, required: false}]\n    volumes: ['./data:/d']\n",
		"shared/db.yml":        "services: {db: {image: db}}\n",
	}
	stack, err := read(t, files)
	is.NoErr(err)
	is.Equal(strings.Join(stack.Absent, " "), "s/.env s/compose.override.yaml s/compose.override.yml s/data "+
		"s/docker-compose.override.yaml s/docker-compose.override.yml shared/.env x")
}

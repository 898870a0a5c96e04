package inputs

import (
	"context"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/consts"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

// choice is what docker compose decides before it reads a compose file, when it is started in the stack's directory.
type choice struct {
	// environment are the variables of the process and of the files of variables.
	environment types.Mapping
	// files are the compose files, directory that of the project, and variables the files of variables. All are in the
	// order in which they are given to docker compose: the last one counts.
	files     []string
	directory string
	variables []string
}

// environmentFiles is the variable of docker compose that names other files than ".env" (docs.docker.com, "Set or change
// pre-defined environment variables in Docker Compose").
const environmentFiles = "COMPOSE_ENV_FILES"

// choose finds the compose files and the variables. Those of the process come first, then those of the ".env" in the
// stack's directory, and then those of the ".env" beside the first compose file, if COMPOSE_FILE leads elsewhere. The
// first value of a variable counts.
func (r *reading) choose(ctx context.Context) (choice, error) {
	c := choice{environment: r.environment.Clone(), directory: r.stack}
	c.environment["PWD"] = r.scratch.at(r.stack)
	var err error
	named := list(c.environment[environmentFiles], ",")
	for _, name := range named {
		at, inside, err := r.within(r.stack, name)
		switch {
		case err != nil:
			return choice{}, err
		case !inside:
			return choice{}, problem("%s names %s, which is not in the repository.", environmentFiles, quote(name))
		}
		if err := r.put(ctx, at, UseEnvironment, "A file that "+environmentFiles+" names"); err != nil {
			return choice{}, err
		}
		c.variables = append(c.variables, at)
	}
	if len(named) > 0 {
		err = r.merge(c.environment, c.variables)
	} else {
		err = r.mergeDefault(ctx, &c)
	}
	if err != nil {
		return choice{}, err
	}
	if c.files, err = r.composeFiles(ctx, c.environment); err != nil {
		return choice{}, err
	}
	c.directory = path.Dir(c.files[0])
	if len(named) == 0 && c.directory != r.stack {
		err = r.mergeDefault(ctx, &c)
	}
	return c, err
}

// mergeDefault adds the variables of the ".env" in the project's directory. With COMPOSE_DISABLE_ENV_FILE it does not; if
// the ".env" says so itself, its COMPOSE_ variables count all the same.
func (r *reading) mergeDefault(ctx context.Context, c *choice) error {
	disabled, err := disables(c.environment)
	if err != nil || disabled {
		return err
	}
	name := path.Join(c.directory, ".env")
	there, err := r.putIfThere(ctx, name, UseEnvironment)
	if err != nil || !there {
		return err
	}
	variables := c.environment.Clone()
	if err := r.merge(variables, []string{name}); err != nil {
		return err
	}
	if disabled, err = disables(variables); err != nil {
		return err
	}
	for key, value := range variables {
		if !disabled || strings.HasPrefix(key, "COMPOSE_") {
			c.environment[key] = value
		}
	}
	if !disabled {
		c.variables = append([]string{name}, c.variables...)
	}
	return nil
}

func disables(environment types.Mapping) (bool, error) {
	value, given := environment[consts.ComposeDisableDefaultEnvFile]
	if !given {
		return false, nil
	}
	disabled, err := strconv.ParseBool(value)
	if err != nil {
		return false, problem("%s is %s, which is neither true nor false.",
			consts.ComposeDisableDefaultEnvFile, quote(value))
	}
	return disabled, nil
}

// merge adds the variables of files that were put there, except for those that are set already.
func (r *reading) merge(environment types.Mapping, files []string) error {
	var at []string
	for _, name := range files {
		at = append(at, r.scratch.at(name))
	}
	variables, err := dotenv.GetEnvFromFile(environment, at)
	if err != nil {
		return r.explain(err)
	}
	environment.Merge(variables)
	return nil
}

// composeFiles are the files that Compose is given, as paths of the repository: those that COMPOSE_FILE names, or the
// stack's compose file with its override.
func (r *reading) composeFiles(ctx context.Context, environment types.Mapping) ([]string, error) {
	names, given := environment[consts.ComposeFilePath]
	if !given {
		files := []string{r.main}
		for _, override := range cli.DefaultOverrideFileNames {
			name := path.Join(r.stack, override)
			there, err := r.putIfThere(ctx, name, UseCompose)
			if err != nil {
				return nil, err
			}
			if there {
				return append(files, name), nil
			}
		}
		return files, nil
	}
	separator := environment[consts.ComposePathSeparator]
	if separator == "" {
		separator = string(filepath.ListSeparator)
	}
	var files []string
	for _, entry := range strings.Split(names, separator) {
		name, inside, err := r.within(r.stack, entry)
		switch {
		case err != nil:
			return nil, err
		case !inside || entry == "" || entry == "-": // "-" is standard input
			return nil, problem("COMPOSE_FILE names %s, which is not in the repository.", quote(entry))
		}
		if err := r.put(ctx, name, UseCompose, "A file that COMPOSE_FILE names"); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
}

// list splits a variable that has a list, without blanks and empty parts.
func list(text, separator string) []string {
	var parts []string
	for part := range strings.SplitSeq(text, separator) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

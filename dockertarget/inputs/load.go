package inputs

import (
	"bytes"
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/consts"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// loaded is what compose-go makes of the files that it was given.
type loaded struct {
	project *types.Project
	named   bool
	files   []string
}

// extension is what a compose file says to mooring, under "x-mooring" at its top.
type extension struct {
	Suspend bool     `yaml:"suspend"`
	After   []string `yaml:"after"`
}

// extensionName is the key of an extension.
const extensionName = "x-mooring"

// load lets compose-go read the stack, from the files that were put in its directory. Paths of the project stay as the
// files write them, relative to the stack's directory, so that a path of this machine can be told from one of the
// repository. Files of variables are not opened: which ones there are is enough.
func (r *reading) load(ctx context.Context) (loaded, error) {
	environment := r.environment.Clone()
	if r.placed[path.Join(r.stack, ".env")] != "" {
		file := []string{r.scratch.at(path.Join(r.stack, ".env"))}
		variables, err := dotenv.GetEnvFromFile(environment, file)
		if err != nil {
			return loaded{}, err
		}
		environment.Merge(variables)
	}
	result := loaded{}
	var err error
	if result.files, err = r.composeFiles(ctx, environment); err != nil {
		return loaded{}, err
	}
	details := types.ConfigDetails{WorkingDir: r.scratch.at(r.stack), Environment: environment}
	for _, name := range result.files {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: r.scratch.at(name)})
	}
	result.project, err = loader.LoadWithContext(ctx, details, func(options *loader.Options) {
		options.ResolvePaths = false
		options.SkipResolveEnvironment = true
		options.SkipResolveLabels = true
		options.ResourceLoaders = []loader.ResourceLoader{guard{r.scratch}}
		options.Interpolate.Substitute = substitute
		options.KnownExtensions = map[string]any{extensionName: extension{}}
		options.Profiles = list(environment[consts.ComposeProfiles], ",")
		name, given := environment[consts.ComposeProjectName]
		if given = given && name != ""; !given {
			name = loader.NormalizeProjectName(r.directoryName())
		}
		options.SetProjectName(name, given)
		result.named = given
	})
	if err != nil {
		return loaded{}, err
	}
	if result.project.Name != loader.NormalizeProjectName(r.directoryName()) {
		result.named = true
	}
	return result, nil
}

// directoryName is the name of the stack's directory. For a stack at the root it is the repository's.
func (r *reading) directoryName() string {
	if r.stack == "." {
		return r.repository
	}
	return path.Base(r.stack)
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
		name, inside, err := within(r.stack, entry)
		switch {
		case err != nil:
			return nil, err
		case !inside:
			return nil, problem("COMPOSE_FILE names %s, which is not in the repository.", quote(entry))
		}
		if err := r.put(ctx, name, UseCompose, "A file that COMPOSE_FILE names"); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
}

// putEnvironmentOf puts the ".env" that compose-go reads with an included compose file: the one beside it, and those of
// the project directories that the file gives to what it includes itself. A ".env" beside a file that is only extended is
// put as well. compose-go does not read it, and nothing tells the two apart here; a stack that is applied once more
// because of it does not change.
func (r *reading) putEnvironmentOf(ctx context.Context, name string, content []byte) error {
	directory := path.Dir(name)
	if name == r.main {
		directory = r.stack
	}
	for _, d := range append(r.projectDirectories(content), ".") {
		at, inside, err := within(directory, d)
		if err != nil {
			return err
		}
		if inside {
			if _, err := r.putIfThere(ctx, path.Join(at, ".env"), UseEnvironment); err != nil {
				return err
			}
		}
	}
	return nil
}

// projectDirectories are the project directories that a compose file gives to what it includes.
func (r *reading) projectDirectories(content []byte) []string {
	if !bytes.Contains(content, []byte("project_directory")) {
		return nil
	}
	var file struct {
		Include []any `yaml:"include"`
	}
	if yaml.Unmarshal(content, &file) != nil {
		return nil // compose-go says what is wrong
	}
	var directories []string
	for _, include := range file.Include {
		section, _ := include.(map[string]any)
		directory, _ := section["project_directory"].(string)
		directory, err := template.SubstituteWithOptions(directory, r.environment.Resolve, template.WithoutLogging)
		if err == nil && directory != "" && !slices.Contains(directories, directory) {
			directories = append(directories, directory)
		}
	}
	return directories
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

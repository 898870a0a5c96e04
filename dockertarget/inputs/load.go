package inputs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/compose-spec/compose-go/v2/consts"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// loaded is what compose-go makes of the files that it was given.
type loaded struct {
	choice
	project *types.Project
	named   bool
}

// load lets compose-go read the stack, from the files that were put in its directory. Paths of the stack's own files stay
// as they are written, so that a path of this machine can be told from one of the repository; paths of included files come
// back below the Reader's directory. The env_files and label_files of services are not opened: which ones there are is
// enough.
func (r *reading) load(ctx context.Context) (loaded, error) {
	choice, err := r.choose(ctx)
	if err != nil {
		return loaded{}, final{err}
	}
	result := loaded{choice: choice}
	details := types.ConfigDetails{WorkingDir: r.scratch.at(choice.directory), Environment: choice.environment}
	for _, name := range choice.files {
		details.ConfigFiles = append(details.ConfigFiles,
			types.ConfigFile{Filename: r.scratch.at(name), Content: r.contents[name]})
	}
	var texts substitution
	includes := &includes{
		scratch: r.scratch, start: details.WorkingDir, current: details.WorkingDir,
		directories: map[string]string{}, levels: map[string]int{}, special: r.givesPlaces,
	}
	if choice.directory == r.stack {
		includes.deepest = 1
	}
	result.project, err = safely(ctx, details, func(options *loader.Options) {
		options.ResolvePaths = false
		options.SkipResolveEnvironment = true
		options.SkipResolveLabels = true
		options.ResourceLoaders = []loader.ResourceLoader{includes}
		options.Interpolate.Substitute = texts.substitute
		options.Interpolate.TypeCastMapping = includes.casts(options.Interpolate.TypeCastMapping)
		options.Profiles = list(choice.environment[consts.ComposeProfiles], ",")
		name := choice.environment[consts.ComposeProjectName]
		result.named = name != ""
		if !result.named && !r.giveName(choice.files) {
			name = loader.NormalizeProjectName(r.directoryName(choice.directory))
		}
		options.SetProjectName(name, result.named)
		result.named = result.named || name == ""
	})
	if includes.failure != nil {
		return loaded{}, includes.failure
	}
	for _, directory := range includes.environments {
		if name, inside, _ := r.scratch.path(directory); inside {
			name = path.Join(name, ".env")
			if _, known := r.placed[name]; known {
				continue
			}
			there, putErr := r.putIfThere(ctx, name, UseEnvironment)
			if putErr != nil {
				return loaded{}, final{putErr}
			}
			if there {
				return loaded{}, errAgain
			}
		}
	}
	return result, err
}

// errAgain says that an attempt ended because of a file that is there for the next one.
var errAgain = errors.New("read the stack again")

// final is an error that no other file mends, and that is not compose-go's.
type final struct{ error }

// safely lets compose-go read a stack. compose-go panics where a value has another type than it expects, and so does
// docker compose; here such a file is a fault of its stack alone.
func safely(
	ctx context.Context, details types.ConfigDetails, option func(*loader.Options),
) (project *types.Project, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			project, err = nil, fmt.Errorf("a value has a type that Compose does not expect there (%v)", cause)
		}
	}()
	return loader.LoadWithContext(ctx, details, option)
}

// directoryName is the name of a directory. That of the root is the repository's.
func (r *reading) directoryName(directory string) string {
	if directory == "." {
		return r.repository
	}
	return path.Base(directory)
}

// giveName tells whether one of the compose files has a name of the project at its top. Compose looks at the first
// document of each.
func (r *reading) giveName(files []string) bool {
	for _, file := range files {
		var top struct {
			Name string `yaml:"name"`
		}
		content := r.contents[file]
		if bytes.Contains(content, []byte("name")) && yaml.Unmarshal(content, &top) == nil && top.Name != "" {
			return true
		}
	}
	return false
}

// givesPlaces tells whether a compose file gives an env_file or a project_directory to what it includes.
func (r *reading) givesPlaces(name string) bool {
	var file struct {
		Include []any `yaml:"include"`
	}
	if yaml.Unmarshal(r.contents[name], &file) != nil {
		return false // compose-go says what is wrong
	}
	for _, include := range file.Include {
		section, _ := include.(map[string]any)
		if section["env_file"] != nil || section["project_directory"] != nil {
			return true
		}
	}
	return false
}

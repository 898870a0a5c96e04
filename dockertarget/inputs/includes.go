package inputs

import (
	"context"
	"maps"
	"path"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/consts"
	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/tree"
)

// includes decides for compose-go where an included file is. It belongs to one attempt to load a stack.
//
// By itself, compose-go opens whatever path a file names, on any file system, and it looks from the current directory of
// the process for what the includes of an included file name. Here every path starts at a directory of the repository and
// stays in it. compose-go asks a loader of resources only for paths that the loader takes for its own, so the paths of
// includes are marked when variables have been put into them; the paths of "extends" are left to compose-go.
type includes struct {
	scratch *scratch
	// start is the directory of the project. The relative paths of the first files begin there.
	start string
	// directories are the project directories of the included files, and levels how many includes led to them.
	directories map[string]string
	levels      map[string]int
	// base is where the paths of the current include begin, loaded its file, and current its project directory.
	base, loaded, current string
	// environments are the directories of which compose-go has looked for a ".env".
	environments []string
	// special tells whether a file gives an include an env_file or a project_directory. Compose looks for them from the
	// directory where it was started, and that is the right place for files of at most the level deepest.
	special func(name string) bool
	deepest int
	failure *Problem
}

// mark begins the path of an include. No path of Git has a NUL.
const mark = "include\x00"

// casts add the checks of paths to the casts of compose-go, which it calls when it has put variables into a value.
func (g *includes) casts(known map[tree.Path]interpolation.Cast) map[tree.Path]interpolation.Cast {
	casts := maps.Clone(known)
	marked := func(value string) (any, error) {
		if err := g.check(value); err != nil {
			return nil, err
		}
		return mark + value, nil
	}
	checked := func(value string) (any, error) {
		if value == "/dev/null" {
			return value, nil // means no file of variables
		}
		if err := g.check(value); err != nil {
			return nil, err
		}
		return value, nil
	}
	for _, p := range []tree.Path{"include.[]", "include.[].path", "include.[].path.[]"} {
		casts[p] = marked
	}
	for _, p := range []tree.Path{
		"include.[].project_directory", "include.[].env_file", "include.[].env_file.[]",
		"services.*.extends.file", "jobs.*.extends.file",
	} {
		casts[p] = checked
	}
	return casts
}

// check refuses a path that is not one of the repository. The error is a *Problem.
func (g *includes) check(name string) error {
	name = strings.TrimPrefix(name, mark)
	switch {
	case strings.Contains(name, "://") || strings.HasPrefix(name, "git@") || strings.HasPrefix(name, "github.com/") ||
		strings.HasPrefix(name, "oci:"):
		return problem("%s is on another host; mooring includes only files of the repository.", quote(name))
	case path.IsAbs(name) || strings.HasPrefix(name, "~"):
		return problem("%s is a path of this machine; mooring includes only files of the repository.",
			quote(g.scratch.clean(name)))
	case strings.Count(name, "..") >= depth:
		return problem("%s leaves the repository.", quote(name))
	}
	return nil
}

// Accept takes the paths of includes, and a path of an "extends" that has become too long on the way through other files.
func (g *includes) Accept(name string) bool {
	return strings.HasPrefix(name, mark) || strings.Count(name, "..") >= depth
}

// Load returns where an included file is. The error is a *Problem.
func (g *includes) Load(ctx context.Context, name string) (string, error) {
	if err := g.check(name); err != nil {
		return "", err
	}
	from, _ := ctx.Value(consts.ComposeFileKey{}).(string)
	g.base = g.start
	if directory, included := g.directories[from]; included {
		g.base = directory
	}
	if file, inside, _ := g.scratch.path(from); inside && g.levels[from] > g.deepest && g.special(file) {
		return "", problem("%s is an included file that gives an include an env_file or a project_directory, and Compose looks "+
			"for those in the wrong place; name that include in the stack's own compose file.", quote(file))
	}
	at := filepath.Join(g.base, strings.TrimPrefix(name, mark))
	if _, inside, _ := g.scratch.path(at); !inside {
		return "", problem("%s leaves the repository.", quote(strings.TrimPrefix(name, mark)))
	}
	g.loaded, g.levels[at], g.directories[at] = at, g.levels[from]+1, g.current
	return at, nil
}

// Dir returns the project directory of the first file of an include: a directory that the include names, or the file's.
func (g *includes) Dir(name string) string {
	directory := filepath.Dir(name)
	if name != g.loaded {
		directory = filepath.Join(g.base, name)
	}
	if _, inside, _ := g.scratch.path(directory); !inside {
		g.failure = problem("%s leaves the repository.", quote(g.scratch.clean(name)))
		directory = g.start
	}
	g.current, g.directories[g.loaded] = directory, directory
	g.environments = append(g.environments, directory)
	return directory
}

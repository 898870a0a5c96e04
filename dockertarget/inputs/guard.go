package inputs

import (
	"context"
	"path"
	"strings"
)

// guard is compose-go's hook for files that are elsewhere. It refuses the paths of "include" and "extends" that are not
// files of the repository, before compose-go opens them.
type guard struct {
	scratch *scratch
}

// Accept takes a path that must be refused: a URL, or a path of this machine.
func (g guard) Accept(name string) bool { return g.reason(name) != "" }

// Load refuses the path. The error is a *Problem.
func (g guard) Load(_ context.Context, name string) (string, error) {
	return "", problem("%s %s.", quote(name), g.reason(name))
}

// Dir is not reached: Load has failed before.
func (g guard) Dir(name string) string { return path.Dir(name) }

// reason says why a path is refused. It is empty for a path that compose-go may follow.
func (g guard) reason(name string) string {
	if strings.Contains(name, "://") || strings.HasPrefix(name, "git@") || strings.HasPrefix(name, "github.com/") ||
		strings.HasPrefix(name, "oci:") {
		return "is on another host; mooring includes only files of the repository"
	}
	if _, inside, _ := g.scratch.path(name); path.IsAbs(name) && inside {
		return ""
	}
	if path.IsAbs(name) || strings.HasPrefix(name, "~") {
		return "is a path of this machine; mooring includes only files of the repository"
	}
	if strings.Count(name, "..") >= depth {
		return "leaves the repository"
	}
	return ""
}

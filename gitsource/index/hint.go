package index

import (
	"fmt"
	"slices"
	"strings"
)

// otherNames are the names that docker compose looks for first and that few settings name. Directories with such a file
// are probably meant to be stacks.
func otherNames() []string { return []string{"compose.yaml", "compose.yml"} }

// isOther tells whether a name is one of otherNames and none of the compose files.
func (b *builder) isOther(name []byte) bool {
	return slices.Contains(otherNames(), string(name)) && b.rank(name) < 0
}

// hints returns the sentences about settings that are probably not meant so.
func (b *builder) hints(top *directory, deployDir string, found int) []string {
	switch {
	case top.others > 0:
		return []string{b.otherHint(top, deployDir)}
	case found == 0:
		where := "in the repository"
		if deployDir != "." {
			where = fmt.Sprintf("in %q, the GIT_DEPLOY_DIR,", Escape(deployDir))
		}
		return []string{fmt.Sprintf("No directory %s has a file named %s; check GIT_DEPLOY_DIR and COMPOSE_FILES.",
			where, strings.Join(b.names, " or "))}
	}
	return nil
}

// otherHint says how many directories have a file of another name, and how to serve them. Its order of names is that of
// docker compose.
func (b *builder) otherHint(top *directory, deployDir string) string {
	var missing []string
	for _, name := range otherNames() {
		if b.rank([]byte(name)) < 0 {
			missing = append(missing, name)
		}
	}
	const longest = 200
	example := []rune(Escape(top.firstOther(deployDir)))
	if len(example) > longest {
		example = append(example[:longest-1], '…')
	}
	which := fmt.Sprintf("The directory %q has", string(example))
	if top.others > 1 {
		which = fmt.Sprintf("%d directories, such as %q, have", top.others, string(example))
	}
	return fmt.Sprintf("%s a file named %s that is not served; to serve it, set COMPOSE_FILES=%s.",
		which, strings.Join(missing, " or "), strings.Join(slices.Concat(missing, b.names), ","))
}

// firstOther returns the path of the first directory that has a file of another name. There must be one.
func (d *directory) firstOther(path string) string {
	if d.hasOther {
		return path
	}
	for _, child := range d.directories {
		if child.others > 0 {
			return child.firstOther(joinPath(path, child.name))
		}
	}
	return path
}

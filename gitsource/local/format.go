package local

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// refs returns the refs of the repository as its config says that they are kept. It refuses a repository that keeps
// objects or refs in a way that this package cannot read. Extensions that concern only writers or the checkout do not
// matter (gitrepository-layout, git-config "extensions.*").
func (r *Repository) refs() (refStore, error) {
	values, err := r.config()
	switch {
	case errors.Is(err, fs.ErrPermission), isTooManyFiles(err):
		return nil, err
	case err != nil:
		return nil, unreadable("The repository's config file", err)
	}
	if version, err := strconv.Atoi(values["core.repositoryformatversion"]); err == nil && version > 1 {
		return nil, fault.New(actors.CodeProtocol, "The repository has format version %d; only versions 0 and 1 can be read "+
			"in place.", version)
	}
	if format := values["extensions.objectformat"]; format != "" && !strings.EqualFold(format, "sha1") {
		return nil, fault.SHA256Repository()
	}
	switch format := values["extensions.refstorage"]; strings.ToLower(format) {
	case "", "files":
		return newRefFiles(r.at), nil
	case "reftable":
		return newRefTables(r.at), nil
	default:
		return nil, fault.New(actors.CodeProtocol, "The repository keeps its refs in the format %q; only \"files\" and "+
			"\"reftable\" can be read in place (git refs migrate --ref-format=files changes it).", fault.Clean(format))
	}
}

// maxConfig is how many bytes of the config file are read.
const maxConfig = 1 << 20

// config reads the variables of the config file. Files that it includes do not matter: git does not look there for the
// format either (gitrepository-layout, "config"; git-config, "Includes").
func (r *Repository) config() (map[string]string, error) {
	file, err := os.Open(filepath.Join(r.at.commonDir, "config"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxConfig))
	return configValues(content), err
}

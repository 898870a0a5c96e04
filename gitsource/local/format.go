package local

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// checkFormat refuses a repository that keeps objects or refs in a way that this package cannot read. Extensions that
// concern only writers or the checkout do not matter.
func (r *Repository) checkFormat() error {
	settings, err := r.config()
	switch {
	case errors.Is(err, fs.ErrPermission):
		return err
	case err != nil:
		return fault.New(actors.CodeProtocol, "The repository's config file cannot be read: %s.", fault.Clean(err.Error()))
	}
	extensions := settings.Section("extensions")
	if format := extensions.Option("objectformat"); format != "" && !strings.EqualFold(format, "sha1") {
		return fault.SHA256Repository()
	}
	if format := extensions.Option("refstorage"); format != "" && !strings.EqualFold(format, "files") {
		return fault.New(actors.CodeProtocol, "The repository keeps its refs in the format %q; only \"files\" can be read "+
			"in place (git refs migrate --ref-format=files changes it).", fault.Clean(format))
	}
	return nil
}

// maxConfig is how many bytes of the config file are read.
const maxConfig = 1 << 20

// config reads the config file. It does not check the sections of branches, remotes and packing.
func (r *Repository) config() (*config.Config, error) {
	settings := config.New()
	file, err := os.Open(filepath.Join(r.refs.at.commonDir, "config"))
	if errors.Is(err, fs.ErrNotExist) {
		return settings, nil
	}
	if err != nil {
		return nil, fault.WithoutPath(err)
	}
	defer file.Close()
	return settings, config.NewDecoder(io.LimitReader(file, maxConfig)).Decode(settings)
}

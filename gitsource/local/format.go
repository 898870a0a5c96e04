package local

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/object"
)

// format returns the format of the repository's ids, and whether it keeps its refs in reftables. It refuses a
// repository that keeps objects or refs in a way that this package cannot read. Other extensions do not matter: they
// concern writers or the checkout, or, as extensions.compatObjectFormat, second ids of the same objects
// (gitrepository-layout, git-config "extensions.*").
func (d gitDirs) format() (format object.Format, hasTables bool, err error) {
	values, err := d.config()
	switch {
	case errors.Is(err, fs.ErrPermission), isTooManyFiles(err):
		return 0, false, err
	case err != nil:
		return 0, false, unreadable("The repository's config file", err)
	}
	if version, err := strconv.Atoi(values["core.repositoryformatversion"]); err == nil && version > 1 {
		return 0, false, fault.New(actors.CodeProtocol, "The repository has format version %d; only versions 0 and 1 can "+
			"be read in place.", version)
	}
	refs := strings.ToLower(values["extensions.refstorage"])
	if hasTables = refs == "reftable"; !hasTables && refs != "" && refs != "files" {
		return 0, false, fault.New(actors.CodeProtocol, "The repository keeps its refs in the format %q; only \"files\" and "+
			"\"reftable\" can be read in place (git refs migrate --ref-format=files changes it).", fault.Clean(refs))
	}
	name := values["extensions.objectformat"]
	format, isKnown := object.ParseFormat(cmp.Or(name, object.SHA1.String()))
	if !isKnown {
		return 0, false, fault.UnknownFormat(name)
	}
	return format, hasTables, nil
}

// maxConfig is how many bytes of the config file are read.
const maxConfig = 1 << 20

// config reads the variables of the config file. Files that it includes do not matter: git does not look there for the
// format either (gitrepository-layout, "config"; git-config, "Includes").
func (d gitDirs) config() (map[string]string, error) {
	file, err := os.Open(filepath.Join(d.commonDir, "config"))
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

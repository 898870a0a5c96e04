package api

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version describes the binary in one line: the module's version, the commit if the binary has it, the Go version and
// the platform.
func Version() string {
	version, revision := buildInfo()
	if revision != "" {
		revision = " " + revision
	}
	return fmt.Sprintf("mooring %s%s %s %s/%s", version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// buildInfo returns the module's version and the commit that the go command has written into the binary. The commit may
// be empty.
func buildInfo() (version, revision string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)", ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			revision = setting.Value
		}
	}
	return info.Main.Version, revision
}

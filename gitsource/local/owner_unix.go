//go:build unix

package local

import (
	"io/fs"
	"syscall"
)

// belongsTo tells whether a file belongs to the user with an id.
func belongsTo(info fs.FileInfo, user int) bool {
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == user
}

// onOneFileSystem tells whether two files are on the same file system.
func onOneFileSystem(a, b fs.FileInfo) bool {
	one, ok := a.Sys().(*syscall.Stat_t)
	other, okOther := b.Sys().(*syscall.Stat_t)
	return ok && okOther && one.Dev == other.Dev
}

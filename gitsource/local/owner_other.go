//go:build !unix

package local

import "io/fs"

// belongsTo is always true: this system has no user ids.
func belongsTo(fs.FileInfo, int) bool { return true }

// onOneFileSystem is always true: a path on this system does not lead from one file system to another.
func onOneFileSystem(_, _ fs.FileInfo) bool { return true }

// Package index makes stacks out of the trees of a commit, and reads only what changed since an earlier commit.
//
// A tree's id names its content, so what is learned about a tree stays true in every commit and at every path. An Index
// keeps one directory for each tree under the deploy directory: its subdirectories, its compose files, and their hash.
// Build neither enters a directory nor asks for a compose file that both commits have. It makes the stacks of the new
// commit from the old ones with a few edits.
//
// Most directories with a compose file have one regular file of such a name. They are called plain. The others are
// called odd: they have several such names, symbolic links, files that are too large, or names that cannot be shown.
// There are few of them. Each build looks at them anew, because the target of a symbolic link may have changed anywhere
// in the repository.
//
// The caller implements Objects, which gives the trees and blobs.
package index

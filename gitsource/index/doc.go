// Package index makes stacks out of the trees of a commit, and reads only what changed since an earlier commit.
//
// A tree's id names its content for ever, so what was learned of a tree holds wherever the same tree stands again. An
// Index keeps one directory for each tree under the deploy directory: the directories in it, its compose files, their
// hash. Build does not enter a directory that both commits have and does not ask for a compose file that both have, and
// it makes the stacks of the new commit from the old ones with a few edits.
//
// Most directories with a compose file hold one regular file of such a name, and that is the stack. Directories in
// which something else is the case are called odd: several such names, symbolic links, files that are too large, names
// that cannot be shown. They are few. Each build looks at them anew, because what a symbolic link leads to may have
// changed anywhere in the repository.
//
// Where objects come from is the caller's business: it implements Objects.
package index

// Package checkout keeps files of commits on a disk: for each stack the files that it is made of, and no others.
//
// A Directory has two things. "tree" has the files, at their paths in the repository. "files" is the list of what was
// written there and for which stack; only what it names is ever removed. Containers mount files of tree and may write
// there, and operators put files there that are not in Git. Therefore what is on the disk is never trusted:
//
//   - No write goes through a symbolic link, and none leaves tree. A link at the place of a directory is replaced.
//   - A file is written beside its place and renamed, so that it is there whole or not at all.
//   - Before something is written the list says what will be, and afterwards that it is. What a crash interrupts is done
//     again by the next Put.
package checkout

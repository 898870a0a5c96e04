// Package local reads a Git repository on this machine in place. It reads refs in files with go-git, and refs in tables
// with package reftable. It reads objects with code of its own, which needs little memory: in packs, in files of their
// own, and in repositories that this one borrows from. It writes nothing, runs no program and does not look at the
// checkout.
//
// Open opens the repository that a path names. Discover looks for one upwards from a directory, as git does.
// Repository.Tip returns the commit of a ref, and Repository.Object reads an object. Other processes may repack the
// repository at the same time.
package local

// Package local reads a Git repository on this machine in place. It reads refs, config and objects with code of its own,
// and lists refs in files with go-git; package reftable reads refs in tables. Objects are in packs, in files of their
// own, and in repositories that this one borrows from; reading them needs little memory. It writes nothing, runs no
// program and does not look at the checkout.
//
// Open opens the repository that a path names. Discover looks for one upwards from a directory, as git does.
// Repository.Tip returns the commit of a ref, and Repository.Object reads an object. Other processes may repack the
// repository at the same time.
package local

// Package local reads a Git repository on this machine where it lies: its refs and config by go-git, its objects (in
// packs and in files of their own, also those that it borrows from other repositories) by code of its own, which needs
// little memory. It writes nothing, runs no program and does not look at the checkout.
//
// Open finds the repository of a path as git does. Repository.Tip tells where a ref is, and Repository.Object reads an
// object. Other processes may repack the repository at the same time.
package local

// Package repository gives package inputs the files that stacks are read from: those of one commit, and those that an
// operator has put into the checkout beside them. It writes nothing.
//
// A host is far away, and a file is often small. So Read does not ask for one file at a time: it notes a file that is not
// here yet and returns readings.ErrLater. Fetch then asks for all that were noted, in one request.
package repository

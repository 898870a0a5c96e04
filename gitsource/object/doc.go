// Package object knows what Git's objects are: their ids, their types, and what stands in trees, commits and annotated
// tags. It reads bytes that somebody else brings; where they come from (a pack, a file) is the business of the
// packages above it.
//
// Everything that depends on the length of an id, or on how it is computed, is here.
package object

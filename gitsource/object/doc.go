// Package object defines Git's objects: their ids, their types, and the contents of trees, commits and annotated tags.
// It parses bytes; the packages above it read these bytes from packs and files.
//
// All code that depends on the length of an id, or on how it is computed, is here.
package object

// Package dockertarget brings stacks to a Docker Engine. It can tell what it would do: Propose reads the stacks of a
// commit, asks the engine what it has, and compares the two. Contents tells what a stack is made of, on demand. The
// packages below it do the parts of the work.
//
//	repository  the files of a commit, and an operator's beside them
//	readings    which stacks must be read again
//	inputs      what a stack is made of
//	engine      what the Docker Engine has
//	plan        what has to be done
//
// Imports point downwards in this order: repository → readings → inputs; engine → plan → inputs.
package dockertarget

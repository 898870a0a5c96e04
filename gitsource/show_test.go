package gitsource

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"mooring/actors"
	"mooring/gitsource/githost"
)

// hashOf is the hash of a file's bytes, computed without package hashing. It is what sha256sum prints.
func hashOf(data string) string {
	sum := sha256.Sum256([]byte(data))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// shown is a desired state in a form that tests can compare and read.
type shown struct {
	Stacks            []actors.DesiredStack
	Skipped           []actors.Skipped
	Shadowed          []string
	SortedAndDistinct bool
}

func show(state actors.DesiredState) shown {
	byPath := func(a, b actors.DesiredStack) int { return strings.Compare(a.Path, b.Path) }
	samePath := func(a, b actors.DesiredStack) bool { return a.Path == b.Path }
	distinct := slices.CompactFunc(slices.Clone(state.Stacks), samePath)
	return shown{
		Stacks:            append([]actors.DesiredStack{}, bare(state.Stacks)...),
		Skipped:           append([]actors.Skipped{}, state.Skipped...),
		Shadowed:          append([]string{}, state.Shadowed...),
		SortedAndDistinct: slices.IsSortedFunc(state.Stacks, byPath) && len(distinct) == len(state.Stacks),
	}
}

// failureOf returns an error as a failure. The test fails if it is none.
func failureOf(t githost.Fatal, err error) *actors.Failure {
	t.Helper()
	var failure *actors.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("the error is no failure: %v", err)
	}
	return failure
}

// showTrees is like show, and keeps the trees of the stacks.
func showTrees(state actors.DesiredState) shown {
	s := show(state)
	s.Stacks = append([]actors.DesiredStack{}, state.Stacks...)
	return s
}

// bare returns stacks without their trees, which few tests write down: showTrees compares them with git's.
func bare(stacks []actors.DesiredStack) []actors.DesiredStack {
	stacks = slices.Clone(stacks)
	for i := range stacks {
		stacks[i].Tree = ""
	}
	return stacks
}

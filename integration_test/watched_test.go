package integration_test

import (
	"context"
	"testing"

	"mooring/integration_test/lab"
)

// watch starts the owner of a value, which ends with the test.
func watch[T any](t *testing.T, value T) lab.Watched[T] {
	t.Helper()
	w := lab.Watch(value)
	t.Cleanup(w.Close)
	return w
}

// await waits until a value fulfils a condition, and returns it. It fails the test when that takes too long.
func await[T any](t *testing.T, w lab.Watched[T], what string, wanted func(T) bool) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	seen, err := w.Await(ctx, wanted)
	if err != nil {
		t.Fatalf("waited %s in vain for %s; it is %+v", patience, what, seen)
	}
	return seen
}

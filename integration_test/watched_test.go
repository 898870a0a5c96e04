package integration_test

import (
	"context"
	"testing"
	"time"
)

// watched is the handle on a value that one goroutine owns. Others change it by messages and wait until it is as they
// want it.
type watched[T any] struct {
	changes chan<- func(*T)        // from anyone → owner
	looks   chan<- chan<- sight[T] // from anyone → owner
	done    <-chan struct{}        // closed by the owner at its end
}

// sight is the value at one moment and a channel that the owner closes when it is another one.
type sight[T any] struct {
	value   T
	changed <-chan struct{}
}

// watch starts the owner of a value. It ends with the test.
func watch[T any](t *testing.T, value T) watched[T] {
	t.Helper()
	changes, looks, done := make(chan func(*T)), make(chan chan<- sight[T]), make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	// Ends with ctx; the cleanup waits for it.
	go func() {
		defer close(done)
		changed := make(chan struct{})
		for {
			select {
			case change := <-changes:
				change(&value)
				close(changed)
				changed = make(chan struct{})
			case reply := <-looks:
				reply <- sight[T]{value, changed}
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() { stop(); <-done })
	return watched[T]{changes, looks, done}
}

// change lets the owner apply a function. Whoever looks afterwards sees what it did.
func (w watched[T]) change(f func(*T)) {
	select {
	case w.changes <- f:
	case <-w.done:
	}
}

func (w watched[T]) look() sight[T] {
	reply := make(chan sight[T], 1)
	select {
	case w.looks <- reply:
		return <-reply
	case <-w.done:
		return sight[T]{}
	}
}

// await returns the value as soon as it is as wanted, and fails the test when that takes too long.
func (w watched[T]) await(t *testing.T, what string, wanted func(T) bool) T {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		seen := w.look()
		if wanted(seen.value) {
			return seen.value
		}
		select {
		case <-seen.changed:
		case <-limit.C:
			t.Fatalf("waited %s in vain for %s; it is %+v", patience, what, seen.value)
		}
	}
}

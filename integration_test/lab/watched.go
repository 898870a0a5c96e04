package lab

import "context"

// Watched is the handle on a value that one goroutine owns. Other goroutines change it by messages, and wait for a
// condition of it.
type Watched[T any] struct {
	changes chan<- func(*T)        // from anyone → owner
	looks   chan<- chan<- Sight[T] // from anyone → owner
	done    <-chan struct{}        // closed by the owner at its end
	stop    context.CancelFunc
}

// Sight is the value at one moment, and a channel that the owner closes at the next change.
type Sight[T any] struct {
	Value   T
	Changed <-chan struct{}
}

// Watch starts the owner of a value. The caller calls Close.
func Watch[T any](value T) Watched[T] {
	changes, looks, done := make(chan func(*T)), make(chan chan<- Sight[T]), make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	// Ends with ctx; Close waits for it.
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
				reply <- Sight[T]{value, changed}
			case <-ctx.Done():
				return
			}
		}
	}()
	return Watched[T]{changes, looks, done, stop}
}

// Close ends the owner. Afterwards Change does nothing, and Look returns the zero value.
func (w Watched[T]) Close() {
	w.stop()
	<-w.done
}

// Change lets the owner apply a function. A later Look sees its effect.
func (w Watched[T]) Change(f func(*T)) {
	select {
	case w.changes <- f:
	case <-w.done:
	}
}

// Run lets the owner apply a function, and returns when the function has returned.
func (w Watched[T]) Run(f func(*T)) {
	ran := make(chan struct{})
	w.Change(func(value *T) { f(value); close(ran) })
	select {
	case <-ran:
	case <-w.done:
	}
}

// Look returns the value as it is now.
func (w Watched[T]) Look() Sight[T] {
	reply := make(chan Sight[T], 1)
	select {
	case w.looks <- reply:
		return <-reply
	case <-w.done:
		return Sight[T]{Changed: w.done}
	}
}

// Value returns the value as it is now.
func (w Watched[T]) Value() T { return w.Look().Value }

// Await waits until the function wanted returns true for the value, and returns the value. When ctx ends first, it
// returns the last value and the error of ctx.
func (w Watched[T]) Await(ctx context.Context, wanted func(T) bool) (T, error) {
	for {
		seen := w.Look()
		if wanted(seen.Value) {
			return seen.Value, nil
		}
		select {
		case <-seen.Changed:
		case <-ctx.Done():
			return seen.Value, ctx.Err()
		}
	}
}

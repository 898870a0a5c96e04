package api

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"

	"mooring/actors"
	"mooring/api/metrics"
)

// kept runs a keeper in a bubble until the test has ended.
func kept(t *testing.T, test func(*testing.T, keeper)) {
	synctest.Test(t, func(t *testing.T) {
		k, loop := newKeeper([]string{"github"})
		ctx, stop := context.WithCancel(t.Context())
		// Ends with ctx; the test waits for done.
		go loop.run(ctx)
		test(t, k)
		stop()
		<-k.done
	})
}

func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestKeeperThatHasEndedAnswersNobodyAndHoldsNobodyUp(t *testing.T) {
	is := is.New(t)
	k, loop := newKeeper([]string{"github"})
	loop.run(ended(t))
	_, err := k.list(t.Context(), actors.Snapshot{}, listKey{})
	is.Equal(err, actors.ErrStopped)
	is.Equal(faultOf(err).code, codeShuttingDown)
	k.count(t.Context(), "github", deliveryAccepted)
	_, err = k.Deliveries(t.Context())
	is.Equal(err, actors.ErrStopped)
	_, lent := k.Borrow(t.Context())
	is.True(!lent)
	k.Return(nil)
}

func TestKeeperIsLeftAloneByCallersThatHaveGone(t *testing.T) {
	is := is.New(t)
	k, _ := newKeeper([]string{"github"}) // nobody runs its loop
	gone := ended(t)
	_, err := k.list(gone, actors.Snapshot{}, listKey{})
	is.Equal(err, context.Canceled)
	k.count(gone, "github", deliveryAccepted)
	_, err = k.Deliveries(gone)
	is.Equal(err, context.Canceled)
	_, lent := k.Borrow(gone)
	is.True(!lent)
}

func TestListsAreMadeOnceForASnapshot(t *testing.T) {
	kept(t, func(t *testing.T, k keeper) {
		is := is.New(t)
		get := func(version uint64, key listKey) list {
			l, err := k.list(t.Context(), actors.Snapshot{Version: version}, key)
			is.NoErr(err)
			return l
		}
		first := get(1, listKey{})
		is.True(&first.body[0] == &get(1, listKey{}).body[0])
		packed := get(1, listKey{compressed: true})
		is.True(&packed.body[0] == &get(1, listKey{compressed: true}).body[0])
		is.Equal(packed.etag, first.etag[:len(first.etag)-1]+`-gzip"`)
		is.True(&first.body[0] != &get(1, listKey{filter: filter{inSync: "true"}}).body[0])
		second := get(2, listKey{})
		is.True(&first.body[0] != &second.body[0])
		is.True(&second.body[0] == &get(1, listKey{}).body[0]) // a late question about the older snapshot gets the newer list
	})
}

func TestDeliveriesAreCounted(t *testing.T) {
	kept(t, func(t *testing.T, k keeper) {
		is := is.New(t)
		before, err := k.Deliveries(t.Context())
		is.NoErr(err)
		k.count(t.Context(), "github", deliveryIgnored)
		for _, other := range []string{"", "gitlab", "\"}"} { // not accepted here: anyone can make up such a sender
			k.count(t.Context(), other, deliveryResult(codeInvalidSignature))
		}
		after, err := k.Deliveries(t.Context())
		is.NoErr(err)
		is.Equal(before[metrics.Delivery{Sender: "github", Result: "ignored"}], uint64(0)) // an old count does not change
		is.Equal(after[metrics.Delivery{Sender: "github", Result: "ignored"}], uint64(1))
		is.Equal(after[metrics.Delivery{Sender: "github", Result: "accepted"}], uint64(0))
		is.Equal(after[metrics.Delivery{Sender: "unknown", Result: "invalid_signature"}], uint64(3))
		is.Equal(len(after), len(before))
	})
}

func TestMemoryIsLentToOneAtATime(t *testing.T) {
	kept(t, func(t *testing.T, k keeper) {
		is := is.New(t)
		for range 3 {
			memory, lent := k.Borrow(t.Context())
			is.True(lent)
			_, again := k.Borrow(t.Context())
			is.True(!again)
			k.Return(append(memory[:0], "larger"...))
			memory, lent = k.Borrow(t.Context())
			is.True(lent)
			is.Equal(string(memory), "larger")
			k.Return(memory)
		}
	})
}

func TestMemoryThatNobodyBorrowsIsLetGo(t *testing.T) {
	kept(t, func(t *testing.T, k keeper) {
		is := is.New(t)
		memory, lent := k.Borrow(t.Context())
		is.True(lent)
		is.Equal(cap(memory), 0)
		time.Sleep(2 * memoryIdle) // a slow body: memory that is lent is not released
		k.Return(make([]byte, 0, 100))
		time.Sleep(memoryIdle - 1)
		memory, _ = k.Borrow(t.Context())
		is.Equal(cap(memory), 100)
		k.Return(memory)
		time.Sleep(memoryIdle + 1)
		memory, lent = k.Borrow(t.Context())
		is.True(lent)
		is.Equal(cap(memory), 0)
		k.Return(memory)
	})
}

// A caller that leaves after its question was taken still gets the memory, and gives it back.
func TestMemoryIsNotLostWithACallerThatLeaves(t *testing.T) {
	kept(t, func(t *testing.T, k keeper) {
		is := is.New(t)
		ctx, leave := context.WithCancel(t.Context())
		for range 100 {
			// Ends at once.
			go leave()
			if memory, lent := k.Borrow(ctx); lent {
				k.Return(memory)
			}
			ctx, leave = context.WithCancel(t.Context())
		}
		leave()
		_, lent := k.Borrow(t.Context())
		is.True(lent)
	})
}

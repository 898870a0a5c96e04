package api

import (
	"context"

	"mooring/actors"
	"mooring/api/metrics"
)

// keeper is the handle on the actor that owns what all requests share: the encoded lists of stacks and the encoded
// status, the count of webhook deliveries, and the memory for one large delivery. It holds only its ends of the actor's
// channels, so any number of goroutines may use it.
type keeper struct {
	lists    chan<- listQuestion    // from handlers → keeperLoop
	statuses chan<- statusQuestion  // from handlers → keeperLoop
	packing  chan<- packQuestion    // from handlers → keeperLoop
	results  chan<- countedDelivery // from handlers → keeperLoop
	counts   <-chan deliveryCount   // from keeperLoop → the collector of metrics: a receiver gets the newest
	borrows  chan<- borrowQuestion  // from the webhook → keeperLoop
	returns  chan<- []byte          // from the webhook → keeperLoop
	done     <-chan struct{}        // closed by keeperLoop at its end
}

// listQuestion asks for a list of a snapshot's stacks. The reply channel has capacity 1.
type listQuestion struct {
	snapshot actors.Snapshot
	key      listKey
	reply    chan<- list
}

// statusQuestion asks for the RefreshStatus of a view. The reply channel has capacity 1.
type statusQuestion struct {
	view       actors.View
	compressed bool
	reply      chan<- encoded
}

// packQuestion asks for a compressed body. The reply channel has capacity 1.
type packQuestion struct {
	body  []byte
	reply chan<- encoded
}

// countedDelivery is a delivery to count.
type countedDelivery struct {
	sender string
	result deliveryResult
}

// borrowQuestion asks for the memory of a large delivery. The reply channel has capacity 1.
type borrowQuestion struct{ reply chan<- loan }

// loan is the reply: the memory, or lent false because another delivery has it.
type loan struct {
	lent   bool
	memory []byte
}

// list returns the list that key names, made from the given snapshot or from a newer one. It returns the context's
// error when the context ends first, and actors.ErrStopped when the keeper has ended.
func (k keeper) list(ctx context.Context, snapshot actors.Snapshot, key listKey) (list, error) {
	reply := make(chan list, 1)
	return askKeeper(ctx, k.done, k.lists, listQuestion{snapshot, key, reply}, reply)
}

// status returns the RefreshStatus of a view, or of a newer one, as it is sent. Its errors are those of list.
func (k keeper) status(ctx context.Context, view actors.View, compressed bool) (encoded, error) {
	reply := make(chan encoded, 1)
	return askKeeper(ctx, k.done, k.statuses, statusQuestion{view, compressed, reply}, reply)
}

// pack compresses a body. The keeper does that for one request at a time, because a compressor takes more than a
// megabyte. Its errors are those of list.
func (k keeper) pack(ctx context.Context, body []byte) (encoded, error) {
	reply := make(chan encoded, 1)
	return askKeeper(ctx, k.done, k.packing, packQuestion{body, reply}, reply)
}

func askKeeper[Q, A any](
	ctx context.Context, done <-chan struct{}, to chan<- Q, question Q, reply <-chan A,
) (A, error) {
	var none A
	select {
	case to <- question:
	case <-done:
		return none, actors.ErrStopped
	case <-ctx.Done():
		return none, ctx.Err()
	}
	select {
	case made := <-reply: // the keeper replies to every question that it takes
		return made, nil
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// count counts a delivery. The sender may be any text, and is empty for a delivery without a proof. It does nothing when
// the keeper has ended.
func (k keeper) count(ctx context.Context, sender string, result deliveryResult) {
	select {
	case k.results <- countedDelivery{sender, result}:
	case <-k.done:
	case <-ctx.Done():
	}
}

// Deliveries implements metrics.Counter.
func (k keeper) Deliveries(ctx context.Context) (map[metrics.Delivery]uint64, error) {
	select {
	case count := <-k.counts:
		return count, nil
	case <-k.done:
		return nil, actors.ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Borrow implements webhook.Memory. Once the keeper has taken the question, Borrow waits for the reply even if the
// context ends: the reply comes at once, and memory that was lent to a caller who has left would never come back.
func (k keeper) Borrow(ctx context.Context) ([]byte, bool) {
	reply := make(chan loan, 1)
	select {
	case k.borrows <- borrowQuestion{reply}:
	case <-k.done:
		return nil, false
	case <-ctx.Done():
		return nil, false
	}
	granted := <-reply // the keeper replies to every question that it takes
	return granted.memory, granted.lent
}

// Return implements webhook.Memory.
func (k keeper) Return(memory []byte) {
	select {
	case k.returns <- memory:
	case <-k.done:
	}
}

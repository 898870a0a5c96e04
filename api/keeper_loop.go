package api

import (
	"context"
	"time"

	"mooring/actors"
	"mooring/api/encode"
)

// memoryIdle is how long the memory of a large delivery is kept for the next one. Deliveries that follow each other
// within that time use the same memory, even if garbage is collected late.
const memoryIdle = 10 * time.Second

// keeperLoop is the actor behind keeper. Its goroutine owns all that is in here, and no other goroutine touches it.
type keeperLoop struct {
	lists    <-chan listQuestion    // from handlers → keeperLoop
	statuses <-chan statusQuestion  // from handlers → keeperLoop
	packing  <-chan packQuestion    // from handlers → keeperLoop
	results  <-chan countedDelivery // from handlers → keeperLoop
	counts   chan<- deliveryCount   // from keeperLoop → the collector of metrics
	borrows  <-chan borrowQuestion  // from the webhook → keeperLoop
	returns  <-chan []byte          // from the webhook → keeperLoop
	done     chan<- struct{}        // closed at the end

	cache  listCache
	status statusCache
	count  deliveryCount
	lent   bool   // a handler has the memory
	memory []byte // nil while it is lent, and after it was idle for memoryIdle
}

// newKeeper returns the keeper and its actor. The senders are those whose deliveries are counted by name.
func newKeeper(senders []string) (keeper, *keeperLoop) {
	lists := make(chan listQuestion)
	statuses := make(chan statusQuestion)
	packing := make(chan packQuestion)
	results := make(chan countedDelivery)
	counts := make(chan deliveryCount)
	borrows := make(chan borrowQuestion)
	returns := make(chan []byte)
	done := make(chan struct{})
	handle := keeper{lists, statuses, packing, results, counts, borrows, returns, done}
	return handle, &keeperLoop{
		lists: lists, statuses: statuses, packing: packing, results: results, counts: counts,
		borrows: borrows, returns: returns, done: done,
		count: newDeliveryCount(senders),
	}
}

// run answers messages until ctx ends.
func (l *keeperLoop) run(ctx context.Context) {
	defer close(l.done)
	idle := time.NewTimer(memoryIdle)
	defer idle.Stop()
	for {
		select {
		case question := <-l.lists:
			l.cache = l.cache.follow(question.snapshot)
			question.reply <- l.cache.get(question.key) // never blocks: capacity 1, answered once
		case question := <-l.statuses:
			l.status = l.status.follow(question.view, question.compressed)
			question.reply <- l.status.get(question.compressed) // never blocks: capacity 1, answered once
		case question := <-l.packing:
			question.reply <- encoded{compress(question.body), "gzip"} // never blocks: capacity 1, answered once
		case delivery := <-l.results:
			l.count = l.count.plus(delivery.sender, delivery.result)
		case l.counts <- l.count:
		case question := <-l.borrows:
			question.reply <- l.lend() // never blocks: capacity 1, answered once
			idle.Stop()
		case l.memory = <-l.returns:
			l.lent = false
			idle.Reset(memoryIdle)
		case <-idle.C:
			l.memory = nil
		case <-ctx.Done():
			return
		}
	}
}

// lend gives the memory away, unless it is lent already.
func (l *keeperLoop) lend() loan {
	if l.lent {
		return loan{}
	}
	granted := loan{true, l.memory}
	l.lent, l.memory = true, nil
	return granted
}

// statusCache is the newest RefreshStatus that somebody has asked for. After a change of very many stacks it is large,
// so all clients share it. The keeper's goroutine owns it.
type statusCache struct {
	version    uint64 // of the view
	body       []byte // nil before the first question; immutable
	compressed []byte // nil until somebody asks for it, and if the body is small; immutable
}

// follow returns the status of a view, or the cache itself if that is as new. The result has a compressed body if that is
// wanted and worth while.
func (c statusCache) follow(view actors.View, compressed bool) statusCache {
	if c.body == nil || view.Version > c.version {
		c = statusCache{version: view.Version, body: encode.RefreshStatus(view)}
	}
	if compressed && c.compressed == nil && len(c.body) >= worthCompressing {
		c.compressed = compress(c.body)
	}
	return c
}

// get returns the status as it is sent.
func (c statusCache) get(compressed bool) encoded {
	if compressed && c.compressed != nil {
		return encoded{c.compressed, "gzip"}
	}
	return encoded{body: c.body}
}

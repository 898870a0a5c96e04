package api

import (
	"context"
	"maps"

	"mooring/actors"
)

// deliveryResult is what became of a delivery: accepted, ignored, or the code of the error that it was refused with.
type deliveryResult string

const (
	// deliveryAccepted: it asked for a refresh, and was told of it.
	deliveryAccepted deliveryResult = "accepted"
	// deliveryIgnored: it was signed, and asked for nothing here.
	deliveryIgnored deliveryResult = "ignored"
)

// deliveryResults are all that there are. Each is counted from 0 on: what is not there cannot be seen to rise.
func deliveryResults() []deliveryResult {
	results := []deliveryResult{deliveryAccepted, deliveryIgnored}
	for _, code := range []errorCode{
		codeMissingSignature, codeInvalidSignature, codeWebhookDisabled, codePayloadTooLarge, codeInvalidBody,
		codeMisdirected, codeShuttingDown, codeInternal,
	} {
		results = append(results, deliveryResult(code))
	}
	return results
}

// deliveryCount is how many deliveries came to each result since the start. It is immutable.
type deliveryCount map[deliveryResult]uint64

// plus returns the count with one more delivery. The old one stays as it is: readers hold it.
func (c deliveryCount) plus(result deliveryResult) deliveryCount {
	next := maps.Clone(c)
	next[result]++
	return next
}

// deliveries is the handle on the counter of deliveries.
type deliveries struct {
	resultc chan<- deliveryResult // from handlers → deliveryCounter
	countc  <-chan deliveryCount  // from deliveryCounter → the collector of metrics
	done    <-chan struct{}       // closed by deliveryCounter at its end
}

// add counts a delivery. The counter takes it at once, or has ended.
func (d deliveries) add(ctx context.Context, result deliveryResult) {
	select {
	case d.resultc <- result:
	case <-d.done:
	case <-ctx.Done():
	}
}

// count returns what was counted so far. It returns the context's error, or actors.ErrStopped when the counter has
// ended.
func (d deliveries) count(ctx context.Context) (deliveryCount, error) {
	select {
	case count := <-d.countc:
		return count, nil
	case <-d.done:
		return nil, actors.ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// deliveryCounter is the actor that counts deliveries.
type deliveryCounter struct {
	resultc <-chan deliveryResult // from handlers → deliveryCounter
	countc  chan<- deliveryCount  // from deliveryCounter → the collector of metrics
	done    chan<- struct{}       // closed at the end
}

func newDeliveryCounter() (deliveries, deliveryCounter) {
	resultc := make(chan deliveryResult)
	countc := make(chan deliveryCount)
	done := make(chan struct{})
	return deliveries{resultc, countc, done}, deliveryCounter{resultc, countc, done}
}

// run counts until ctx ends.
func (c deliveryCounter) run(ctx context.Context) {
	defer close(c.done)
	count := make(deliveryCount)
	for _, result := range deliveryResults() {
		count[result] = 0
	}
	for {
		select {
		case result := <-c.resultc:
			count = count.plus(result)
		case c.countc <- count:
		case <-ctx.Done():
			return
		}
	}
}

package api

import (
	"maps"

	"mooring/api/metrics"
)

// deliveryResult is the result of a delivery: accepted, ignored, or the code of the error that it was refused with.
type deliveryResult string

const (
	// deliveryAccepted: it asked for a refresh and got one.
	deliveryAccepted deliveryResult = "accepted"
	// deliveryIgnored: its proof holds, and it needs no refresh.
	deliveryIgnored deliveryResult = "ignored"
)

// unknownSender counts the deliveries without a proof of one of WEBHOOK_SENDERS: anyone can send them.
const unknownSender = "unknown"

// deliveryResults returns all possible results.
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

// deliveryCount is the number of deliveries since the start, by sender and result. It is immutable.
type deliveryCount map[metrics.Delivery]uint64

// newDeliveryCount returns 0 for every result of the senders that are accepted, and of unknown ones: Prometheus cannot
// see the first increase of a series that did not exist.
func newDeliveryCount(senders []string) deliveryCount {
	count := make(deliveryCount)
	for _, sender := range append([]string{unknownSender}, senders...) {
		for _, result := range deliveryResults() {
			count[metrics.Delivery{Sender: sender, Result: string(result)}] = 0
		}
	}
	return count
}

// plus returns the count with one more delivery. It does not change the old count, because readers share it.
func (c deliveryCount) plus(sender string, result deliveryResult) deliveryCount {
	next := maps.Clone(c)
	delivery := metrics.Delivery{Sender: sender, Result: string(result)}
	if _, known := next[delivery]; !known {
		delivery.Sender = unknownSender
	}
	next[delivery]++
	return next
}

package api

import "maps"

// deliveryResult is the result of a delivery: accepted, ignored, or the code of the error that it was refused with.
type deliveryResult string

const (
	// deliveryAccepted: it asked for a refresh and got one.
	deliveryAccepted deliveryResult = "accepted"
	// deliveryIgnored: its proof holds, and it needs no refresh.
	deliveryIgnored deliveryResult = "ignored"
)

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

// deliveryCount is the number of deliveries since the start, by result. It is immutable.
type deliveryCount map[string]uint64

// newDeliveryCount returns 0 for every result: Prometheus cannot see the first increase of a series that did not exist.
func newDeliveryCount() deliveryCount {
	count := make(deliveryCount)
	for _, result := range deliveryResults() {
		count[string(result)] = 0
	}
	return count
}

// plus returns the count with one more delivery. It does not change the old count, because readers share it.
func (c deliveryCount) plus(result deliveryResult) deliveryCount {
	next := maps.Clone(c)
	next[string(result)]++
	return next
}

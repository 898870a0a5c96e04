// Package webhook takes the deliveries of Git hosts: it checks the proof in the header, and reads the push from the
// body.
//
// A value of type sender describes one kind of Git host (github.go): the headers with a delivery's id and proof, and
// the form of a push. The way of a delivery through the package is the same for all of them:
//
//	Receiver.Receive   keys.read        reads the current keys; without a key nothing is accepted
//	                   sender.proof     reads the proof from the header
//	                   readBody         reads the body, bounded, and hashes it for the proof
//	                   sender.push      parses the body, only after the proof has been found valid
//	                   tracked.ignores  tells whether refreshes follow the pushed ref
//
// The package does not use HTTP status codes and error codes: a *Refusal says what is wrong, and package api turns it
// into an answer.
package webhook

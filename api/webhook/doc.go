// Package webhook takes the deliveries of Git hosts: it tells who sent one, checks the proof that it carries, and reads
// the push that it tells of.
//
// A sender is one small value of type sender (github.go): where it writes a delivery's id and proof, and how it writes a
// push. The way of a delivery through the package is the same for all of them:
//
//	Receiver.Receive   keys.read        the keys of this moment; without one nothing is accepted
//	                   sender.proof     what the header says must hold for the body
//	                   readBody         the body, bounded, while the proof hashes it
//	                   sender.push      the body is parsed only now that the proof holds
//	                   tracked.ignores  is the push about a ref that is followed here?
//
// The package knows nothing of HTTP status codes and error codes: a *Refusal says what is wrong, and package api says
// how that is answered.
package webhook

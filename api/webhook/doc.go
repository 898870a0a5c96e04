// Package webhook takes the deliveries of Git hosts: it checks the proof in the header, and reads the push from the
// body.
//
// A value of type sender describes one kind of sender: the header that names it, how it is proven, and the pushes that
// it tells of. github.go has GitHub and Gogs, gitlab.go the two ways of GitLab, and so on. The way of a delivery through
// the package is the same for all of them:
//
//	Receiver.Receive   secrets.read      reads the current secrets; without one nothing is accepted
//	                   Receiver.judge    finds the strongest proof whose header is there; only that one counts
//	                   sender.prove      reads the proof from the header
//	                   readBody          reads the body, bounded, and hashes it for the proof
//	                   proof.holds       compares, before anything of the body is parsed
//	                   sender.pushes     parses the body, if the proof covers it
//	                   tracked.choose    finds the push to the ref that refreshes follow
//
// The package does not use HTTP status codes and error codes: a *Refusal says what is wrong, and package api turns it
// into an answer.
package webhook

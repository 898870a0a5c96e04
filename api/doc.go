// Package api is mooring's HTTP side: it turns requests into messages to the refresh actor, and the actor's values into
// answers. openapi.json describes every route, field, status code and error code.
//
// # Packages below
//
//	encode    the JSON of the domain, both ways
//	webhook   the deliveries of Git hosts and scripts: their proofs and their pushes
//	page      the status page
//	metrics   Prometheus' metrics
//	apitest   shared by the tests of all these
//
// None of them imports this package.
//
// # Who owns what
//
// A handler owns nothing but its request. The refresh actor owns the desired state and the refreshes; handlers ask it
// through the interface Refresher. One actor of this package, behind the handle keeper, owns what requests share: the
// encoded and compressed lists of stacks, made once for each snapshot; the count of webhook deliveries by sender and
// result; and the memory that one large delivery at a time borrows.
//
// # The way of a request
//
//	net/http → Server.ServeHTTP    a log line, at debug level
//	         → Server.admit        sets headers; refuses a wrong Host, and requests from pages of other sites
//	         → httprouter          routes.go
//	         → a handler           returns nil when it has answered, or the error to answer with
//	         → Server.refuse       gives each error its status and code (fault.go)
//
// A handler answers in one write at its end. So nothing has been sent yet when a handler panics, and the client still
// gets an answer. HTTP/1.1 and HTTP/2 in cleartext go the same way.
//
// # How it stops
//
// A handler that waits also waits on the refresh actor's Done. When the actor has stopped, every wait ends, new
// triggers are answered with 503, and Serve waits only for the answers that are still being written.
package api

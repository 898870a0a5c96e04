// Package api is mooring's HTTP side: it turns requests into messages to the refresh actor and the actor's values into
// JSON. The contract's section 3 fixes every route, field and status code that is spelled here.
//
// # Who owns what
//
// A handler owns nothing but its request. What is known is the refresh actor's, and each handler asks it through the
// interface Refresher. Four things are kept here:
//
//	listEncoder      the lists of stacks as they go over the wire, encoded and compressed once for each snapshot;
//	                 handlers ask it through lists
//	deliveryCounter  how many webhook deliveries came to which result; handlers tell it, and a scrape asks it, through
//	                 deliveries
//	largec           room for one large delivery at a time: who has received from this channel holds it
//	connection       what the requests of one connection hand on to one another while the view that it was made from
//	                 holds; it is net/http's goroutine for that connection that owns it
//
// Metrics are served on a listener of their own. Their collector keeps nothing: it asks the actors at each scrape.
//
// # The way of a request
//
//	net/http → Server.ServeHTTP    log line (at debug level)
//	         → Server.admit        headers, Host, other origins
//	         → httprouter          routes.go
//	         → a handler           returns nil when it has answered, or the error to answer with
//	         → Server.refuse       every error becomes its status and code in one place (fault.go)
//
// Handlers answer in one write, at their end. So a panic in one finds nothing sent, and can be answered too.
//
// # How it stops
//
// Whoever waits in a handler waits on the actor's Done as well. Once the actor has stopped, every wait is over, new
// triggers are answered with 503, and Serve, which waits for that, has little left to wait for.
package api

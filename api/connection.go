package api

import (
	"context"
	"net"
	"time"
	"weak"

	"mooring/actors"
)

// connection is what the requests that come over one connection hand on to one another, so that a client that polls
// costs the refresh actor a message when something is new, and not each time. net/http answers the requests of an
// HTTP/1 connection one after another in one goroutine, and HTTP/1 is all that this server speaks, so nothing here is
// shared. It keeps nothing large alive, and points weakly at what others keep: a connection may idle for long after its
// view was superseded, and there are many.
type connection struct {
	// validity is that of the view which the rest was made from.
	validity actors.Validity
	// answered is when the actor gave it.
	answered time.Time
	// status is the RefreshStatus that was asked for last, of whichever view; the server keeps it.
	status weak.Pointer[refreshStatus]
	// filter and compressed tell which of its lists was asked for last, and the encoder keeps the list.
	filter     filter
	compressed bool
	list       weak.Pointer[list]
}

// refreshStatus is a RefreshStatus as it goes over the wire, and the word of the view that it was made from. It is
// immutable.
type refreshStatus struct {
	validity actors.Validity
	body     []byte
}

// connectionKey is the key of the *connection in the context of a request.
type connectionKey struct{}

// withConnection is an http.Server's ConnContext.
func withConnection(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, new(connection))
}

// connectionOf returns the connection that a request came over.
func connectionOf(ctx context.Context) *connection {
	if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
		return c
	}
	return new(connection) // a request that did not come through Serve
}

// view asks the actor. What was made from the view before is forgotten.
func (c *connection) view(ctx context.Context, actor Refresher) (actors.View, error) {
	view, err := actor.View(ctx)
	if err != nil {
		*c = connection{}
		return view, err
	}
	*c = connection{validity: view.Validity, answered: time.Now()}
	return view, nil
}

// held returns a list of the newest snapshot, if it is the one that was asked for last; else nil.
func (c *connection) held(f filter, compressed bool) *list {
	if f != c.filter || compressed != c.compressed || !c.validity.Holds() {
		return nil
	}
	return c.list.Value()
}

func (c *connection) hold(f filter, compressed bool, l *list) {
	c.filter, c.compressed, c.list = f, compressed, weak.Make(l)
}

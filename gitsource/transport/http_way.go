package transport

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/protocol"
)

// way goes with the context of a request to the connections that net/http makes for it. Over its channels, net/http's
// goroutine that connects tells httpWire.send how far it came: the error alone does not say that.
type way struct {
	// mayIdentify tells whether the host may have the client certificate, as it may have the credentials.
	mayIdentify bool
	// meetsProxy tells that the first handshake is with a proxy, which gets no client certificate.
	meetsProxy bool
	// asked: the host has asked for a client certificate. From net/http's goroutine → send.
	asked chan<- bool
	// passed: a proxy has made a tunnel to the host, or a connection is there. From net/http's goroutine → send.
	passed chan<- bool
}

// wayKey is the key of a way in a context.
type wayKey struct{}

// on returns a context for a request on this way.
func (w way) on(ctx context.Context) context.Context {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { note(w.passed) }})
	return context.WithValue(ctx, wayKey{}, w)
}

// tunnelled is for http.Transport.OnProxyConnectResponse.
func tunnelled(ctx context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if err := refusedTunnel(response); err != nil {
		return err
	}
	of, _ := ctx.Value(wayKey{}).(way)
	note(of.passed)
	return nil
}

// note sends to a channel with room for one value, unless the value is there already or there is no channel.
func note(c chan<- bool) {
	select {
	case c <- true:
	default:
	}
}

// noted tells whether a value was sent.
func noted(c <-chan bool) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// failureOnTheWay turns an error of net/http into one for an operator. It tells whether the proxy or the host is meant,
// and whether the host wanted a client certificate: asked and passed are those of the request's way, proxy may be nil.
func (w *httpWire) failureOnTheWay(err error, proxy *url.URL, request *http.Request, asked, passed bool) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the address, which may have a password in it
	}
	isCONNECT := proxy != nil && !forwards(proxy, request) && !isSOCKS(proxy)
	isOfProxy := forwards(proxy, request) || fault.IsOfProxy(err) || isCONNECT && !passed
	if isOfProxy {
		err = &fault.ProxyError{Err: err}
	}
	alert := fault.AlertOf(err)
	switch {
	case isOfProxy || !asked:
	case alert != "":
		return w.refusedCertificate(request.URL, "its TLS alert is: "+alert)
	case isEnded(err):
		return w.refusedCertificate(request.URL, "it ends the connection")
	}
	failure := httpFailure(err)
	if protocol.IsUnanswered(err) && !isOfProxy && request.URL.Scheme == "http" { // OpenSSL ends such a connection
		failure = fault.New(actors.CodeUnreachable, "The Git host closed the connection without an answer; if it speaks "+
			"TLS at this port, GIT_URL must begin with https://.")
	}
	if protocol.IsUnanswered(err) && (!isOfProxy || forwards(proxy, request)) {
		return &unansweredError{fault.Of(failure)}
	}
	return failure
}

// isEnded tells whether the host has ended a connection before its answer. When net/http's goroutines for reading and
// for writing meet that at once, each of them may give the error.
func isEnded(err error) bool {
	failure := fault.OfNetwork(err)
	return protocol.IsUnanswered(err) || failure != nil && failure.Code == actors.CodeUnreachable ||
		strings.HasPrefix(err.Error(), "http2: client conn") || strings.HasPrefix(err.Error(), "http: server closed")
}

// refusedCertificate is the failure of a host that asks for a client certificate and then ends the connection. In TLS
// 1.3 it does so after the handshake, and its alert may be lost when it closes the connection. at is the address that
// was asked: a host to which GIT_URL redirects is not in w.at before it has answered.
func (w *httpWire) refusedCertificate(at *url.URL, reason string) error {
	switch {
	case !w.identifies:
		return fault.New(actors.CodeAuth, "The Git host wants a client certificate (%s); set GIT_CLIENT_CERT_FILE and "+
			"GIT_CLIENT_KEY_FILE.", reason)
	case !maySendCredentials(w.named, at):
		return fault.New(actors.CodeAuth, "GIT_URL redirects to %s, to which the client certificate is not sent (%s); "+
			"set GIT_URL to the repository's address there.", fault.Clean(at.Host), reason)
	}
	return fault.New(actors.CodeAuth, "The Git host refuses the client certificate of GIT_CLIENT_CERT_FILE (%s); check "+
		"that the host trusts its authority, and that the file has the whole chain.", reason)
}

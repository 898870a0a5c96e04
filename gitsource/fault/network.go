package fault

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"

	"mooring/actors"
)

// ProxyError is an error of the connection to a proxy, or of the way that a proxy makes to the Git host.
type ProxyError struct{ Err error }

// Error implements error.
func (e *ProxyError) Error() string { return e.Err.Error() }

// Unwrap returns the error itself.
func (e *ProxyError) Unwrap() error { return e.Err }

// GitHost is who an error is about, unless it is a ProxyError.
const GitHost = "The Git host"

// Peer returns who an error is about, to begin a sentence with, and the setting to check.
func Peer(err error) (who, check string) {
	var proxy *ProxyError
	if errors.As(err, &proxy) {
		return "The proxy", "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
	}
	return GitHost, "GIT_URL"
}

// OfNetwork returns the failure for an error of name resolution, of the connection or of TLS; nil for any other error.
func OfNetwork(err error) *actors.Failure {
	var (
		resolution *net.DNSError
		notTLS     tls.RecordHeaderError
		operation  *net.OpError
		network    net.Error
	)
	who, check := Peer(err)
	switch {
	case isSOCKS(err):
		return ofSOCKS(err)
	case errors.As(err, &resolution):
		return New(actors.CodeUnreachable, "The name %s cannot be resolved; check %s and this machine's DNS.",
			Clean(resolution.Name), check)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &notTLS):
		return New(actors.CodeProtocol, "%s does not speak TLS at this port; check whether %s should begin with http://.",
			who, check)
	case AlertOf(err) != "":
		return New(actors.CodeUnreachable, "%s refuses the TLS connection: %s.", who, AlertOf(err))
	case errors.Is(err, syscall.ECONNREFUSED):
		return unreachable(err, "refuses connections")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return unreachable(err, "closed the connection")
	case errors.As(err, &network) && network.Timeout():
		return unreachable(err, "does not answer")
	case errors.As(err, &operation):
		return New(actors.CodeUnreachable, "%s cannot be reached: %s.", who, Clean(operation.Error()))
	}
	return nil
}

// AlertOf returns the text of the alert that the other side of a TLS connection has sent (RFC 8446, section 6), such as
// "unknown certificate authority"; nothing for any other error. The type of an alert is not exported: tls.AlertError is
// only for QUIC.
func AlertOf(err error) string {
	var operation *net.OpError
	if !errors.As(err, &operation) || operation.Op != "remote error" {
		return ""
	}
	return strings.TrimPrefix(Clean(operation.Err.Error()), "tls: ")
}

// unreachable makes a failure that says what the host did, with its address if the error has it.
func unreachable(err error, what string) *actors.Failure {
	var operation *net.OpError
	who, check := Peer(err)
	if errors.As(err, &operation) && operation.Addr != nil {
		who += " at " + Clean(operation.Addr.String())
	}
	return New(actors.CodeUnreachable, "%s %s; check %s and the network.", who, what, check)
}

// IsOfProxy tells whether net/http says that an error comes from connecting to a proxy, or from a SOCKS proxy.
func IsOfProxy(err error) bool {
	var operation *net.OpError
	return isSOCKS(err) || errors.As(err, &operation) && operation.Op == "proxyconnect"
}

// isSOCKS tells whether a SOCKS proxy did not make a way to the host. net/http gives such an error the operation "socks
// connect".
func isSOCKS(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && strings.HasPrefix(operation.Op, "socks ")
}

// ofSOCKS returns the failure for an error of isSOCKS (RFC 1928, section 6; RFC 1929).
func ofSOCKS(err error) *actors.Failure {
	var operation *net.OpError
	errors.As(err, &operation)
	said := strings.TrimPrefix(Clean(operation.Err.Error()), "unknown error ")
	switch {
	case strings.Contains(said, "authentication"), strings.Contains(said, "username/password"):
		return New(actors.CodeUnreachable, "The SOCKS proxy wants other credentials; give its user name and password in "+
			"HTTPS_PROXY, HTTP_PROXY or ALL_PROXY.")
	case strings.Contains(said, "protocol version"):
		return New(actors.CodeUnreachable, "The proxy does not speak SOCKS 5; check HTTPS_PROXY, HTTP_PROXY or ALL_PROXY.")
	}
	return New(actors.CodeUnreachable, "The SOCKS proxy does not connect to the Git host: %s.", said)
}

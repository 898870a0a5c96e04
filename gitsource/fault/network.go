package fault

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"syscall"

	"mooring/actors"
)

// OfTrust returns the failure for a TLS certificate that is not trusted; nil for any other error.
func OfTrust(err error) *actors.Failure {
	var (
		unknown    x509.UnknownAuthorityError
		otherName  x509.HostnameError
		invalid    x509.CertificateInvalidError
		noRoots    x509.SystemRootsError
		unverified *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &unknown), errors.As(err, &noRoots):
		return New(actors.CodeUntrusted, "The Git host's TLS certificate is not signed by a trusted authority; "+
			"set GIT_CA_FILE to the PEM file of its authority.")
	case errors.As(err, &otherName):
		return New(actors.CodeUntrusted, "The Git host's TLS certificate is for other names than %s; check GIT_URL.",
			Clean(otherName.Host))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return New(actors.CodeUntrusted, "The Git host's TLS certificate has expired or is not valid yet; "+
			"have it renewed, and check the clock of this machine.")
	case errors.As(err, &unverified):
		return New(actors.CodeUntrusted, "The Git host's TLS certificate is not valid: %s.",
			Clean(unverified.Err.Error()))
	}
	return nil
}

// OfNetwork returns the failure for an error of name resolution, of the connection or of TLS; nil for any other error.
func OfNetwork(err error) *actors.Failure {
	var (
		resolution *net.DNSError
		notTLS     tls.RecordHeaderError
		alert      tls.AlertError
		operation  *net.OpError
		network    net.Error
	)
	switch {
	case errors.As(err, &resolution):
		return New(actors.CodeUnreachable, "The name %s cannot be resolved; check GIT_URL and this machine's DNS.",
			Clean(resolution.Name))
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &notTLS):
		return New(actors.CodeProtocol, "The Git host does not speak TLS at this port; check whether GIT_URL should "+
			"begin with http://.")
	case errors.As(err, &alert):
		return New(actors.CodeUnreachable, "The Git host refuses the TLS connection: %s.", Clean(alert.Error()))
	case errors.Is(err, syscall.ECONNREFUSED):
		return unreachable(err, "refuses connections")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return unreachable(err, "closed the connection")
	case errors.As(err, &network) && network.Timeout():
		return unreachable(err, "does not answer")
	case errors.As(err, &operation):
		return New(actors.CodeUnreachable, "The Git host cannot be reached: %s.", Clean(operation.Error()))
	}
	return nil
}

// unreachable makes a failure that says what the host did, with its address if the error has it.
func unreachable(err error, what string) *actors.Failure {
	var operation *net.OpError
	who := "The Git host"
	if errors.As(err, &operation) && operation.Addr != nil {
		who += " at " + Clean(operation.Addr.String())
	}
	if operation != nil && operation.Op == "proxyconnect" {
		who = "The proxy"
	}
	return New(actors.CodeUnreachable, "%s %s; check GIT_URL and the network.", who, what)
}

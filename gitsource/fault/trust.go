package fault

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"slices"
	"time"

	"mooring/actors"
)

// OfTrust returns the failure for a TLS certificate of a host or a proxy that is not trusted; nil for any other error.
func OfTrust(err error) *actors.Failure {
	var (
		unknown    x509.UnknownAuthorityError
		otherName  x509.HostnameError
		invalid    x509.CertificateInvalidError
		noRoots    x509.SystemRootsError
		unverified *tls.CertificateVerificationError
	)
	who, check := Peer(err)
	switch {
	case errors.As(err, &unknown), errors.As(err, &noRoots):
		return New(actors.CodeUntrusted, "%s's TLS certificate is not signed by a trusted authority; set GIT_CA_FILE to the PEM "+
			"file of its authority.", who)
	case errors.As(err, &otherName) && !hasAlternativeName(otherName.Certificate):
		return New(actors.CodeUntrusted, "%s's TLS certificate has no subjectAltName, so it is valid for no host: its common name "+
			"does not count any more; have it issued again with %s as a subjectAltName.", who, Clean(otherName.Host))
	case errors.As(err, &otherName):
		return New(actors.CodeUntrusted, "%s's TLS certificate is for other names than %s; check %s.", who,
			Clean(otherName.Host), check)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return New(actors.CodeUntrusted, "%s's TLS certificate %s, and check the clock of this machine.", who,
			outOfDate(invalid.Cert))
	case errors.As(err, &unverified):
		return New(actors.CodeUntrusted, "%s's TLS certificate is not valid: %s.", who, Clean(unverified.Err.Error()))
	}
	return nil
}

// hasAlternativeName tells whether a certificate has the extension subjectAltName (RFC 5280, section 4.2.1.6), whatever
// names are in it.
func hasAlternativeName(certificate *x509.Certificate) bool {
	return slices.ContainsFunc(certificate.Extensions, func(e pkix.Extension) bool {
		return e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17})
	})
}

// outOfDate says whether a certificate, or one of its chain, has expired or is not valid yet.
func outOfDate(certificate *x509.Certificate) string {
	if certificate != nil && time.Now().Before(certificate.NotBefore) {
		return "is not valid before " + certificate.NotBefore.UTC().Format(time.RFC3339) + "; have it issued again"
	}
	return "has expired; have it renewed"
}

package transport

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/location"
)

// maxPEM is the size in bytes of the largest file of certificates or of a key that is read.
const maxPEM = 16 << 20

// Validate tells what is wrong with the settings of TLS, and, for a repository over HTTP, with those of proxies in the
// environment. The error names the variable and the rule.
func Validate(settings location.Settings) error {
	if content, err := readRoots(settings.CAFile); err != nil {
		return fmt.Errorf("GIT_CA_FILE %w", err)
	} else if _, err := parseRoots(settings.CAFile, content); err != nil {
		return fmt.Errorf("GIT_CA_FILE %w", err)
	}
	if settings.ClientCertFile != "" {
		if _, err := readClientCertificate(settings); err != nil {
			return err
		}
	}
	if at, err := location.Parse(settings.URL); err == nil && at.IsHTTP() {
		if _, err := readProxies(); err != nil {
			return err
		}
	}
	return nil
}

// readRoots reads the file of trusted authorities; empty if there is no file. An error is a phrase that follows the
// variable's name, and does not quote the path.
func readRoots(caFile string) ([]byte, error) {
	if caFile == "" {
		return nil, nil
	}
	content, err := fault.ReadFile(caFile, maxPEM)
	if err != nil {
		return nil, fmt.Errorf("must name a file that can be read: %w", err)
	}
	return content, nil
}

// parseRoots returns the trusted authorities: the system's and those in PEM. Without any the pool is nil, which means
// only the system's. An error is a phrase that follows the variable's name.
func parseRoots(caFile string, content []byte) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(content) {
		return nil, errors.New("must name a file with at least one certificate in PEM")
	}
	return roots, nil
}

// readClientCertificate reads the two files of the client certificate. The error names the variable and the rule.
func readClientCertificate(settings location.Settings) (tls.Certificate, error) {
	chain, err := fault.ReadFile(settings.ClientCertFile, maxPEM)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("GIT_CLIENT_CERT_FILE must name a file that can be read: %w", err)
	}
	key, err := fault.ReadFile(settings.ClientKeyFile, maxPEM)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("GIT_CLIENT_KEY_FILE must name a file that can be read: %w", err)
	}
	pair, err := tls.X509KeyPair(chain, key)
	switch {
	case err == nil:
		return pair, nil
	case strings.Contains(err.Error(), "does not match"):
		return tls.Certificate{}, errors.New("GIT_CLIENT_KEY_FILE must name the key of the certificate in " +
			"GIT_CLIENT_CERT_FILE, and it names another one")
	case isEncrypted(key):
		return tls.Certificate{}, errors.New("GIT_CLIENT_KEY_FILE must name a key that is not encrypted; " +
			"openssl pkey -in FILE -out NEWFILE decrypts one")
	case hasCertificate(chain):
		return tls.Certificate{}, errors.New("GIT_CLIENT_KEY_FILE must name a file with a private key in PEM")
	}
	return tls.Certificate{}, errors.New("GIT_CLIENT_CERT_FILE must name a file with a certificate in PEM")
}

// hasCertificate tells whether the first certificate in PEM can be read.
func hasCertificate(chain []byte) bool {
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			_, err := x509.ParseCertificate(block.Bytes)
			return err == nil
		}
	}
	return false
}

// isEncrypted tells whether a key needs a passphrase: in PKCS #8 (RFC 5958), or in the older form with a header
// (RFC 1421).
func isEncrypted(key []byte) bool {
	for block, rest := pem.Decode(key); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return true
		}
	}
	return false
}

// clientCertificate is for tls.Config.GetClientCertificate, which is called when a host asks for a certificate. It
// reads the files each time. Its error is an *actors.Failure.
func clientCertificate(settings location.Settings) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		of, _ := request.Context().Value(wayKey{}).(way)
		if of.meetsProxy && len(of.passed) == 0 {
			return &tls.Certificate{}, nil
		}
		note(of.asked)
		if settings.ClientCertFile == "" || !of.mayIdentify {
			return &tls.Certificate{}, nil // no certificate: the host decides whether it goes on
		}
		pair, err := readClientCertificate(settings)
		if err != nil {
			return nil, fault.New(actors.CodeAuth, "%s.", fault.Clean(err.Error()))
		}
		if err := checkDates(pair.Leaf, time.Now()); err != nil {
			return nil, err
		}
		return &pair, nil
	}
}

func checkDates(leaf *x509.Certificate, now time.Time) error {
	switch {
	case now.After(leaf.NotAfter):
		return fault.New(actors.CodeAuth, "The certificate of GIT_CLIENT_CERT_FILE has expired (%s); renew it, and check "+
			"the clock of this machine.", leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fault.New(actors.CodeAuth, "The certificate of GIT_CLIENT_CERT_FILE is not valid before %s; check the clock "+
			"of this machine.", leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}

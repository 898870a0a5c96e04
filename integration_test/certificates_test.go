package integration_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"
)

// authority is a certificate authority of the test.
type authority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	// file holds its certificate in PEM.
	file string
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	is := is.New(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	is.NoErr(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	is.NoErr(err)
	certificate, err := x509.ParseCertificate(der)
	is.NoErr(err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	is.NoErr(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return authority{t, certificate, key, file}
}

// sign makes a certificate for a name, or for 127.0.0.1 without one, that is valid until a time.
func (a authority) sign(name string, until time.Time) tls.Certificate {
	a.t.Helper()
	is := is.New(a.t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	is.NoErr(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "host of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if name == "" {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	is.NoErr(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// files writes a certificate and its key in PEM, and returns the settings that name the files.
func (a authority) files(certificate tls.Certificate) []string {
	a.t.Helper()
	is := is.New(a.t)
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	is.NoErr(err)
	settings, directory := []string{}, a.t.TempDir()
	for _, part := range []struct {
		variable, block string
		der             []byte
	}{{"GIT_CLIENT_CERT_FILE", "CERTIFICATE", certificate.Certificate[0]}, {"GIT_CLIENT_KEY_FILE", "PRIVATE KEY", key}} {
		file := filepath.Join(directory, part.variable)
		is.NoErr(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: part.block, Bytes: part.der}), 0o600))
		settings = append(settings, part.variable+"="+file)
	}
	return settings
}

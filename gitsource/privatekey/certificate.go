package privatekey

import (
	"errors"
	"io/fs"
	"time"

	"golang.org/x/crypto/ssh"

	"mooring/gitsource/fault"
)

// withCertificate returns the key with the certificate in a file before it (ssh_config(5), CertificateFile). A file
// that does not exist or is of no use is left out, as the ssh program does: the host may accept the key alone.
func withCertificate(signer ssh.Signer, file string) Keys {
	alone := []ssh.Signer{signer}
	text, err := readFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Keys{Signers: alone}
	}
	if err != nil {
		return Keys{alone, "The certificate beside the key (-cert.pub) cannot be read: " +
			fault.Clean(err.Error()) + "."}
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	certificate, isCertificate := public.(*ssh.Certificate)
	if err != nil || !isCertificate {
		return Keys{alone, "The file beside the key that ends in -cert.pub holds no certificate that can be read."}
	}
	certified, err := ssh.NewCertSigner(certificate, signer)
	if err != nil {
		return Keys{alone, "The certificate beside the key (-cert.pub) is for another key."}
	}
	return Keys{append([]ssh.Signer{certified}, alone...), doubt(certificate, time.Now())}
}

// doubt tells why a host may refuse a certificate; empty if it should not.
func doubt(certificate *ssh.Certificate, now time.Time) string {
	at := uint64(now.Unix())
	switch {
	case certificate.CertType != ssh.UserCert:
		return "The certificate beside the key (-cert.pub) is a host's, not a user's."
	case at < certificate.ValidAfter:
		return "The certificate beside the key (-cert.pub) is valid only from " + date(certificate.ValidAfter) + " on."
	case at >= certificate.ValidBefore:
		return "The certificate beside the key (-cert.pub) has expired at " + date(certificate.ValidBefore) + "."
	}
	return ""
}

// date formats a time in seconds since 1970.
func date(seconds uint64) string { return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339) }

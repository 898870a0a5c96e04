package knownhosts

import (
	"strings"

	"golang.org/x/crypto/ssh"

	"mooring/gitsource/fault"
)

// certified tells whether one of the lines has the authority that signed a host's certificate, and whether that is
// valid for the host (OpenSSH, PROTOCOL.certkeys). reason is empty if no line has the authority.
func (h Host) certified(lines []line, certificate *ssh.Certificate) (isTrusted bool, reason string) {
	for _, l := range lines {
		if l.marker != authority || l.key == nil || !isSame(l.key, certificate.SignatureKey) {
			continue
		}
		switch {
		case certificate.CertType != ssh.HostCert:
			return false, "it is a user's"
		case certificate.Signature.Format == ssh.KeyAlgoRSA:
			return false, "it is signed by SHA-1"
		}
		checker := &ssh.CertChecker{}
		if err := checker.CheckCert(h.name, certificate); err != nil {
			return false, fault.Clean(strings.TrimPrefix(err.Error(), "ssh: "))
		}
		return true, ""
	}
	return false, ""
}

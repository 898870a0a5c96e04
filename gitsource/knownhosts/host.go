package knownhosts

import (
	"bytes"
	"cmp"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// Host is what the files say about one host. It is immutable.
type Host struct {
	// name is the host's, without the port, in lower case.
	name string
	// lines are those that name the host with its port, and then, if the port is not 22, those that name it without one.
	lines [][]line
	// revoked are the lines with the revoked keys of all hosts.
	revoked []line
}

// At returns what the files say about a host. The port is as text. It fails if a line with a revoked key cannot be read
// and names the host, or may name it.
func (h Hosts) At(host, port string) (Host, error) {
	at := Host{name: strings.ToLower(host)}
	names := []string{at.name}
	if port != "22" {
		names = []string{"[" + at.name + "]:" + port, at.name}
	}
	for _, name := range names {
		var named []line
		for _, l := range h.lines {
			if l.names(name) && (l.hosts != "" || l.marker == revoked) {
				named = append(named, l)
			}
		}
		for _, l := range named {
			if l.marker == revoked && l.key == nil {
				return Host{}, fault.New(actors.CodeUntrusted, "A revoked SSH key of the Git host cannot be read (%s), so no key "+
					"of the host is trusted; mend or remove that line.", unreadable([]line{l}))
			}
		}
		at.lines = append(at.lines, named)
	}
	for _, l := range h.lines {
		if l.marker == revoked && l.key != nil {
			at.revoked = append(at.revoked, l)
		}
	}
	return at, nil
}

// Algorithms returns the kinds of keys that may be trusted, in the form of ssh.ClientConfig.HostKeyAlgorithms. It is
// empty if there are none: then any key that the host shows is an unknown one.
func (h Host) Algorithms() []string {
	var certificates, kinds []string
	for _, l := range slices.Concat(h.lines...) {
		switch {
		case l.key == nil, l.marker == revoked:
		case l.marker == authority: // a host's key may be of another kind than that of its authority
			if certificates == nil {
				certificates = certificateAlgorithms()
			}
		case l.key.Type() == ssh.KeyAlgoRSA: // RFC 8332 signs with the same keys in better ways
			kinds = append(kinds, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA)
		default:
			kinds = append(kinds, l.key.Type())
		}
	}
	var once []string
	for _, kind := range append(certificates, kinds...) {
		if !slices.Contains(once, kind) {
			once = append(once, kind)
		}
	}
	return once
}

func certificateAlgorithms() []string {
	return slices.DeleteFunc(ssh.SupportedAlgorithms().HostKeys, func(algorithm string) bool {
		return !strings.Contains(algorithm, "-cert-v01@")
	})
}

// Check tells whether the host's key is trusted. It is an ssh.HostKeyCallback.
func (h Host) Check(_ string, _ net.Addr, key ssh.PublicKey) error {
	plain := key
	certificate, isCertificate := key.(*ssh.Certificate)
	if isCertificate {
		plain = certificate.Key
	}
	for _, l := range h.revoked {
		if isSame(l.key, plain) || isCertificate && isSame(l.key, certificate.SignatureKey) {
			return fault.New(actors.CodeUntrusted, "The Git host's SSH key is marked as revoked in line %d of %s.",
				l.number, fault.Clean(l.file))
		}
	}
	doubt := ""
	for _, named := range h.lines {
		if isCertificate {
			isTrusted, reason := h.certified(named, certificate)
			if isTrusted {
				return nil
			}
			doubt = cmp.Or(doubt, reason)
		}
		switch judge(named, plain) {
		case trusted:
			return nil
		case changed:
			return h.otherKey()
		}
	}
	if doubt != "" {
		return fault.New(actors.CodeUntrusted, "The Git host's SSH certificate is signed by a known authority and is not "+
			"valid: %s.", doubt)
	}
	return h.unknownKey()
}

// verdict is what the lines that name a host say about a key.
type verdict int

const (
	// unknown: no line has a key of the host.
	unknown verdict = iota
	// trusted: a line has this key.
	trusted
	// changed: the lines have only other keys.
	changed
)

func judge(lines []line, key ssh.PublicKey) verdict {
	v := unknown
	for _, l := range lines {
		if l.marker != known || l.key == nil {
			continue
		}
		if isSame(l.key, key) {
			return trusted
		}
		v = changed
	}
	return v
}

// isSame compares a key in a file with a host's. A certificate in a file stands for its key.
func isSame(listed, shown ssh.PublicKey) bool {
	if certificate, ok := listed.(*ssh.Certificate); ok {
		listed = certificate.Key
	}
	return bytes.Equal(listed.Marshal(), shown.Marshal())
}

// unknownKey is the failure of a host of which no line has a key that can be read.
func (h Host) unknownKey() error {
	return fault.New(actors.CodeUntrusted, "The Git host's SSH key is not known; verify it and add it to the file of "+
		"GIT_SSH_KNOWN_HOSTS_FILE (or ~/.ssh/known_hosts), as ssh-keyscan prints it.%s", h.hint())
}

// otherKey is the failure of a host that shows another key than the lines have.
func (h Host) otherKey() error {
	return fault.New(actors.CodeUntrusted, "The Git host's SSH key is not the known one: somebody may be in between; if "+
		"the host has a new key, verify it and replace the old one in the file of GIT_SSH_KNOWN_HOSTS_FILE (or "+
		"~/.ssh/known_hosts).%s", h.hint())
}

// OtherKind is the failure of a host that has no key of the kinds that Algorithms returns.
func (h Host) OtherKind() error {
	return fault.New(actors.CodeUntrusted, "The Git host has no SSH key of a kind that the known hosts list for it; "+
		"verify its keys and add one to the file of GIT_SSH_KNOWN_HOSTS_FILE (or ~/.ssh/known_hosts).%s", h.hint())
}

// hint names the lines about the host that cannot be read.
func (h Host) hint() string {
	if where := unreadable(slices.Concat(h.lines...)); where != "" {
		return " What names the host and cannot be read: " + where + "."
	}
	return ""
}

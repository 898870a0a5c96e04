package knownhosts

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/ssh"
)

// marker says what a line means.
type marker int

const (
	// known: the host has the key.
	known marker = iota
	// authority: the key signs the certificates of hosts.
	authority
	// revoked: the key must not be accepted.
	revoked
)

// line is one line of a file that is neither empty nor a comment.
type line struct {
	file   string
	number int
	marker marker
	// hosts is the field that names hosts: patterns or one hashed name. It is empty if it cannot be read.
	hosts string
	// key is nil if the line cannot be read.
	key ssh.PublicKey
}

// parse reads a line. A line that cannot be read has no key. If one of its markers is like @revoked, it is a revoked
// one: it may be misspelt, or follow another marker.
func parse(text string) line {
	var l line
	markers, isWrong := 0, false
	word, rest := cutField(text)
	for ; strings.HasPrefix(word, "@"); word, rest = cutField(rest) {
		markers++
		switch {
		case word == "@cert-authority" && l.marker == known:
			l.marker = authority
		case strings.HasPrefix(strings.ToLower(word), "@revoke"):
			l.marker = revoked
			isWrong = isWrong || word != "@revoked"
		default:
			isWrong = true
		}
	}
	if isHostField(word) {
		l.hosts = word
	}
	if l.hosts != "" && markers < 2 && !isWrong {
		l.key = parseKey(rest)
	}
	if _, isCertificate := l.key.(*ssh.Certificate); isCertificate && l.marker != revoked {
		l.key = nil
	}
	return l
}

// parseKey reads a key after its kind; nil if it cannot be read.
func parseKey(text string) ssh.PublicKey {
	kind, rest := cutField(text)
	encoded, _ := cutField(rest)
	blob, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil
	}
	key, err := ssh.ParsePublicKey(blob)
	if err != nil || key.Type() != kind {
		return nil
	}
	return key
}

// cutField returns the text up to a blank, and what follows the blanks.
func cutField(text string) (field, rest string) {
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[:i], strings.TrimLeft(text[i:], " \t")
	}
	return text, ""
}

// names tells whether the line names a host, "host" or "[host]:port" in lower case. A field that cannot be read may
// name any host.
func (l line) names(host string) bool {
	switch {
	case l.hosts == "":
		return true
	case l.hosts[0] == '|':
		salt, hash, _ := parseHash(l.hosts)
		mac := hmac.New(sha1.New, salt)
		mac.Write([]byte(host))
		return hmac.Equal(mac.Sum(nil), hash)
	}
	found := false
	for pattern := range strings.SplitSeq(strings.ToLower(l.hosts), ",") {
		negated := strings.HasPrefix(pattern, "!")
		if !matches(strings.TrimPrefix(pattern, "!"), host) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// isHostField tells whether a field can be read as patterns or as a hashed name.
func isHostField(field string) bool {
	if strings.HasPrefix(field, "|") {
		_, _, ok := parseHash(field)
		return ok
	}
	return field != ""
}

// parseHash reads a hashed name, "|1|salt|hash": HMAC-SHA1 of the name with the salt as its key, both in base64.
func parseHash(field string) (salt, hash []byte, ok bool) {
	parts := strings.Split(field, "|")
	if len(parts) != 4 || parts[1] != "1" {
		return nil, nil, false
	}
	salt, saltErr := base64.StdEncoding.DecodeString(parts[2])
	hash, hashErr := base64.StdEncoding.DecodeString(parts[3])
	ok = saltErr == nil && hashErr == nil && len(salt) == sha1.Size && len(hash) == sha1.Size
	return salt, hash, ok
}

// matches tells whether a text matches a pattern, in which "*" stands for any characters and "?" for one
// (ssh_config(5), "PATTERNS"). The time is bounded by the product of the lengths.
func matches(pattern, text string) bool {
	star, resume := -1, 0 // of the last "*": its place, and where the text goes on if it takes one more character
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

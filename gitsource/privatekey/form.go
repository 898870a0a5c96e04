package privatekey

import (
	"encoding/pem"
	"strings"

	"golang.org/x/crypto/ssh"

	"mooring/gitsource/fault"
)

// openSSH is the label of OpenSSH's format in PEM.
const openSSH = "OPENSSH PRIVATE KEY"

// otherForm is the failure of a key whose form is known and not read; nil for any other.
func otherForm(block *pem.Block) error {
	switch block.Type {
	case "ENCRYPTED PRIVATE KEY":
		return refused("The key of GIT_SSH_KEY_FILE is encrypted in PKCS #8, which mooring does not read; %s writes it in "+
			"OpenSSH's format, and `openssl pkey -in \"$GIT_SSH_KEY_FILE\" -out new_key` without a passphrase.", rewrite)
	case openSSH:
	default:
		return nil
	}
	head := readHeader(block.Bytes)
	switch {
	case strings.HasPrefix(head.kind, "sk-"):
		return refused("The key of GIT_SSH_KEY_FILE is inside a security key, which somebody has to touch; make one for "+
			"mooring with %s, or give this one to an agent with `ssh-add \"$GIT_SSH_KEY_FILE\"` and unset GIT_SSH_KEY_FILE.", create)
	case head.kind == "ssh-dss":
		return refused("The key of GIT_SSH_KEY_FILE is a DSA key, which mooring does not read and Git hosts do not accept; "+
			"make another one with %s.", create)
	case head.cipher != "" && head.cipher != "none" && head.cipher != "aes256-ctr" && head.cipher != "aes256-cbc":
		return refused("The key of GIT_SSH_KEY_FILE is encrypted with %s, which mooring does not read; %s encrypts it with "+
			"another cipher.", fault.Clean(head.cipher), rewrite)
	}
	return nil
}

// header is what OpenSSH's format says in clear.
type header struct {
	// kind is that of the key, such as "ssh-ed25519".
	kind string
	// cipher is "none" for a key that is not encrypted.
	cipher string
}

// readHeader reads the header (OpenSSH, PROTOCOL.key); zero if the bytes are not of the format.
func readHeader(content []byte) header {
	rest, isFormat := strings.CutPrefix(string(content), "openssh-key-v1\x00")
	var fields struct {
		Cipher, KDF, KDFOptions string
		Count                   uint32
		Public                  []byte
		Rest                    []byte `ssh:"rest"`
	}
	if !isFormat || ssh.Unmarshal([]byte(rest), &fields) != nil {
		return header{}
	}
	var public struct {
		Kind string
		Rest []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(fields.Public, &public) != nil {
		return header{}
	}
	return header{kind: public.Kind, cipher: fields.Cipher}
}

// notAKey is the failure of a file without a private key in PEM.
func notAKey(text string) error {
	_, _, _, _, publicErr := ssh.ParseAuthorizedKey([]byte(text))
	switch {
	case strings.TrimSpace(text) == "":
		return refused("The file of GIT_SSH_KEY_FILE is empty; write the private key into it, or make one with %s.", create)
	case strings.HasPrefix(text, "PuTTY-User-Key-File-"):
		return refused("The key of GIT_SSH_KEY_FILE is in PuTTY's format, which mooring does not read; `puttygen " +
			"\"$GIT_SSH_KEY_FILE\" -O private-openssh-new -o new_key` writes it in OpenSSH's.")
	case publicErr == nil, strings.Contains(text, "PUBLIC KEY-----"), strings.Contains(text, "SSH2 PUBLIC KEY"):
		return refused("The file of GIT_SSH_KEY_FILE holds a public key; set GIT_SSH_KEY_FILE to the private one, whose file "+
			"has the same name without .pub, or make a pair with %s.", create)
	case strings.Contains(text, "PRIVATE KEY-----"):
		return refused("The private key of GIT_SSH_KEY_FILE is cut short, or has lost its line breaks; copy the file again as " +
			"it was written. `ssh-keygen -y -f \"$GIT_SSH_KEY_FILE\"` prints the public key of a whole one.")
	}
	return refused("The file of GIT_SSH_KEY_FILE holds no private key that can be read; make one with %s.", create)
}

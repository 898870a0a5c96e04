package privatekey

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// maxFile is how many bytes of a file are read. A key has a few thousand.
const maxFile = 1 << 20

const (
	// rewrite is the command that writes a key anew in OpenSSH's format. It asks for the old passphrase and a new one.
	rewrite = "`ssh-keygen -p -Z aes256-ctr -f \"$GIT_SSH_KEY_FILE\"`"
	// create is the command that makes another key.
	create = "`ssh-keygen -t ed25519 -f new_key`"
)

// Keys are what a file of a private key gives.
type Keys struct {
	// Signers are the certificate, if there is one, and the key: in the order in which the ssh program offers them.
	Signers []ssh.Signer
	// Doubt is a sentence about the certificate for an operator whose key was refused; empty if there is nothing to say.
	Doubt string
}

// Read reads the private key in a file, and the certificate in the file beside it whose name ends in "-cert.pub".
// passphrase is called if the key is encrypted; it returns an empty text if none is set. The error is an
// *actors.Failure.
func Read(file string, passphrase func() (string, error)) (Keys, error) {
	text, err := readFile(file)
	if err != nil {
		return Keys{}, unreadable(err)
	}
	signer, err := parse(text, passphrase)
	if err != nil {
		return Keys{}, err
	}
	return withCertificate(signer, file+"-cert.pub"), nil
}

func readFile(name string) (string, error) {
	content, err := fault.ReadFile(name, maxFile)
	return strings.TrimPrefix(string(content), "\ufeff"), err
}

// unreadable is the failure of a file that cannot be read.
func unreadable(err error) error {
	what := ""
	if errors.Is(err, fs.ErrPermission) {
		what = fmt.Sprintf("; give it to the user that mooring runs as: `chown %d \"$GIT_SSH_KEY_FILE\"`", os.Geteuid())
	}
	return refused("The file of GIT_SSH_KEY_FILE cannot be read: %s%s.", err, what)
}

func refused(format string, arguments ...any) error {
	return fault.New(actors.CodeAuth, format, arguments...)
}

// parse returns the key in a text.
func parse(text string, passphrase func() (string, error)) (ssh.Signer, error) {
	block := privateBlock(text)
	if block == nil {
		return nil, notAKey(text)
	}
	if err := otherForm(block); err != nil {
		return nil, err
	}
	encoded := pem.EncodeToMemory(block)
	signer, err := ssh.ParsePrivateKey(encoded)
	if err == nil {
		return signer, nil
	}
	if _, isEncrypted := errors.AsType[*ssh.PassphraseMissingError](err); !isEncrypted {
		return nil, refused("The private key of GIT_SSH_KEY_FILE cannot be read (%s); %s writes it in a form that can, "+
			"unless it is damaged.", fault.Clean(err.Error()), rewrite)
	}
	secret, err := passphrase()
	switch {
	case err != nil:
		return nil, err
	case secret == "":
		return nil, refused("The key of GIT_SSH_KEY_FILE is encrypted; set GIT_SSH_KEY_PASSPHRASE.")
	}
	signer, err = ssh.ParsePrivateKeyWithPassphrase(encoded, []byte(secret))
	switch {
	case err == nil:
		return signer, nil
	case isWrongPassphrase(block, err):
		return nil, refused("GIT_SSH_KEY_PASSPHRASE does not open the key of GIT_SSH_KEY_FILE.")
	}
	return nil, refused("The private key of GIT_SSH_KEY_FILE is encrypted in a way that mooring does not read (%s); %s "+
		"encrypts it in another one.", fault.Clean(err.Error()), rewrite)
}

// isWrongPassphrase tells whether the passphrase is the reason for an error. PEM has no check of its own, so a wrong
// passphrase may give bytes that are no key.
func isWrongPassphrase(block *pem.Block, err error) bool {
	return errors.Is(err, x509.IncorrectPasswordError) ||
		block.Type != openSSH && !strings.Contains(err.Error(), "cannot decode encrypted private keys")
}

// privateBlock returns the first private key in PEM; nil if there is none. Other blocks may precede it: openssl writes
// the parameters of an elliptic curve before the key.
func privateBlock(text string) *pem.Block {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return block
		}
	}
}

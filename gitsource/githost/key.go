package githost

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// NewSigner makes a private key of SSH.
func NewSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// KeyFile is a private key of SSH in a file.
type KeyFile struct {
	// File is its path.
	File string
	// Public is the public half.
	Public ssh.PublicKey
	// Key is the private half.
	Key ed25519.PrivateKey
}

// NewKeyFile makes a key and its file, in OpenSSH's format.
func NewKeyFile(t *testing.T) KeyFile {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return KeyFile{WriteFile(t, "id", string(pem.EncodeToMemory(block))), signer.PublicKey(), private}
}

// Encrypt encrypts the file with a passphrase. One round of its hash is enough for a test.
func (k KeyFile) Encrypt(t *testing.T, passphrase string) {
	t.Helper()
	arguments := []string{"-q", "-p", "-a", "1", "-P", "", "-N", passphrase, "-f", k.File}
	if output, err := exec.CommandContext(t.Context(), "ssh-keygen", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, output)
	}
}

// KnownHostsFile writes a file of known hosts with one key (sshd(8)) and returns its path.
func KnownHostsFile(t *testing.T, address string, key ssh.PublicKey) string {
	t.Helper()
	return WriteFile(t, "known_hosts", knownhosts.Line([]string{knownhosts.Normalize(address)}, key)+"\n")
}

// WriteFile writes a file in a directory of its own and returns its path.
func WriteFile(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

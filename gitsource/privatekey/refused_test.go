package privatekey

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"
	"golang.org/x/crypto/ssh"

	"mooring/actors"
)

// written is a file with a content in the place of a key.
func written(t *testing.T, content string) made {
	t.Helper()
	m := made{t, filepath.Join(t.TempDir(), "key")}
	if err := os.WriteFile(m.file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

// securityKey is a file as ssh-keygen -t ed25519-sk writes it (OpenSSH, PROTOCOL.u2f). No device is needed for it.
func securityKey(t *testing.T) string {
	t.Helper()
	type public struct {
		Kind        string
		Key         []byte
		Application string
	}
	of := ssh.Marshal(public{"sk-ssh-ed25519@openssh.com", make([]byte, 32), "ssh:"})
	private := ssh.Marshal(struct{ Check1, Check2 uint32 }{7, 7})
	private = append(append(private, of...), ssh.Marshal(struct {
		Flags            byte
		Handle, Reserved []byte
		Comment          string
	}{1, []byte("handle"), nil, "test"})...)
	for pad := byte(1); len(private)%8 != 0; pad++ {
		private = append(private, pad)
	}
	content := ssh.Marshal(struct {
		Cipher, KDF, Options string
		Count                uint32
		Public, Private      []byte
	}{"none", "none", "", 1, of, private})
	block := pem.Block{Type: openSSH, Bytes: append([]byte("openssh-key-v1\x00"), content...)}
	return string(pem.EncodeToMemory(&block))
}

func TestAKeyThatCannotServeIsRefusedWithWhatToDo(t *testing.T) {
	whole := makeKey(t, generate+clear+"-t ed25519")
	private, err := os.ReadFile(whole.file)
	is.New(t).NoErr(err)
	public, err := os.ReadFile(whole.file + ".pub")
	is.New(t).NoErr(err)
	pemPublic := makeKey(t, "openssl genrsa 2048 2>/dev/null | openssl rsa -pubout -out key")
	pemContent, err := os.ReadFile(pemPublic.file)
	is.New(t).NoErr(err)
	ssh2Public := makeKey(t, generate+clear+"-t ed25519; ssh-keygen -e -f key >k; mv k key")
	ssh2Content, err := os.ReadFile(ssh2Public.file)
	is.New(t).NoErr(err)
	for name, c := range map[string]struct{ content, says string }{
		"empty":                {"", "is empty"},
		"only line breaks":     {"\r\n\r\n", "is empty"},
		"a public key":         {string(public), "holds a public key"},
		"a public key in PEM":  {string(pemContent), "holds a public key"},
		"a public key of SSH2": {string(ssh2Content), "holds a public key"},
		"cut short":            {string(private[:len(private)/2]), "cut short"},
		"without line breaks":  {strings.ReplaceAll(string(private), "\n", " "), "lost its line breaks"},
		"escaped line breaks":  {strings.ReplaceAll(string(private), "\n", `\n`), "lost its line breaks"},
		"a security key":       {securityKey(t), "inside a security key"},
		"something else":       {"hello", "holds no private key"},
		"too large":            {strings.Repeat("x", maxFile+1), "larger than 1 MiB"},
		"damaged": {"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
			"unless it is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := written(t, c.content).read(secret)
			failure, _ := errors.AsType[*actors.Failure](err)
			is.True(failure != nil)
			is.Equal(failure.Code, actors.CodeAuth)
			is.True(strings.Contains(failure.Message, c.says))
			is.True(!strings.Contains(failure.Message, "/"))
		})
	}
}

func TestTheCommandsForANewKeyMakeOne(t *testing.T) {
	is := is.New(t)
	m := written(t, securityKey(t))
	m.run("ssh-keygen -y -f key >/dev/null") // the ssh programs take it for a key, too
	_, err := m.read("")
	is.True(err != nil)
	m.run(withoutTerminal(commands(err.Error())[0]))
	made := made{t, filepath.Join(filepath.Dir(m.file), "new_key")}
	keys, err := made.read(secret)
	is.NoErr(err)
	is.Equal(string(keys.Signers[0].PublicKey().Marshal()), made.public())
}

func TestAFileThatMayNotBeReadIsToldWithItsOwner(t *testing.T) {
	is := is.New(t)
	message := unreadable(syscall.EACCES).Error()
	is.True(strings.Contains(message, "permission denied"))
	m := makeKey(t, generate+clear+"-t ed25519")
	m.run(commands(message)[0])
	_, err := m.read("")
	is.NoErr(err)
	_, err = made{t, m.file + "-gone"}.read("")
	is.True(strings.Contains(err.Error(), "no such file"))
	is.True(!strings.Contains(err.Error(), m.file)) // it may be the key itself
}

func TestAWrongPassphraseIsNotTakenForAnotherForm(t *testing.T) {
	for name, script := range map[string]string{
		"OpenSSH":  generate + encrypted + "-t ed25519",
		"PEM, rsa": generate + encrypted + "-t rsa -b 2048 -m PEM",
		"PEM, ec":  generate + encrypted + "-t ecdsa -m PEM",
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			m := makeKey(t, script)
			for range 20 { // a wrong one gives other bytes each time
				_, err := m.read("another one")
				is.Equal(err.Error(), "GIT_SSH_KEY_PASSPHRASE does not open the key of GIT_SSH_KEY_FILE.")
			}
			_, err := m.read("")
			is.Equal(err.Error(), "The key of GIT_SSH_KEY_FILE is encrypted; set GIT_SSH_KEY_PASSPHRASE.")
			failed := errors.New("unreadable")
			_, err = Read(m.file, func() (string, error) { return "", failed })
			is.Equal(err, failed)
		})
	}
}

func TestACertificateBesideTheKeyIsOfferedBeforeIt(t *testing.T) {
	const sign = generate + clear + "-t ed25519; ssh-keygen -q -t ed25519 -N '' -f ca; "
	for name, c := range map[string]struct {
		script string
		offers int
		doubt  string
	}{
		"none":            {sign, 1, ""},
		"a good one":      {sign + "ssh-keygen -q -s ca -I x -n git key.pub", 2, ""},
		"for ever":        {sign + "ssh-keygen -q -s ca -I x -n git -V always:forever key.pub", 2, ""},
		"expired":         {sign + "ssh-keygen -q -s ca -I x -n git -V 20200101:20200102 key.pub", 2, "has expired at 2020-01-02T00:00:00Z"},
		"not yet valid":   {sign + "ssh-keygen -q -s ca -I x -n git -V 20990101:20990102 key.pub", 2, "only from 2099-01-01T00:00:00Z on"},
		"a host's":        {sign + "ssh-keygen -q -s ca -I x -h -n git key.pub", 2, "is a host's"},
		"for another key": {sign + "ssh-keygen -q -s ca -I x -n git ca.pub; mv ca-cert.pub key-cert.pub", 1, "for another key"},
		"no certificate":  {sign + "cp key.pub key-cert.pub", 1, "no certificate"},
		"something else":  {sign + "echo hello >key-cert.pub", 1, "no certificate"},
		"cannot be read":  {sign + "mkdir key-cert.pub", 1, "cannot be read: is a directory."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			m := makeKey(t, "export TZ=UTC; "+c.script)
			keys, err := m.read("")
			is.NoErr(err)
			is.Equal(len(keys.Signers), c.offers)
			certificate, isCertificate := keys.Signers[0].PublicKey().(*ssh.Certificate)
			is.Equal(isCertificate, c.offers == 2)
			if isCertificate {
				is.Equal(string(certificate.Key.Marshal()), m.public())
			}
			is.Equal(string(keys.Signers[c.offers-1].PublicKey().Marshal()), m.public())
			is.Equal(keys.Doubt == "", c.doubt == "")
			is.True(strings.Contains(keys.Doubt, c.doubt))
		})
	}
}

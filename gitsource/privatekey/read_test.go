package privatekey

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"
	"golang.org/x/crypto/ssh"

	"mooring/actors"
)

const secret = "open sesame"

// made is a key that programs have made, in a directory of its own.
type made struct {
	t    *testing.T
	file string
}

// makeKey runs a script of the shell in a new directory. It writes the key to the file "key".
func makeKey(t *testing.T, script string) made {
	t.Helper()
	m := made{t, filepath.Join(t.TempDir(), "key")}
	m.run(script)
	return m
}

// run runs a script in the directory. A program that asks for a passphrase gets secret.
func (m made) run(script string) {
	m.t.Helper()
	answer := filepath.Join(filepath.Dir(m.file), "answer")
	if err := os.WriteFile(answer, []byte("#!/bin/sh\necho '"+secret+"'\n"), 0o700); err != nil {
		m.t.Fatal(err)
	}
	command := exec.CommandContext(m.t.Context(), "sh", "-ec", script)
	command.Dir = filepath.Dir(m.file)
	command.Env = append(os.Environ(), "GIT_SSH_KEY_FILE="+m.file, "SSH_ASKPASS="+answer, "SSH_ASKPASS_REQUIRE=force")
	if output, err := command.CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v: %s", script, err, output)
	}
}

// read reads the key with a passphrase.
func (m made) read(passphrase string) (Keys, error) {
	return Read(m.file, func() (string, error) { return passphrase, nil })
}

// public is the public key as ssh-keygen or openssl made it.
func (m made) public() string {
	m.t.Helper()
	content, err := os.ReadFile(m.file + ".pub")
	if err != nil {
		m.t.Fatal(err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(content)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(key.Marshal())
}

const (
	generate  = "ssh-keygen -q -a 1 -C test -f key "
	encrypted = "-N '" + secret + "' "
	clear     = "-N '' "
	// publish writes key.pub for a key that is not encrypted.
	publish = "; chmod 600 key; ssh-keygen -y -f key >key.pub; "
)

func TestAKeyIsReadInEachOfItsForms(t *testing.T) {
	for name, script := range map[string]string{
		"ed25519":                generate + clear + "-t ed25519",
		"ecdsa":                  generate + clear + "-t ecdsa -b 384",
		"rsa":                    generate + clear + "-t rsa -b 2048",
		"encrypted, aes256-ctr":  generate + encrypted + "-t ed25519",
		"encrypted, aes256-cbc":  generate + encrypted + "-t ed25519 -Z aes256-cbc",
		"PEM":                    generate + clear + "-t rsa -b 2048 -m PEM",
		"PEM, encrypted":         generate + encrypted + "-t rsa -b 2048 -m PEM",
		"PEM, ecdsa":             generate + clear + "-t ecdsa -m PEM",
		"PEM, ecdsa, encrypted":  generate + encrypted + "-t ecdsa -m PEM",
		"PEM, des3":              "openssl genrsa -traditional 2048 >key" + publish + "openssl rsa -traditional -des3 -in key -out k -passout 'pass:" + secret + "'; mv k key",
		"PKCS #8":                generate + clear + "-t rsa -b 2048 -m PKCS8",
		"a parameters block":     "openssl ecparam -name prime256v1 -genkey -out key" + publish + "grep -q 'BEGIN EC PARAMETERS' key",
		"CRLF":                   generate + clear + "-t ed25519; sed -i 's/$/\\r/' key",
		"CRLF, PEM, encrypted":   generate + encrypted + "-t rsa -b 2048 -m PEM; sed -i 's/$/\\r/' key",
		"no newline at the end":  generate + clear + "-t ed25519; printf %s \"$(cat key)\" >k; mv k key",
		"a byte order mark":      generate + clear + "-t ed25519; { printf '\\357\\273\\277'; cat key; } >k; mv k key",
		"text before it":         generate + clear + "-t ed25519; { echo 'my key'; cat key; } >k; mv k key",
		"readable for everybody": generate + clear + "-t ed25519; chmod 0444 key",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			m := makeKey(t, script)
			keys, err := m.read(secret)
			is.NoErr(err)
			is.Equal(len(keys.Signers), 1)
			is.Equal(string(keys.Signers[0].PublicKey().Marshal()), m.public())
		})
	}
}

// commands finds the commands in a sentence.
func commands(sentence string) []string {
	var found []string
	for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(sentence, -1) {
		found = append(found, match[1])
	}
	return found
}

// withoutTerminal is a command with the passphrase for the programs that ask only at a terminal for it. One round of
// ssh-keygen's hash is enough for a test.
func withoutTerminal(command string) string {
	command = strings.Replace(command, "openssl pkey", "openssl pkey -passin 'pass:"+secret+"'", 1)
	command = strings.Replace(command, "ssh-keygen -p", "ssh-keygen -p -a 1", 1)
	command = strings.Replace(command, "ssh-keygen -t", "ssh-keygen -a 1 -t", 1)
	return "echo '" + secret + "' >p; " + strings.Replace(command, "puttygen", "puttygen --old-passphrase p", 1)
}

func TestTheCommandForAKeyThatIsNotReadMakesOneThatIs(t *testing.T) {
	if _, err := exec.LookPath("puttygen"); err != nil {
		t.Fatal("this test needs puttygen, which is not installed here: apt-get install putty-tools")
	}
	pkcs8 := generate + "-t rsa -b 2048 -m PKCS8 "
	for name, c := range map[string]struct{ script, says string }{
		"aes256-gcm":        {generate + encrypted + "-t ed25519 -Z aes256-gcm@openssh.com", "aes256-gcm@openssh.com"},
		"aes128-gcm":        {generate + encrypted + "-t rsa -b 2048 -Z aes128-gcm@openssh.com", "aes128-gcm@openssh.com"},
		"chacha20-poly1305": {generate + encrypted + "-t ecdsa -Z chacha20-poly1305@openssh.com", "chacha20-poly1305"},
		"aes128-ctr":        {generate + encrypted + "-t ed25519 -Z aes128-ctr", "aes128-ctr"},
		"3des-cbc":          {generate + encrypted + "-t ed25519 -Z 3des-cbc", "3des-cbc"},
		"PKCS #8":           {pkcs8 + encrypted, "PKCS #8"},
		"PKCS #8, openssl": {pkcs8 + clear + "; openssl pkcs8 -topk8 -in key -out k -passout 'pass:" + secret +
			"'; mv k key; chmod 600 key", "PKCS #8"},
		"PEM, camellia": {"openssl genrsa -traditional 2048 >key" + publish + "openssl rsa -traditional -camellia256 -in key " +
			"-out k -passout 'pass:" + secret + "'; mv k key; chmod 600 key", "in a way"},
		"explicit parameters": {"openssl ecparam -name prime256v1 -genkey -noout -param_enc explicit -out key" + publish, "cannot be read"},
		"PuTTY":               {generate + clear + "-t ed25519; puttygen key -O private -o k --new-passphrase /dev/null; mv k key", "PuTTY"},
		"PuTTY, encrypted": {generate + clear + "-t ed25519; echo '" + secret + "' >p; puttygen key -O private -o k " +
			"--new-passphrase p; mv k key", "PuTTY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			m := makeKey(t, c.script)
			_, err := m.read(secret)
			failure, _ := errors.AsType[*actors.Failure](err)
			is.True(failure != nil)
			is.Equal(failure.Code, actors.CodeAuth)
			is.True(strings.Contains(failure.Message, c.says))
			is.True(len(commands(failure.Message)) > 0)
			for i, command := range commands(failure.Message) {
				if i > 0 {
					m.run("rm key*; " + c.script) // the command before may have changed it
				}
				result := m
				if strings.Contains(command, "new_key") {
					result.file = filepath.Join(filepath.Dir(m.file), "new_key")
				}
				m.run(withoutTerminal(command))
				keys, err := result.read(secret)
				is.NoErr(err)
				is.Equal(string(keys.Signers[0].PublicKey().Marshal()), m.public())
			}
		})
	}
}

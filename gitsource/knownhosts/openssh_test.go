package knownhosts

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"golang.org/x/crypto/ssh"

	"mooring/actors"
	"mooring/gitsource/githost"
)

// keys are those of the comparison with the ssh program.
type keys struct {
	host, other, authority, otherAuthority ssh.Signer
}

func newKeys(t *testing.T) keys {
	return keys{githost.NewSigner(t), githost.NewSigner(t), githost.NewSigner(t), githost.NewSigner(t)}
}

// text is a key as files have it.
func text(key ssh.Signer) string {
	public := key.PublicKey()
	return public.Type() + " " + base64.StdEncoding.EncodeToString(public.Marshal())
}

// byRSA are the keys with an authority that signs by RSA with an algorithm.
func (k keys) byRSA(t *testing.T, algorithm string) keys {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	k.authority, err = ssh.NewSignerWithAlgorithms(signer.(ssh.AlgorithmSigner), []string{algorithm})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// certified is the host's key with a certificate. change changes the certificate before it is signed.
func (k keys) certified(t *testing.T, change func(*ssh.Certificate)) ssh.Signer {
	t.Helper()
	certificate := &ssh.Certificate{
		Key: k.host.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"git.example.com"},
		ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
	}
	if change != nil {
		change(certificate)
	}
	if err := certificate.SignCert(rand.Reader, k.authority); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(certificate, k.host)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// serve runs an SSH host that has these keys and lets everybody run anything.
func serve(t *testing.T, hostKeys ...ssh.Signer) string {
	t.Helper()
	config := &ssh.ServerConfig{NoClientAuth: true}
	for _, key := range hostKeys {
		config.AddHostKey(key)
	}
	return githost.Listen(t, func(conn net.Conn) {
		server, channels, requests, err := ssh.NewServerConn(conn, config)
		if err != nil {
			return
		}
		defer server.Close()
		// Ends when the connection is closed; the check for leaks at the end of all tests waits for it.
		go ssh.DiscardRequests(requests)
		for offered := range channels {
			channel, requests, err := offered.Accept()
			if err != nil {
				return
			}
			for request := range requests {
				_ = request.Reply(request.Type == "exec", nil)
				if request.Type == "exec" {
					_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
					channel.Close()
				}
			}
		}
	})
}

// isTrusted connects with what a file says about a host and tells whether its key is trusted.
func isTrusted(t *testing.T, file, host string, port int, address string) (bool, error) {
	t.Helper()
	known, err := Read([]string{file})
	if err != nil {
		return false, err
	}
	at, err := known.At(host, strconv.Itoa(port))
	if err != nil {
		return false, err
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	config := &ssh.ClientConfig{User: "git", HostKeyCallback: at.Check, HostKeyAlgorithms: at.Algorithms()}
	client, _, _, err := ssh.NewClientConn(conn, address, config)
	if err != nil {
		return false, err
	}
	client.Close()
	_ = client.Wait()
	return true, nil
}

// isTrustedBySSH asks the ssh program the same. It reaches the address by a command, so that the name may be any.
func isTrustedBySSH(t *testing.T, file, host string, port int, address string) bool {
	t.Helper()
	name, at, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	dial := "bash -c 'exec 2>/dev/null 3<>/dev/tcp/" + name + "/" + at + "; cat <&3 & cat >&3; kill $!'"
	command := exec.CommandContext(t.Context(), "ssh", "-F", "/dev/null", "-o", "UserKnownHostsFile="+file,
		"-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
		"-o", "UpdateHostKeys=no", "-o", "IdentityAgent=none", "-o", "IdentityFile=/dev/null", "-o", "ProxyCommand="+dial,
		"-p", strconv.Itoa(port), "git@"+host, "true")
	output, err := command.CombinedOutput()
	if err == nil {
		return true
	}
	if said := string(output); !strings.Contains(said, "key verification failed") && !strings.Contains(said, "REVOKED") {
		t.Fatalf("ssh: %v: %s", err, said)
	}
	return false
}

// hashed is a host's name as ssh-keygen -H writes it.
func hashed(t *testing.T, name string) string {
	t.Helper()
	file := githost.WriteFile(t, "known_hosts", name+" "+text(githost.NewSigner(t))+"\n")
	if output, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-H", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, output)
	}
	content, err := readFile(file)
	if err != nil {
		t.Fatal(err)
	}
	field, _ := cutField(content)
	return field
}

func TestAFileMeansWhatItMeansToTheSSHProgram(t *testing.T) {
	const host = "git.example.com"
	k := newKeys(t)
	for name, c := range comparisons(t, k) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			address := serve(t, k.host)
			if c.certificate != nil {
				address = serve(t, k.host, c.certificate)
			}
			if c.port == 0 {
				c.port = 22
			}
			file := githost.WriteFile(t, "known_hosts", c.file)
			trusted, err := isTrusted(t, file, host, c.port, address)
			is.Equal(trusted, c.trusted)
			is.Equal(isTrustedBySSH(t, file, host, c.port, address), c.trusted != c.differs)
			_, isNegotiation := errors.AsType[*ssh.AlgorithmNegotiationError](err)
			failure, isFailure := errors.AsType[*actors.Failure](err)
			is.True(trusted || isNegotiation || isFailure && failure.Code == actors.CodeUntrusted)
		})
	}
}

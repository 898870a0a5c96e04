package knownhosts

import (
	"crypto/ed25519"
	"crypto/rand"
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
	return keys{newSigner(t), newSigner(t), newSigner(t), newSigner(t)}
}

func newSigner(t *testing.T) ssh.Signer {
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

// text is a key as files have it.
func text(key ssh.Signer) string {
	public := key.PublicKey()
	return public.Type() + " " + base64.StdEncoding.EncodeToString(public.Marshal())
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
		"-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "UpdateHostKeys=no",
		"-o", "IdentityAgent=none", "-o", "IdentityFile=/dev/null", "-o", "ProxyCommand="+dial,
		"-p", strconv.Itoa(port), "git@"+host, "true")
	output, err := command.CombinedOutput()
	if err == nil {
		return true
	}
	if said := string(output); !strings.Contains(said, "Host key verification failed") && !strings.Contains(said, "REVOKED") {
		t.Fatalf("ssh: %v: %s", err, said)
	}
	return false
}

// hashed is a host's name as ssh-keygen -H writes it.
func hashed(t *testing.T, name string) string {
	t.Helper()
	file := githost.WriteFile(t, "known_hosts", name+" "+text(newSigner(t))+"\n")
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

// comparison is a file, with what both programs say.
type comparison struct {
	file string
	// port is 22 if it is not set.
	port int
	// certificate is the host's, if it has one.
	certificate ssh.Signer
	trusted     bool
	// differs tells that the ssh program says the opposite: doc.go has the reasons.
	differs bool
}

func comparisons(t *testing.T, k keys) map[string]comparison {
	const host, ported = "git.example.com ", "[git.example.com]:2222 "
	right, wrong, ca, otherCA := text(k.host), text(k.other), text(k.authority), text(k.otherAuthority)
	good := k.certified(t, nil)
	expired := k.certified(t, func(c *ssh.Certificate) { c.ValidBefore = 1 })
	ofOther := k.certified(t, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"other.example.com"} })
	ofPattern := k.certified(t, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"*.example.com"} })
	ofUser := k.certified(t, func(c *ssh.Certificate) { c.CertType = ssh.UserCert })
	junk := "getaddrinfo git.example.com: Name or service not known\n" + host + "\n" + host + "ssh-ed25519\n" +
		host + "1024 35 136112345678901234567890\n" + host + "ssh-new AAAAB3NzaC1uZXc=\n" + host + "ssh-rsa AAAA\n" +
		"@unknown " + host + wrong + "\n|1|bad|hash " + wrong + "\n|2|" + strings.Repeat("A", 28) + " " + wrong + "\n\x00\xff\n"
	return map[string]comparison{
		"empty":                          {},
		"the key":                        {file: host + right, trusted: true},
		"another key":                    {file: host + wrong},
		"another and the key":            {file: host + wrong + "\n" + host + right, trusted: true},
		"the key of another host":        {file: "other.example.com " + right},
		"lines that cannot be read":      {file: junk + host + right + "\n" + junk, trusted: true},
		"only lines that cannot be read": {file: junk},
		"a comment":                      {file: "# " + host + right},
		"blanks and tabs":                {file: " \t git.example.com\t " + strings.Replace(right, " ", "\t", 1) + " \t# text\n\n", trusted: true},
		"CRLF":                           {file: "# text\r\n" + host + right + "\r\n", trusted: true},
		"CRLF with a comment":            {file: host + right + " root@git\r\n", trusted: true},
		"a byte order mark":              {file: "\ufeff" + host + right, trusted: true, differs: true},
		"a very long line":               {file: strings.Repeat("x.example.com,", 20_000) + host + right + " " + strings.Repeat("x", 200_000), trusted: true},
		"a very long line before":        {file: "x " + strings.Repeat("A", 200_000) + "\n" + host + right, trusted: true},
		"many names":                     {file: "10.0.0.1,git.example.com,x " + right, trusted: true},
		"capitals":                       {file: "GIT.Example.COM " + right, trusted: true},
		"a wildcard":                     {file: "*.example.com " + right, trusted: true},
		"question marks":                 {file: "g?t.example.??? " + right, trusted: true},
		"too many question marks":        {file: "g??t.example.com " + right},
		"a negation":                     {file: "*.example.com,!git.example.com " + right},
		"another negation":               {file: "*.example.com,!*.other.com " + right, trusted: true},
		"only a negation":                {file: "!x.example.com " + right},
		"hashed":                         {file: hashed(t, "git.example.com") + " " + right, trusted: true},
		"hashed, another host":           {file: hashed(t, "other.example.com") + " " + right},
		"a key type of another kind":     {file: host + strings.Replace(right, "ssh-ed25519", "ssh-rsa", 1)},
		"a certificate as the key":       {file: host + text(good)},

		"a port":                               {file: ported + right, port: 2222, trusted: true},
		"a port without brackets":              {file: "git.example.com:2222 " + right, port: 2222},
		"another port":                         {file: "[git.example.com]:2223 " + right, port: 2222},
		"a port, hashed":                       {file: hashed(t, "[git.example.com]:2222") + " " + right, port: 2222, trusted: true},
		"no port in the file":                  {file: host + right, port: 2222, trusted: true},
		"another key for the port":             {file: ported + wrong + "\n" + host + right, port: 2222},
		"a wildcard for all ports":             {file: "* " + right, port: 2222, trusted: true},
		"a wildcard with the port":             {file: "[*.example.com]:2222 " + right, port: 2222, trusted: true},
		"a wildcard for the port":              {file: "[git.example.com]:* " + right, port: 2222, trusted: true},
		"a negated port":                       {file: "*,![git.example.com]:2222 " + right, port: 2222, trusted: true},
		"a port that is not asked for":         {file: ported + right},
		"port 22 in brackets":                  {file: "[git.example.com]:22 " + right},
		"another key for all, no port in file": {file: "* " + wrong + "\n" + host + right, port: 2222},

		"revoked":                           {file: host + right + "\n@revoked " + host + right},
		"revoked for all":                   {file: host + right + "\n@revoked * " + right},
		"revoked for the host, on a port":   {file: ported + right + "\n@revoked " + ported + right, port: 2222},
		"another key is revoked":            {file: host + right + "\n@revoked * " + wrong, trusted: true},
		"revoked for another host":          {file: host + right + "\n@revoked other.example.com " + right, differs: true},
		"revoked, unreadable":               {file: host + right + "\n@revoked " + host + "ssh-ed25519 AAAA", differs: true},
		"revoked, unknown kind":             {file: host + right + "\n@revoked *.example.com ssh-new AAAAB3NzaC1uZXc=", differs: true},
		"revoked, without a key":            {file: host + right + "\n@revoked git.example.com", differs: true},
		"revoked, without a host":           {file: host + right + "\n@revoked", differs: true},
		"revoked, broken hash":              {file: host + right + "\n@revoked |1|x|y " + wrong, differs: true},
		"revoked, two markers":              {file: host + right + "\n@cert-authority @revoked " + host + wrong, differs: true},
		"revoked, misspelt":                 {file: host + right + "\n@Revoked " + host + wrong, differs: true},
		"revoked, unreadable, hashed":       {file: host + right + "\n@revoked " + hashed(t, "git.example.com") + " ssh-ed25519 x", differs: true},
		"revoked, unreadable, BOM":          {file: "\ufeff@revoked " + host + "x\n" + host + right, differs: true},
		"revoked, unreadable, another host": {file: host + right + "\n@revoked other.example.com ssh-ed25519 AAAA", trusted: true},
		"revoked, unreadable, negated":      {file: host + right + "\n@revoked *,!git.example.com x", trusted: true},
		"revoked, unreadable, port":         {file: ported + right + "\n@revoked " + ported + "x", port: 2222, differs: true},
		"revoked, unreadable, without port": {file: ported + right + "\n@revoked " + host + "x", port: 2222, differs: true},
		"revoked, unreadable, host of hashes": {
			file: host + right + "\n@revoked " + hashed(t, "other.example.com") + " ssh-ed25519 x", trusted: true},

		"a certificate":                             {file: "@cert-authority " + host + ca, certificate: good, trusted: true},
		"a certificate, by a wildcard":              {file: "@cert-authority *.example.com " + ca, certificate: good, trusted: true},
		"a certificate on a port":                   {file: "@cert-authority *.example.com " + ca, certificate: good, port: 2222, trusted: true},
		"a certificate of another authority":        {file: "@cert-authority * " + otherCA, certificate: good},
		"an authority of another host":              {file: "@cert-authority other.example.com " + ca, certificate: good},
		"an authority that is no authority":         {file: host + ca, certificate: good},
		"an expired certificate":                    {file: "@cert-authority * " + ca, certificate: expired},
		"a certificate for another host":            {file: "@cert-authority * " + ca, certificate: ofOther},
		"a certificate for a pattern":               {file: "@cert-authority * " + ca, certificate: ofPattern},
		"a user's certificate":                      {file: "@cert-authority * " + ca, certificate: ofUser},
		"a known key with an expired certificate":   {file: "@cert-authority * " + ca + "\n" + host + right, certificate: expired, trusted: true},
		"a known key with another authority":        {file: "@cert-authority * " + otherCA + "\n" + host + right, certificate: good, trusted: true},
		"a known key without a certificate":         {file: "@cert-authority * " + ca + "\n" + host + right, trusted: true},
		"a revoked authority":                       {file: "@cert-authority * " + ca + "\n@revoked * " + ca, certificate: good},
		"a revoked key in a certificate":            {file: "@cert-authority * " + ca + "\n@revoked * " + right, certificate: good},
		"a known key on a port without certificate": {file: "@cert-authority * " + ca + "\n" + host + right, port: 2222, trusted: true},
	}
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

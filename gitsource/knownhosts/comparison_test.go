package knownhosts

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

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
	sha1, sha2 := k.byRSA(t, ssh.KeyAlgoRSA), k.byRSA(t, ssh.KeyAlgoRSASHA512)
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
		"a certificate by RSA":                      {file: "@cert-authority * " + text(sha2.authority), certificate: sha2.certified(t, nil), trusted: true},
		"a certificate by RSA with SHA-1":           {file: "@cert-authority * " + text(sha1.authority), certificate: sha1.certified(t, nil)},
		"a user's certificate":                      {file: "@cert-authority * " + ca, certificate: ofUser},
		"a known key with an expired certificate":   {file: "@cert-authority * " + ca + "\n" + host + right, certificate: expired, trusted: true},
		"a known key with another authority":        {file: "@cert-authority * " + otherCA + "\n" + host + right, certificate: good, trusted: true},
		"a known key without a certificate":         {file: "@cert-authority * " + ca + "\n" + host + right, trusted: true},
		"a revoked authority":                       {file: "@cert-authority * " + ca + "\n@revoked * " + ca, certificate: good},
		"a revoked key in a certificate":            {file: "@cert-authority * " + ca + "\n@revoked * " + right, certificate: good},
		"a known key on a port without certificate": {file: "@cert-authority * " + ca + "\n" + host + right, port: 2222, trusted: true},
	}
}

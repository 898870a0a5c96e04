package gitsource

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

// unsetenv unsets the variable until the test ends.
func unsetenv(t *testing.T, variable string) {
	t.Helper()
	t.Setenv(variable, "")
	if err := os.Unsetenv(variable); err != nil {
		t.Fatal(err)
	}
}

func TestRedactRemovesEverySecretInEveryForm(t *testing.T) {
	is := is.New(t)
	settings := locationSettings{
		URL:              "https://ghp%5FT0ken:@github.com/alice/stacks",
		Password:         func() (string, error) { return `p@ss "w/rd`, nil },
		SSHKeyPassphrase: func() (string, error) { return "passphrase", nil },
	}
	for _, text := range []string{"ghp_T0ken", "ghp%5FT0ken:", `p@ss "w/rd`, `p%40ss+%22w%2Frd`, `p%40ss%20%22w%2frd`,
		`p@ss \"w/rd`, "passphrase", "Z2hwX1Qwa2VuOnBAc3MgIncvcmQ="} {
		got := redact(settings, "before "+text+" after")
		if got != "before *** after" && got != "before ***: after" && got != "before ghp%5FT0ken: after" {
			t.Errorf("%q became %q", text, got)
		}
	}
	is.Equal(settings.DisplayURL(), "https://github.com/alice/stacks")
	is.Equal(redact(settings, "alice at git-upload-pack"), "alice at git-upload-pack")

	named := locationSettings{URL: "https://alice:s3cret@github.com/alice/stacks"}
	is.Equal(redact(named, named.URL), "https://alice:***@github.com/alice/stacks")
	broken := locationSettings{URL: "https://alice:%zz@github.com"}
	is.Equal(redact(broken, "at "+broken.URL), "at ***")
	is.Equal(broken.DisplayURL(), "(a GIT_URL that cannot be read)")
}

func TestForeignTextBecomesOneShortLine(t *testing.T) {
	is := is.New(t)
	is.Equal(cleanText("a\r\n\tb\x00\x1b[1mc\u202ed\u2028e\xff."), "a b [1mc d e�")
	is.Equal(len([]rune(cleanText(strings.Repeat("ä", 1000)))), maxText)
	is.Equal(cleanText(" \n"), "")
}

func TestEveryErrorHasACodeAndASentence(t *testing.T) {
	timeout := &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
	tests := []struct {
		err  error
		code actors.Code
	}{
		{&net.DNSError{Err: "no such host", Name: "git.example.com", IsNotFound: true}, actors.CodeUnreachable},
		{&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("network is unreachable")}, actors.CodeUnreachable},
		{fmt.Errorf("fetch: %w", context.DeadlineExceeded), actors.CodeTimeout},
		{timeout, actors.CodeTimeout},
		{context.Canceled, actors.CodeTimeout},
		{x509.CertificateInvalidError{Reason: x509.Expired}, actors.CodeUntrusted},
		{x509.SystemRootsError{}, actors.CodeUntrusted},
		{errNoRepository, actors.CodeNotFound},
		{&fs.PathError{Op: "open", Path: "/srv/git", Err: fs.ErrPermission}, actors.CodeAuth},
		{fmt.Errorf("read pack: %w", io.ErrUnexpectedEOF), actors.CodeProtocol},
		{errNotACommit, actors.CodeRefNotFound},
		{&hostError{text: "access denied or repository not exported: /x"}, actors.CodeNotFound},
		{&hostError{text: "ERROR: Permission to a/b denied to deploy key"}, actors.CodeAuth},
		{&hostError{text: "Too many requests, try again later"}, actors.CodeUnreachable},
		{&hostError{text: "something odd"}, actors.CodeProtocol},
		{errors.New("a fault\nof ours"), actors.CodeInternal},
		{fmt.Errorf("read tree: %w", failf(actors.CodeEmpty, "Kept.")), actors.CodeEmpty},
	}
	for _, test := range tests {
		is := is.New(t)
		failure := classify(test.err)
		is.Equal(failure.Code, test.code)
		is.True(strings.HasSuffix(failure.Message, "."))
		is.True(!strings.Contains(failure.Message, "\n"))
	}
	is.New(t).Equal(classify(nil), nil)
}

// redact removes every secret of the settings from a text, as a session does.
func redact(s locationSettings, text string) string {
	at, err := parseEndpoint(s.URL)
	if err != nil && s.URL != "" {
		text = strings.ReplaceAll(text, s.URL, redacted)
	}
	shown, _ := s.Credentials(at)
	return s.Redactor(at, shown).clean(text)
}

package fault

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

func TestForeignTextBecomesOneShortLine(t *testing.T) {
	is := is.New(t)
	is.Equal(Clean("a\r\n\tb\x00\x1b[1mc\u202ed\u2028e\xff."), "a b [1mc d e�")
	is.Equal(len([]rune(Clean(strings.Repeat("ä", 1000)))), MaxText)
	is.Equal(Clean(" \n"), "")
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
		{ErrNoRepository, actors.CodeNotFound},
		{&fs.PathError{Op: "open", Path: "/srv/git", Err: fs.ErrPermission}, actors.CodeAuth},
		{fmt.Errorf("read pack: %w", io.ErrUnexpectedEOF), actors.CodeProtocol},
		{ErrNotACommit, actors.CodeRefNotFound},
		{&HostError{Text: "access denied or repository not exported: /x"}, actors.CodeNotFound},
		{&HostError{Text: "ERROR: Permission to a/b denied to deploy key"}, actors.CodeAuth},
		{&HostError{Text: "Too many requests, try again later"}, actors.CodeUnreachable},
		{&HostError{Text: "something odd"}, actors.CodeProtocol},
		{errors.New("a fault\nof ours"), actors.CodeInternal},
		{fmt.Errorf("read tree: %w", New(actors.CodeEmpty, "Kept.")), actors.CodeEmpty},
	}
	for _, test := range tests {
		is := is.New(t)
		failure := Of(test.err)
		is.Equal(failure.Code, test.code)
		is.True(strings.HasSuffix(failure.Message, "."))
		is.True(!strings.Contains(failure.Message, "\n"))
	}
	is.New(t).Equal(Of(nil), nil)
}

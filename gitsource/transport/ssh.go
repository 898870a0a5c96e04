package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"golang.org/x/crypto/ssh"

	"mooring/actors"
	"mooring/gitsource/fault"
	"mooring/gitsource/location"
	"mooring/gitsource/protocol"
)

// sshDialer runs git-upload-pack on the host over SSH (gitprotocol-pack, "SSH Transport").
func sshDialer(at location.Endpoint, settings location.Settings, credentials location.Credentials) dialer {
	return func(ctx context.Context) (stream, error) {
		address := at.Address("22")
		login, err := newLogin(ctx, address, settings, credentials)
		if err != nil {
			return stream{}, err
		}
		defer login.release()
		conn, err := dialTCP(ctx, address)
		if err != nil {
			return stream{}, err
		}
		connection, channels, requests, err := ssh.NewClientConn(conn, address, login.config)
		if err != nil {
			conn.shut()
			return stream{}, login.failure(err)
		}
		client := ssh.NewClient(connection, channels, requests)
		shut := func() {
			conn.shut()
			_ = client.Wait()
		}
		opened, err := runUploadPack(client, at.Path)
		if err != nil {
			shut()
			return stream{}, err
		}
		opened.shut, opened.warning = shut, login.warning
		return opened, nil
	}
}

// runUploadPack starts git-upload-pack. Like git it asks for version 2 by an environment variable, which the host may
// ignore.
func runUploadPack(client *ssh.Client, path string) (stream, error) {
	session, err := client.NewSession()
	if err != nil {
		return stream{}, sshFailure(err)
	}
	output := &sshOutput{session: session, said: &limitedBuffer{}}
	session.Stderr = output.said
	input, err := session.StdinPipe()
	if err != nil {
		return stream{}, err
	}
	if output.reader, err = session.StdoutPipe(); err != nil {
		return stream{}, err
	}
	variable := ssh.Marshal(struct{ Name, Value string }{"GIT_PROTOCOL", "version=2"})
	if _, err := session.SendRequest("env", false, variable); err != nil {
		return stream{}, sshFailure(err)
	}
	if err := session.Start(protocol.Service + " " + shellQuote(path)); fault.IsCutShort(err) {
		return stream{}, sshFailure(err)
	} else if err != nil {
		return stream{}, fault.New(actors.CodeAuth, "The Git host does not let these credentials run git-upload-pack over SSH.")
	}
	return stream{Reader: output, Writer: input}, nil
}

// shellQuote writes an argument for the shell of the host (gitprotocol-pack, "SSH Transport").
func shellQuote(argument string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(argument) + "'"
}

// sshOutput is the output of git-upload-pack. If it ends and the program has written to its standard error, that text
// is the error.
type sshOutput struct {
	session *ssh.Session
	reader  io.Reader
	said    *limitedBuffer
	// ended is the error of the last read, if there was one.
	ended error
}

// Read implements io.Reader.
func (o *sshOutput) Read(into []byte) (int, error) {
	if o.ended != nil {
		return 0, o.ended
	}
	n, err := o.reader.Read(into)
	if n > 0 || err == nil {
		return n, nil
	}
	if o.ended = err; err == io.EOF {
		// The standard error is complete when the program has ended. If it does not end, the context closes the
		// connection.
		_ = o.session.Wait()
		if o.said.kept.Len() > 0 {
			o.ended = &fault.HostError{Text: o.said.kept.String()}
		}
	}
	return 0, o.ended
}

// limitedBuffer keeps the first bytes that are written to it. It does not embed bytes.Buffer, because io.Copy would
// call ReadFrom of bytes.Buffer and not Write.
type limitedBuffer struct {
	kept bytes.Buffer
}

// Write implements io.Writer.
func (b *limitedBuffer) Write(text []byte) (int, error) {
	b.kept.Write(text[:min(len(text), max(0, maxErrorBody-b.kept.Len()))])
	return len(text), nil
}

// failure turns an error of the handshake into one for an operator.
func (l *login) failure(err error) error {
	failure, isKnown := errors.AsType[*actors.Failure](err) // of the host's key, or of its questions
	noAlgorithm, isNegotiation := errors.AsType[*ssh.AlgorithmNegotiationError](err)
	switch text := err.Error(); {
	case isKnown:
		return failure
	case isNegotiation && noAlgorithm.What == "host key":
		return l.host.OtherKind()
	case strings.Contains(text, "agent: "):
		return agentFailure()
	case strings.Contains(text, "unable to authenticate"):
		return l.refusal(strings.Contains(text, "attempted methods [none],"))
	}
	return sshFailure(err)
}

// refusal is the failure of a host that accepts no credentials. isUntried tells that it asks for none of those that
// there are.
func (l *login) refusal(isUntried bool) error {
	switch {
	case isUntried && !l.hasPassword:
		return fault.New(actors.CodeAuth, "The Git host does not take an SSH key from this user; set GIT_PASSWORD.")
	case isUntried && !l.hasKey:
		return fault.New(actors.CodeAuth, "The Git host does not take a password over SSH; set GIT_SSH_KEY_FILE.")
	}
	about := ""
	if l.doubt != "" {
		about = " " + l.doubt
	}
	return fault.New(actors.CodeAuth, "The Git host does not accept the SSH key (or password) for this user; check "+
		"GIT_SSH_KEY_FILE, the user in GIT_URL, and that the key may read the repository.%s", about)
}

// sshFailure turns an error of the connection, in the handshake or after it, into one for an operator.
func sshFailure(err error) error {
	_, refused := errors.AsType[*ssh.OpenChannelError](err)
	switch {
	case refused:
		return fault.New(actors.CodeUnreachable, "The Git host opens no SSH session now: %s.", fault.Clean(err.Error()))
	case fault.IsCutShort(err):
		return fault.New(actors.CodeUnreachable, "The Git host closed the connection during the SSH handshake.")
	case fault.OfNetwork(err) != nil:
		return err
	}
	return &fault.HostError{Text: err.Error(), About: "The SSH handshake with the Git host failed"}
}

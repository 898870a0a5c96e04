package transport

import (
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"
	"golang.org/x/crypto/ssh"

	"mooring/actors"
	"mooring/gitsource/githost"
)

// Gitea writes an empty line to the output, and its message between two empty ones to the standard error.
func TestAFramedMessageOfAnSSHHostIsTold(t *testing.T) {
	is := is.New(t)
	settings := overSSH(t, githost.New(t), githost.SSHOptions{Instead: func(offered ssh.NewChannel, _ *ssh.ServerConn) {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		defer channel.Close()
		for request := range requests {
			if request.Type != "exec" {
				continue
			}
			_ = request.Reply(true, nil)
			_, _ = io.WriteString(channel, "\n")
			_, _ = io.WriteString(channel.Stderr(), "error:\nerror: Cannot find repository: a/b\nerror:\n")
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{1}))
			return
		}
	}})
	failure := openFailure(t, settings)
	is.Equal(failure.Code, actors.CodeNotFound)
	is.True(strings.HasSuffix(failure.Message, "The Git host says: Cannot find repository: a/b."))
}

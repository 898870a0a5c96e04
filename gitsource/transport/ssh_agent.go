package transport

import (
	"context"
	"net"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"mooring/actors"
	"mooring/gitsource/fault"
)

// agentTime is how long the SSH agent may take for an answer, unless a tenth of the time that is left is shorter.
const agentTime = 15 * time.Second

// sshAgent connects to the agent that SSH_AUTH_SOCK names (ssh-agent(1)) and returns its keys. The caller calls hangUp
// when they are no longer used.
func sshAgent(ctx context.Context) (keys []ssh.Signer, hangUp func(), err error) {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, nil, fault.New(actors.CodeAuth, "There is no SSH key; set GIT_SSH_KEY_FILE, or SSH_AUTH_SOCK to an "+
			"agent's socket.")
	}
	limit := agentTime
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/10)
	}
	conn, err := (&net.Dialer{Timeout: limit}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, nil, agentFailure()
	}
	// Runs when ctx ends, unless hangUp was called before. Nobody waits for it: to close a connection takes no time.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	hangUp = func() {
		stop()
		conn.Close()
	}
	keys, err = agent.NewClient(agentConn{conn, limit}).Signers()
	switch {
	case err != nil:
		hangUp()
		return nil, nil, agentFailure()
	case len(keys) == 0:
		hangUp()
		return nil, nil, fault.New(actors.CodeAuth, "The SSH agent at SSH_AUTH_SOCK has no key; add one with `ssh-add`, or "+
			"set GIT_SSH_KEY_FILE.")
	}
	return keys, hangUp, nil
}

// agentFailure is the failure of an agent that cannot be reached, or does not answer in time.
func agentFailure() error {
	return fault.New(actors.CodeAuth, "The SSH agent at SSH_AUTH_SOCK does not answer; set GIT_SSH_KEY_FILE, or start "+
		"the agent anew.")
}

// agentConn is a connection to the agent on which each answer has a time.
type agentConn struct {
	net.Conn
	limit time.Duration
}

// Write sends a request and begins the time for its answer.
func (c agentConn) Write(request []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(request)
}

package githost

import (
	"bytes"
	"os"
	"os/exec"
	"strings"

	"mooring/gitsource/object"
)

// Fatal has the methods that testing.T, testing.B and rapid.T have in common.
type Fatal interface {
	Helper()
	Fatalf(format string, arguments ...any)
}

// Git runs the git program in a repository and returns what it prints.
func Git(t Fatal, dir string, input *bytes.Buffer, arguments ...string) []byte {
	t.Helper()
	command := exec.Command("git", arguments...)
	command.Dir = dir
	command.Env = Environment()
	if input != nil {
		command.Stdin = input
	}
	var complaint bytes.Buffer
	command.Stderr = &complaint
	output, err := command.Output()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(arguments, " "), err, complaint.Bytes())
	}
	return output
}

// ID parses an id of 40 or 64 hex digits. It panics for any other text.
func ID(digits string) object.ID {
	id, ok := object.ParseID(digits)
	if !ok {
		panic("no id: " + digits)
	}
	return id
}

// Environment is the environment of the git program: without the user's configuration, and with fixed names and dates,
// so that commits have the same ids on every machine.
func Environment() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE=1700000000 +0000")
}

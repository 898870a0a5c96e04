package fault

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"mooring/actors"
)

// The messages are those of Gitea 1.26.0, soft-serve 0.12.2, GitLab, GitHub, Gogs and git daemon.
func TestAHostsWordsGetTheRightCodeAndAreToldWithoutTheirFrame(t *testing.T) {
	tests := []struct {
		text string
		code actors.Code
		told string
	}{
		{"error:\nerror: Cannot find repository: a/b\nerror:\n", actors.CodeNotFound, "says: Cannot find repository: a/b."},
		{"error: \nerror: User: 2:x with Key: 1:y is not authorized to read a/b.\nerror: \n", actors.CodeAuth,
			"says: User: 2:x with Key: 1:y is not authorized to read a/b."},
		{"Gitea: Invalid repository path", actors.CodeNotFound, "says: Invalid repository path."},
		{"Error: invalid repo\n", actors.CodeNotFound, "says: invalid repo."},
		{"you are not authorized to do this", actors.CodeAuth, "says: you are not authorized to do this."},
		{"Error: repository not found", actors.CodeNotFound, "says: repository not found."},
		{"remote: \nremote: ========\nremote:\nremote: ERROR: The project you were looking for could not be found.\nremote:\n",
			actors.CodeNotFound, "says: The project you were looking for could not be found."},
		{"ERROR: Permission to a/b denied to x.\nfatal: Could not read.", actors.CodeAuth,
			"says: Permission to a/b denied to x. Could not read."},
		{"access denied or repository not exported: /x", actors.CodeNotFound, "says: access denied or repository not exported: /x."},
		{"error:", actors.CodeProtocol, "says: error:."}, // there is nothing inside the frame
	}
	for _, test := range tests {
		is := is.New(t)
		failure := Of(&HostError{Text: test.text})
		is.Equal(failure.Code, test.code)
		is.True(strings.HasSuffix(failure.Message, test.told))
	}
}

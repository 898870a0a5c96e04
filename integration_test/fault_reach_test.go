package integration_test

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

// A name that no DNS server knows, and a port where nobody listens.
func TestHostThatCannotBeFoundOrRefusesIsUnreachable(t *testing.T) {
	for address, says := range map[string]string{
		"http://git..invalid/x.git": "git..invalid cannot be resolved",
		"ssh://git@git..invalid/x":  "git..invalid cannot be resolved",
		"git://git..invalid/x":      "git..invalid cannot be resolved",
		"http://127.0.0.1:1/x.git":  "127.0.0.1:1 refuses connections",
		"https://127.0.0.1:1/x.git": "127.0.0.1:1 refuses connections",
		"git://127.0.0.1:1/x.git":   "127.0.0.1:1 refuses connections",
	} {
		t.Run(address, func(t *testing.T) {
			key, hosts := newKey(t, ""), newSecretFile(t, "")
			got := run(t, []string{"-once"}, "GIT_URL="+address, "GIT_SSH_KEY_FILE="+key,
				"GIT_SSH_KNOWN_HOSTS_FILE="+hosts.path)
			is := is.New(t)
			is.Equal(got.code, 1)
			is.True(strings.Contains(got.stderr, "mooring: git_unreachable: "))
			is.True(strings.Contains(got.stderr, says))
		})
	}
}

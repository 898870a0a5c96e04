package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestTheEngineIsTheOneOfTheDockerProgram(t *testing.T) {
	is := is.New(t)
	home := t.TempDir()
	sum := sha256.Sum256([]byte("far"))
	id := hex.EncodeToString(sum[:])
	write := func(name, content string) {
		name = filepath.Join(home, ".docker", name)
		is.NoErr(os.MkdirAll(filepath.Dir(name), 0o700))
		is.NoErr(os.WriteFile(name, []byte(content), 0o600))
	}
	write("config.json", `{"auths": {}, "currentContext": "far"}`)
	write("contexts/meta/"+id+"/meta.json", `{"Name": "far", "Endpoints": {"docker": {"Host": "tcp://far:2376"}}}`)
	write("contexts/tls/"+id+"/docker/ca.pem", "x")
	certificates := filepath.Join(home, ".docker/contexts/tls", id, "docker")
	for name, test := range map[string]struct {
		variables string
		want      place
		failure   string
	}{
		"none is configured":      {"HOME=/nonexistent", place{}, ""},
		"DOCKER_HOST":             {"DOCKER_HOST=unix:///x DOCKER_CONTEXT=far", place{host: "unix:///x"}, ""},
		"the current context":     {"", place{host: "tcp://far:2376", certificates: certificates}, ""},
		"a context by its name":   {"DOCKER_CONTEXT=far DOCKER_API_VERSION=1.41", place{"tcp://far:2376", certificates, "1.41"}, ""},
		"the default context":     {"DOCKER_CONTEXT=default", place{}, ""},
		"a context that is gone":  {"DOCKER_CONTEXT=gone", place{}, `there is no Docker context "gone"`},
		"TLS":                     {"DOCKER_HOST=tcp://x DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/c", place{host: "tcp://x", certificates: "/c"}, ""},
		"TLS with the user's own": {"DOCKER_HOST=tcp://x DOCKER_TLS_VERIFY=1", place{host: "tcp://x", certificates: filepath.Join(home, ".docker")}, ""},
		"SSH":                     {"DOCKER_HOST=ssh://x", place{}, "over SSH"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			at, err := find(append([]string{"HOME=" + home}, strings.Fields(test.variables)...))
			if test.failure != "" {
				is.True(err != nil && strings.Contains(err.Error(), test.failure))
				return
			}
			is.NoErr(err)
			is.Equal(at, test.want)
		})
	}
}

package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/moby/client"
)

// place is where an engine is, and how it is reached.
type place struct {
	// host is a URL, such as unix:///var/run/docker.sock; empty for the one that the system has by default.
	host string
	// certificates is a directory with ca.pem, cert.pem and key.pem; empty for none.
	certificates string
	// version is the version of the API that is spoken; empty to agree on one.
	version string
}

// defaultContext is the name of the context that stands for DOCKER_HOST or the system's default.
const defaultContext = "default"

// find finds the engine as the docker program does: DOCKER_HOST first, then the context that DOCKER_CONTEXT or the
// configuration file names (Docker CLI reference, "docker context").
func find(environment []string) (place, error) {
	variables := map[string]string{}
	for _, variable := range environment {
		if name, value, ok := strings.Cut(variable, "="); ok {
			variables[name] = value
		}
	}
	at := place{host: variables["DOCKER_HOST"], version: variables["DOCKER_API_VERSION"]}
	configuration := cmp.Or(variables["DOCKER_CONFIG"], filepath.Join(variables["HOME"], ".docker"))
	if at.host == "" {
		name := variables["DOCKER_CONTEXT"]
		if name == "" {
			var err error
			if name, err = currentContext(configuration); err != nil {
				return place{}, err
			}
		}
		if name != "" && name != defaultContext {
			found, err := contextOf(configuration, name)
			found.version = at.version
			return found, err
		}
	}
	if strings.HasPrefix(at.host, "ssh://") {
		return place{}, errors.New("DOCKER_HOST names one over SSH, which mooring does not reach")
	}
	if variables["DOCKER_TLS_VERIFY"] != "" {
		at.certificates = cmp.Or(variables["DOCKER_CERT_PATH"], configuration)
	}
	return at, nil
}

// options are those of the client. The client agrees on a version of the API with the engine: 20.10 speaks 1.41.
func (p place) options() []client.Opt {
	var options []client.Opt
	if p.certificates != "" {
		in := func(name string) string { return filepath.Join(p.certificates, name) }
		options = append(options, client.WithTLSClientConfig(in("ca.pem"), in("cert.pem"), in("key.pem")))
	}
	if p.host != "" {
		options = append(options, client.WithHost(p.host))
	}
	if p.version != "" {
		options = append(options, client.WithAPIVersion(p.version))
	}
	return options
}

// currentContext is the name of the context that the docker program uses; empty for none.
func currentContext(configuration string) (string, error) {
	var file struct {
		CurrentContext string `json:"currentContext"`
	}
	err := readJSON(filepath.Join(configuration, "config.json"), &file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return file.CurrentContext, err
}

// contextOf is the place of a context. The docker program keeps it in a directory named by the SHA-256 of its name
// (docker/cli, cli/context/store/doc.go).
func contextOf(configuration, name string) (place, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	var file struct {
		Endpoints map[string]struct{ Host string }
	}
	err := readJSON(filepath.Join(configuration, "contexts", "meta", id, "meta.json"), &file)
	if errors.Is(err, fs.ErrNotExist) {
		return place{}, fmt.Errorf("there is no Docker context %q", name)
	}
	if err != nil {
		return place{}, err
	}
	at := place{host: file.Endpoints["docker"].Host}
	certificates := filepath.Join(configuration, "contexts", "tls", id, "docker")
	if _, err := os.Stat(filepath.Join(certificates, "ca.pem")); err == nil {
		at.certificates = certificates
	}
	if at.host == "" || strings.HasPrefix(at.host, "ssh://") {
		return place{}, fmt.Errorf("the Docker context %q names no engine that mooring reaches", name)
	}
	return at, nil
}

func readJSON(name string, into any) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

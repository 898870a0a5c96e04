package githost

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http/cgi"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// ManyStacks is a layout of that many stacks, 50 in a directory. Each has a compose file of one to three kilobytes and
// three files beside it.
func ManyStacks(count int) Layout {
	random := rand.New(rand.NewPCG(1, 2))
	l := Layout{"README.md": File("stacks\n")}
	for i := range count {
		dir := fmt.Sprintf("hosts/h%04d/s%06d/", i/50, i)
		l[dir+"docker-compose.yml"] = File(ComposeText(random, i))
		l[dir+".env"] = File(fmt.Sprintf("TOKEN=%x\n", random.Uint64()))
		l[dir+"README.md"] = File(fmt.Sprintf("# s%06d\n", i))
		l[dir+"config/app.conf"] = File(fmt.Sprintf("key=%x\n", random.Uint64()))
	}
	return l
}

// ComposeText is a compose file with random values.
func ComposeText(random *rand.Rand, number int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "name: s%06d\nservices:\n", number)
	for service := range 2 + random.IntN(4) {
		fmt.Fprintf(&text, "  service-%d:\n    image: registry.example.com/team/image:%d.%d@sha256:%016x%016x\n", service,
			random.IntN(20), random.IntN(30), random.Uint64(), random.Uint64())
		fmt.Fprintf(&text, "    restart: unless-stopped\n    environment:\n")
		for variable := range 2 + random.IntN(6) {
			fmt.Fprintf(&text, "      SETTING_%d: \"%x\"\n", variable, random.Uint32())
		}
		fmt.Fprintf(&text, "    ports:\n      - \"%d:8080\"\n    volumes:\n      - ./config:/config:ro\n", random.IntN(60000))
	}
	return text.String()
}

// ManyStacksRepository is a packed repository of many stacks, with further commits that change one stack each.
func ManyStacksRepository(b *testing.B, count, changes int) *Bare {
	b.Helper()
	l := ManyStacks(count)
	r := Import(b, filepath.Join(b.TempDir(), "stacks"), History{{Layout: l}})
	var stream bytes.Buffer
	for i := range changes {
		text := fmt.Sprintf("services: {change: {image: %d}}\n", i)
		fmt.Fprintf(&stream, "commit refs/changes/%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata 1\nx\n",
			i, i+1, 1_700_000_001+i)
		if i == 0 {
			fmt.Fprintf(&stream, "from %s\n", r.Commits[0])
		} else {
			fmt.Fprintf(&stream, "from :%d\n", i)
		}
		host := i % (count / 50)
		fmt.Fprintf(&stream, "M 100644 inline hosts/h%04d/s%06d/docker-compose.yml\ndata %d\n%s\n",
			host, host*50, len(text), text)
	}
	Git(b, r.Dir, &stream, "fast-import", "--quiet")
	for i := range changes {
		id := string(bytes.TrimSpace(Git(b, r.Dir, nil, "rev-parse", fmt.Sprintf("refs/changes/%d", i))))
		r.Commits = append(r.Commits, id)
	}
	Git(b, r.Dir, nil, "repack", "-adq", "--threads=2")
	return r
}

// Serve serves the repository with git http-backend and returns its URL.
func (r *Bare) Serve(b *testing.B) string {
	b.Helper()
	execPath := string(bytes.TrimSpace(Git(b, "", nil, "--exec-path")))
	server := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(execPath, "git-http-backend"),
		Env: []string{
			"GIT_HTTP_EXPORT_ALL=1", "GIT_PROJECT_ROOT=" + filepath.Dir(r.Dir), "GIT_CONFIG_GLOBAL=/dev/null",
		},
		InheritEnv: []string{"PATH"},
	})
	b.Cleanup(server.Close)
	return server.URL + "/" + filepath.Base(r.Dir)
}

// SomeStacks is a layout of that many small stacks, ten in a directory, with a file beside each.
func SomeStacks(count int) Layout {
	l := Layout{"base.yml": File("base\n")}
	for i := range count {
		l[fmt.Sprintf("hosts/h%d/s%d/docker-compose.yml", i/10, i)] = File(fmt.Sprintf("services: {s%d: {}}\n", i))
		l[fmt.Sprintf("hosts/h%d/s%d/config/app.conf", i/10, i)] = File(fmt.Sprintf("s%d\n", i))
	}
	return l
}

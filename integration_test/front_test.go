package integration_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"mooring/integration_test/lab"
)

// Proxies in front of the service, with the lines that README.md shows.

// frontName is a host name that the browser resolves to the address at which proxies listen. No other test uses that
// address, so none takes the port between its choice and the start of the proxy.
const (
	frontName    = "front.test"
	frontAddress = "127.0.78.1"
)

// shown returns the README's example for a proxy, by the language of its block: 0 for a name of its own, 1 for a path
// below another name.
func shown(t *testing.T, language string, number int) string {
	t.Helper()
	is := is.New(t)
	content, err := os.ReadFile("../README.md")
	is.NoErr(err)
	_, section, found := strings.Cut(string(content), "\n## Behind a proxy\n")
	is.True(found)
	blocks := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(section, -1)
	is.Equal(len(blocks), 2)
	return blocks[number][1]
}

// front is a running proxy.
type front struct {
	address string // host:port, under frontName
	base    string // the path of mooring's page, with a slash at its end
}

// url is the address of a path of the service, such as api/v1/stacks.
func (f front) url(path string) string { return "http://" + f.address + f.base + path }

// edit replaces texts that must be there, in pairs of old and new.
func edit(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for pair := range slices.Chunk(pairs, 2) {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the README's example has no %q", pair[0])
		}
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

// freePort returns a port of frontAddress that is free.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", frontAddress+":0")
	is.New(t).NoErr(err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	is.New(t).NoErr(err)
	return port
}

// bases are the paths of the README's examples, by their number.
func bases() []string { return []string{"/", "/mooring/"} }

// nginx runs Debian's nginx with an example of the README, in front of a service at host:port or unix:/path. Further
// edits are made to the example, in pairs of old and new.
func nginx(t *testing.T, number int, upstream string, edits ...string) front {
	t.Helper()
	f := front{frontName + ":" + freePort(t), bases()[number]}
	_, port, _ := net.SplitHostPort(f.address)
	server := edit(t, shown(t, "nginx", number), append([]string{"listen 80;", "listen " + frontAddress + ":" + port + ";",
		"127.0.0.1:8080", upstream}, edits...)...)
	directory := t.TempDir()
	configuration := "daemon off;\npid nginx.pid;\nerror_log stderr notice;\nevents {}\nhttp {\naccess_log off;\n"
	if os.Getuid() == 0 {
		configuration = "user root;\n" + configuration // another user could not read the test's files
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		configuration += kind + "_temp_path " + kind + ";\n"
	}
	file := filepath.Join(directory, "nginx.conf")
	is.New(t).NoErr(os.WriteFile(file, []byte(configuration+server+"}\n"), 0o600))
	runFront(t, "/usr/sbin/nginx", "nginx", "start worker process ", "-e", "stderr", "-p", directory, "-c", file)
	return f
}

// caddy is the same with Debian's Caddy, in plain HTTP.
func caddy(t *testing.T, number int, upstream string, edits ...string) front {
	t.Helper()
	f := front{frontName + ":" + freePort(t), bases()[number]}
	name := []string{"mooring.example.com {", "example.com {"}[number]
	site := edit(t, shown(t, "caddy", number), append([]string{name, "http://" + f.address + " {\nbind " + frontAddress,
		"127.0.0.1:8080", upstream}, edits...)...)
	directory := t.TempDir()
	file := filepath.Join(directory, "Caddyfile")
	is.New(t).NoErr(os.WriteFile(file, []byte("{\nadmin off\n}\n"+site), 0o600))
	runFront(t, "/usr/bin/caddy", "caddy", "serving initial configuration", "run", "--adapter", "caddyfile",
		"--config", file)
	return f
}

// runFront starts a proxy and returns when its log has a text. The proxy stops at the test's end.
func runFront(t *testing.T, path, advice, ready string, arguments ...string) {
	t.Helper()
	is := is.New(t)
	if _, err := exec.LookPath(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed: apt-get install %s", path, advice)
		}
		t.Skipf("%s is not installed: apt-get install %s lets this test run", path, advice)
	}
	command := exec.Command(path, arguments...)
	command.Env = lab.Environment(t.TempDir(), nil)
	log, err := command.StderrPipe()
	is.NoErr(err)
	is.NoErr(command.Start())
	lines, ended := watch(t, []string(nil)), make(chan struct{})
	// Ends with the proxy; the cleanup waits for it.
	go func() {
		defer close(ended)
		for reader := bufio.NewReader(log); ; {
			line, err := reader.ReadString('\n')
			if err != nil {
				line = lab.EndOfLog
			}
			lines.Change(func(list *[]string) { *list = append(*list, line) })
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM) // fails if it has ended
		<-ended
		_ = command.Wait() // its exit code says nothing about the test
	})
	found := await(t, lines, "the start of "+advice, func(list []string) bool {
		return slices.ContainsFunc(list, func(line string) bool {
			return strings.Contains(line, ready) || line == lab.EndOfLog
		})
	})
	if found[len(found)-1] == lab.EndOfLog {
		t.Fatalf("%s has ended: %q", advice, found)
	}
}

// do sends a request through the proxy, as a client that resolves its name.
func (f front) do(t *testing.T, method, url, body string, headers ...string) lab.Reply {
	t.Helper()
	_, port, _ := net.SplitHostPort(f.address)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(frontAddress, port))
	}}
	defer transport.CloseIdleConnections()
	client := lab.NewClient(1, patience)
	client.Transport = transport
	answer, err := lab.Ask(t.Context(), client, method, url, body, headers...)
	is.New(t).NoErr(err)
	return answer
}

// resolved returns where a reference in the document or the answer at an address points to.
func resolved(t *testing.T, address, reference string) string {
	t.Helper()
	from, err := url.Parse(address)
	is.New(t).NoErr(err)
	to, err := from.Parse(reference)
	is.New(t).NoErr(err)
	return to.String()
}

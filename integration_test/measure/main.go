// Command measure takes the figures of the built service on this machine and prints them: how fast it is ready, how
// many it answers at once while Git hangs, how soon a push is served, and how much memory it needs. Run it inside the
// module, while nothing else runs:
//
//	go run ./integration_test/measure
//
// It needs git, works on 127.0.0.1 and in a temporary directory alone, and ends by itself within three minutes.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	stacks     = 200
	coldStarts = 5
	callers    = 1000
	pushes     = 100
	secret     = "measure"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	directory, err := os.MkdirTemp("", "mooring-measure-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	b := bench{
		directory: directory, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}},
		gate: make(chan chan struct{}, 1), tips: make(chan int, 1),
	}
	b.gate <- opened()
	b.tips <- 0
	if err := b.prepare(ctx); err != nil {
		return err
	}
	host := httptest.NewServer(b.host())
	defer host.Close()
	defer b.client.CloseIdleConnections()
	b.url = host.URL + "/repository.git"
	fmt.Fprintf(out, "%s %s/%s, %d CPUs, %d stacks over smart HTTP on loopback\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), stacks)
	for _, measure := range []func(context.Context, io.Writer) error{b.coldStarts, b.storm, b.webhooks} {
		if err := measure(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

// bench is what all measures stand on. A channel of capacity 1 that is never empty for long is a variable here that
// handlers and measures take turns at.
type bench struct {
	directory, url string
	client         *http.Client
	gate           chan chan struct{} // what requests at the Git host wait for
	tips           chan int           // how often the host was asked where its ref stands
}

func opened() chan struct{} {
	gate := make(chan struct{})
	close(gate)
	return gate
}

// prepare builds the service and makes the repository.
func (b bench) prepare(ctx context.Context) error {
	target := filepath.Join(b.directory, "mooring")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", target, "mooring")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the service: %w: %s", err, output)
	}
	for i := range stacks {
		if err := b.write(i, "image: nginx\n"); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"init", "-q", "--bare", "-b", "main", b.directory + "/repository.git"},
		{"-C", b.directory + "/repository.git", "config", "receive.autoGC", "false"},
		{"init", "-q", "-b", "main", b.directory + "/work"},
	} {
		if _, err := b.git(ctx, b.directory, args...); err != nil {
			return err
		}
	}
	_, err := b.push(ctx)
	return err
}

func (b bench) write(stack int, image string) error {
	place := filepath.Join(b.directory, "work", fmt.Sprintf("stack-%03d", stack))
	if err := os.MkdirAll(place, 0o755); err != nil {
		return err
	}
	content := fmt.Sprintf("services:\n  app%d:\n    %s", stack, image)
	return os.WriteFile(filepath.Join(place, "docker-compose.yml"), []byte(content), 0o644)
}

// push commits what is there, pushes it and returns the revision.
func (b bench) push(ctx context.Context) (string, error) {
	var revision string
	for _, args := range [][]string{
		{"add", "--all"}, {"commit", "-q", "-m", "measure"},
		{"push", "-q", "../repository.git", "HEAD:refs/heads/main"}, {"rev-parse", "HEAD"},
	} {
		output, err := b.git(ctx, filepath.Join(b.directory, "work"), args...)
		if err != nil {
			return "", err
		}
		revision = strings.TrimSpace(output)
	}
	return revision, nil
}

func (b bench) git(ctx context.Context, directory string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = directory
	command.Env = append(b.environment(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org",
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.org")
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %q: %w", args, err)
	}
	return string(output), nil
}

func (b bench) environment() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + b.directory, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
	}
}

// host is the Git host: git's own program behind a gate.
func (b bench) host() http.Handler {
	path, err := exec.Command("git", "--exec-path").Output()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, readErr := io.ReadAll(io.LimitReader(r.Body, 8<<20))
		if cmp.Or(err, readErr) != nil {
			http.Error(w, "no git-http-backend", http.StatusInternalServerError)
			return
		}
		if bytes.Contains(body, []byte("command=ls-refs")) {
			b.tips <- 1 + <-b.tips
		}
		gate := <-b.gate
		b.gate <- gate
		select {
		case <-gate:
		case <-r.Context().Done():
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		program := cgi.Handler{
			Path: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"), Stderr: io.Discard,
			Env: append(b.environment(), "GIT_PROJECT_ROOT="+b.directory, "GIT_HTTP_EXPORT_ALL=1",
				"GIT_PROTOCOL="+r.Header.Get("Git-Protocol"), "GIT_CONFIG_COUNT=1",
				"GIT_CONFIG_KEY_0=uploadpack.allowFilter", "GIT_CONFIG_VALUE_0=true"),
		}
		program.ServeHTTP(w, r)
	})
}

// service is a process of the service.
type service struct {
	command *exec.Cmd
	base    string // of its URLs
	rest    <-chan error
}

// start launches the service and returns when it listens.
func (b bench) start(ctx context.Context) (service, error) {
	command := exec.CommandContext(ctx, filepath.Join(b.directory, "mooring"))
	command.Env = []string{
		"HOME=" + b.directory, "GIT_URL=" + b.url, "LISTEN_ADDR=127.0.0.1:0", "POLL_INTERVAL=0", "WEBHOOK_SECRET=" + secret,
	}
	log, err := command.StderrPipe()
	if err != nil {
		return service{}, err
	}
	if err := command.Start(); err != nil {
		return service{}, err
	}
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadString('\n')
		if _, address, found := strings.Cut(line, "msg=listening address="); found {
			rest := make(chan error, 1)
			// Reads the log until the process ends; stop waits for it.
			go func() { _, err := io.Copy(io.Discard, lines); rest <- err }()
			return service{command, "http://" + strings.TrimSpace(address), rest}, nil
		}
		if err != nil {
			return service{}, fmt.Errorf("the service has not started: %w", cmp.Or(command.Wait(), err))
		}
	}
}

// stop ends the process and returns its peak of resident memory in bytes. Linux tells that of the process alone
// (proc(5), VmHWM); what wait4 tells there counts the parent's peak in, whose memory a child shares until it runs its
// program.
func (s service) stop() (int64, error) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid)) // no other system has it
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	if err := cmp.Or(<-s.rest, s.command.Wait()); err != nil {
		return 0, fmt.Errorf("stop the service: %w", err)
	}
	var peak int64 // in KiB
	if _, line, found := strings.Cut(string(status), "VmHWM:"); found {
		_, err := fmt.Sscan(line, &peak)
		return peak << 10, err
	}
	usage, ok := s.command.ProcessState.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0, nil
	case runtime.GOOS == "darwin": // in bytes (getrusage(2))
		return int64(usage.Maxrss), nil
	default:
		return int64(usage.Maxrss) << 10, nil
	}
}

// ask sends a request and returns the answer, read whole.
func (b bench) ask(ctx context.Context, method, url, body string, headers ...string) (*http.Response, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response, string(content), err
}

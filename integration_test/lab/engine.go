//go:build linux

package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/moby/moby/client"
)

// ErrNoEngine says that no private Docker Engine can be started on this machine.
var ErrNoEngine = errors.New("no Docker Engine of the tests' own")

// Engine is a Docker Engine of its own: with its own data, socket, network and mounts. It shares nothing with another
// engine on the machine but the kernel.
type Engine struct {
	// Socket is the path of its socket.
	Socket string
	// Client asks it.
	Client    *client.Client
	directory string
	command   *exec.Cmd
	// exited is closed when the process has ended.
	exited <-chan struct{}
}

const (
	// engineStart is how long an engine may take to answer, and engineStop how long to end.
	engineStart = time.Minute
	engineStop  = 30 * time.Second
)

// StartEngine starts an engine, and returns when it answers. It needs dockerd, and root or a sudo that asks for no
// password; without them the error is ErrNoEngine. Debian's package docker.io has dockerd. The caller ends the engine with
// Stop.
func StartEngine(ctx context.Context) (*Engine, error) {
	for _, program := range []string{"unshare", "dockerd", "containerd", "runc"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%w: %s is not installed", ErrNoEngine, program)
		}
	}
	if err := asRoot("true").Run(); err != nil {
		return nil, fmt.Errorf("%w: it needs root, or a sudo that asks for no password", ErrNoEngine)
	}
	directory, err := os.MkdirTemp("", "engine-") // the path of a socket has at most 107 bytes (unix(7))
	if err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(directory, name) }
	// unshare becomes dockerd. A network of its own is needed although it makes no bridge: "--bridge none" beside another
	// engine deletes the bridge of that one.
	e := &Engine{Socket: in("sock"), directory: directory, command: asRoot("unshare", "--net", "--mount", "dockerd",
		"--data-root", in("data"), "--exec-root", in("exec"), "--pidfile", in("pid"),
		"--host", "unix://"+in("sock"), "--group", strconv.Itoa(os.Getegid()),
		"--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--storage-driver", "vfs")}
	var log bytes.Buffer
	e.command.Stdout, e.command.Stderr = &log, &log
	e.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // it ends with the tests, whatever ends them
	if e.Client, err = client.New(client.WithHost("unix://" + e.Socket)); err == nil {
		err = e.command.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	exited := make(chan struct{})
	e.exited = exited
	// Ends when the process does; Stop waits for it.
	go func() { defer close(exited); _ = e.command.Wait() }()
	if err := e.answers(ctx); err != nil {
		err = errors.Join(err, e.Stop())
		return nil, fmt.Errorf("start a Docker Engine: %w: %s", err, Tail(log.String()))
	}
	return e, nil
}

// answers waits until the engine answers. It tells nobody when it is ready.
func (e *Engine) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, engineStart)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err := e.Client.Info(ctx, client.InfoOptions{}); err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-e.exited:
			return errors.New("it has ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Variables let a process find the engine.
func (e *Engine) Variables() []string { return []string{"DOCKER_HOST=unix://" + e.Socket} }

// Stop removes the containers, ends the engine by its process id, and removes its files.
func (e *Engine) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), engineStop)
	defer cancel()
	removed := e.removeContainers(ctx)
	e.signal("TERM")
	select {
	case <-e.exited:
	case <-ctx.Done():
		e.signal("KILL")
		<-e.exited
	}
	return errors.Join(removed, e.Client.Close(), asRoot("rm", "-rf", e.directory).Run())
}

// signal sends a signal to the engine. It does nothing if the engine has ended, or has not begun.
func (e *Engine) signal(name string) {
	if id, err := os.ReadFile(filepath.Join(e.directory, "pid")); err == nil {
		_ = asRoot("kill", "-"+name, string(id)).Run()
	}
}

// asRoot is a command that root runs.
func asRoot(args ...string) *exec.Cmd {
	if os.Geteuid() != 0 {
		args = append([]string{"sudo", "--non-interactive"}, args...)
	}
	return exec.Command(args[0], args[1:]...)
}

func (e *Engine) removeContainers(ctx context.Context) error {
	list, err := e.Client.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		return nil // it has none: it does not answer
	}
	for _, container := range list.Items {
		_, gone := e.Client.ContainerRemove(ctx, container.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		err = errors.Join(err, gone)
	}
	return err
}

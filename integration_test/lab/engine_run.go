//go:build linux

package lab

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// BuildWaiting builds the program of the tests' containers, which waits until it is asked to stop.
func BuildWaiting(ctx context.Context, target string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", target,
		"mooring/integration_test/lab/wait")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program of the containers: %w\n%s", err, output)
	}
	return nil
}

// Image makes an image that has one program and an empty /tmp. Nothing is pulled.
func (e *Engine) Image(ctx context.Context, name, program string) error {
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	for _, header := range []tar.Header{
		{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, {Name: "program", Mode: 0o755, Size: int64(len(content))},
	} {
		if err := archive.WriteHeader(&header); err != nil {
			return err
		}
	}
	if _, err := archive.Write(content); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	answer, err := e.Client.ImageImport(ctx, client.ImageImportSource{Source: &layer, SourceName: "-"}, name,
		client.ImageImportOptions{Changes: []string{`ENTRYPOINT ["/program"]`}})
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer)
	if closed := answer.Close(); err == nil {
		err = closed
	}
	return err
}

// Container is a container to be started.
type Container struct {
	Image     string
	Arguments []string
	// Variables have the form NAME=value.
	Variables []string
	Labels    map[string]string
	// Binds are mounts of this machine, as "source:target" or "source:target:ro".
	Binds []string
}

// Start starts a container without a network, and returns its id.
func (e *Engine) Start(ctx context.Context, c Container) (string, error) {
	made, err := e.Client.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config:     &container.Config{Image: c.Image, Cmd: c.Arguments, Env: c.Variables, Labels: c.Labels},
		HostConfig: &container.HostConfig{Binds: c.Binds, NetworkMode: "none"},
	})
	if err == nil {
		_, err = e.Client.ContainerStart(ctx, made.ID, client.ContainerStartOptions{})
	}
	return made.ID, err
}

// Output starts a container, waits for its end, and returns what it has printed to standard output and standard error.
func (e *Engine) Output(ctx context.Context, c Container) (stdout, stderr string, err error) {
	id, err := e.Start(ctx, c)
	if err != nil {
		return "", "", err
	}
	wait := e.Client.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case <-wait.Result:
	case err := <-wait.Error:
		return "", "", err
	}
	logs, err := e.Client.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return "", "", err
	}
	defer logs.Close()
	var out, complaint bytes.Buffer
	_, err = stdcopy.StdCopy(&out, &complaint, logs)
	return out.String(), complaint.String(), err
}

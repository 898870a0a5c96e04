package lab

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Compose builds the docker compose that .ci/compose/go.mod pins, and returns the path of the program. Go's build cache
// keeps it, so that only the first call on a machine takes minutes, and needs the network. The program does without the
// docker program, and reading compose files with it needs no engine.
func Compose(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 9*time.Minute)
	defer cancel()
	module, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	command := exec.CommandContext(ctx, "go", "tool", "-modfile=.ci/compose/go.mod", "-n", "cmd")
	command.Dir = filepath.Dir(strings.TrimSpace(string(module)))
	var problems bytes.Buffer
	command.Stderr = &problems
	program, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("build docker compose: %w\n%s", err, problems.String())
	}
	return strings.TrimSpace(string(program)), nil
}

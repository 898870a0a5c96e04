package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Build builds the service from the module of the working directory into a file, with the flags of a release. With the
// race detector a race makes the service exit with a special exit code.
func Build(ctx context.Context, target string, race bool) error {
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", target}
	environment := append(os.Environ(), "CGO_ENABLED=0")
	if race {
		args, environment = append(args, "-race"), append(environment, "CGO_ENABLED=1") // gcc links the detector
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "go", append(args, "mooring")...)
	command.Env = environment
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the service: %w\n%s", err, output)
	}
	return nil
}

package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Build builds the service from the module of the working directory into a file, as releases are built. With the race
// detector a race makes the service exit with a code of its own.
func Build(ctx context.Context, target string, race bool) error {
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", target}
	environment := append(os.Environ(), "CGO_ENABLED=0")
	if race {
		args, environment = append(args, "-race"), append(environment, "CGO_ENABLED=1") // the detector is linked by gcc
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

// Package integration_test tests the built service: as a process with a clean environment, over real HTTP and against
// real Git.
package integration_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mooring/integration_test/lab"
)

// patience bounds every wait for something that must happen.
const patience = 30 * time.Second

// program is the environment variable in which TestMain gives the tests the path of the service. A package variable is
// not allowed here.
const program = "MOORING_TEST_PROGRAM"

// withoutRace is the suffix of the shipped build's file name, which has no race detector.
const withoutRace = "-shipped"

func TestMain(m *testing.M) {
	directory, err := os.MkdirTemp("", "mooring-test-")
	service := filepath.Join(directory, "mooring")
	if err == nil {
		err = errors.Join(
			lab.Build(context.Background(), service, raceDetector), lab.Build(context.Background(), service+withoutRace, false))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.RemoveAll(directory)
		os.Exit(1)
	}
	os.Setenv(program, service)
	waitTogether()
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(directory)
		os.Exit(code)
	}))
}

// waitTogether lets more tests run at once than there are processors, unless -parallel is set: most tests that may run
// in parallel wait for timeouts and retries.
func waitTogether() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", "6") // it is a number
	}
}

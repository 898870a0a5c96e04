package main

import (
	"context"
	"errors"
	"os"
	"time"

	"mooring/api"
	"mooring/dockertarget"
	"mooring/gitsource"
)

// readDeploy reads the settings that say where an operator's own files are and which stacks are meant.
func (s *settings) readDeploy() error {
	if err := errors.Join(process(&s.Deploy), s.Deploy.Validate()); err != nil {
		return settingError{err}
	}
	return nil
}

// startContents starts the actor that tells what stacks are made of. It runs until ctx ends; then the channel is closed.
// If nothing serves the API, there is none.
func startContents(ctx context.Context, s settings, source *gitsource.Source) (api.Contents, <-chan struct{}) {
	if s.Process.Headless {
		ended := make(chan struct{})
		close(ended)
		return nil, ended
	}
	contents, run := dockertarget.NewContents(s.Deploy, source, os.Environ())
	// Ends with ctx; serve waits for it with awaitContents.
	go run(ctx)
	return contents, contents.Done()
}

// awaitContents waits for the end of the actor, but not for long: the library that reads compose files does not always
// look at its context, and leaves nothing behind but a temporary directory.
func awaitContents(ended <-chan struct{}) {
	const patience = time.Second
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
}

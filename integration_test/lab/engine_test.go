//go:build linux

package lab

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"
	"github.com/moby/moby/client"
)

func TestAnEngineStartsRunsAndLeavesNothing(t *testing.T) {
	is := is.New(t)
	e, err := StartEngine(t.Context())
	if errors.Is(err, ErrNoEngine) && os.Getenv("CI") != "true" {
		t.Skipf("this test needs a Docker Engine: %v", err)
	}
	is.NoErr(err)
	waiting := filepath.Join(t.TempDir(), "waiting")
	is.NoErr(BuildWaiting(t.Context(), waiting))
	is.NoErr(e.Image(t.Context(), "waiting", waiting))
	id, err := e.Start(t.Context(), Container{Image: "waiting"})
	is.NoErr(err)
	list, err := e.Client.ContainerList(t.Context(), client.ContainerListOptions{})
	is.NoErr(err)
	is.Equal(len(list.Items), 1)
	is.Equal(list.Items[0].ID, id)
	is.NoErr(e.Stop())
	_, err = os.Stat(e.directory)
	is.True(os.IsNotExist(err))
}

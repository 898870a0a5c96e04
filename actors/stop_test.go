package actors

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
)

// A stop ends the fetch, and the loop gets both at once. Whichever it looks at first, the refresh has not failed.
func TestRefreshThatTheStopInterruptsHasNotFailed(t *testing.T) {
	for range 64 { // select picks at random
		synctest.Test(t, func(t *testing.T) {
			is := is.New(t)
			_, l := newLoop(Settings{RefreshTimeout: time.Minute}, scripted{}, SnapshotFile{}, Snapshot{}, slog.New(slog.DiscardHandler))
			accepted, _ := l.state.trigger(Trigger{Source: Startup}, time.Now())
			fetched, ended := make(chan fetchedMessage, 1), make(chan Refresh, 1)
			fetched <- fetchedMessage{accepted.ID, outcome{failure: internal()}}
			l.fetched, l.awaitCurrent[ended] = fetched, struct{}{}
			ctx, stop := context.WithCancel(t.Context())
			stop()
			l.run(ctx)
			is.Equal((<-ended).Phase, Refreshing)
			<-l.done
		})
	}
}

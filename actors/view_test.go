package actors

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
)

func TestViewHoldsUntilTheActorTellsOfSomethingNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		is.True(!View{}.Validity.Holds())
		r := run(t, Settings{PollInterval: time.Hour})
		stop := r.stop
		defer func() { stop(); <-r.stopped }()
		supersedes := func(_ string, message func()) {
			t.Helper()
			before := r.view()
			is.True(before.Validity.Holds())
			is.True(r.view().Validity.Holds()) // looking changes nothing
			is.True(before.Validity.Holds())
			message()
			is.True(!before.Validity.Holds())
			is.True(r.view().Validity.Holds())
		}
		// Each is looked at as soon as the answer is there, with nothing in between that the actor could use.
		supersedes("a trigger that starts", func() { r.trigger(Startup) })
		supersedes("a trigger that is queued", func() { r.trigger(Manual) })
		supersedes("an end", func() { r.answers(desired("r1", "web", "h1"), nil) })
		supersedes("an end that waiters are told of", func() {
			served := r.waits(t.Context(), Trigger{Source: Manual})
			synctest.Wait()
			before := r.view()
			f := <-r.fetches
			f.answer <- result{desired("r1", "web", "h1"), nil}
			f = <-r.fetches
			f.answer <- result{desired("r1", "web", "h1"), nil}
			<-served
			is.True(!before.Validity.Holds())
		})
		supersedes("a report", func() {
			_, err := r.Report(t.Context(), Report{"web", Synced, "h1"})
			is.NoErr(err)
		})
		supersedes("a poll", func() { r.answers(desired("r2"), nil) })
		supersedes("a stack that is forgotten", func() {
			_, err := r.Forget(t.Context(), "web")
			is.NoErr(err)
		})
		last := r.view()
		stop()
		<-r.stopped
		is.True(!last.Validity.Holds()) // there is nobody left to vouch for it
	})
}

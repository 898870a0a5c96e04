package actors

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/matryer/is"
)

// once is a delivery whose id is proven.
func once(id string) Trigger {
	return Trigger{Source: Webhook, Sender: "gitlab", Delivery: id, Once: true}
}

func TestDeliveryIsAcceptedOnceAndTheLastThousandAreRemembered(t *testing.T) {
	is := is.New(t)
	var a accepted
	has := func(id int) bool { _, known := a.known[fmt.Sprint(id)]; return known }
	for id := range 2500 {
		is.True(!has(id))
		a.remember(fmt.Sprint(id))
		is.True(has(id))
		is.Equal(has(id-acceptedSize), false)
		is.Equal(has(id-acceptedSize+1), id-acceptedSize+1 >= 0)
	}
	is.Equal(len(a.known), acceptedSize)
	is.Equal(len(a.order), acceptedSize)
}

func TestRepeatedDeliveryStartsNothing(t *testing.T) {
	is := is.New(t)
	s := testState(Settings{})
	first, effects, err := s.accept(once("a"), at(0))
	is.NoErr(err)
	is.True(effects.fetch)
	s.fetched(first.ID, outcome{failure: errUnreachable}, at(1)) // it was accepted all the same, and the retry serves it
	_, effects, err = s.accept(once("a"), at(2))
	is.Equal(err, ErrRepeated)
	is.True(!effects.fetch)
	_, _, err = s.accept(once("b"), at(3))
	is.NoErr(err)
	for range 2 { // an id that is not proven repeats nothing
		_, _, err = s.accept(Trigger{Source: Webhook, Delivery: "a"}, at(4))
		is.NoErr(err)
	}
}

// Deliveries with one id that come at the same moment cause one refresh, whichever comes first.
func TestDeliveriesWithOneIDAtOnceCauseOneRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		a := run(t, Settings{})
		const callers = 50
		answers := make(chan error, 1)
		for range callers {
			// Ends with the answer; the loop below waits for it.
			go func() {
				_, err := a.Trigger(t.Context(), once("a"))
				answers <- err
			}()
		}
		accepted := 0
		for range callers {
			if err := <-answers; err == nil {
				accepted++
			} else {
				is.Equal(err, ErrRepeated)
			}
		}
		is.Equal(accepted, 1)
		view, err := a.View(t.Context())
		is.NoErr(err)
		is.Equal(len(view.Refreshes(10)), 1)
		_, err = a.TriggerAndWait(t.Context(), once("a"), nil)
		is.Equal(err, ErrRepeated)
		a.stop()
		<-a.stopped
		_, err = a.Trigger(t.Context(), once("b"))
		is.True(errors.Is(err, ErrStopped)) // refused, and nobody remembers it
	})
}

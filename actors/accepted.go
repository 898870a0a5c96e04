package actors

import (
	"slices"
	"time"
)

// acceptedSize is how many accepted deliveries are remembered.
const acceptedSize = 1000

// accepted are the ids of the last deliveries that may cause only one refresh each, oldest first.
type accepted struct {
	known map[string]struct{}
	order []string
}

// remember notes an id.
func (a *accepted) remember(id string) {
	if a.known == nil {
		a.known = make(map[string]struct{}, acceptedSize)
	}
	a.known[id] = struct{}{}
	a.order = append(a.order, id)
	if len(a.order) > acceptedSize {
		delete(a.known, a.order[0])
		a.order = slices.Delete(a.order, 0, 1)
	}
}

// accept is trigger, but it returns ErrRepeated for a delivery that was accepted before and may be accepted only once.
// Lookup and note are one message to the actor, so two deliveries with one id that come together cause one refresh.
func (s *state) accept(t Trigger, now time.Time) (Refresh, effects, error) {
	if !t.Once {
		refresh, effects := s.trigger(t, now)
		return refresh, effects, nil
	}
	if _, repeated := s.accepted.known[t.Delivery]; repeated {
		return Refresh{}, effects{}, ErrRepeated
	}
	s.accepted.remember(t.Delivery)
	refresh, effects := s.trigger(t, now)
	return refresh, effects, nil
}

package actors

import (
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// The wall clock of a machine may jump at any time; the monotonic clock does not (package time, "Monotonic Clocks").
// Durations and the times of attempts come from times with a monotonic reading. The text of such a time contains "m=".
func TestTimesKeepTheirMonotonicReading(t *testing.T) {
	is := is.New(t)
	monotonic := func(reading time.Time) bool { return strings.Contains(reading.String(), " m=") }
	is.True(monotonic(time.Now()))
	is.True(!monotonic(time.Now().Round(0)))

	s := testState(Settings{PollInterval: time.Minute})
	begun, _ := s.trigger(Trigger{Source: Manual, ReceivedAt: time.Now()}, time.Now())
	is.True(monotonic(begun.StartedAt))
	s.fetched(begun.ID, outcome{failure: &Failure{Code: CodeUnreachable}}, time.Now())
	is.True(monotonic(s.nextAttempt)) // a retry
	begun, _ = s.trigger(Trigger{Source: Manual, ReceivedAt: time.Now()}, time.Now())
	s.fetched(begun.ID, outcome{desired: desired("r1", "a", "1")}, time.Now())
	is.True(monotonic(s.nextAttempt)) // a poll
	ended, err := s.lookup(begun.ID)
	is.NoErr(err)
	is.True(monotonic(ended.StartedAt) && monotonic(ended.FinishedAt))
	is.Equal(ended.Duration, ended.FinishedAt.Sub(ended.StartedAt))
}

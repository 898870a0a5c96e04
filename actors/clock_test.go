package actors

import (
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// The clock of a machine may jump at any time. Durations and the times of attempts are taken from readings that keep
// their share of the monotonic clock, which does not (package time, "Monotonic Clocks"); a time that has one shows it as
// "m=".
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

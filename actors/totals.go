package actors

import (
	"slices"
	"time"
)

// Totals count what has happened since the process started. They only grow.
type Totals struct {
	// Ended counts the refreshes that have ended, by source and outcome. It has no entry for a count of zero.
	Ended []EndedTotal
	// Replaced counts the queued refreshes whose place a newer one took.
	Replaced uint64
}

// EndedTotal counts the refreshes of one source that ended with one outcome.
type EndedTotal struct {
	Source TriggerSource
	// Outcome is Completed or Failed.
	Outcome Phase
	// Count is how many there were, and Duration how long they took together.
	Count    uint64
	Duration time.Duration
	// Within counts those that took no longer than each of DurationBounds, in its order.
	Within []uint64
}

// DurationBounds returns the upper bounds of EndedTotal.Within: from the time of one request on loopback to the longest
// refresh that is usual.
func DurationBounds() []time.Duration {
	return []time.Duration{
		5 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
		200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
		10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute,
	}
}

// Of returns the total of a source and an outcome. It has zeros if there was no such refresh.
func (t Totals) Of(source TriggerSource, outcome Phase) EndedTotal {
	for _, total := range t.Ended {
		if total.Source == source && total.Outcome == outcome {
			return total
		}
	}
	return EndedTotal{Source: source, Outcome: outcome, Within: make([]uint64, len(DurationBounds()))}
}

// All returns the total of an outcome over all sources; its Source is empty.
func (t Totals) All(outcome Phase) EndedTotal {
	all := t.Of("", outcome)
	for _, total := range t.Ended {
		if total.Outcome != outcome {
			continue
		}
		all.Count += total.Count
		all.Duration += total.Duration
		for bound, within := range total.Within {
			all.Within[bound] += within
		}
	}
	return all
}

// count returns the totals with one more ended refresh. It does not change the old ones, because views share them.
func (t Totals) count(refresh Refresh) Totals {
	i := slices.IndexFunc(t.Ended, func(total EndedTotal) bool {
		return total.Source == refresh.Trigger.Source && total.Outcome == refresh.Phase
	})
	t.Ended = slices.Clone(t.Ended)
	if i < 0 {
		i = len(t.Ended)
		t.Ended = append(t.Ended, EndedTotal{
			Source: refresh.Trigger.Source, Outcome: refresh.Phase, Within: make([]uint64, len(DurationBounds())),
		})
	}
	total := &t.Ended[i]
	total.Count++
	total.Duration += refresh.Duration
	total.Within = slices.Clone(total.Within)
	for bound, limit := range DurationBounds() {
		if refresh.Duration <= limit {
			total.Within[bound]++
		}
	}
	return t
}

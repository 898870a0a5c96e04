package main

import (
	"cmp"
	"slices"
	"time"
)

// sample is what doing something once took.
type sample struct {
	time.Duration
	traffic
}

// series is the same thing done again and again.
type series []sample

// median returns the medians of the durations, of the requests and of the bytes, each by itself.
func (s series) median() sample {
	return sample{
		middle(s, func(s sample) time.Duration { return s.Duration }),
		traffic{
			middle(s, func(s sample) int { return s.requests }),
			middle(s, func(s sample) int64 { return s.bytes }),
		},
	}
}

// middle returns the median of a number that each sample has; of an even count it is the mean of the two in the middle.
func middle[N time.Duration | int | int64](s series, of func(sample) N) N {
	if len(s) == 0 {
		return 0
	}
	numbers := make([]N, 0, len(s))
	for _, one := range s {
		numbers = append(numbers, of(one))
	}
	slices.Sort(numbers)
	return (numbers[(len(numbers)-1)/2] + numbers[len(numbers)/2]) / 2
}

// contest is one discipline: mooring against the ways to do the same with git.
type contest struct {
	mooring series
	git     []way
	// host is what the host takes for mooring's requests when nobody looks at the answers.
	host series
	// warm tells that there was a first round, which does not count: by then files are in memory and connections open.
	// Requests are mooring's in that round.
	warm     bool
	requests []taped
}

// way is one use of the git program.
type way struct {
	name   string
	series series
}

// best returns the fastest way with git.
func (c contest) best() way {
	return slices.MinFunc(c.git, func(a, b way) int {
		return cmp.Compare(a.series.median().Duration, b.series.median().Duration)
	})
}

// ratio is mooring's time in terms of git's.
func (c contest) ratio() float64 {
	return float64(c.mooring.median().Duration) / float64(c.best().series.median().Duration)
}

// own is mooring's time beyond what the host takes by itself.
func (c contest) own() time.Duration { return c.mooring.median().Duration - c.host.median().Duration }

// runMooring measures mooring's turn, and records what it asks of the host in the first one.
func (b *bench) runMooring(c *contest, do func() error) error {
	if c.warm {
		return b.timed(&c.mooring, do)
	}
	b.host.record()
	err := do()
	c.requests = b.host.recorded()
	return err
}

// runGit measures git's turn in one of the ways.
func (b *bench) runGit(c *contest, way int, do func() error) error {
	if c.warm {
		return b.timed(&c.git[way].series, do)
	}
	return do()
}

// timed does something and appends what it took.
func (b *bench) timed(to *series, do func() error) error {
	before, begin := b.host.meter.read(), time.Now()
	if err := do(); err != nil {
		return err
	}
	took, after := time.Since(begin), b.host.meter.read()
	*to = append(*to, sample{took, traffic{after.requests - before.requests, after.bytes - before.bytes}})
	return nil
}

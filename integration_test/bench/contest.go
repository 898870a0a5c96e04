package main

import (
	"cmp"
	"slices"
	"time"

	"mooring/integration_test/lab"
)

// contest is one discipline: mooring against several ways to do the same with git.
type contest struct {
	// mooring has an entrant for each side, git one for each way.
	mooring, git []entrant
	// host is the host's own time for mooring's requests.
	host series
	// warm tells that the first round is over. It does not count: after it files are in memory and connections open.
	// requests are those of the first side in that round.
	warm     bool
	requests []lab.Taped
}

// entrant is a participant of a contest.
type entrant struct {
	name   string
	series series
}

func (b *bench) newContest(ways ...string) contest {
	var c contest
	for _, s := range b.sides {
		c.mooring = append(c.mooring, entrant{name: s.name})
	}
	for _, way := range ways {
		c.git = append(c.git, entrant{name: way})
	}
	return c
}

// took is mooring's time: the median of the measured side.
func (c contest) took() time.Duration { return c.mooring[0].series.median().Duration }

// best returns the fastest of git's ways.
func (c contest) best() entrant {
	return slices.MinFunc(c.git, func(a, b entrant) int {
		return cmp.Compare(a.series.median().Duration, b.series.median().Duration)
	})
}

// ratio is mooring's time divided by git's.
func (c contest) ratio() float64 {
	return float64(c.took()) / float64(c.best().series.median().Duration)
}

// versus is mooring's time divided by that of the older side, which must exist.
func (c contest) versus() float64 {
	return float64(c.took()) / float64(c.mooring[1].series.median().Duration)
}

// own is mooring's time less the host's own time.
func (c contest) own() time.Duration { return c.took() - c.host.median().Duration }

// measureMooring measures a side's turn. In the first round it records the requests of the first side.
func (b *bench) measureMooring(c *contest, side int, do func() error) error {
	if c.warm {
		return b.timed(&c.mooring[side].series, do)
	}
	if side == 0 {
		b.host.Record()
		defer func() { c.requests = b.host.Recorded() }()
	}
	return do()
}

// measureGit measures git's turn in one of the ways.
func (b *bench) measureGit(c *contest, way int, do func() error) error {
	if c.warm {
		return b.timed(&c.git[way].series, do)
	}
	return do()
}

// timed calls a function and appends its time and traffic.
func (b *bench) timed(to *series, do func() error) error {
	before, begin := b.host.Counts(), time.Now()
	if err := do(); err != nil {
		return err
	}
	took, after := time.Since(begin), b.host.Counts()
	*to = append(*to, sample{took, traffic{after.Requests - before.Requests, after.Bytes - before.Bytes}})
	return nil
}

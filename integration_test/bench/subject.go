package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"mooring/integration_test/lab"
)

const (
	// often is how many refreshes are measured for each cold start. They are short, so noise is a larger part of their
	// time.
	often = 3
	// burst is how many changes follow each other without a pause in one round.
	burst = 10
)

// subject is one repository, and the measurements with it.
type subject struct {
	bench *bench
	repo  repository
	url   string
	// cold, unchanged, changed and rapid are the disciplines.
	cold, unchanged, changed, rapid contest
	// peaks has the most memory that a process of each side had, in bytes, after the list of stacks was read; 0 if it
	// is not known.
	peaks []int64
	// clones are git's sides, services are mooring's.
	clones   []*clone
	services []*service
}

// newSubject makes the repository of a shape with that many changes after the base.
func (b *bench) newSubject(ctx context.Context, s shape, changes int) (*subject, error) {
	repo, err := b.repository(ctx, s, changes)
	if err != nil {
		return nil, fmt.Errorf("make the repository of %s: %w", s, err)
	}
	const partial, whole = "blob:none", "all blobs"
	return &subject{
		bench: b, repo: repo, url: b.host.Address(repo.Repository), peaks: make([]int64, len(b.sides)),
		cold: b.newContest(partial, whole), unchanged: b.newContest("ls-remote"),
		changed: b.newContest(partial, whole), rapid: b.newContest(partial, whole),
	}, nil
}

// measure runs the disciplines of a mode, with the sides in turn. Several subjects take turns too, so that they can be
// compared with one another.
func (b *bench) measure(ctx context.Context, o options, subjects ...*subject) (err error) {
	defer func() {
		for _, s := range subjects {
			err = errors.Join(err, s.end())
		}
	}()
	for _, d := range disciplines(o) {
		b.say("%s: %s, %d times", subjects[0].repo.shape, d.name, d.rounds)
		for round := range d.rounds + 1 { // the first one does not count
			for _, s := range subjects {
				if err := d.round(ctx, s, round); err != nil {
					return fmt.Errorf("%s, %s: %w", s.repo.shape, d.name, err)
				}
			}
		}
	}
	return nil
}

// makeClones makes a clone for each of git's ways, and measures that.
func (s *subject) makeClones(ctx context.Context, c *contest) error {
	for i := range c.git {
		path := filepath.Join(s.bench.work, fmt.Sprintf("clone-%d-%s", i, filepath.Base(s.repo.Path)))
		err := s.bench.measureGit(c, i, func() error {
			made, err := makeClone(ctx, s.url, path, i == 0)
			s.clones = append(s.clones, made)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// endRound compares the results of all sides, and then measures the host's own time.
func (s *subject) endRound(ctx context.Context, c *contest, found []lab.Listing) error {
	for _, listing := range found {
		if err := s.compare(listing); err != nil {
			return err
		}
	}
	if c.warm {
		return s.bench.timed(&c.host, func() error { return s.bench.host.Replay(ctx, s.bench.client, c.requests) })
	}
	c.warm = true
	return nil
}

// compare returns an error unless mooring's list is that of every clone.
func (s *subject) compare(found lab.Listing) error {
	for _, c := range s.clones {
		if err := c.known.Differs(found); err != nil {
			return fmt.Errorf("the results differ, so no time counts: %w", err)
		}
	}
	return nil
}

// stop stops a process of a side and notes its memory.
func (s *subject) stop(side int, m *service) error {
	peak, err := m.end()
	s.peaks[side] = max(s.peaks[side], peak)
	return err
}

// end stops the services and deletes the clones.
func (s *subject) end() error {
	var err error
	for side, m := range s.services {
		err = errors.Join(err, s.stop(side, m))
	}
	s.services = nil
	return errors.Join(err, s.removeClones())
}

func (s *subject) removeClones() error {
	var err error
	for _, c := range s.clones {
		err = errors.Join(err, c.remove())
	}
	s.clones = nil
	return err
}

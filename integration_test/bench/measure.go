package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
)

// often is how many refreshes are measured for each cold start: they take little time, and noise is more of it.
const often = 3

// subject is one repository, and what was measured with it.
type subject struct {
	bench *bench
	repo  repository
	url   string
	// cold, unchanged and changed are the disciplines.
	cold, unchanged, changed contest
	// peak is the most memory that a process of mooring had, in bytes, over all that it was asked for here: cold start,
	// refreshes, and the list of stacks after each; peakCold is that of cold starts alone. 0 when it is not known.
	peak, peakCold int64
	// clones are git's sides, service is mooring's, between the first refresh and the last.
	clones  []*clone
	service *service
	// client replays requests.
	client *http.Client
}

// newSubject makes the repository of a shape and gets it ready to be measured.
func (b *bench) newSubject(ctx context.Context, s shape, runs int) (*subject, error) {
	repo, err := b.repository(ctx, s, often*runs+1)
	if err != nil {
		return nil, fmt.Errorf("make the repository of %s: %w", s, err)
	}
	twoWays := func() []way { return []way{{name: "blob:none"}, {name: "all blobs"}} }
	return &subject{
		bench: b, repo: repo, url: b.host.url(repo),
		cold:      contest{git: twoWays()},
		unchanged: contest{git: []way{{name: "ls-remote"}}},
		changed:   contest{git: twoWays()},
		client:    &http.Client{Transport: &http.Transport{}, Timeout: limit},
	}, nil
}

// measure goes through the disciplines, the two sides in turn. With several subjects these take turns as well, so that
// they can be compared with one another.
func (b *bench) measure(ctx context.Context, runs int, subjects ...*subject) (err error) {
	defer func() {
		for _, s := range subjects {
			err = errors.Join(err, s.end())
		}
	}()
	rounds := func(name string, count int, do func(*subject, int) error) {
		if err != nil {
			return
		}
		b.say("%s: %s, %d times", subjects[0].repo.shape, name, count)
		for round := range count + 1 { // the first one does not count
			for _, s := range subjects {
				if err = do(s, round); err != nil {
					err = fmt.Errorf("%s, %s: %w", s.repo.shape, name, err)
					return
				}
			}
		}
	}
	rounds("cold start", runs, func(s *subject, _ int) error { return s.coldRound(ctx) })
	rounds("nothing changed", often*runs, func(s *subject, _ int) error { return s.unchangedRound(ctx) })
	rounds("one stack changed", often*runs, func(s *subject, round int) error {
		return s.changedRound(ctx, s.repo.commits[round+1])
	})
	return err
}

// coldRound measures one cold start of each side.
func (s *subject) coldRound(ctx context.Context) error {
	if err := s.removeClones(); err != nil {
		return err
	}
	var m *service
	err := s.bench.runMooring(&s.cold, func() (err error) { m, err = s.bench.launchReady(ctx, s.url); return err })
	if err != nil {
		return err
	}
	peak, _ := memoryOf(m.command.Process.Pid, "VmHWM")
	s.peakCold = max(s.peakCold, peak)
	found, err := m.stacks(ctx)
	if err := errors.Join(err, s.stop(m)); err != nil {
		return err
	}
	for i := range s.cold.git {
		path := filepath.Join(s.bench.work, fmt.Sprintf("clone-%d-%s", i, filepath.Base(s.repo.path)))
		err := s.bench.runGit(&s.cold, i, func() error {
			c, err := makeClone(ctx, s.bench.git, s.url, path, i == 0)
			s.clones = append(s.clones, c)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.endRound(ctx, &s.cold, found)
}

// unchangedRound measures one refresh of each side that finds nothing new. The first one starts the process that is
// refreshed from now on.
func (s *subject) unchangedRound(ctx context.Context) (err error) {
	if s.service == nil {
		if s.service, err = s.bench.launchReady(ctx, s.url); err != nil {
			return err
		}
	}
	found, err := s.refresh(ctx, &s.unchanged)
	if err != nil {
		return err
	}
	var revision string
	err = s.bench.runGit(&s.unchanged, 0, func() (err error) {
		revision, err = lsRemote(ctx, s.bench.git, s.url)
		return err
	})
	if err != nil {
		return err
	}
	if revision != found.revision {
		return fmt.Errorf("git ls-remote tells %s and mooring %s", revision, found.revision)
	}
	return s.endRound(ctx, &s.unchanged, found)
}

// changedRound moves main to a commit and measures one refresh of each side.
func (s *subject) changedRound(ctx context.Context, commit string) error {
	if err := s.repo.move(ctx, commit); err != nil {
		return err
	}
	found, err := s.refresh(ctx, &s.changed)
	if err != nil {
		return err
	}
	if found.revision != commit {
		return fmt.Errorf("main is at %s and mooring tells %s", commit, found.revision)
	}
	for i, clone := range s.clones {
		if err := s.bench.runGit(&s.changed, i, func() error { return clone.fetch(ctx) }); err != nil {
			return err
		}
	}
	return s.endRound(ctx, &s.changed, found)
}

// refresh measures one refresh of mooring and returns what it came to.
func (s *subject) refresh(ctx context.Context, c *contest) (listing, error) {
	err := s.bench.runMooring(c, func() error { _, err := s.service.mustRefresh(ctx); return err })
	if err != nil {
		return listing{}, err
	}
	return s.service.stacks(ctx)
}

// endRound compares what both sides came to, and then measures the host.
func (s *subject) endRound(ctx context.Context, c *contest, found listing) error {
	if err := s.compare(found); err != nil {
		return err
	}
	if c.warm {
		return s.bench.timed(&c.host, func() error { return s.bench.host.replay(ctx, s.client, c.requests) })
	}
	c.warm = true
	return nil
}

// compare fails unless mooring's list is git's, in every clone.
func (s *subject) compare(found listing) error {
	for _, c := range s.clones {
		if err := c.known.differs(found); err != nil {
			return fmt.Errorf("the results differ, so no time counts: %w", err)
		}
	}
	return nil
}

// stop ends a process of mooring and notes its memory.
func (s *subject) stop(m *service) error {
	peak, err := m.stop()
	s.peak = max(s.peak, peak)
	return err
}

// end stops the service and deletes the clones.
func (s *subject) end() error {
	s.client.CloseIdleConnections()
	var err error
	if s.service != nil {
		err = s.stop(s.service)
		s.service = nil
	}
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

package main

import (
	"context"
	"fmt"

	"mooring/integration_test/lab"
)

// begin starts a process of each side and makes the clones, unless they are there.
func (s *subject) begin(ctx context.Context) error {
	for side := len(s.services); side < len(s.bench.sides); side++ {
		m, err := s.bench.launchReady(ctx, s.bench.sides[side], s.url)
		if err != nil {
			return err
		}
		s.services = append(s.services, m)
	}
	if len(s.clones) > 0 {
		return nil
	}
	ways := s.bench.newContest("", "") // this contest does not count
	return s.makeClones(ctx, &ways)
}

// unchangedRound measures one refresh of each side that finds nothing new.
func (s *subject) unchangedRound(ctx context.Context, round int) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	commit := s.repo.commits[0]
	found, err := s.refreshInTurn(ctx, &s.unchanged, round, commit)
	if err != nil {
		return err
	}
	var revision string
	err = s.bench.measureGit(&s.unchanged, 0, func() (err error) {
		revision, err = lsRemote(ctx, s.url)
		return err
	})
	if err != nil {
		return err
	}
	if revision != commit {
		return fmt.Errorf("main is at %s and git ls-remote tells %s", commit, revision)
	}
	return s.endRound(ctx, &s.unchanged, found)
}

// changedRound moves main to a commit and measures one refresh of each side.
func (s *subject) changedRound(ctx context.Context, round int) error {
	return s.changesRound(ctx, &s.changed, round, s.repo.commits[round+1:round+2])
}

// rapidRound measures refreshes in sequence without a pause, each with a change. Its commits come after those of
// changedRound.
func (s *subject) rapidRound(ctx context.Context, round, behind int) error {
	first := behind + 1 + round*burst
	return s.changesRound(ctx, &s.rapid, round, s.repo.commits[first:first+burst])
}

// changesRound lets each side in turn follow the same commits, with one refresh for each.
func (s *subject) changesRound(ctx context.Context, c *contest, round int, commits []string) error {
	found, err := s.refreshInTurn(ctx, c, round, commits...)
	if err != nil {
		return err
	}
	for i, clone := range s.clones {
		err := s.bench.measureGit(c, i, func() error {
			return s.through(commits, func(string) error { return clone.fetch(ctx) })
		})
		if err != nil {
			return err
		}
	}
	return s.endRound(ctx, c, found)
}

// through moves main to each of the commits, and calls follow after each move.
func (s *subject) through(commits []string, follow func(commit string) error) error {
	for _, commit := range commits {
		if err := s.repo.Move(commit); err != nil {
			return err
		}
		if err := follow(commit); err != nil {
			return err
		}
	}
	return nil
}

// refreshInTurn measures refreshes of each side through the commits, and returns the listings at the end.
func (s *subject) refreshInTurn(ctx context.Context, c *contest, round int, commits ...string) ([]lab.Listing, error) {
	var found []lab.Listing
	for _, side := range s.bench.inTurn(round) {
		m := s.services[side]
		err := s.bench.measureMooring(c, side, func() error {
			return s.through(commits, func(commit string) error { return m.mustRefresh(ctx, commit) })
		})
		if err != nil {
			return nil, err
		}
		listing, err := m.stacks(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, listing)
	}
	return found, nil
}

package main

import (
	"context"
	"errors"

	"mooring/integration_test/lab"
)

// coldRound measures one cold start of each side: from the launch until /readyz answers 200.
func (s *subject) coldRound(ctx context.Context, round int) error {
	if err := s.removeClones(); err != nil {
		return err
	}
	var found []lab.Listing
	for _, side := range s.bench.inTurn(round) {
		var m *service
		err := s.bench.measureMooring(&s.cold, side, func() (err error) {
			m, err = s.bench.launchReady(ctx, s.bench.sides[side], s.url)
			return err
		})
		if err != nil {
			return err
		}
		listing, err := m.stacks(ctx)
		if err := errors.Join(err, s.stop(side, m)); err != nil {
			return err
		}
		found = append(found, listing)
	}
	if err := s.makeClones(ctx, &s.cold); err != nil {
		return err
	}
	return s.endRound(ctx, &s.cold, found)
}

package main

import "context"

// discipline is something that a mode measures, and a row of its table.
type discipline struct {
	name   string
	rounds int
	round  func(ctx context.Context, s *subject, round int) error
	of     func(*subject) contest
	bar    func(bars) float64
}

// disciplines are those of a mode, in their order.
func disciplines(o options) []discipline {
	if o.mode == "cold" {
		return []discipline{{
			"cold start", o.runs,
			func(ctx context.Context, s *subject, round int) error { return s.coldRound(ctx, round) },
			func(s *subject) contest { return s.cold },
			func(b bars) float64 { return b.cold },
		}}
	}
	many := often * o.runs
	return []discipline{
		{
			"nothing changed", many,
			func(ctx context.Context, s *subject, round int) error { return s.unchangedRound(ctx, round) },
			func(s *subject) contest { return s.unchanged },
			func(b bars) float64 { return b.unchanged },
		},
		{
			"one stack changed", many,
			func(ctx context.Context, s *subject, round int) error { return s.changedRound(ctx, round) },
			func(s *subject) contest { return s.changed },
			func(b bars) float64 { return b.changed },
		},
		{
			"ten changes, one after another", o.runs,
			func(ctx context.Context, s *subject, round int) error { return s.rapidRound(ctx, round, many+1) },
			func(s *subject) contest { return s.rapid },
			func(b bars) float64 { return b.changed },
		},
	}
}

// changes is the number of commits to which the disciplines of a mode move main.
func changes(o options) int {
	if o.mode == "cold" {
		return 0
	}
	return often*o.runs + 1 + (o.runs+1)*burst
}

package main

import "math"

// slower is the largest ratio of mooring's time to that of an older binary.
const slower = 1.05

// bars are the limits for mooring: ratios to git's time, and bytes of memory.
type bars struct {
	cold, unchanged, changed float64
	memory                   int64
}

// barsOf returns the bars of a shape. They are set for 200, 20,000 and 100,000 stacks. A size in between has the bars
// of the next larger one. A larger size has the bars of 100,000 stacks, and none for memory.
func barsOf(s shape) bars {
	switch {
	case s.stacks <= 200:
		return bars{cold: 0.5, unchanged: 0.4, changed: 0.5, memory: 32 * mebibyte}
	case s.stacks <= 20_000:
		return bars{cold: 0.5, unchanged: 0.4, changed: 0.15, memory: 120 * mebibyte}
	case s.stacks <= 100_000:
		return bars{cold: 0.5, unchanged: 0.4, changed: 0.1, memory: 400 * mebibyte}
	}
	return bars{cold: 0.5, unchanged: 0.4, changed: 0.1, memory: math.MaxInt64}
}

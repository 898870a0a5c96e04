package main

import (
	"slices"
	"time"
)

// sample is the time and the traffic of one run.
type sample struct {
	time.Duration
	traffic
}

// traffic is the number of requests and of bytes that went over the wire.
type traffic struct {
	requests int
	bytes    int64
}

// series has the samples of repeated runs.
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

// middle returns the median of a number that each sample has.
func middle[N time.Duration | int | int64](s series, of func(sample) N) N {
	numbers := make([]N, 0, len(s))
	for _, one := range s {
		numbers = append(numbers, of(one))
	}
	return median(numbers)
}

// median returns the number in the middle; for an even count the mean of the two in the middle, and 0 for none.
func median[N time.Duration | int | int64 | float64](numbers []N) N {
	if len(numbers) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(numbers))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

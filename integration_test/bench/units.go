package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// inMS writes a duration in milliseconds, with as many digits as are significant.
func inMS(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return fmt.Sprintf("%.1f", ms)
	}
	return thousands(int(math.Round(ms)))
}

// inKB writes bytes in kB of 1,000.
func inKB(bytes int64) string {
	kb := float64(bytes) / 1000
	if kb < 10 {
		return fmt.Sprintf("%.1f kB", kb)
	}
	return thousands(int(math.Round(kb))) + " kB"
}

// inMiB writes an amount of memory; 0 means that it is not known.
func inMiB(bytes int64) string {
	if bytes == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/mebibyte)
}

// percentile returns the time that the given per cent of the samples do not exceed (nearest rank).
func percentile(took []time.Duration, percent int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1].Round(10 * time.Microsecond)
}

// thousands writes a number with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// quotient divides one duration by another. If the divisor is 0, it returns 0.
func quotient(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

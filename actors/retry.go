package actors

import "time"

const (
	firstRetry    = time.Second
	longestRetry  = time.Minute
	longestPause  = time.Hour // the longest Retry-After that is obeyed
	jitterPortion = 0.1
)

// backoff is the pause after a failure: 1 s, doubled by each further failure, up to a minute or the poll interval.
func (s *state) backoff() time.Duration {
	limit := longestRetry
	if s.settings.PollInterval > 0 {
		limit = min(limit, s.settings.PollInterval)
	}
	doublings := min(s.failures-1, 10)
	return min(firstRetry<<doublings, limit)
}

// jitter changes a pause by up to a tenth, so that many services do not ask one Git host at the same time.
func (s *state) jitter(pause time.Duration) time.Duration {
	return time.Duration(float64(pause) * (1 - jitterPortion + 2*jitterPortion*s.random.Float64()))
}

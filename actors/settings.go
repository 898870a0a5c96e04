package actors

import (
	"errors"
	"time"
)

// Settings of the refresh actor, read from the environment.
type Settings struct {
	// PollInterval is the pause between refreshes, measured from the end of one; 0 turns polling off.
	PollInterval time.Duration `envconfig:"POLL_INTERVAL" default:"1m" desc:"pause between refreshes; 0 turns polling off"`
	// RefreshTimeout is how long a refresh may take.
	RefreshTimeout time.Duration `envconfig:"REFRESH_TIMEOUT" default:"2m" desc:"a refresh that takes longer is failed and given up"`
	// RemovalLimit is the part of the stacks that may run which may leave Git in one refresh. If more leave, their
	// removal is held. A start with 100% releases what is held.
	RemovalLimit Percent `envconfig:"REMOVAL_LIMIT" default:"50%" desc:"a refresh by which a larger part of the stacks that may run would leave Git holds their removal until someone releases it; 0% holds each, 100% none, and a start with 100% releases what is held"`
	// Origin is where the Source reads from.
	Origin Origin `ignored:"true"`
}

// longestSetting is the longest time that can be set: a year. Sums with much longer times overflow.
const longestSetting = 8760 * time.Hour

// Validate returns an error that names the variable and the rule it breaks.
func (s Settings) Validate() error {
	if s.PollInterval < 0 || s.PollInterval > longestSetting {
		return errors.New("POLL_INTERVAL must be 0 (no polling) or a duration above 0, such as 1m, and at most 8760h")
	}
	if s.RefreshTimeout <= 0 || s.RefreshTimeout > longestSetting {
		return errors.New("REFRESH_TIMEOUT must be a duration above 0, such as 2m, and at most 8760h")
	}
	return nil
}

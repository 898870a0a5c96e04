package actors

import (
	"slices"
	"time"
)

// staleSize is how many stale revisions a trigger remembers.
const staleSize = 16

// TriggerSource names what asked for a refresh.
type TriggerSource string

const (
	// Startup is the refresh that every start begins with.
	Startup TriggerSource = "startup"
	// Webhook is a signed delivery of the Git host.
	Webhook TriggerSource = "webhook"
	// Manual is a request to the API (POST /api/v1/refreshes), or SIGHUP.
	Manual TriggerSource = "manual"
	// Poll is the actor's own clock: the poll interval, or a retry after a failure.
	Poll TriggerSource = "poll"
)

// Trigger is a request for a refresh.
type Trigger struct {
	Source     TriggerSource
	ReceivedAt time.Time
	// Sender is the kind of sender of a webhook delivery, as WEBHOOK_SENDERS names it, or empty.
	Sender string
	// Delivery is the Git host's id of a webhook delivery, or empty.
	Delivery string
	// Once tells that the id of the delivery is proven, so that a second trigger with this id is a repetition. The actor
	// remembers the last 1,000 such ids.
	Once bool
	// Expected is the revision that a push announced, or empty.
	Expected string
	// Stale are the revisions that Git may still answer with until the announced push has reached it.
	Stale []string
}

// inherit returns a trigger that also expects what the replaced one expected, unless the new trigger expects something
// newer. A revision that the replaced trigger calls stale is older, unless the new trigger is a push back to it.
func (t Trigger) inherit(older Trigger) Trigger {
	late := slices.Contains(older.Stale, t.Expected) && !slices.Contains(t.Stale, older.Expected)
	if t.Expected == "" || late {
		t.Expected = older.Expected
	}
	t.Stale = slices.Concat(older.Stale, t.Stale)
	t.Stale = t.Stale[max(0, len(t.Stale)-staleSize):]
	return t
}

// outdated tells whether Git's answer is older than the push that the trigger announced. The answer is given by the ids
// that a push may name it by: that of the commit, and that of an annotated tag that leads to it.
func (t Trigger) outdated(ids ...string) bool {
	isStale := func(id string) bool { return slices.Contains(t.Stale, id) }
	return !slices.Contains(ids, t.Expected) && slices.ContainsFunc(ids, isStale)
}

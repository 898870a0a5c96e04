package actors

import (
	"log/slog"
	"time"
)

// logOf returns a logger with the attributes of every line about a refresh.
func (l *loop) logOf(refresh Refresh, revision string) *slog.Logger {
	log := l.log.With("id", refresh.ID, "source", string(refresh.Trigger.Source), "revision", revision)
	if refresh.Trigger.Delivery != "" {
		log = log.With("delivery", refresh.Trigger.Delivery)
	}
	return log
}

func (l *loop) logStarted(refresh Refresh) *slog.Logger {
	log := l.logOf(refresh, l.state.snapshot.Revision)
	log.Info("refresh started")
	return log
}

func (l *loop) logQueued(refresh Refresh) {
	if refresh.Phase == Queued {
		l.logOf(refresh, l.state.snapshot.Revision).Debug("refresh queued", "replaces", refresh.Replaces)
	}
}

// logEnded logs how a refresh ended. The change, the notices and the warning among the effects belong to the completed
// refresh: at most one refresh of the effects has completed.
func (l *loop) logEnded(refresh Refresh, e effects) {
	if refresh.Phase == Failed {
		log := l.logOf(refresh, l.state.snapshot.Revision)
		log.Error("refresh failed", "code", string(refresh.Failure.Code), "error", refresh.Failure.Message,
			"duration", refresh.Duration, "consecutive_failures", l.state.failures)
		if next := l.state.nextAttempt; !next.IsZero() {
			log.Warn("refresh will be retried", "in", time.Until(next).Round(time.Millisecond))
		}
		return
	}
	log := l.logOf(refresh, refresh.Revision)
	if e.warning != "" {
		log.Warn("something was left out", "reason", e.warning)
	}
	for _, n := range e.notices {
		log.Warn("compose file not served", "path", n.path, "reason", n.reason)
	}
	for _, hint := range e.hints {
		log.Warn("the settings may not be meant so", "hint", hint)
	}
	if c := refresh.Changes; e.changed {
		log.Info("desired state changed", "added", len(c.Added), "changed", len(c.Changed), "removed", len(c.Removed),
			"touched", len(c.Touched))
	}
	if e.held > 0 {
		log.Warn("removals are held until someone releases them on the status page, with POST /api/v1/removals, or by a "+
			"start with REMOVAL_LIMIT=100%", "held", e.held)
	}
	if e.released > 0 {
		log.Warn("held removals are released, because REMOVAL_LIMIT is 100%", "released", e.released)
	}
	log.Info("refresh completed", "duration", refresh.Duration, "stacks", len(l.state.snapshot.Stacks))
}

// logReleased logs a release of stacks whose removal was held.
func (l *loop) logReleased(paths []string, e effects) {
	if e.changed {
		l.log.Info("held removals released", "stacks", len(paths), "revision", l.state.snapshot.Revision)
	}
}

// logDeployer logs a deployer's message, if it changed the snapshot.
func (l *loop) logDeployer(event string, stack Stack, e effects) {
	if e.changed {
		l.log.Info(event, "path", stack.Path, "status", string(stack.Status), "revision", l.state.snapshot.Revision)
	}
}

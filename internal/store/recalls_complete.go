package store

import (
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
)

// CompleteRecall fills in what a reminder stands for where nobody said. was is the row before, nil for a new one.
func CompleteRecall(_ core.App, _ *Clinic, r, was *core.Record, now time.Time) error {
	if text(r, "state") == "" {
		set(r, "state", string(reminder.Scheduled))
	}
	if len(list(r, "methods")) == 0 {
		set(r, "methods", []string{string(outbox.Email)})
	}
	if was == nil && instant(r, "made_at").IsZero() {
		setInstant(r, "made_at", now)
	}
	return nil
}

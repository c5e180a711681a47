package jobs

import (
	"context"
	"time"

	"pawbell/internal/calendar"
)

// Sweep is the nightly tidying: days that nobody can ask for any more leave the memory.
func (j *house) Sweep(_ context.Context, now time.Time) error {
	j.desk.Forget(calendar.On(now, time.UTC).Add(-2))
	return nil
}

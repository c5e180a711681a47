package jobs

import (
	"context"
	"time"

	"pawbell/internal/store/queue"
)

// stillFor is how long nothing may leave while something is due: two turns of the dispatcher.
const stillFor = 2 * time.Minute

// Watch raises an alarm when messages are due and none has left for two turns of the dispatcher, and ends it by itself once they move. It is
// a job of its own, because a dispatcher that hangs cannot tell.
func (j *house) Watch(_ context.Context, now time.Time) error {
	health, err := queue.Health(j.app, now, j.uncarried()...)
	if err != nil {
		return err
	}
	if !still(health, now) {
		moves, err := queue.Moves(j.app)
		if moves {
			j.app.Logger().Warn("messages leave again", "due", health.Due)
		}
		return err
	}
	news, err := queue.Stands(j.app)
	if news {
		j.app.Logger().Error("messages are due and none leaves", "due", health.Due, "oldest_due_seconds", int(now.Sub(health.OldestDue)/time.Second))
	}
	return err
}

// still reports whether the queue stands. An attempt in the future was made before somebody turned the clock back, and proves nothing.
func still(h queue.QueueHealth, now time.Time) bool {
	if h.Due == 0 || now.Sub(h.OldestDue) < stillFor {
		return false
	}
	return now.Sub(h.LastDispatch) >= stillFor || h.LastDispatch.After(now)
}

package jobs

import "pawbell/internal/store/queue"

// announce tells realtime subscribers about rows that reached an end. That somebody may not have heard is no reason to stop working.
func (j *house) announce(ids []string) {
	if err := queue.Announce(j.ctx, j.app, ids); err != nil {
		j.app.Logger().Error("announce failed", "error", err.Error())
	}
}

package jobs

import (
	"context"
	"time"

	"pawbell/internal/outbox"
	"pawbell/internal/store/queue"
)

// stillFor is how long nothing may leave by a channel while something is due there: two turns of the dispatcher.
const stillFor = 2 * time.Minute

// Watch raises an alarm when messages are due and none has left by their channel for two turns of the dispatcher, and ends it by itself once they move.
// An attempt is no proof of that: a provider that is down is tried again and again. It is a job of its own, because a dispatcher that hangs
// cannot tell.
func (j *house) Watch(_ context.Context, now time.Time) error {
	waiting, err := queue.WhatWaits(j.app, now)
	if err != nil {
		return err
	}
	due, oldest := 0, now
	for _, w := range waiting {
		if _, carried := j.gateways.For(w.Channel); !carried || !still(w, j.lastLeft(w.Channel), now) {
			continue
		}
		if due += w.Due; w.Oldest.Before(oldest) {
			oldest = w.Oldest
		}
	}
	if due == 0 {
		moves, err := queue.Moves(j.app)
		if moves {
			j.app.Logger().Warn("messages leave again")
		}
		return err
	}
	news, err := queue.Stands(j.app)
	if news {
		j.app.Logger().Error("messages are due and none leaves", "due", due, "oldest_due_seconds", int(now.Sub(oldest)/time.Second))
	}
	return err
}

// lastLeft is when a message last left by a channel, as far as this program knows: it knows nothing of the time before it was started.
func (j *house) lastLeft(channel outbox.Channel) time.Time {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if left := j.rests.lastLeft(channel); left.After(j.started) {
		return left
	}
	return j.started
}

// still reports whether a channel stands. What left in the future did so before somebody turned the clock back, and proves nothing.
func still(w queue.Waiting, left, now time.Time) bool {
	return now.Sub(w.Oldest) >= stillFor && (now.Sub(left) >= stillFor || left.After(now))
}

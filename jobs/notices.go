package jobs

import (
	"context"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// lookAfterNotices sees, after what was due has had its turn, to the messages to many that are through, and once a minute to the owners whom no day
// notice reached in time.
func (j *house) lookAfterNotices(now time.Time) error {
	if err := runs.FinishBroadcasts(j.app); err != nil {
		return err
	}
	if !j.noticed.IsZero() && now.Sub(j.noticed).Abs() < time.Minute {
		return nil
	}
	clinic, err := j.desk.Clinic()
	if err != nil {
		return err
	}
	for more := true; more; {
		if more, err = store.CallMissed(j.app, clinic, j.desk.Links, now); err != nil {
			return err
		}
	}
	j.noticed = now
	return nil
}

// followAbsence is the step of a run that does to many visits what an absence says.
func followAbsence(j *house, ctx context.Context, _ *runs.Run, limit int) (piece, error) {
	clinic, err := j.desk.Clinic()
	if err != nil {
		return nil, err
	}
	return func(tx core.App, run *runs.Run) (bool, error) {
		return runs.AdvanceAbsence(ctx, tx, clinic, j.desk.Links, run, limit, j.now())
	}, nil
}

// queueBroadcast is the step of a run that queues the messages of a broadcast, or withdraws them when it was stopped.
func queueBroadcast(j *house, _ context.Context, run *runs.Run, limit int) (piece, error) {
	clinic, err := j.desk.Clinic()
	if err != nil {
		return nil, err
	}
	next, err := runs.PrepareBroadcast(j.app, clinic, j.desk.Links, run, limit, j.now())
	if err != nil {
		return nil, err
	}
	return func(tx core.App, run *runs.Run) (bool, error) {
		// The dispatcher waits for the write lock, and with it for the commit of what it is woken for.
		defer j.ring()
		return next(tx, run)
	}, nil
}

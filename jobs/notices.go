package jobs

import (
	"context"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// lookAfterNotices sees, once a minute and after what was due has had its turn, to the owners whom no day notice reached in time.
func (j *house) lookAfterNotices(now time.Time) error {
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
func followAbsence(j *house, ctx context.Context, _ *store.Run, limit int) (piece, error) {
	clinic, err := j.desk.Clinic()
	if err != nil {
		return nil, err
	}
	return func(tx core.App, run *store.Run) (bool, error) {
		return store.AdvanceAbsence(ctx, tx, clinic, j.desk.Links, run, limit, j.now())
	}, nil
}

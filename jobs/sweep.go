package jobs

import (
	"context"
	"errors"
	"time"

	"pawbell/internal/calendar"
	"pawbell/internal/store"
)

// Sweep is the tidying of each night, and of each start: days that nobody can ask for any more leave the memory, visits that nobody marked are taken as completed, and
// requests whose time went by unanswered become calls.
func (j *house) Sweep(ctx context.Context, now time.Time) error {
	j.desk.Forget(calendar.On(now, time.UTC).Add(-2))
	clinic, err := j.desk.Clinic()
	if err != nil {
		return err
	}
	return errors.Join(j.completeVisits(ctx, clinic, now), store.CallUnanswered(j.app, clinic, j.desk.Links, now))
}

// completeVisits completes them one by one, each in a transaction of its own, so that nobody who books waits for long. One that cannot be saved
// keeps none of the others waiting.
func (j *house) completeVisits(ctx context.Context, clinic *store.Clinic, now time.Time) error {
	var failed []string
	var problems []error
	for ctx.Err() == nil {
		visits, err := store.PastVisits(j.app, clinic, now, batch, failed)
		if err != nil || len(visits) == 0 {
			return errors.Join(append(problems, err)...)
		}
		for _, visit := range visits {
			if ctx.Err() != nil {
				break
			}
			if err := store.Complete(ctx, j.app, visit); err != nil {
				failed, problems = append(failed, visit), append(problems, err)
			}
		}
	}
	return errors.Join(append(problems, ctx.Err())...)
}

package jobs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/recalls"
)

const (
	// planned is how many due reminders one look finds at most.
	planned = 500
	// clientsAtOnce is how many clients are planned with a few questions in all, which is some milliseconds of the write lock.
	clientsAtOnce = 50
	// planHold is how long one transaction of planning may keep the only writer.
	planHold = 50 * time.Millisecond
	// planAgain is when a client is tried again whose reminders could not be planned.
	planAgain = time.Hour
)

// Plan brings in line with the moment what depends on time alone: reminders whose messages left or came to an end, whose moment went by, or whose
// holding visit is over. It may be run at any time and as often as one likes. After days of downtime it is the same work, and sends nothing:
// what is too late became stale where it stood.
func (j *house) Plan(ctx context.Context, now time.Time) error {
	if err := j.makeMissing(ctx, now); err != nil {
		return err
	}
	return j.planDue(ctx, now)
}

// planDue is the part of it that cannot wait for the minute: whoever sends a reminder by hand looks at it a moment later, and it should say that
// it was sent.
func (j *house) planDue(ctx context.Context, now time.Time) error {
	for ctx.Err() == nil {
		clients, err := recalls.Due(j.app, now, planned)
		if err != nil || len(clients) == 0 {
			return err
		}
		clinic, err := j.desk.Clinic()
		if err != nil {
			return err
		}
		for some := range slices.Chunk(clients, clientsAtOnce) {
			if ctx.Err() != nil {
				break
			}
			if err := j.planTogether(clinic, some, now); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// planTogether plans clients in one short transaction. Where one of them cannot be planned, none is, and each has a turn of its own.
func (j *house) planTogether(clinic *store.Clinic, clients []string, now time.Time) error {
	err := j.app.RunInTransaction(func(tx core.App) error { return recalls.PlanMany(tx, clinic, clients, now) })
	if err == nil {
		return nil
	}
	return j.planSome(clinic, clients, now)
}

// planSome plans as many of the clients as one short transaction has room for. Where one fails it is put off, and the others have their turn next
// time.
func (j *house) planSome(clinic *store.Clinic, clients []string, now time.Time) error {
	broken, from := "", j.now()
	err := j.app.RunInTransaction(func(tx core.App) error {
		for _, client := range clients {
			if err := recalls.Plan(tx, clinic, client, now); err != nil {
				broken = client
				return err
			}
			if j.now().Sub(from).Abs() >= planHold {
				break
			}
		}
		return nil
	})
	if broken == "" {
		return err
	}
	j.app.Logger().Error("reminders could not be planned", "client", broken, "error", err.Error())
	if err := recalls.PutOff(j.app, broken, now.Add(planAgain)); err != nil {
		return fmt.Errorf("put off what cannot be planned: %w", err)
	}
	return nil
}

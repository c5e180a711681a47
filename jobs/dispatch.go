package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/runs"
)

const (
	// batch is how many rows are looked at in one transaction where nothing is sent: enough that a statement's cost is shared, few enough that the
	// write lock is held for milliseconds.
	batch = 500
	// attemptTime bounds one call to a provider. The lease outlives it by far, and no attempt begins that the lease would not outlive, so
	// it only runs out when the process is gone.
	attemptTime = 30 * time.Second
	leaseTime   = 5 * time.Minute
)

// Dispatch sends everything that is due, most urgent first, until nothing is left or ctx ends. The next messages are taken while the last ones are
// still on their way.
func (j *house) Dispatch(ctx context.Context, now time.Time) error {
	defer j.tell()
	if err := j.settleLost(ctx, now); err != nil {
		return err
	}
	if err := j.lookAfterWaiting(now); err != nil {
		return err
	}
	if err := j.tryRested(ctx, now); err != nil {
		return err
	}
	return errors.Join(j.empty(ctx), j.lookAfterNotices(now))
}

// empty sends what is due, a handful at a time, and a larger one while the providers keep up: what was written down and not answered is in doubt if
// the process dies, so it is never much more than leaves in a moment.
func (j *house) empty(ctx context.Context) error {
	c := j.carriers(ctx)
	defer c.leave()
	for few := handful; ctx.Err() == nil && c.problem == nil; {
		clinic, err := j.desk.Clinic()
		if err != nil {
			return errors.Join(err, c.finish())
		}
		leased, until, err := j.lease(clinic, queue.LeaseOptions{Limit: few, Except: append(j.uncarried(), j.rests.channels()...)})
		if err != nil {
			return errors.Join(err, c.finish())
		}
		c.hand(clinic, leased.Going, until)
		if leased.Looked < few {
			break
		}
		switch answered, quick := c.await(few); {
		case !quick:
			few = max(few/2, handful)
		case answered >= few:
			few = min(2*few, armful)
		}
	}
	return c.finish()
}

// lease takes rows, writes their attempts down and answers until when they are ours.
func (j *house) lease(clinic *store.Clinic, o queue.LeaseOptions) (queue.Leased, time.Time, error) {
	now := j.now()
	o.For, o.Gateway, o.Anew = leaseTime, j.gatewayName, runs.Anew(j.desk.Links)
	leased, err := queue.Lease(j.app, clinic, now, o)
	if err != nil {
		return leased, now, fmt.Errorf("lease: %w", err)
	}
	j.tally.leased(leased)
	j.announce(leased.Ended)
	if len(leased.Ended) > 0 {
		pull(j.planBell)
	}
	return leased, now.Add(leaseTime), nil
}

// tryRested sends one message by each channel whose rest is over. If its gateway still refuses, the channel rests again.
func (j *house) tryRested(ctx context.Context, now time.Time) error {
	for _, channel := range j.rests.over(now) {
		clinic, err := j.desk.Clinic()
		if err != nil {
			return err
		}
		for ctx.Err() == nil {
			leased, until, err := j.lease(clinic, queue.LeaseOptions{Limit: 1, Only: channel, Except: j.uncarried()})
			if err != nil {
				return err
			}
			if len(leased.Going) > 0 {
				j.rests.open(channel)
				c := j.carriers(ctx)
				c.hand(clinic, leased.Going, until)
				err := c.finish()
				c.leave()
				if err != nil {
					return err
				}
				break
			}
			if leased.Looked == 0 {
				break
			}
		}
	}
	return nil
}

// uncarried lists the channels that have no gateway: letters, and the external service where none is set up.
func (j *house) uncarried() []outbox.Channel {
	var without []outbox.Channel
	for _, c := range []outbox.Channel{outbox.Email, outbox.SMS, outbox.Post, outbox.External} {
		if _, ok := j.gateways.For(c); !ok {
			without = append(without, c)
		}
	}
	return without
}

func (j *house) gatewayName(c outbox.Channel) string {
	if g, ok := j.gateways.For(c); ok {
		return g.Name()
	}
	return ""
}

// lookAfterWaiting sees to the messages that no gateway of ours carries: letters that are due become tasks for a person, and, once a minute, what
// an external service has to fetch grows old and unwanted like any other message.
func (j *house) lookAfterWaiting(now time.Time) error {
	clinic, err := j.desk.Clinic()
	if err != nil {
		return err
	}
	ended, err := queue.RaiseLetters(j.app, clinic, now, batch)
	if err != nil {
		return fmt.Errorf("raise letters: %w", err)
	}
	j.announce(ended)
	if !j.lookedAfter.IsZero() && now.Sub(j.lookedAfter).Abs() < time.Minute {
		return nil
	}
	if slices.Contains(j.uncarried(), outbox.External) {
		if ended, err = queue.EndUnfetched(j.app, clinic, now, batch); err != nil {
			return fmt.Errorf("end what nobody fetched: %w", err)
		}
		j.announce(ended)
	}
	j.lookedAfter = now
	return nil
}

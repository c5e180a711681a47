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
	// attemptTime bounds one call to a provider. The lease outlives it by far, and no attempt begins that the lease would not outlive by as much again,
	// in which its answer is written down: so it only runs out when the process is gone.
	attemptTime = 30 * time.Second
	leaseTime   = 5 * time.Minute
	// patience is how long what is due waits for providers to say what became of earlier attempts.
	patience = time.Second
)

// Dispatch sends everything that is due, most urgent first, until nothing is left or ctx ends. The next messages are taken while the last ones are
// still on their way.
func (j *house) Dispatch(ctx context.Context, now time.Time) error {
	defer j.tell()
	if err := j.noteKept(); err != nil {
		return err
	}
	lost := &inquiry{house: j, ctx: ctx}
	lost.ask(now)
	// What comes of the questions is sent together with the rest, unless a provider thinks them over: then the rest does not wait.
	lost.await(time.After(patience))
	problem := errors.Join(j.lookAfterWaiting(now), j.empty(ctx, lost, now))
	lost.await(nil)
	return errors.Join(problem, lost.problem, j.lookAfterNotices(now))
}

// empty sends what is due, a handful at a time, and a larger one while the providers keep up: what was written down and not answered is in doubt if
// the process dies, so it is never much more than leaves in a moment. While something is on its way, what is queued meanwhile leaves too. With a slow
// provider that may go on for hours, so what else is the dispatcher's to do has its turn each minute.
func (j *house) empty(ctx context.Context, lost *inquiry, now time.Time) error {
	c := j.carriers(ctx, lost)
	defer c.leave()
	var problem error
	// As far as is known and until somebody rings, nothing is due but by the channels that are left. To look again would be a walk past all of it.
	var left []outbox.Channel
	turn, rung, known := now, true, false
	for few := handful; ctx.Err() == nil && c.problem == nil; rung = false {
		if at := j.now(); at.Sub(turn).Abs() >= time.Minute {
			turn, rung = at, true
			lost.ask(at)
			problem = errors.Join(problem, j.lookAfterWaiting(at), j.lookAfterNotices(at))
		}
		if rung = heard(j.dueBell) || rung; rung {
			known = false
			if err := j.tryRested(ctx, c, j.now()); err != nil {
				return errors.Join(problem, err, c.finish())
			}
		}
		if known && !c.room(few, left) {
			if !c.news(few, left) {
				break
			}
			continue
		}
		busy := c.busy(few)
		looked, err := c.take(few, busy)
		if err != nil {
			return errors.Join(problem, err, c.finish())
		}
		if looked < few {
			left, known = busy, true
			continue
		}
		switch answered, quick := c.keepUp(few); {
		case !quick:
			few = max(few/2, handful)
		case answered >= few:
			few = min(2*few, armful)
		}
	}
	return errors.Join(problem, c.finish())
}

// take takes what is due, no more than so many, and hands over what of it may go. It answers how many there were.
func (c *carriers) take(few int, busy []outbox.Channel) (looked int, err error) {
	j := c.house
	clinic, err := j.desk.Clinic()
	if err != nil {
		return 0, err
	}
	leased, until, err := j.lease(clinic, queue.LeaseOptions{Limit: few, Except: slices.Concat(j.uncarried(), j.rests.channels(), busy)})
	if err != nil {
		return 0, err
	}
	c.hand(clinic, leased.Going, until)
	return leased.Looked, nil
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

// tryRested hands over one message by each channel whose rest is over. The others of the channel follow when it was answered, if its gateway does not
// refuse again.
func (j *house) tryRested(ctx context.Context, c *carriers, now time.Time) error {
	for _, channel := range j.rests.over(now) {
		clinic, err := j.desk.Clinic()
		if err != nil {
			return err
		}
		// Mostly the first one goes. After an outage, or when the sending hours are over, that may be the last of thousands.
		for many := 1; ctx.Err() == nil; many = armful {
			leased, until, err := j.lease(clinic, queue.LeaseOptions{Limit: many, Most: 1, Only: channel, Except: j.uncarried()})
			if err != nil {
				return err
			}
			if len(leased.Going) > 0 {
				j.rests.open(channel)
				c.channel(channel).trial = true
				c.hand(clinic, leased.Going, until)
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

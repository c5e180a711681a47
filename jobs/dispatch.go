package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/runs"
)

const (
	// batch is how many messages one lease takes: large enough that a statement's cost is shared, small enough that the write lock is
	// held for milliseconds.
	batch = 500
	// attemptTime bounds one call to a provider. The lease outlives it by far, and no attempt begins that the lease would not outlive, so
	// it only runs out when the process is gone.
	attemptTime = 30 * time.Second
	leaseTime   = 5 * time.Minute
	// atOnce is how many messages are with providers at one time.
	atOnce = 32
	// handful is how many attempts are written down at a time, right before they are made. What was written down and not answered is in doubt
	// if the process dies, and a mail server cannot be asked, so it is not the whole batch.
	handful = atOnce
	// noteTime is how long an answer may wait for others to be written down with it. What is not written down yet is in doubt if the
	// process dies, so it is short.
	noteTime = 50 * time.Millisecond
)

// Dispatch sends everything that is due, most urgent first, until nothing is left or ctx ends. The next batch is leased while the last one
// is still on its way.
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
	var last sync.WaitGroup
	var lastErr error
	for ctx.Err() == nil {
		clinic, err := j.desk.Clinic()
		if err != nil {
			last.Wait()
			return err
		}
		leased, until, err := j.lease(clinic, queue.LeaseOptions{Limit: batch, Except: append(j.uncarried(), j.rests.channels()...)})
		last.Wait()
		if err != nil {
			return err
		}
		if lastErr != nil {
			return lastErr
		}
		if len(leased.Going) > 0 {
			last.Go(func() { lastErr = j.send(ctx, clinic, leased.Going, until) })
		}
		if leased.Looked < batch {
			break
		}
	}
	last.Wait()
	return errors.Join(lastErr, j.lookAfterNotices(now))
}

// lease takes rows and answers until when they are ours.
func (j *house) lease(clinic *store.Clinic, o queue.LeaseOptions) (queue.Leased, time.Time, error) {
	now := j.now()
	o.For, o.Gateway, o.AttemptsLater, o.Anew = leaseTime, j.gatewayName, true, runs.Anew(j.desk.Links)
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
				if err := j.send(ctx, clinic, leased.Going, until); err != nil {
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

// send hands a batch over, several at once, and writes down what came of it as the answers come in, those of a moment together. A process that
// ends meanwhile still writes down what it knows: only what is never answered is left to its lease.
func (j *house) send(ctx context.Context, clinic *store.Clinic, going []queue.Outgoing, until time.Time) error {
	answers := make(chan answer, len(going))
	var unwritten error
	go func() {
		defer close(answers)
		var calls sync.WaitGroup
		defer calls.Wait()
		places := make(chan struct{}, atOnce)
		for few := range slices.Chunk(going, handful) {
			// What cannot be written down is not handed over: it waits for its lease to end.
			if unwritten = queue.WriteAttempts(j.app, few, j.now(), j.gatewayName); unwritten != nil {
				return
			}
			for _, m := range few {
				places <- struct{}{}
				calls.Go(func() {
					defer func() { <-places }()
					answers <- j.attempt(ctx, clinic, m, until)
				})
			}
		}
	}()
	var firstErr error
	for first := range answers {
		if err := j.note(clinic, gathered(first, answers)); err != nil && firstErr == nil {
			// Those rows stay leased and are settled later; the others are still to be written down.
			firstErr = err
		}
	}
	if firstErr == nil {
		firstErr = unwritten
	}
	return firstErr
}

// gathered are the answers that come within a moment of the first.
func gathered(first answer, answers <-chan answer) []answer {
	together := append(make([]answer, 0, 2*handful), first)
	moment := time.NewTimer(noteTime)
	defer moment.Stop()
	for {
		select {
		case next, open := <-answers:
			if !open {
				return together
			}
			together = append(together, next)
		case <-moment.C:
			return together
		}
	}
}

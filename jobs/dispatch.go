package jobs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

const (
	// batch is how many messages one lease takes: large enough that a statement's cost is shared, small enough that the write lock is
	// held for milliseconds.
	batch = 500
	// attemptTime bounds one call to a provider; the lease outlives it by far, so that it only runs out when the process is gone.
	attemptTime = 30 * time.Second
	leaseTime   = 5 * time.Minute
	// atOnce is how many messages are with providers at one time.
	atOnce = 32
)

// Dispatch sends everything that is due, most urgent first, until nothing is left or ctx ends. The next batch is leased while the last one
// is still on its way.
func (j *house) Dispatch(ctx context.Context, now time.Time) error {
	if err := j.settleLost(ctx, now); err != nil {
		return err
	}
	var last sync.WaitGroup
	var lastErr error
	for ctx.Err() == nil {
		clinic, err := j.desk.Clinic()
		if err != nil {
			return err
		}
		leased, err := store.Lease(j.app, clinic, j.now(), store.LeaseOptions{
			Limit: batch, For: leaseTime, Except: j.notNow(j.now()), Gateway: j.gatewayName,
		})
		if err != nil {
			last.Wait()
			return fmt.Errorf("lease: %w", err)
		}
		j.announce(leased.Ended)
		last.Wait()
		if lastErr != nil {
			return lastErr
		}
		if len(leased.Going) > 0 {
			last.Go(func() { lastErr = j.send(ctx, clinic, leased.Going) })
		}
		if leased.Looked < batch {
			break
		}
	}
	last.Wait()
	return lastErr
}

// notNow lists the channels that cannot be used: without a gateway, or with one that was stopped a moment ago.
func (j *house) notNow(now time.Time) []outbox.Channel {
	except := j.closed.at(now)
	for _, c := range []outbox.Channel{outbox.Email, outbox.SMS, outbox.Post, outbox.External} {
		if _, ok := j.gateways.For(c); !ok {
			except = append(except, c)
		}
	}
	return except
}

func (j *house) gatewayName(c outbox.Channel) string {
	if g, ok := j.gateways.For(c); ok {
		return g.Name()
	}
	return ""
}

// send hands a batch over, several at once, and writes down what came of all of them together. A process that ends meanwhile still writes
// down what it knows: only what is never answered is left to its lease.
func (j *house) send(ctx context.Context, clinic *store.Clinic, going []store.Outgoing) error {
	ended := make([]store.Ended, len(going))
	var next sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for i, m := range going {
		places <- struct{}{}
		next.Go(func() {
			defer func() { <-places }()
			ended[i] = j.attempt(ctx, clinic, m)
		})
	}
	next.Wait()
	ids, err := store.SaveOutcomes(j.app, clinic, ended, j.now())
	if err != nil {
		return fmt.Errorf("save outcomes: %w", err)
	}
	j.announce(ids)
	return nil
}

// attempt makes one attempt and asks the rules what it leads to.
func (j *house) attempt(ctx context.Context, clinic *store.Clinic, m store.Outgoing) store.Ended {
	g, ok := j.gateways.For(m.Channel)
	if !ok {
		return j.settled(m, "", gateway.Result{Outcome: outbox.Stopped, Detail: "no gateway for this channel"})
	}
	if ctx.Err() != nil {
		return j.settled(m, g.Name(), gateway.Result{Outcome: outbox.Temporary, Detail: "shutting down"})
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptTime)
	defer cancel()
	return j.settled(m, g.Name(), g.Send(ctx, handOver(clinic, m)))
}

func (j *house) settled(m store.Outgoing, name string, r gateway.Result) store.Ended {
	now := j.now()
	settlement := outbox.Settle(m.Row, outbox.Answer{Outcome: r.Outcome, Reason: r.Reason, RetryAfter: r.RetryAfter}, now, random)
	if r.NotTried {
		// Our own breaker or rate held it back: that is not the message's fault.
		settlement.Uncounted = true
	}
	if settlement.StopGateway {
		j.closed.close(m.Channel, now)
	}
	e := store.Ended{Settlement: settlement, Message: m, Gateway: name, GatewayID: r.GatewayID, Detail: r.Detail}
	switch r.Outcome {
	case outbox.Accepted:
		e.Event = string(gateway.EventAccepted)
	case outbox.Permanent, outbox.Temporary, outbox.Stopped:
		e.Event = string(gateway.EventFailed)
	}
	return e
}

package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// settleLost asks providers what became of attempts that never got an answer, and lets the rules decide. It runs before anything is
// leased, so that a message that may be with its provider is never simply sent again.
func (j *house) settleLost(ctx context.Context, now time.Time) error {
	for ctx.Err() == nil {
		lost, err := store.LostLeases(j.app, now, batch)
		if err != nil || len(lost) == 0 {
			return err
		}
		clinic, err := j.desk.Clinic()
		if err != nil {
			return err
		}
		claimed := map[string]bool{}
		ended := make([]store.Ended, len(lost))
		for i, l := range lost {
			ended[i] = j.settleOne(ctx, clinic, l, claimed)
		}
		ids, err := store.SaveOutcomes(j.app, clinic, ended, j.now())
		if err != nil {
			return fmt.Errorf("save settled: %w", err)
		}
		j.announce(ids)
	}
	return ctx.Err()
}

func (j *house) settleOne(ctx context.Context, clinic *store.Clinic, l store.LostLease, claimed map[string]bool) store.Ended {
	ended := store.Ended{Message: l.Outgoing, Gateway: l.Gateway}
	look := outbox.Look{Trace: outbox.TraceNone, Attempted: l.Attempted, Doubts: l.Doubts}
	if g, ok := j.gateways.Named(l.Gateway); ok {
		ctx, cancel := context.WithTimeout(ctx, attemptTime)
		found, err := g.Find(ctx, gateway.Lookup{Message: handOver(clinic, l.Outgoing), Since: l.Since, Claimed: claimed})
		cancel()
		switch {
		case errors.Is(err, gateway.ErrNoLookup):
		case err != nil:
			look.Trace, ended.Detail = outbox.TraceUnanswered, err.Error()
		case found == nil:
			look.Trace, look.Lag = outbox.TraceAbsent, gateway.Lag(g)
		default:
			look.Trace, look.Found = outbox.TraceFound, found.State
			ended.GatewayID = found.GatewayID
			claimed[found.GatewayID] = true
		}
	}
	ended.Settlement = outbox.SettleLost(l.Row, look, j.now())
	if ended.State != outbox.Sending {
		ended.Event = string(gateway.EventResolved)
	}
	return ended
}

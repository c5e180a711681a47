package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

const (
	// settleTime is how long one run asks providers about lost attempts before what is due gets its turn; the rest is asked about the next minute.
	settleTime = 15 * time.Second
	// settledTogether is how many answers are written down together. A process that dies often would otherwise ask the same for ever.
	settledTogether = handful
)

// inquiry is asking providers about lost attempts, beside everything else that the dispatcher does.
type inquiry struct {
	house   *house
	ctx     context.Context
	answer  chan error // of the questions under way; nil when there are none
	problem error      // why some could not be asked or written down
}

// ask begins with the questions of a moment, unless earlier ones are still under way.
func (q *inquiry) ask(now time.Time) {
	if q.underWay() {
		return
	}
	answer := make(chan error, 1)
	q.answer = answer
	go func() { answer <- q.house.settleLost(q.ctx, now) }()
}

func (q *inquiry) underWay() bool { return q.answer != nil }

// ended reports, once, that the questions have come to their end.
func (q *inquiry) ended() bool {
	select {
	case err := <-q.answer:
		q.answer, q.problem = nil, errors.Join(q.problem, err)
		return true
	default:
		return false
	}
}

// await waits for the end of the questions, but no longer than until enough says so; a nil channel never does.
func (q *inquiry) await(enough <-chan time.Time) {
	if !q.underWay() {
		return
	}
	select {
	case err := <-q.answer:
		q.answer, q.problem = nil, errors.Join(q.problem, err)
	case <-enough:
	}
}

// settleLost asks providers what became of attempts that never got an answer, and lets the rules decide. Until they have, the rows stay leased,
// so that a message that may be with its provider is never simply sent again.
func (j *house) settleLost(ctx context.Context, now time.Time) error {
	for ctx.Err() == nil && j.now().Sub(now) < settleTime {
		lost, err := queue.LostLeases(j.app, now, batch)
		if err != nil || len(lost) == 0 {
			return err
		}
		clinic, err := j.desk.Clinic()
		if err != nil {
			return err
		}
		asked := asking{unanswered: map[string]bool{}}
		if asked.claimed, err = queue.Claimed(j.app, lost); err != nil {
			return err
		}
		for some := range slices.Chunk(lost, settledTogether) {
			ended := make([]queue.Ended, 0, len(some))
			for _, l := range some {
				if ctx.Err() != nil || j.now().Sub(now) >= settleTime {
					break
				}
				ended = append(ended, j.settleOne(ctx, clinic, l, asked))
			}
			ids, err := queue.SaveOutcomes(j.app, clinic, ended, j.now())
			if err != nil {
				return fmt.Errorf("save settled: %w", err)
			}
			j.announce(ids)
		}
	}
	return nil
}

// asking is what one round of questions has learned.
type asking struct {
	claimed map[string]string // provider ids that belong to a message, with our id of it
	// unanswered are gateways that did not answer a question of this round: asking them about the next message would only cost time.
	unanswered map[string]bool
}

func (j *house) settleOne(ctx context.Context, clinic *store.Clinic, l queue.LostLease, asked asking) queue.Ended {
	ended := queue.Ended{Message: l.Outgoing, Gateway: l.Gateway}
	if !l.HandedOver {
		ended.Settlement = outbox.SettleLost(l.Row, outbox.Look{Trace: outbox.TraceAbsent, Attempted: j.now()}, j.now())
		ended.Uncounted = true
		return ended
	}
	look := outbox.Look{Trace: outbox.TraceNone, Attempted: l.Attempted, Doubts: l.Doubts}
	if g, ok := j.gateways.Named(l.Gateway); ok {
		found, err := j.find(ctx, clinic, g, l, asked)
		switch {
		case errors.Is(err, gateway.ErrNoLookup):
		case err != nil:
			look.Trace, ended.Detail = outbox.TraceUnanswered, err.Error()
			asked.unanswered[l.Gateway] = true
		case found == nil:
			look.Trace, look.Lag = outbox.TraceAbsent, gateway.Lag(g)
		default:
			look.Trace, look.Found = outbox.TraceFound, found.State
			ended.GatewayID, ended.Found = found.GatewayID, true
			asked.claimed[found.GatewayID] = l.ID
		}
	}
	ended.Settlement = outbox.SettleLost(l.Row, look, j.now())
	known := look.Trace == outbox.TraceFound || look.Trace == outbox.TraceAbsent
	if known && ended.State != outbox.Sending {
		// Only what was learned is an answer: an attempt that nobody can tell of stays one in doubt, however the row goes on.
		ended.Event = string(gateway.EventResolved)
	}
	return ended
}

// errNotAsked stands for a question that was not put, since its gateway has just left another one without an answer.
var errNotAsked = errors.New("the provider does not answer")

func (j *house) find(ctx context.Context, clinic *store.Clinic, g gateway.Gateway, l queue.LostLease, asked asking) (found *gateway.Found, err error) {
	if asked.unanswered[l.Gateway] {
		return nil, errNotAsked
	}
	defer func() {
		if broken := recover(); broken != nil {
			j.app.Logger().Error("look-up broke", "message", l.ID, "cause", fmt.Sprintf("%T", broken), "stack", string(debug.Stack()))
			found, err = nil, errors.New("the program broke while it asked the provider")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	return g.Find(ctx, gateway.Lookup{Message: j.handOver(clinic, l.Outgoing), Since: l.Since, Claimed: asked.claimed})
}

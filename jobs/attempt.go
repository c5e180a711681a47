package jobs

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// answer is what one attempt led to, and what it says about the gateway.
type answer struct {
	queue.Ended
	stopped bool // the gateway refuses us altogether
}

// attempt makes one attempt and asks the rules what it leads to. Whatever breaks in it breaks for this message alone: a panic leaves the message
// in doubt, and the provider is asked about it like about any other.
func (j *house) attempt(ctx context.Context, clinic *store.Clinic, m queue.Outgoing, until time.Time) (a answer) {
	name := j.gatewayName(m.Channel)
	defer func() {
		if broken := recover(); broken != nil {
			j.app.Logger().Error("hand-over broke", "message", m.ID, "cause", fmt.Sprintf("%T", broken), "stack", string(debug.Stack()))
			a = j.settled(m, name, gateway.Result{Outcome: outbox.Uncertain, Detail: "the program broke while it handed the message over"})
		}
	}()
	if len(m.Attachments) > 0 {
		// Files may be large; they are in memory for one message at a time. Whoever waited for that looks only then at what time it is.
		j.files.Lock()
		defer j.files.Unlock()
	}
	now := j.now()
	g, ok := j.gateways.For(m.Channel)
	switch {
	case !ok:
		return j.settled(m, name, gateway.Result{Outcome: outbox.Stopped, NotTried: true, Detail: "no gateway for this channel"})
	case ctx.Err() != nil:
		return j.settled(m, name, gateway.Result{Outcome: outbox.Temporary, NotTried: true, Detail: "shutting down"})
	case j.rests.holds(m.Channel, now):
		return j.settled(m, name, gateway.Result{Outcome: outbox.Stopped, NotTried: true, Detail: "held back: the gateway rests"})
	case now.After(until.Add(-2 * attemptTime)):
		return j.settled(m, name, gateway.Result{Outcome: outbox.Temporary, NotTried: true, Detail: "held back: the batch took too long"})
	}
	message := j.handOver(clinic, m)
	if len(m.Attachments) > 0 {
		var problem *gateway.Result
		if message.Attachments, problem = j.attachments(m); problem != nil {
			return j.settled(m, name, *problem)
		}
	}
	ctx, cancel := context.WithTimeout(j.calling(ctx), attemptTime)
	defer cancel()
	return j.settled(m, name, g.Send(ctx, message))
}

func (j *house) settled(m queue.Outgoing, name string, r gateway.Result) answer {
	now := j.now()
	settlement := outbox.Settle(m.Row, outbox.Answer{Outcome: r.Outcome, Reason: r.Reason, RetryAfter: r.RetryAfter}, now, random)
	leaveAlone := r.LeaveAlone
	if r.NotTried {
		// Our own breaker, rate or rest held it back: that is not the message's fault.
		settlement.Uncounted = true
		leaveAlone = max(leaveAlone, r.RetryAfter)
	}
	if leaveAlone > 0 {
		j.rests.rest(m.Channel, now.Add(leaveAlone))
	}
	a := answer{
		Ended:   queue.Ended{Settlement: settlement, Message: m, Gateway: name, GatewayID: r.GatewayID, Detail: r.Detail},
		stopped: settlement.StopGateway && !r.NotTried,
	}
	if a.stopped {
		j.rests.rest(m.Channel, now.Add(closedFor))
	}
	switch r.Outcome {
	case outbox.Accepted:
		j.rests.leaves(m.Channel, now)
		a.Event = string(gateway.EventAccepted)
	case outbox.Permanent, outbox.Temporary, outbox.Stopped:
		a.Event = string(gateway.EventFailed)
	}
	return a
}

// noteKept writes down what the disk did not take before, ahead of any question about it.
func (j *house) noteKept() error {
	if len(j.unwritten) == 0 {
		return nil
	}
	clinic, err := j.desk.Clinic()
	if err != nil {
		return err
	}
	return j.note(clinic, nil)
}

// note writes down what some attempts led to, and tells a person of a gateway that refuses us, in one transaction. A gateway that takes
// messages again has mended itself: its task is done. What a disk did not take is kept, and written down with what comes next: the row
// stays leased until then, and nobody need be asked what is known here.
func (j *house) note(clinic *store.Clinic, answers []answer) error {
	answers = slices.Concat(j.unwritten, answers)
	batch := make([]queue.Ended, len(answers))
	stopped, working := map[string]string{}, map[string]bool{}
	for i, a := range answers {
		batch[i] = a.Ended
		switch {
		case a.stopped:
			stopped[a.Gateway] = a.Detail
		case a.Event == string(gateway.EventAccepted):
			working[a.Gateway] = true
		}
	}
	now := j.now()
	var ids []string
	err := j.app.RunInTransaction(func(tx core.App) error {
		var err error
		if ids, err = queue.SaveOutcomes(tx, clinic, batch, now); err != nil {
			return err
		}
		for name, detail := range stopped {
			j.rests.stopped(name)
			if err := queue.GatewayStopped(tx, name, detail); err != nil {
				return err
			}
		}
		for name := range working {
			if _, refused := stopped[name]; refused || !j.rests.working(name) {
				continue
			}
			if err := queue.GatewayWorks(tx, name); err != nil {
				return err
			}
		}
		return nil
	})
	j.unwritten = nil
	if err != nil {
		if store.NotWritable(err) {
			j.unwritten = answers
		}
		return fmt.Errorf("save outcomes: %w", err)
	}
	j.tally.noted(answers)
	j.announce(ids)
	pull(j.planBell)
	return nil
}

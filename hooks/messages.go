package hooks

import (
	"errors"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// messageWritten completes a message that a person writes to one owner, or to themselves as a test, and stores one for each of its addresses
// (X-08, X-20, PC-07 to PC-16).
func (h House) messageWritten(e *core.RecordRequestEvent) error {
	clinic, err := h.Desk.ClinicWith(e.App, store.LocationOf(e.Record), "")
	if err != nil {
		return err
	}
	siblings, err := queue.WriteByHand(e.App, clinic, h.Desk.Links, e.Record, e.Auth, h.Now())
	if err != nil {
		return unsendable(e, err)
	}
	if err := e.Next(); err != nil {
		return err
	}
	for _, sibling := range siblings {
		if err := e.App.Save(sibling); err != nil {
			return err
		}
	}
	return nil
}

// messageCorrected completes what a person changed about a queued message. The guards before it have put the change onto the row as it is.
func (h House) messageCorrected(e *core.RecordRequestEvent) error {
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	was := e.Record.Original()
	if err := queue.CorrectByHand(e.App, clinic, h.Desk.Links, was, e.Record, e.Auth, h.Now()); err != nil {
		return unsendable(e, err)
	}
	return e.Next()
}

// messageCommanded carries out the commands of a message, whoever gives them: hurry a queued one, put back one that came to its end. They
// are stored as false again, so that no form repeats them.
func (h House) messageCommanded(e *core.RecordEvent) error {
	hurry, again := queue.TakeCommands(e.Record)
	if !hurry && !again {
		return e.Next()
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	was, err := before(e)
	if err != nil {
		return err
	}
	if hurry {
		if err := queue.Hurry(e.App, clinic, was, e.Record, h.Now()); err != nil {
			return refused(err)
		}
	}
	if !again {
		return e.Next()
	}
	repeated, err := queue.PutBack(e.App, clinic, was, false, h.Now())
	if err != nil {
		return refused(err)
	}
	if err := e.Next(); err != nil {
		return err
	}
	return e.App.Save(repeated)
}

// messageSettled wakes the dispatcher after the commit of a message that waits to leave.
func (h House) messageSettled(e *core.RecordEvent) error {
	if queue.StateOf(e.Record) == outbox.Queued {
		h.Ring()
	}
	return e.Next()
}

// unsendable says beside each field what keeps a message from being sent.
func unsendable(e *core.RecordRequestEvent, err error) error {
	var several store.Refusals
	if !errors.As(err, &several) {
		if one, ok := store.AsRefusal(err); ok {
			several = store.Refusals{one}
		}
	}
	if len(several) == 0 {
		return err
	}
	problems := validation.Errors{}
	for _, refusal := range several {
		if problems[refusal.Field] == nil {
			problems[refusal.Field] = problemWith(refusal.Code, refusal.Message, refusal.Params)
		}
	}
	return e.BadRequestError("The message cannot be sent like this.", problems)
}

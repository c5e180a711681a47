package hooks

import (
	"slices"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// reminderMade completes a new reminder and stores it together with its messages, or neither.
func (h House) reminderMade(e *core.RecordEvent) error {
	clinic, err := h.Desk.ClinicWith(e.App, e.Record.GetString("location"), "")
	if err != nil {
		return err
	}
	if err := store.CompleteRecall(e.App, clinic, e.Record, nil, h.Now()); err != nil {
		return refusedAll(err)
	}
	if err := e.Next(); err != nil {
		return err
	}
	return h.reminderPlanned(e, clinic)
}

// reminderChanged follows a reminder that was edited, ended or commanded with its messages, in the same transaction.
func (h House) reminderChanged(e *core.RecordEvent) error {
	clinic, err := h.Desk.ClinicWith(e.App, e.Record.GetString("location"), "")
	if err != nil {
		return err
	}
	was, err := before(e)
	if err != nil {
		return err
	}
	if err := store.CompleteRecall(e.App, clinic, e.Record, was, h.Now()); err != nil {
		return refusedAll(err)
	}
	if err := e.Next(); err != nil {
		return err
	}
	return h.reminderPlanned(e, clinic)
}

// reminderPlanned plans the client's reminders anew and shows on this one what came of it. A mere preview ends here, with everything undone.
func (h House) reminderPlanned(e *core.RecordEvent, clinic *store.Clinic) error {
	if err := store.PlanRecalls(e.App, clinic, h.Desk.Links, e.Record.GetString("client"), h.Now()); err != nil {
		return err
	}
	return store.TakeRecallState(e.App, e.Record)
}

// reminderRemoved withdraws what a deleted reminder had in the queue.
func (h House) reminderRemoved(e *core.RecordEvent) error {
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	return store.PlanRecalls(e.App, clinic, h.Desk.Links, e.Record.GetString("client"), h.Now())
}

// recallsFollow plans the reminders of clients anew after something that they hang on has changed: a visit, the owner, a pet. Most have none, which
// costs one look at an index.
func (h House) recallsFollow(tx core.App, clinic *store.Clinic, clients ...string) error {
	for i, client := range clients {
		if slices.Contains(clients[:i], client) {
			continue
		}
		any, err := store.PlansRecalls(tx, client)
		if err != nil {
			return err
		}
		if !any {
			continue
		}
		if err := store.PlanRecalls(tx, clinic, h.Desk.Links, client, h.Now()); err != nil {
			return err
		}
	}
	return nil
}

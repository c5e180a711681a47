package hooks

import (
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/recalls"
)

// clientSaved fills the hidden columns by which owners are found again, and writes numbers as they are dialled.
func (h House) clientSaved(e *core.RecordEvent) error {
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	store.CompleteClient(clinic, e.Record)
	return e.Next()
}

// clientChanged also follows a new address, language or consent with the messages of the client's coming visits.
func (h House) clientChanged(e *core.RecordEvent) error {
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	was, err := before(e)
	if err != nil {
		return err
	}
	store.CompleteClient(clinic, e.Record)
	if err := e.Next(); err != nil {
		return err
	}
	if err := queue.PlanClient(e.App, clinic, h.Desk.Links, e.Record.Id, h.Now()); err != nil {
		return err
	}
	if err := recalls.FollowAddresses(e.App, was, e.Record, h.Now()); err != nil {
		return err
	}
	if recalls.RulesOfClient(was, e.Record) {
		// Whose reminders that changes is planned below.
		if _, err := recalls.FollowRulesOf(e.App, clinic, []string{e.Record.Id}, h.Now()); err != nil {
			return err
		}
	}
	return h.recallsFollow(e.App, clinic, e.Record.Id)
}

// patientMade makes the reminders of an age that is near.
func (h House) patientMade(e *core.RecordEvent) error {
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	if !recalls.RulesOfPatient(nil, e.Record) {
		return nil
	}
	return h.rulesFollowed(e.App, clinic, []string{e.Record.Id}, nil, nil, nil)
}

// patientChanged withdraws the reminders of a pet that died and brings them back when that was a mistake.
func (h House) patientChanged(e *core.RecordEvent) error {
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	was, err := before(e)
	if err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	if err := h.patientFollowed(e.App, clinic, was, e.Record); err != nil {
		return err
	}
	if err := queue.PlanPatient(e.App, clinic, h.Desk.Links, e.Record.Id, h.Now()); err != nil {
		return err
	}
	return h.recallsFollow(e.App, clinic, store.ClientOf(was), store.ClientOf(e.Record))
}

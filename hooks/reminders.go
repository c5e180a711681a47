package hooks

import (
	"slices"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/recalls"
)

// reminderWritten says of a new reminder whose it is and from where it comes, as far as the account that makes it leaves that open.
func (h House) reminderWritten(e *core.RecordRequestEvent) error {
	clinic, err := h.Desk.ClinicWith(e.App, store.LocationOf(e.Record), "")
	if err != nil {
		return err
	}
	if err := recalls.Place(e.App, clinic, e.Record, e.Auth); err != nil {
		return refused(err)
	}
	return e.Next()
}

// reminderMade completes a new reminder and stores it together with its messages, or neither.
func (h House) reminderMade(e *core.RecordEvent) error { return h.reminderSaved(e, nil) }

// reminderChanged follows a reminder that was edited, ended or commanded with its messages, in the same transaction.
func (h House) reminderChanged(e *core.RecordEvent) error {
	was, err := before(e)
	if err != nil {
		return err
	}
	return h.reminderSaved(e, was)
}

// reminderSound refuses a reminder that could not be sent as it stands. It runs inside the transaction that stores it.
func (h House) reminderSound(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	clinic, err := h.Desk.ClinicWith(e.App, store.LocationOf(e.Record), "")
	if err != nil {
		return err
	}
	var was *core.Record
	if !e.Record.IsNew() {
		if was, err = before(e); err != nil {
			return err
		}
	}
	return refusedAll(recalls.Check(e.App, clinic, e.Record, was, h.Now()))
}

func (h House) reminderSaved(e *core.RecordEvent, was *core.Record) error {
	clinic, err := h.Desk.ClinicWith(e.App, store.LocationOf(e.Record), "")
	if err != nil {
		return err
	}
	commands := recalls.TakeCommands(e.Record)
	if err := recalls.Complete(e.App, clinic, e.Record, was, h.Now()); err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	state, err := recalls.PlanOne(e.App, clinic, e.Record, h.Now())
	if err != nil {
		return err
	}
	if commands.Preview {
		// Nothing of this is kept: the refusal undoes it.
		e.Record.SetRaw(coming, state.Coming)
		words, dates := recalls.InWords(clinic, e.Record, state)
		return validation.Errors{fieldPreview: problemWith(fieldPreview, words, map[string]any{"dates": dates})}
	}
	if commands.Again {
		if err := recalls.Again(e.App, clinic, e.Record, h.Now()); err != nil {
			return refused(err)
		}
	}
	if commands.Hurry {
		if err := recalls.Hurry(e.App, clinic, e.Record, h.Now()); err != nil {
			return refused(err)
		}
	}
	if !commands.Again && !commands.Hurry {
		return nil
	}
	_, err = recalls.PlanOne(e.App, clinic, e.Record, h.Now())
	return err
}

const (
	// fieldPreview is the command that shows what a save would do, and the code of the answer.
	fieldPreview = "preview"
	// coming is a key under which a record that was only previewed carries what would be sent. It is no field and is never stored.
	coming = "@coming"
)

// reminderRemoved withdraws what a deleted reminder had in the queue. One that a rule made is called off instead: the rule would make it again.
func (h House) reminderRemoved(e *core.RecordEvent) error {
	if recalls.RuleMade(e.Record) {
		return inUse("A rule made this reminder and would make it again. Set it to cancelled instead.")
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	return recalls.Plan(e.App, clinic, store.ClientOf(e.Record), h.Now())
}

// recallMessageChanged lets a reminder follow what a person does with one of its messages: withdraw it, or say what became of it.
func (h House) recallMessageChanged(e *core.RecordEvent) error {
	if err := e.Next(); err != nil || queue.PurposeOf(e.Record) != outbox.Reminder {
		return err
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	return h.recallsFollow(e.App, clinic, store.ClientOf(e.Record))
}

// recallsFollow plans the reminders of clients anew after something that they hang on has changed: a visit, the owner, a pet. Most have none, which
// costs one look at an index.
func (h House) recallsFollow(tx core.App, clinic *store.Clinic, clients ...string) error {
	for i, client := range clients {
		if slices.Contains(clients[:i], client) {
			continue
		}
		any, err := recalls.Plans(tx, client)
		if err != nil {
			return err
		}
		if !any {
			continue
		}
		if err := recalls.Plan(tx, clinic, client, h.Now()); err != nil {
			return err
		}
	}
	return nil
}

package hooks

import (
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// absenceSound refuses an absence of nobody or of no time, and one whose text could not be sent to the owners.
func (h House) absenceSound(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	if err := store.CheckAbsence(e.Record); err != nil {
		return refused(err)
	}
	clinic, err := h.Desk.ClinicWith(e.App, store.LocationOf(e.Record), "")
	if err != nil {
		return err
	}
	return refused(runs.CheckAbsenceText(clinic, e.Record))
}

// absenceMade does to visits what a new absence says, and tells their owners, or stores nothing.
func (h House) absenceMade(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	return h.followAbsence(e, nil, nil)
}

// absenceChanged does it to the visits that a change newly falls upon, takes back what was not said yet of those that it does not any more, and says the
// rest in the words that are chosen now.
func (h House) absenceChanged(e *core.RecordEvent) error {
	was, err := before(e)
	if err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	if runs.Untold(was, e.Record) {
		if err := runs.UntellAbsence(e.App, e.Record, h.Now()); err != nil {
			return err
		}
	}
	untold, err := runs.UntellLifted(e.App, was, e.Record, h.Now())
	if err != nil {
		return err
	}
	if runs.OtherText(was, e.Record) {
		clinic, err := h.Desk.Clinic()
		if err != nil {
			return err
		}
		if err := runs.RewordAbsence(e.App, clinic, h.Desk.Links, e.Record, h.Now()); err != nil {
			return err
		}
	}
	return h.followAbsence(e, was, untold)
}

// absenceLifted frees the time and restores nothing: what was called off stays so until somebody puts it back.
func (h House) absenceLifted(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	return runs.UntellAbsence(e.App, e.Record, h.Now())
}

func (h House) followAbsence(e *core.RecordEvent, was *core.Record, untold []string) error {
	owners, err := runs.AbsentVisits(e.App, was, e.Record, untold, h.Now())
	if err != nil || len(owners) == 0 {
		return err
	}
	visits := 0
	for _, each := range owners {
		visits += len(each)
	}
	if visits > runs.MostAtOnce {
		return runs.FollowAbsenceLater(e.App, e.Record.Id, owners)
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	return runs.FollowAbsence(e.Context, e.App, clinic, h.Desk.Links, e.Record, owners, h.Now())
}

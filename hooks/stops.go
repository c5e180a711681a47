package hooks

import (
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/recalls"
)

// stopReadable writes the address of a stop that somebody made by hand in the form in which addresses are compared, and refuses one that would
// never match: a stop that stops nothing is worse than none.
func stopReadable(e *core.RecordRequestEvent) error {
	if store.NormaliseStop(e.Record) {
		return e.Next()
	}
	return e.BadRequestError("This cannot be stopped.", fieldProblem("address", "invalid_address",
		"Write an e-mail address, or for texts a number with its country code, as in +47 912 34 567."))
}

// stopLifted lets a stop be lifted by deleting it, for a reason that somebody wrote down, and brings back in the same transaction what
// it had kept from coming visits.
func (h House) stopLifted(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	if err := queue.PlanLifted(e.App, clinic, h.Desk.Links, e.Record, h.Now()); err != nil {
		return err
	}
	return recalls.PlanLifted(e.App, clinic, e.Record, h.Now())
}

// noteBeforeLifting binds superusers too, whom API rules do not.
func noteBeforeLifting(e *core.RecordRequestEvent) error {
	if store.NoStopNote(e.Record) {
		return e.BadRequestError("Say first why the stop is lifted.", fieldProblem("note", "required",
			"Write into the note who asked to be written to again, and how. Then delete the stop."))
	}
	return e.Next()
}

// ringAfter wakes the dispatcher when what a change brought back is committed.
func (h House) ringAfter(e *core.RecordEvent) error {
	h.Ring()
	return e.Next()
}

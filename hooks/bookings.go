package hooks

import (
	"database/sql"
	"errors"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/runs"
)

// bookingFits refuses a visit whose time is not free. It runs inside the transaction that stores the visit (the create and update hooks open
// it), so nothing can come between the look and the booking.
func (h House) bookingFits(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	clinic, err := h.clinicOf(e)
	if err != nil {
		return err
	}
	return refused(store.CheckFree(e.App, clinic, e.Record, h.Now()))
}

// priceSent tells a price of 0 from one that was left out, which the record that reaches the other hooks cannot.
func priceSent(e *core.RecordRequestEvent) error {
	body, err := bodyAsSent(e.RequestEvent)
	if err != nil {
		return err
	}
	if filled(body["price"]) {
		store.KeepPrice(e.Record)
	}
	return e.Next()
}

// bookingMade stores a visit together with its messages, or neither.
func (h House) bookingMade(e *core.RecordEvent) error {
	clinic, err := h.clinicOf(e)
	if err != nil {
		return err
	}
	if err := store.ArrangeBooking(e.Context, e.App, clinic, e.Record, nil, h.Now()); err != nil {
		return refused(err)
	}
	if err := e.Next(); err != nil {
		return err
	}
	if err := h.visitFollowed(e.App, clinic, nil, e.Record); err != nil {
		return err
	}
	if err := h.countNoShows(e, nil, e.Record); err != nil {
		return err
	}
	if err := store.WarnOfNoShows(e.App, clinic, e.Record, h.Now()); err != nil {
		return err
	}
	if err := queue.PlanNew(e.App, clinic, h.Desk.Links, e.Record, h.Now()); err != nil {
		return err
	}
	return h.recallsFollow(e.App, clinic, store.ClientOf(e.Record))
}

// bookingChanged follows a visit that was moved, called off, put back or annotated with its messages, in the same transaction.
func (h House) bookingChanged(e *core.RecordEvent) error {
	clinic, err := h.clinicOf(e)
	if err != nil {
		return err
	}
	was, err := before(e)
	if err != nil {
		return err
	}
	if err := store.ArrangeBooking(e.Context, e.App, clinic, e.Record, was, h.Now()); err != nil {
		return refused(err)
	}
	if err := e.Next(); err != nil {
		return err
	}
	h.afterwards(e, was)
	if err := h.visitFollowed(e.App, clinic, was, e.Record); err != nil {
		return err
	}
	if err := h.countNoShows(e, was, e.Record); err != nil {
		return err
	}
	words, err := runs.WaitingWords(e.App, was, e.Record)
	if err != nil {
		return err
	}
	if err := queue.PlanBooking(e.App, clinic, h.Desk.Links, e.Record, h.Now()); err != nil {
		return err
	}
	if err := runs.TellOthers(e.App, clinic, h.Desk.Links, was, words, h.Now()); err != nil {
		return err
	}
	return h.recallsFollow(e.App, clinic, store.ClientOf(was), store.ClientOf(e.Record))
}

func (h House) bookingRemoved(e *core.RecordEvent) error {
	was, err := before(e)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	if was == nil {
		return nil
	}
	h.afterwards(e, was)
	if err := h.countNoShows(e, was, nil); err != nil {
		return err
	}
	clinic, err := h.clinicOf(e)
	if err != nil {
		return err
	}
	if err := h.visitFollowed(e.App, clinic, was, nil); err != nil {
		return err
	}
	return h.recallsFollow(e.App, clinic, store.ClientOf(was))
}

// countNoShows keeps the number of a client's missed visits true when a visit is marked, unmarked, given to another client, or deleted.
func (h House) countNoShows(e *core.RecordEvent, was, is *core.Record) error {
	for _, client := range store.MissedChanged(was, is) {
		if err := store.CountNoShows(e.App, client); err != nil {
			return err
		}
	}
	return nil
}

// afterwards remembers the time that the visit leaves, to be marked when the change is committed: until then it is still taken.
func (h House) afterwards(e *core.RecordEvent, was *core.Record) {
	e.Record.SetRaw(left, store.Held(was))
}

// left is a key under which a saved record carries the place in the book that it held before. It is no field and is never stored.
const left = "@left"

// bookingSettled runs after the commit: the days that the visit holds or held are read anew, and the dispatcher looks at the queue.
func (h House) bookingSettled(e *core.RecordEvent) error {
	if held, ok := e.Record.GetRaw(left).(store.Place); ok {
		h.Desk.VisitChanged(held.Location, held.Practitioner, held.Busy)
	}
	held := store.Held(e.Record)
	h.Desk.VisitChanged(held.Location, held.Practitioner, held.Busy)
	h.Ring()
	return e.Next()
}

func (h House) clinicOf(e *core.RecordEvent) (*store.Clinic, error) {
	location, reason := store.PlaceAndReason(e.Record)
	return h.Desk.ClinicWith(e.App, location, reason)
}

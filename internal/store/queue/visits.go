package queue

import (
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// PlanNew queues the messages of a booking that was just made, in the same transaction: nothing can have been said about it yet.
func PlanNew(app core.App, clinic *store.Clinic, key links.Key, r *core.Record, now time.Time) error {
	facts, err := store.FactsBeside(app, clinic, key, r)
	if err != nil {
		return err
	}
	return follow(app, facts, now)
}

// PlanBooking brings the queue in line with a booking as it is now. It is to be called inside the transaction that changed the
// booking, its client or its patient, and changes nothing when nothing changed.
func PlanBooking(app core.App, clinic *store.Clinic, key links.Key, r *core.Record, now time.Time) error {
	facts, err := store.BookingFacts(app, clinic, key, r)
	if err != nil {
		return err
	}
	return follow(app, facts, now)
}

// follow brings the queue in line with the facts.
func follow(app core.App, facts notify.Facts, now time.Time) error {
	w := WantedBy(facts)
	if err := Reconcile(app, w.Have, w.Planned, w.Unwanted, now); err != nil {
		return fmt.Errorf("booking %s: %w", facts.Booking.ID, err)
	}
	if err := withdraw(app, w.Overtaken, now); err != nil {
		return fmt.Errorf("booking %s: %w", facts.Booking.ID, err)
	}
	return store.MakeTasks(app, w.Tasks)
}

// Wanted is what the queue has about a booking and what it should have.
type Wanted struct {
	Have     []outbox.Row
	Planned  []outbox.Planned
	Unwanted outbox.Reason
	// Overtaken are rows that others queued about the booking and that say what is not so any more.
	Overtaken []outbox.Withdrawal
	Tasks     []store.Task
}

// WantedBy works out from a booking's facts what the queue should have. It writes nothing.
func WantedBy(facts notify.Facts) Wanted {
	planned, tasks := notify.Plan(facts)
	w := Wanted{Planned: planned, Unwanted: outbox.ReasonNotWanted, Overtaken: notify.Overtaken(facts)}
	if facts.Booking.Status == booking.Cancelled {
		w.Unwanted = outbox.ReasonBookingCancelled
	}
	w.Have = slices.DeleteFunc(facts.Rows, func(row outbox.Row) bool { return !notify.Plans(row.Purpose) })
	for _, t := range tasks {
		w.Tasks = append(w.Tasks, store.Task{Kind: t.Kind, Title: t.Title, Location: facts.Location.ID, Client: t.Client, Booking: t.Booking})
	}
	return w
}

// PlanClient brings the queue in line for every coming visit of a client, in the transaction that changed the client.
func PlanClient(app core.App, clinic *store.Clinic, key links.Key, client string, now time.Time) error {
	return planComing(app, clinic, key, dbx.HashExp{"client": client}, now)
}

// PlanPatient does the same for a patient.
func PlanPatient(app core.App, clinic *store.Clinic, key links.Key, patient string, now time.Time) error {
	return planComing(app, clinic, key, dbx.HashExp{"patient": patient}, now)
}

func planComing(app core.App, clinic *store.Clinic, key links.Key, whose dbx.Expression, now time.Time) error {
	var coming []*core.Record
	err := app.RecordQuery(store.Bookings).AndWhere(whose).AndWhere(dbx.NewExp("starts_at > {:now}", dbx.Params{"now": record.Instant(now)})).All(&coming)
	if err != nil {
		return fmt.Errorf("find coming visits: %w", err)
	}
	for _, r := range coming {
		if err := PlanBooking(app, clinic, key, r, now); err != nil {
			return err
		}
	}
	return nil
}

// PlanLifted brings back what a stop had kept from coming visits, in the transaction that lifts it.
func PlanLifted(app core.App, clinic *store.Clinic, key links.Key, stop *core.Record, now time.Time) error {
	address := record.Text(stop, "address")
	var ids []string
	err := app.DB().NewQuery(`
		SELECT id FROM bookings WHERE starts_at > {:now} AND client IN (
			SELECT id FROM clients WHERE match_phone = {:address} UNION SELECT id FROM clients WHERE match_sms_phone = {:address}
			UNION SELECT id FROM clients WHERE match_email = {:address})
		UNION
		SELECT b.id FROM messages m JOIN bookings b ON b.id = m.booking
		WHERE m."to" = {:address} AND +m.state = 'skipped' AND m.reason = 'stopped_address' AND b.starts_at > {:now}`).
		Bind(dbx.Params{"now": record.Instant(now), "address": address}).Column(&ids)
	if err != nil {
		return fmt.Errorf("find visits of a stop: %w", err)
	}
	for _, id := range ids {
		r, err := store.FindVisit(app, id)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		if err := PlanBooking(app, clinic, key, r, now); err != nil {
			return err
		}
	}
	return nil
}

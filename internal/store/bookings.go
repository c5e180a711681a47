package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/store/record"
)

// Actor says who changes a booking: the texts and their delay depend on it.
type Actor string

// The actors, as stored. Whoever does not say is staff: a dashboard, an integration, an import.
const (
	ByOwner   Actor = "owner"
	ByStaff   Actor = "staff"
	ByAbsence Actor = "absence"
	ByMachine Actor = "machine"
)

type actorKey struct{}

// WithActor marks what is saved with this context as somebody's doing.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

func actorOf(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return ByStaff
}

// ArrangeBooking completes a booking that is being saved and derives what follows from it: its end, who and what is booked, the time that it
// holds, and what changed that the owner must hear of. was is the row as the database has it, nil for a new one. The error is a
// *booking.Refusal where a person can mend it. Whether the time is free is for [CheckFree] to say, in the same transaction.
func ArrangeBooking(ctx context.Context, app core.App, clinic *Clinic, r, was *core.Record, now time.Time) error {
	at, reason := clinic.Locations[record.Text(r, "location")], clinic.Reasons[record.Text(r, "reason")]
	if at == nil {
		return missing("location", "Choose the location.")
	}
	if reason == nil {
		return missing("reason", "Choose what the visit is for.")
	}
	if record.Text(r, "status") == "" {
		record.Set(r, "status", string(booking.Booked))
	}
	var before booking.Span
	var from booking.Status
	if was != nil {
		before = booking.Span{From: record.Time(was, "starts_at"), Until: record.Time(was, "ends_at")}
		from = booking.Status(record.Text(was, "status"))
	}
	status := booking.Status(record.Text(r, "status"))
	visit, refusal := booking.Length(reason.Rules, before, booking.Span{From: record.Time(r, "starts_at"), Until: record.Time(r, "ends_at")})
	if refusal != nil {
		return refusal
	}
	if refusal := booking.Transition(from, status, visit.From, now); refusal != nil {
		return refusal
	}
	record.SetTime(r, "ends_at", visit.Until)
	busy := booking.BusySpan(reason.Rules, visit.From, visit.Until)
	record.SetTime(r, "busy_from", busy.From)
	record.SetTime(r, "busy_until", busy.Until)
	record.Set(r, "local_start", visit.From.In(at.Place.Zone).Format("Mon 2006-01-02 15:04"))

	// What was taken for another place or another reason is of no use any more.
	rearranged := was != nil && (record.Text(r, "location") != record.Text(was, "location") || record.Text(r, "reason") != record.Text(was, "reason"))
	if rearranged && slices.Equal(record.List(r, "resources"), record.List(was, "resources")) {
		record.Set(r, "resources", []string{})
	}
	if booking.Standing(status) &&
		(record.Text(r, "practitioner") == "" || (was == nil || rearranged) && len(record.List(r, "resources")) == 0 && len(reason.Rules.Kinds) > 0) {
		if err := chooseFor(app, clinic, at, reason, r, visit, now); err != nil {
			return err
		}
	}
	if was == nil {
		if err := beginBooking(r); err != nil {
			return err
		}
	}
	if err := itsOwner(app, r, was); err != nil {
		return err
	}
	noteChange(r, was, actorOf(ctx), now)
	notePayment(r, was, clinic, at, reason, now)
	return nil
}

// NotTheirs says that a patient is somebody else's.
const NotTheirs = "This is no patient of the client."

// itsOwner refuses a patient that is somebody else's, or the client would read about an animal that is not theirs. A visit that was right when it was
// booked stays as it is when the animal is sold.
func itsOwner(app core.App, r, was *core.Record) error {
	client, patient := record.Text(r, "client"), record.Text(r, "patient")
	if client == "" || patient == "" || was != nil && record.Text(was, "client") == client && record.Text(was, "patient") == patient {
		return nil
	}
	var owners []string
	if err := app.DB().Select("client").From(Patients).Where(dbx.HashExp{"id": patient}).Column(&owners); err != nil {
		return fmt.Errorf("owner of the patient: %w", err)
	}
	if !slices.Contains(owners, client) {
		return &booking.Refusal{Field: "patient", Code: "unknown", Message: NotTheirs}
	}
	return nil
}

// notePayment settles what the visit costs and until when that has to be paid, and keeps the time of payment with the payment.
func notePayment(r, was *core.Record, clinic *Clinic, at *Location, reason *Reason, now time.Time) {
	payment, terms := paymentOf(r), reason.termsOf(r, at)
	if was == nil {
		payment = terms.Begin(payment, r.GetRaw(priced) != nil)
	} else if old := clinic.Reasons[record.Text(was, "reason")]; old != nil {
		payment = terms.Follow(paymentOf(was), payment, old.termsOf(was, at), now)
	}
	record.Set(r, "price", payment.Price)
	record.Set(r, "payment", payment.State)
	record.SetTime(r, "payment_due_at", payment.DueAt)
	switch {
	case payment.State != "paid":
		record.Set(r, "paid_at", "")
	case record.Time(r, "paid_at").IsZero():
		record.SetTime(r, "paid_at", now)
	}
}

func paymentOf(r *core.Record) booking.Payment {
	return booking.Payment{Price: record.Amount(r, "price"), State: record.Text(r, "payment"), DueAt: record.Time(r, "payment_due_at")}
}

// termsOf are what a reason asks of a visit that is as r says.
func (reason *Reason) termsOf(r *core.Record, at *Location) booking.Terms {
	terms := booking.Terms{Price: reason.Price}
	if reason.PaymentDue != nil && !reason.PaymentDue.Never {
		terms.DueAt = reason.PaymentDue.Before(record.Time(r, "starts_at"), at.Place.Zone)
	}
	return terms
}

// priced is a key under which a new booking carries that its maker said what it costs. It is no field and is never stored.
const priced = "@priced"

// KeepPrice keeps the price of a new booking as it is: 0 is a price too, and not only a field that was left out.
func KeepPrice(r *core.Record) { r.SetRaw(priced, true) }

func missing(field, message string) *booking.Refusal {
	return &booking.Refusal{Field: field, Code: "required", Message: message}
}

// chooseFor books whoever and whatever is free for a visit that names nobody, or nothing.
func chooseFor(app core.App, clinic *Clinic, at *Location, reason *Reason, r *core.Record, visit booking.Span, now time.Time) error {
	day, err := LoadDay(app, clinic, at.ID, calendar.On(visit.From, at.Place.Zone))
	if err != nil {
		return err
	}
	day.Visits = slices.DeleteFunc(day.Visits, func(v booking.Visit) bool { return v.ID == r.Id })
	ask := booking.Ask{Reason: reason.Rules, Practitioner: record.Text(r, "practitioner")}
	chosen, refusal := booking.Choose(day, ask, visit, record.Truth(r, "overbook"))
	if refusal != nil {
		if refusal.Code == "slot_taken" {
			place, ask := staffAsk(at.Place, reason.Rules, visit, ask.Practitioner, r.Id)
			return slotTaken(app, clinic, place, ask, visit.From, now)
		}
		return refusal
	}
	record.Set(r, "practitioner", chosen.Practitioner)
	if len(record.List(r, "resources")) == 0 {
		record.Set(r, "resources", chosen.Resources)
	}
	return nil
}

func beginBooking(r *core.Record) error {
	if record.Text(r, "reference") == "" {
		reference, err := NewReference()
		if err != nil {
			return err
		}
		record.Set(r, "reference", reference)
	}
	record.Set(r, "link_version", 1)
	if record.Text(r, "source") == "" {
		record.Set(r, "source", "staff")
	}
	return nil
}

// noteChange writes down what the owner is told about, and when it came to be. A visit that is merely confirmed, arrived or annotated is none
// of that.
func noteChange(r, was *core.Record, by Actor, now time.Time) {
	status := booking.Status(record.Text(r, "status"))
	changed := func() {
		record.SetTime(r, "changed_at", now)
		record.Set(r, "changed_by", string(by))
	}
	if was == nil {
		changed()
		record.SetTime(r, "scheduled_at", now)
		if status == booking.Cancelled {
			noteCancelled(r, by, now)
		}
		return
	}
	before := booking.Status(record.Text(was, "status"))
	cancelled, stands := status == booking.Cancelled && before != booking.Cancelled, before == booking.Cancelled && status != booking.Cancelled
	approved := before == booking.Requested && status == booking.Booked
	moved := !record.Time(r, "starts_at").Equal(record.Time(was, "starts_at"))
	elsewhere := record.Text(r, "location") != record.Text(was, "location") || record.Text(r, "practitioner") != record.Text(was, "practitioner")
	if cancelled || stands || approved || moved || elsewhere {
		record.Set(r, "sequence", record.Number(was, "sequence")+1)
		changed()
	}
	if stands || approved || moved {
		record.SetTime(r, "scheduled_at", now)
	}
	switch {
	case cancelled:
		noteCancelled(r, by, now)
	case stands:
		record.Set(r, "cancelled_at", "")
		record.Set(r, "cancelled_by", "")
		record.Set(r, "cancel_cause", "")
	}
}

func noteCancelled(r *core.Record, by Actor, now time.Time) {
	record.SetTime(r, "cancelled_at", now)
	record.Set(r, "cancelled_by", string(by))
}

// CheckFree refuses a visit that would share its practitioner or a resource with another. It must run in the transaction that saves the
// booking, after [ArrangeBooking]. A visit that keeps the time it holds takes nobody's: staff may have booked another one over it knowingly.
func CheckFree(app core.App, clinic *Clinic, r *core.Record, now time.Time) error {
	if !booking.Standing(booking.Status(record.Text(r, "status"))) || record.Truth(r, "overbook") {
		return nil
	}
	visit := booking.Visit{
		ID: r.Id, Location: record.Text(r, "location"), Practitioner: record.Text(r, "practitioner"), Resources: record.List(r, "resources"),
		Busy: booking.Span{From: record.Time(r, "busy_from"), Until: record.Time(r, "busy_until")},
	}
	around, err := visitsTouching(app.DB(), visit)
	if err != nil {
		return fmt.Errorf("read visits: %w", err)
	}
	if len(booking.Overlaps(visit, around)) == 0 {
		return nil
	}
	if !r.IsNew() {
		stored, err := FindVisit(app, visit.ID)
		if err != nil {
			return err
		}
		if stored != nil && booking.Standing(booking.Status(record.Text(stored, "status"))) && Held(stored) == Held(r) && slices.Equal(record.List(stored, "resources"), visit.Resources) {
			return nil
		}
	}
	at, reason := clinic.Locations[visit.Location], clinic.Reasons[record.Text(r, "reason")]
	span := booking.Span{From: record.Time(r, "starts_at"), Until: record.Time(r, "ends_at")}
	place, ask := staffAsk(at.Place, reason.Rules, span, visit.Practitioner, r.Id)
	return slotTaken(app, clinic, place, ask, span.From, now)
}

// staffAsk is what staff ask for who lost a time: the same visit with the same person, free of what binds the public alone. Other times are
// still looked for within shifts, since those are the useful ones.
func staffAsk(place booking.Place, reason booking.Reason, visit booking.Span, practitioner, id string) (booking.Place, booking.Ask) {
	place.Enabled, place.AskSpecies, place.Lead, place.HorizonDays = true, false, calendar.Lead{}, farthest
	reason.Offline, reason.Lead, reason.MaxPerDay, reason.Locations = false, nil, 0, nil
	reason.Duration = visit.Until.Sub(visit.From)
	if practitioner != "" {
		reason.Practitioners = nil
	}
	return place, booking.Ask{Reason: reason, Practitioner: practitioner, Except: id}
}

// farthest is a horizon, in days, that no visit lies beyond.
const farthest = 200 * 366

// visitsTouching reads the few visits that could share time with one: its practitioner's, wherever they are, and those of its location where
// resources are at stake.
func visitsTouching(db dbx.Builder, visit booking.Visit) ([]booking.Visit, error) {
	const touching = `busy_from >= {:from} AND busy_from < {:until} AND busy_until > {:begins} AND id != {:id} AND status NOT IN ('cancelled', 'no_show') AND `
	params := dbx.Params{
		"from": record.Instant(visit.Busy.From.Add(-LongestBusy)), "until": record.Instant(visit.Busy.Until), "begins": record.Instant(visit.Busy.From),
		"id": visit.ID, "practitioner": visit.Practitioner, "location": visit.Location,
	}
	visits, err := readVisits(db, touching+`practitioner = {:practitioner}`, params)
	if err != nil || len(visit.Resources) == 0 {
		return visits, err
	}
	rooms, err := readVisits(db, touching+`location = {:location} AND practitioner != {:practitioner}`, params)
	return append(visits, rooms...), err
}

// alternativeDays is how many days around a lost time are searched for three others.
const alternativeDays = 7

// slotTaken is the loser's answer: the nearest free times, on that day if it has any, else on the days around it.
func slotTaken(app core.App, clinic *Clinic, place booking.Place, ask booking.Ask, wished, now time.Time) error {
	others, err := alternatives(app, clinic, place, ask, wished, now)
	if err != nil {
		return err
	}
	return booking.SlotTaken(others)
}

// alternatives lists up to three starts near a wished one that are free and may still be booked.
func alternatives(app core.App, clinic *Clinic, place booking.Place, ask booking.Ask, wished, now time.Time) ([]booking.Alternative, error) {
	date := calendar.On(wished, place.Zone)
	var starts []booking.Start
	for away := 0; away <= alternativeDays && len(starts) < 3; away++ {
		for _, d := range around(date, away) {
			day, err := LoadDay(app, clinic, place.ID, d)
			if err != nil {
				return nil, err
			}
			day.Place = place
			starts = append(starts, booking.Bookable(place, ask.Reason, booking.Times(day, ask), now)...)
		}
	}
	return booking.Alternatives(starts, wished, place.Zone), nil
}

func around(date calendar.Date, away int) []calendar.Date {
	if away == 0 {
		return []calendar.Date{date}
	}
	return []calendar.Date{date.Add(-away), date.Add(away)}
}

// referenceLetters leaves out what is misread on the phone: no 0 and O, 1 and I, no vowels that make words.
const referenceLetters = "23456789BCDFGHJKLMNPQRSTVWXZ"

// NewReference is what an owner reads out on the phone. Eight of 28 letters: among a million bookings the next one is taken once in 378,000
// times, and the unique index then refuses the save.
func NewReference() (string, error) {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("make reference: %w", err)
	}
	for i := range b {
		b[i] = referenceLetters[int(b[i])%len(referenceLetters)]
	}
	return string(b), nil
}

// AsRefusal reports whether an error is something that a person can mend.
func AsRefusal(err error) (*booking.Refusal, bool) {
	var refusal *booking.Refusal
	ok := errors.As(err, &refusal)
	return refusal, ok
}

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
	at, reason := clinic.Locations[text(r, "location")], clinic.Reasons[text(r, "reason")]
	if at == nil {
		return missing("location", "Choose the location.")
	}
	if reason == nil {
		return missing("reason", "Choose what the visit is for.")
	}
	if text(r, "status") == "" {
		set(r, "status", string(booking.Booked))
	}
	var before booking.Span
	var from booking.Status
	if was != nil {
		before = booking.Span{From: instant(was, "starts_at"), Until: instant(was, "ends_at")}
		from = booking.Status(text(was, "status"))
	}
	status := booking.Status(text(r, "status"))
	visit, refusal := booking.Length(reason.Rules, before, booking.Span{From: instant(r, "starts_at"), Until: instant(r, "ends_at")})
	if refusal != nil {
		return refusal
	}
	if refusal := booking.Transition(from, status, visit.From, now); refusal != nil {
		return refusal
	}
	setInstant(r, "ends_at", visit.Until)
	busy := booking.BusySpan(reason.Rules, visit.From, visit.Until)
	setInstant(r, "busy_from", busy.From)
	setInstant(r, "busy_until", busy.Until)
	set(r, "local_start", visit.From.In(at.Place.Zone).Format("Mon 2006-01-02 15:04"))

	// What was taken for another place or another reason is of no use any more.
	rearranged := was != nil && (text(r, "location") != text(was, "location") || text(r, "reason") != text(was, "reason"))
	if rearranged && slices.Equal(list(r, "resources"), list(was, "resources")) {
		set(r, "resources", []string{})
	}
	if booking.Standing(status) &&
		(text(r, "practitioner") == "" || (was == nil || rearranged) && len(list(r, "resources")) == 0 && len(reason.Rules.Kinds) > 0) {
		if err := chooseFor(app, clinic, at, reason, r, visit, now); err != nil {
			return err
		}
	}
	if was == nil {
		if err := beginBooking(r, reason, visit, at); err != nil {
			return err
		}
	}
	noteChange(r, was, actorOf(ctx), now)
	notePayment(r, was, at, reason, now)
	return nil
}

// notePayment keeps the time of payment with the payment, and a deadline that was reckoned from the start with the start.
func notePayment(r, was *core.Record, at *Location, reason *Reason, now time.Time) {
	switch {
	case text(r, "payment") != "paid":
		set(r, "paid_at", "")
	case instant(r, "paid_at").IsZero():
		setInstant(r, "paid_at", now)
	}
	if was == nil || reason.PaymentDue == nil || reason.PaymentDue.Never {
		return
	}
	due := instant(r, "payment_due_at")
	if due.Equal(instant(was, "payment_due_at")) && due.Equal(reason.PaymentDue.Before(instant(was, "starts_at"), at.Place.Zone)) {
		setInstant(r, "payment_due_at", reason.PaymentDue.Before(instant(r, "starts_at"), at.Place.Zone))
	}
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
	ask := booking.Ask{Reason: reason.Rules, Practitioner: text(r, "practitioner")}
	chosen, refusal := booking.Choose(day, ask, visit, truth(r, "overbook"))
	if refusal != nil {
		if refusal.Code == "slot_taken" {
			place, ask := staffAsk(at.Place, reason.Rules, visit, ask.Practitioner, r.Id)
			return slotTaken(app, clinic, place, ask, visit.From, now)
		}
		return refusal
	}
	set(r, "practitioner", chosen.Practitioner)
	if len(list(r, "resources")) == 0 {
		set(r, "resources", chosen.Resources)
	}
	return nil
}

func beginBooking(r *core.Record, reason *Reason, visit booking.Span, at *Location) error {
	if text(r, "reference") == "" {
		reference, err := NewReference()
		if err != nil {
			return err
		}
		set(r, "reference", reference)
	}
	set(r, "link_version", 1)
	if text(r, "source") == "" {
		set(r, "source", "staff")
	}
	if amount(r, "price") == 0 && r.GetRaw(priced) == nil {
		set(r, "price", reason.Price)
	}
	if text(r, "payment") != "" {
		return nil
	}
	set(r, "payment", "none")
	if reason.PaymentDue != nil && !reason.PaymentDue.Never && amount(r, "price") > 0 {
		set(r, "payment", "unpaid")
		setInstant(r, "payment_due_at", reason.PaymentDue.Before(visit.From, at.Place.Zone))
	}
	return nil
}

// noteChange writes down what the owner is told about, and when it came to be. A visit that is merely confirmed, arrived or annotated is none
// of that.
func noteChange(r, was *core.Record, by Actor, now time.Time) {
	status := booking.Status(text(r, "status"))
	changed := func() {
		setInstant(r, "changed_at", now)
		set(r, "changed_by", string(by))
	}
	if was == nil {
		changed()
		setInstant(r, "scheduled_at", now)
		if status == booking.Cancelled {
			noteCancelled(r, by, now)
		}
		return
	}
	before := booking.Status(text(was, "status"))
	cancelled, stands := status == booking.Cancelled && before != booking.Cancelled, before == booking.Cancelled && status != booking.Cancelled
	approved := before == booking.Requested && status == booking.Booked
	moved := !instant(r, "starts_at").Equal(instant(was, "starts_at"))
	elsewhere := text(r, "location") != text(was, "location") || text(r, "practitioner") != text(was, "practitioner")
	if cancelled || stands || approved || moved || elsewhere {
		set(r, "sequence", number(was, "sequence")+1)
		changed()
	}
	if stands || approved || moved {
		setInstant(r, "scheduled_at", now)
	}
	switch {
	case cancelled:
		noteCancelled(r, by, now)
	case stands:
		set(r, "cancelled_at", "")
		set(r, "cancelled_by", "")
		set(r, "cancel_cause", "")
	}
}

func noteCancelled(r *core.Record, by Actor, now time.Time) {
	setInstant(r, "cancelled_at", now)
	set(r, "cancelled_by", string(by))
}

// CheckFree refuses a visit that would share its practitioner or a resource with another. It must run in the transaction that saves the
// booking, after [ArrangeBooking]. A visit that keeps the time it holds takes nobody's: staff may have booked another one over it knowingly.
func CheckFree(app core.App, clinic *Clinic, r *core.Record, now time.Time) error {
	if !booking.Standing(booking.Status(text(r, "status"))) || truth(r, "overbook") {
		return nil
	}
	visit := booking.Visit{
		ID: r.Id, Location: text(r, "location"), Practitioner: text(r, "practitioner"), Resources: list(r, "resources"),
		Busy: booking.Span{From: instant(r, "busy_from"), Until: instant(r, "busy_until")},
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
		if stored != nil && booking.Standing(booking.Status(text(stored, "status"))) && Held(stored) == Held(r) && slices.Equal(list(stored, "resources"), visit.Resources) {
			return nil
		}
	}
	at, reason := clinic.Locations[visit.Location], clinic.Reasons[text(r, "reason")]
	span := booking.Span{From: instant(r, "starts_at"), Until: instant(r, "ends_at")}
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
		"from": Instant(visit.Busy.From.Add(-longestBusy)), "until": Instant(visit.Busy.Until), "begins": Instant(visit.Busy.From),
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

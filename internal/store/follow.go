package store

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/links"
)

// Place is where and when a visit holds time.
type Place struct {
	Location, Practitioner string
	Busy                   booking.Span
}

// Held is the place in the book that a booking holds.
func Held(r *core.Record) Place {
	return Place{
		Location: text(r, "location"), Practitioner: text(r, "practitioner"),
		Busy: booking.Span{From: instant(r, "busy_from"), Until: instant(r, "busy_until")},
	}
}

// PlaceAndReason are the ids of a booking's location and reason.
func PlaceAndReason(r *core.Record) (location, reason string) {
	return text(r, "location"), text(r, "reason")
}

// CompleteClient writes a client's numbers as they are dialled and fills its hidden search columns; a number without a country code is one of
// the client's country, else of its location's.
func CompleteClient(clinic *Clinic, r *core.Record) {
	if text(r, "review") == "" {
		set(r, "review", "none")
	}
	SetMatchKeys(r, countryOf(clinic, text(r, "country"), text(r, "location")))
}

// PlanClient brings the queue in line for every coming visit of a client, in the transaction that changed the client.
func PlanClient(app core.App, clinic *Clinic, key links.Key, client string, now time.Time) error {
	return planComing(app, clinic, key, dbx.HashExp{"client": client}, now)
}

// PlanPatient does the same for a patient.
func PlanPatient(app core.App, clinic *Clinic, key links.Key, patient string, now time.Time) error {
	return planComing(app, clinic, key, dbx.HashExp{"patient": patient}, now)
}

func planComing(app core.App, clinic *Clinic, key links.Key, whose dbx.Expression, now time.Time) error {
	var coming []*core.Record
	err := app.RecordQuery(Bookings).AndWhere(whose).AndWhere(dbx.NewExp("starts_at > {:now}", dbx.Params{"now": Instant(now)})).All(&coming)
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

package store

import (
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/store/record"
)

// Place is where and when a visit holds time.
type Place struct {
	Location, Practitioner string
	Busy                   booking.Span
}

// Held is the place in the book that a booking holds.
func Held(r *core.Record) Place {
	return Place{
		Location: record.Text(r, "location"), Practitioner: record.Text(r, "practitioner"),
		Busy: booking.Span{From: record.Time(r, "busy_from"), Until: record.Time(r, "busy_until")},
	}
}

// PlaceAndReason are the ids of a booking's location and reason.
func PlaceAndReason(r *core.Record) (location, reason string) {
	return record.Text(r, "location"), record.Text(r, "reason")
}

// CompleteClient writes a client's numbers as they are dialled and fills its hidden search columns; a number without a country code is one of
// the client's country, else of its location's.
func CompleteClient(clinic *Clinic, r *core.Record) {
	if record.Text(r, "review") == "" {
		record.Set(r, "review", "none")
	}
	SetMatchKeys(r, CountryOf(clinic, record.Text(r, "country"), record.Text(r, "location")))
}

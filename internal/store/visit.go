package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/notify"
	"pawbell/internal/store/record"
)

// VisitRow is a booking as its owner's page and the answer to a request show it.
type VisitRow struct {
	ID, Reference, Location, Reason, Practitioner, Client, Patient string
	Status                                                         booking.Status
	StartsAt, EndsAt                                               time.Time
	Sequence, LinkVersion                                          int
}

// Visit reads a booking's record.
func Visit(r *core.Record) VisitRow {
	return VisitRow{
		ID: r.Id, Reference: record.Text(r, "reference"), Location: record.Text(r, "location"), Reason: record.Text(r, "reason"), Practitioner: record.Text(r, "practitioner"),
		Client: record.Text(r, "client"), Patient: record.Text(r, "patient"), Status: booking.Status(record.Text(r, "status")),
		StartsAt: record.Time(r, "starts_at"), EndsAt: record.Time(r, "ends_at"), Sequence: record.Number(r, "sequence"), LinkVersion: record.Number(r, "link_version"),
	}
}

// WorksAt reports whether an account may do what staff of a location do: a superuser, or a staff account in use whose list of locations is
// empty or has it. A guest (nil) may not.
func WorksAt(account *core.Record, location string) bool {
	switch {
	case account == nil:
		return false
	case account.IsSuperuser():
		return true
	case !StillEmployed(account):
		return false
	}
	at := record.List(account, "locations")
	return len(at) == 0 || slices.Contains(at, location)
}

// FindVisit reads a booking by id; nil without an error means that there is none.
func FindVisit(app core.App, id string) (*core.Record, error) {
	return record.Find(app, Bookings, id)
}

// VisitNames are the owner's first name and the pet's name of a booking, empty where the records are gone.
func VisitNames(app core.App, clinic *Clinic, v VisitRow) (first, pet string, err error) {
	var f notify.Facts
	if err := ReadPeople(app.DB(), clinic, &f, v.Client, v.Patient, v.ID); err != nil {
		return "", "", fmt.Errorf("read people: %w", err)
	}
	return f.Client.FirstName, f.Patient.Name, nil
}

// SetStatus moves a booking on, as its owner may.
func SetStatus(r *core.Record, status booking.Status, note string) {
	record.Set(r, "status", string(status))
	if status == booking.Cancelled {
		record.Set(r, "cancel_note", note)
	}
}

// MoveVisit puts a booking that its owner moves to another start, judged as the public's wishes are. It keeps its length, and its
// practitioner where they are free; who and what else is free then takes their place. The caller saves it, in the same transaction. The error
// is a *booking.Refusal where a person can mend it.
func MoveVisit(app core.App, clinic *Clinic, r *core.Record, to, now time.Time) error {
	v := Visit(r)
	at, reason := clinic.Locations[v.Location], clinic.Reasons[v.Reason]
	if at == nil || reason == nil {
		return Wrong("starts_at", "outside_shift", "This visit cannot be moved online. Please call us.")
	}
	patient, err := patientSpecies(app, v.Patient)
	if err != nil {
		return err
	}
	day, err := LoadDay(app, clinic, at.ID, calendar.On(to, at.Place.Zone))
	if err != nil {
		return err
	}
	// The owner is not asked again which animal it is, and may never have been.
	day.Place.AskSpecies = false
	ask := booking.Ask{Reason: reason.Rules, Species: patient, Practitioner: v.Practitioner, Except: v.ID}
	ask.Reason.Duration = v.EndsAt.Sub(v.StartsAt)
	start, refusal := booking.Check(day, ask, to, now)
	if refusal != nil {
		ask.Practitioner = ""
		start, refusal = booking.Check(day, ask, to, now)
	}
	switch {
	case refusal == nil:
	case refusal.Code == "slot_taken":
		return slotTaken(app, clinic, day.Place, ask, to, now)
	default:
		return refusal
	}
	record.SetTime(r, "starts_at", start.At)
	record.SetTime(r, "ends_at", start.At.Add(ask.Reason.Duration))
	record.Set(r, "practitioner", start.Practitioner)
	record.Set(r, "resources", start.Resources)
	return nil
}

func patientSpecies(app core.App, id string) (string, error) {
	var species string
	err := app.DB().Select("species").From(Patients).Where(dbx.HashExp{"id": id}).Row(&species)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read patient: %w", err)
	}
	return species, nil
}

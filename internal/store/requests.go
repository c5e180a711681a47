package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
)

// Request is what an owner, or staff on the owner's behalf, asks to book: checked in form, not yet in time.
type Request struct {
	Location     string
	Reason       string
	Practitioner string // "" = no wish
	StartsAt     time.Time
	Typed        Typed
	Note         string
	Key          string // idempotency key, "" only from staff
	Source       string // "online" or "staff"
}

// Taken is a request that became a booking.
type Taken struct {
	Request string // id of the request
	Booking *core.Record
	Guests  Guests
	Again   bool // the same request came before: this is what became of it then
}

// hash is what makes two requests the same.
func (q Request) hash() (string, error) {
	q.Key = ""
	b, err := json.Marshal(q)
	if err != nil {
		return "", fmt.Errorf("encode request: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// TakeRequest books what was asked for, with client, patient and messages, in the transaction that app is, or refuses it whole. The error is a
// *booking.Refusal where a person can mend it.
func TakeRequest(ctx context.Context, app core.App, clinic *Clinic, q Request, now time.Time) (Taken, error) {
	hash, err := q.hash()
	if err != nil {
		return Taken{}, err
	}
	if q.Key != "" {
		taken, err := takenBefore(app, q.Key, hash)
		if err != nil || taken.Again {
			return taken, err
		}
	}
	at, reason := clinic.Locations[q.Location], clinic.Reasons[q.Reason]
	start, err := startFor(app, clinic, at, reason, q, now)
	if err != nil {
		return Taken{}, err
	}
	if err := fewEnough(app, at, q, now); err != nil {
		return Taken{}, err
	}
	guests, err := FindOrMakeGuests(app, q.Location, q.Typed)
	if err != nil {
		return Taken{}, err
	}
	taken := Taken{Request: core.GenerateDefaultRandomId(), Guests: guests}
	bookingID := core.GenerateDefaultRandomId()
	if err := insertRequest(app.NonconcurrentDB(), taken.Request, bookingID, hash, q, guests, now); err != nil {
		return Taken{}, fmt.Errorf("save request: %w", err)
	}
	taken.Booking, err = newBooking(ctx, app, bookingID, at, q, start, guests)
	return taken, err
}

func takenBefore(app core.App, key, hash string) (Taken, error) {
	var row struct {
		ID      string `db:"id"`
		Hash    string `db:"content_hash"`
		Booking string `db:"booking"`
		Client  string `db:"client"`
		Patient string `db:"patient"`
		Match   string `db:"match"`
	}
	err := app.DB().Select("id", "content_hash", "booking", "client", "patient", "match").
		From(BookingRequests).Where(dbx.HashExp{"idempotency_key": key}).One(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return Taken{}, nil
	}
	if err != nil {
		return Taken{}, fmt.Errorf("look for request: %w", err)
	}
	if row.Hash != hash {
		return Taken{}, &booking.Refusal{Field: "idempotency_key", Code: "reused", Message: "This form was sent before with other answers. Send it again."}
	}
	r, err := app.FindRecordById(Bookings, row.Booking)
	if err != nil {
		return Taken{}, fmt.Errorf("find booking of request: %w", err)
	}
	guests := Guests{Client: row.Client, Patient: row.Patient, Match: booking.MatchKind(row.Match)}
	return Taken{Request: row.ID, Booking: r, Guests: guests, Again: true}, nil
}

// startFor judges the wished time by the rows as they are now.
func startFor(app core.App, clinic *Clinic, at *Location, reason *Reason, q Request, now time.Time) (booking.Start, error) {
	day, err := LoadDay(app, clinic, at.ID, calendar.On(q.StartsAt, at.Place.Zone))
	if err != nil {
		return booking.Start{}, err
	}
	ask := booking.Ask{Reason: reason.Rules, Species: q.Typed.Species, Practitioner: q.Practitioner}
	start, refusal := booking.Check(day, ask, q.StartsAt, now)
	if refusal == nil {
		return start, nil
	}
	if refusal.Code == "slot_taken" {
		return booking.Start{}, slotTaken(app, clinic, at, ask, q.StartsAt, now)
	}
	return booking.Start{}, refusal
}

// fewEnough holds a typed address to the location's number of open online bookings.
func fewEnough(app core.App, at *Location, q Request, now time.Time) error {
	if q.Source != "online" || at.MaxOpen == 0 {
		return nil
	}
	for _, typed := range []struct{ field, value string }{{"email", q.Typed.Email}, {"phone", q.Typed.Phone}} {
		if typed.value == "" {
			continue
		}
		var open int
		err := app.DB().NewQuery(`SELECT count(*) FROM booking_requests r JOIN bookings b ON b.id = r.booking
			WHERE r.` + typed.field + ` = {:value} AND b.starts_at > {:now} AND b.status IN ('requested', 'booked', 'confirmed')`).
			Bind(dbx.Params{"value": typed.value, "now": Instant(now)}).Row(&open)
		if err != nil {
			return fmt.Errorf("count open bookings: %w", err)
		}
		if open >= at.MaxOpen {
			return &booking.Refusal{Field: typed.field, Code: "too_many_open", Message: "There are already several open bookings with this address. Please call us to book more."}
		}
	}
	return nil
}

func insertRequest(db dbx.Builder, id, bookingID, hash string, q Request, guests Guests, now time.Time) error {
	t := q.Typed
	_, err := db.Insert(BookingRequests, dbx.Params{
		"id": id, "created": Instant(now), "updated": Instant(now),
		"location": q.Location, "reason": q.Reason, "species": t.Species, "practitioner": q.Practitioner, "starts_at": Instant(q.StartsAt),
		"first_name": t.FirstName, "last_name": t.LastName, "email": t.Email, "phone": t.Phone,
		"address": t.Address, "postcode": t.Postcode, "city": t.City,
		"pet_name": t.PetName, "pet_breed": t.PetBreed, "pet_born_on": t.PetBornOn,
		"note": q.Note, "no_offers": t.NoOffers, "locale": t.Locale, "idempotency_key": q.Key, "content_hash": hash,
		"booking": bookingID, "client": guests.Client, "patient": guests.Patient, "match": string(guests.Match),
	}).Execute()
	return err
}

func newBooking(ctx context.Context, app core.App, id string, at *Location, q Request, start booking.Start, guests Guests) (*core.Record, error) {
	collection, err := app.FindCachedCollectionByNameOrId(Bookings)
	if err != nil {
		return nil, fmt.Errorf("bookings: %w", err)
	}
	r := core.NewRecord(collection)
	r.Id = id
	set(r, "location", q.Location)
	set(r, "reason", q.Reason)
	set(r, "practitioner", start.Practitioner)
	set(r, "resources", start.Resources)
	set(r, "client", guests.Client)
	set(r, "patient", guests.Patient)
	setInstant(r, "starts_at", start.At)
	set(r, "status", string(booking.Booked))
	if at.RequestMode {
		set(r, "status", string(booking.Requested))
	}
	set(r, "source", q.Source)
	set(r, "owner_note", q.Note)
	by := ByOwner
	if q.Source != "online" {
		by = ByStaff
	}
	if err := app.SaveWithContext(WithActor(ctx, by), r); err != nil {
		return nil, fmt.Errorf("save booking: %w", err)
	}
	if at.RequestMode {
		if err := MakeTask(app, Task{Kind: "request_waiting", Title: "A booking request is waiting for an answer", Client: guests.Client, Booking: id}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

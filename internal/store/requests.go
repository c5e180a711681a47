package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/store/record"
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
	Visit   VisitRow
	Guests  Guests
	Again   bool // the same request came before: Visit is what it became then, whatever happened to it since
}

// firstAnswer is the part of a visit that the answer to its request showed and that may change later.
type firstAnswer struct {
	Booking      string    `json:"booking"`
	Reference    string    `json:"reference"`
	Status       string    `json:"status"`
	Practitioner string    `json:"practitioner"`
	EndsAt       time.Time `json:"ends_at"`
	LinkVersion  int       `json:"link_version"`
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
		taken, err := takenBefore(app, q, hash)
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
	made, err := newBooking(ctx, app, bookingID, at, q, start, guests)
	if err != nil {
		return Taken{}, err
	}
	taken.Visit = Visit(made)
	return taken, keepAnswer(app.NonconcurrentDB(), taken)
}

// keepAnswer writes down what the first answer said.
func keepAnswer(db dbx.Builder, taken Taken) error {
	v := taken.Visit
	b, err := json.Marshal(firstAnswer{
		Booking: v.ID, Reference: v.Reference, Status: string(v.Status), Practitioner: v.Practitioner, EndsAt: v.EndsAt, LinkVersion: v.LinkVersion,
	})
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	if _, err := db.Update(BookingRequests, dbx.Params{"first_answer": string(b)}, dbx.HashExp{"id": taken.Request}).Execute(); err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

func takenBefore(app core.App, q Request, hash string) (Taken, error) {
	var row struct {
		ID      string `db:"id"`
		Hash    string `db:"content_hash"`
		Answer  string `db:"first_answer"`
		Client  string `db:"client"`
		Patient string `db:"patient"`
		Match   string `db:"match"`
	}
	err := app.DB().Select("id", "content_hash", "first_answer", "client", "patient", "match").
		From(BookingRequests).
		// The second half is what lets SQLite use the index, which is partial.
		Where(dbx.NewExp("idempotency_key = {:key} AND idempotency_key != ''", dbx.Params{"key": q.Key})).One(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return Taken{}, nil
	}
	if err != nil {
		return Taken{}, fmt.Errorf("look for request: %w", err)
	}
	if row.Hash != hash {
		return Taken{}, &booking.Refusal{Field: "idempotency_key", Code: "reused", Message: "This form was sent before with other answers. Send it again."}
	}
	var first firstAnswer
	if err := json.Unmarshal([]byte(row.Answer), &first); err != nil {
		return Taken{}, fmt.Errorf("read the first answer: %w", err)
	}
	visit := VisitRow{
		ID: first.Booking, Reference: first.Reference, Location: q.Location, Reason: q.Reason, Practitioner: first.Practitioner,
		Client: row.Client, Patient: row.Patient, Status: booking.Status(first.Status), StartsAt: q.StartsAt, EndsAt: first.EndsAt,
		LinkVersion: first.LinkVersion,
	}
	guests := Guests{Client: row.Client, Patient: row.Patient, Match: booking.MatchKind(row.Match)}
	return Taken{Request: row.ID, Visit: visit, Guests: guests, Again: true}, nil
}

// startFor judges the wished time by the rows as they are now. Staff are bound by nothing but the overlap, which is looked for when the
// booking is saved.
func startFor(app core.App, clinic *Clinic, at *Location, reason *Reason, q Request, now time.Time) (booking.Start, error) {
	if q.Source != "online" {
		return booking.Start{At: q.StartsAt, Practitioner: q.Practitioner}, nil
	}
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
		return booking.Start{}, slotTaken(app, clinic, at.Place, ask, q.StartsAt, now)
	}
	return booking.Start{}, refusal
}

// fewEnough holds a typed address to the location's number of open online bookings.
func fewEnough(app core.App, at *Location, q Request, now time.Time) error {
	if q.Source != "online" || at.MaxOpen == 0 {
		return nil
	}
	const open = `(SELECT count(*) FROM booking_requests r JOIN bookings b ON b.id = r.booking
		WHERE %s AND b.starts_at > {:now} AND b.status IN ('requested', 'booked', 'confirmed'))`
	var byEmail, byPhone int
	err := app.DB().NewQuery(`SELECT `+fmt.Sprintf(open, `{:email} != '' AND lower(r.email) = {:email}`)+`, `+fmt.Sprintf(open, `{:phone} != '' AND r.phone = {:phone}`)).
		Bind(dbx.Params{"email": strings.ToLower(q.Typed.Email), "phone": q.Typed.Phone, "now": record.Instant(now)}).Row(&byEmail, &byPhone)
	if err != nil {
		return fmt.Errorf("count open bookings: %w", err)
	}
	field := ""
	switch {
	case byEmail >= at.MaxOpen:
		field = "email"
	case byPhone >= at.MaxOpen:
		field = "phone"
	default:
		return nil
	}
	return &booking.Refusal{Field: field, Code: "too_many_open", Message: "There are already several open bookings with this address. Please call us to book more."}
}

func insertRequest(db dbx.Builder, id, bookingID, hash string, q Request, guests Guests, now time.Time) error {
	t := q.Typed
	_, err := db.Insert(BookingRequests, dbx.Params{
		"id": id, "created": record.Instant(now), "updated": record.Instant(now),
		"location": q.Location, "reason": q.Reason, "species": t.Species, "practitioner": q.Practitioner, "starts_at": record.Instant(q.StartsAt),
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
	record.Set(r, "location", q.Location)
	record.Set(r, "reason", q.Reason)
	record.Set(r, "practitioner", start.Practitioner)
	record.Set(r, "resources", start.Resources)
	record.Set(r, "client", guests.Client)
	record.Set(r, "patient", guests.Patient)
	record.SetTime(r, "starts_at", start.At)
	record.Set(r, "status", string(booking.Booked))
	if at.RequestMode {
		record.Set(r, "status", string(booking.Requested))
	}
	record.Set(r, "source", q.Source)
	record.Set(r, "owner_note", q.Note)
	// An owner's wish was just judged by the rows of this transaction, and its fields come from the clinic's own set-up; what staff wish for has
	// not been judged yet.
	by, save := ByOwner, app.SaveNoValidateWithContext
	if q.Source != "online" {
		by, save = ByStaff, app.SaveWithContext
	}
	if err := save(WithActor(ctx, by), r); err != nil {
		return nil, fmt.Errorf("save booking: %w", err)
	}
	if at.RequestMode {
		if err := MakeTask(app, Task{Kind: "request_waiting", Title: "A booking request is waiting for an answer", Location: at.ID, Client: guests.Client, Booking: id}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

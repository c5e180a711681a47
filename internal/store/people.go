package store

import (
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/store/record"
)

// Typed is what an owner typed about the two of them, with the phone in E.164.
type Typed struct {
	booking.Typed
	City, Country string
	Locale        string
	PetName       string
	PetBreed      string
	PetBornOn     string
	Species       string
	NoOffers      bool
	Mobile        bool // the phone can get texts
}

// Guests is who came out of a request: the owner's and the pet's record, and how they were found.
type Guests struct {
	Client, Patient string
	Match           booking.MatchKind
}

// FindOrMakeGuests matches what was typed against the register and makes the records that are missing. What was typed never
// changes a record that was found.
func FindOrMakeGuests(app core.App, location string, typed Typed) (Guests, error) {
	candidates, err := candidates(app, typed.Typed)
	if err != nil {
		return Guests{}, fmt.Errorf("find candidates: %w", err)
	}
	found := booking.Match(typed.Typed, candidates)
	client := found.Client
	if client == "" {
		record, err := newClient(app, location, typed, found)
		if err != nil {
			return Guests{}, err
		}
		client = record.Id
	}
	patient := ""
	if typed.PetName != "" {
		if patient, err = findOrMakePatient(app, client, typed); err != nil {
			return Guests{}, err
		}
	}
	return Guests{Client: client, Patient: patient, Match: found.Kind}, nil
}

// candidates reads everybody of that name, and no more: a name and one other sign must both agree, and the name is the shorter list.
func candidates(app core.App, typed booking.Typed) ([]booking.Candidate, error) {
	var rows []struct {
		ID       string `db:"id"`
		First    string `db:"first_name"`
		Last     string `db:"last_name"`
		Phone    string `db:"match_phone"`
		SMSPhone string `db:"match_sms_phone"`
		Email    string `db:"match_email"`
		Address  string `db:"address"`
		Postcode string `db:"postcode"`
		Review   string `db:"review"`
		Possible string `db:"possible_duplicates"`
		Merged   string `db:"merge_into"`
	}
	key := booking.NameKey(typed.FirstName, typed.LastName)
	if key == "" {
		return nil, nil
	}
	err := app.DB().Select("id", "first_name", "last_name", "match_phone", "match_sms_phone", "match_email", "address", "postcode",
		"review", "possible_duplicates", "merge_into").From(Clients).Where(dbx.HashExp{"match_name": key}).OrderBy("id").All(&rows)
	if err != nil {
		return nil, err
	}
	out := make([]booking.Candidate, len(rows))
	for i, r := range rows {
		possible, err := record.Texts(r.Possible)
		if err != nil {
			return nil, err
		}
		out[i] = booking.Candidate{
			ID: r.ID, FirstName: r.First, LastName: r.Last, Email: r.Email, Phone: r.Phone, SMSPhone: r.SMSPhone, Address: r.Address, Postcode: r.Postcode,
			Gone: r.Merged != "", Review: r.Review == "duplicate", PossibleDuplicates: possible,
		}
	}
	return out, nil
}

func newClient(app core.App, location string, typed Typed, found booking.Matching) (*core.Record, error) {
	collection, err := app.FindCachedCollectionByNameOrId(Clients)
	if err != nil {
		return nil, fmt.Errorf("clients: %w", err)
	}
	r := core.NewRecord(collection)
	record.Set(r, "first_name", typed.FirstName)
	record.Set(r, "last_name", typed.LastName)
	record.Set(r, "email", typed.Email)
	record.Set(r, "phone", typed.Phone)
	if typed.Mobile {
		record.Set(r, "sms_phone", typed.Phone)
	}
	record.Set(r, "address", typed.Address)
	record.Set(r, "postcode", typed.Postcode)
	record.Set(r, "city", typed.City)
	record.Set(r, "country", typed.Country)
	record.Set(r, "locale", typed.Locale)
	record.Set(r, "location", location)
	if typed.NoOffers {
		record.Set(r, "refused", []string{"group"})
	}
	if found.Kind == booking.Ambiguous {
		record.Set(r, "review", "duplicate")
		record.Set(r, "possible_duplicates", found.Candidates)
	} else {
		record.Set(r, "review", "none")
	}
	// Every field was read strictly from the form, so PocketBase's own checks, a query for each relation, would only hold the lock for longer.
	if err := app.SaveNoValidate(r); err != nil {
		return nil, fmt.Errorf("save client: %w", err)
	}
	if found.Kind == booking.Ambiguous {
		if err := MakeTask(app, Task{Kind: "possible_duplicate", Title: "Is this a client we already have?", Client: r.Id}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func findOrMakePatient(app core.App, client string, typed Typed) (string, error) {
	var rows []struct {
		ID       string `db:"id"`
		Name     string `db:"name"`
		Species  string `db:"species"`
		Deceased string `db:"deceased_on"`
	}
	err := app.DB().Select("id", "name", "species", "deceased_on").From(Patients).
		Where(dbx.HashExp{"client": client}).OrderBy("id").All(&rows)
	if err != nil {
		return "", fmt.Errorf("find patients: %w", err)
	}
	patients := make([]booking.PatientCandidate, len(rows))
	for i, r := range rows {
		patients[i] = booking.PatientCandidate{ID: r.ID, Name: r.Name, Species: r.Species, Deceased: r.Deceased != ""}
	}
	found := booking.MatchPatient(typed.PetName, typed.Species, patients)
	if found.Kind == booking.Matched {
		return found.Patient, nil
	}
	collection, err := app.FindCachedCollectionByNameOrId(Patients)
	if err != nil {
		return "", fmt.Errorf("patients: %w", err)
	}
	r := core.NewRecord(collection)
	record.Set(r, "client", client)
	record.Set(r, "name", typed.PetName)
	record.Set(r, "species", typed.Species)
	record.Set(r, "breed", typed.PetBreed)
	record.Set(r, "born_on", typed.PetBornOn)
	if err := app.SaveNoValidate(r); err != nil {
		return "", fmt.Errorf("save patient: %w", err)
	}
	if found.Kind == booking.Ambiguous {
		if err := MakeTask(app, Task{Kind: "possible_duplicate", Title: "Two pets of the same name: which one is coming?", Client: client}); err != nil {
			return "", err
		}
	}
	return r.Id, nil
}

// SetMatchKeys fills a client's hidden search columns from what is seen of it, and brings its numbers into the form in which they are
// compared and dialled: what is no number stays as typed and matches nothing.
func SetMatchKeys(r *core.Record, country string) {
	phone, sms := record.Text(r, "phone"), record.Text(r, "sms_phone")
	phoneKey, smsKey := "", ""
	if e164, _, ok := booking.Phone(phone, country); ok {
		phone, phoneKey = e164, e164
	}
	if sms == record.Text(r, "phone") {
		sms, smsKey = phone, phoneKey
	} else if e164, _, ok := booking.Phone(sms, country); ok {
		sms, smsKey = e164, e164
	}
	record.Set(r, "phone", phone)
	record.Set(r, "sms_phone", sms)
	record.Set(r, "match_phone", phoneKey)
	record.Set(r, "match_sms_phone", smsKey)
	record.Set(r, "match_name", booking.NameKey(record.Text(r, "first_name"), record.Text(r, "last_name")))
	record.Set(r, "match_email", booking.EmailKey(record.Text(r, "email")))
	record.Set(r, "match_address", booking.AddressKey(record.Text(r, "address"), record.Text(r, "postcode")))
	if record.Text(r, "merge_into") != "" {
		for _, key := range []string{"match_name", "match_phone", "match_sms_phone", "match_email", "match_address"} {
			record.Set(r, key, "")
		}
	}
}

// CountryOf is the country in which a client's numbers are dialled: the client's, else that of their location, else the clinic's first.
func CountryOf(clinic *Clinic, country, location string) string {
	if country != "" {
		return country
	}
	if at := clinic.Locations[location]; at != nil && at.Country != "" {
		return at.Country
	}
	if len(clinic.Order) > 0 {
		return clinic.Order[0].Country
	}
	return ""
}

// LocationOf is the location that a record belongs to or comes from, by id; "" where it names none.
func LocationOf(r *core.Record) string { return record.Text(r, "location") }

// SwitchedOff reports whether somebody marked a record as inactive.
func SwitchedOff(r *core.Record) bool { return record.Truth(r, "inactive") }

// WantsErasing reports whether a save of a client asks for them to be erased.
func WantsErasing(client *core.Record) bool { return record.Truth(client, "erase") }

// ClientOf is the client of a booking or a patient, by id.
func ClientOf(r *core.Record) string { return record.Text(r, "client") }

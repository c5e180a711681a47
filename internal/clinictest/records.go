package clinictest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/pocketbase/pocketbase/core"
)

// Fields are values of a record by field name.
type Fields = map[string]any

// made counts records, for what has to be unique.
var made atomic.Int64

// Make saves a new record. A field that the collection does not have fails the test: PocketBase would ignore it.
func Make(t testing.TB, app core.App, collection string, fields ...Fields) *core.Record {
	t.Helper()
	found, err := app.FindCachedCollectionByNameOrId(collection)
	if err != nil {
		t.Fatalf("find %s: %v", collection, err)
	}
	record := core.NewRecord(found)
	set(t, record, fields...)
	if err := app.Save(record); err != nil {
		t.Fatalf("make %s: %v", collection, err)
	}
	return record
}

// Change saves new values on a fresh copy of the record and returns that copy.
func Change(t testing.TB, app core.App, record *core.Record, fields Fields) *core.Record {
	t.Helper()
	fresh := Reload(t, app, record)
	set(t, fresh, fields)
	if err := app.Save(fresh); err != nil {
		t.Fatalf("change %s: %v", record.Collection().Name, err)
	}
	return fresh
}

// Reload is the record as it is stored now.
func Reload(t testing.TB, app core.App, record *core.Record) *core.Record {
	t.Helper()
	fresh, err := app.FindRecordById(record.Collection(), record.Id)
	if err != nil {
		t.Fatalf("reload %s: %v", record.Collection().Name, err)
	}
	return fresh
}

func set(t testing.TB, record *core.Record, fields ...Fields) {
	t.Helper()
	for _, some := range fields {
		for name, value := range some {
			if record.Collection().Fields.GetByName(name) == nil {
				t.Fatalf("%s has no field %q", record.Collection().Name, name)
			}
			record.Set(name, value)
		}
	}
}

// Location makes a place in Copenhagen with both of its settings, open for online booking and allowed to send.
func Location(t testing.TB, app core.App, fields ...Fields) *core.Record {
	t.Helper()
	location := Make(t, app, "locations", append([]Fields{{
		"name": fmt.Sprintf("Harbour Vets %d", made.Add(1)), "legal_name": "Harbour Vets ApS", "legal_id": "12345678",
		"address": "Havnegade 1", "postcode": "1058", "city": "København", "country": "DK", "phone": "+4533112233",
		"email": "hello@harbour.example", "timezone": "Europe/Copenhagen", "locale": "en", "currency": "DKK",
	}}, fields...)...)
	BookingSettings(t, app, location, Fields{
		"enabled": true, "mode": "instant", "offer": "every_slot", "grid_minutes": 15, "lead": "2h", "horizon_days": 90,
		"required": []string{"first_name", "last_name", "pet_name", "contact"}, "cancel_cutoff_minutes": 1440, "max_open": 3,
		"auto_complete_hours": 24,
	})
	MessageSettings(t, app, location, Fields{
		"sms_enabled": true, "sms_terms_accepted_at": "2026-01-01 00:00:00.000Z", "email_enabled": true,
		"sms_sender": "Harbour", "email_from": "hello@harbour.example", "window_from": "08:00", "window_until": "21:00",
		"reminder_time": "09:00", "visit_lead": "2d 09:00", "visit_channels": []string{"email", "sms"},
		"confirmation_channels": []string{"email", "sms"}, "sms_charset": "gsm7", "sms_max_parts": 1, "sms_price": 0.99,
		"cancellation_notice_hours": 24, "payment_notice_hours": 48,
	})
	return location
}

// BookingSettings changes the booking settings of a location, and makes them where no hook has.
func BookingSettings(t testing.TB, app core.App, location *core.Record, fields Fields) *core.Record {
	t.Helper()
	return settings(t, app, "booking_settings", location, fields)
}

// MessageSettings changes the message settings of a location, and makes them where no hook has.
func MessageSettings(t testing.TB, app core.App, location *core.Record, fields Fields) *core.Record {
	t.Helper()
	return settings(t, app, "message_settings", location, fields)
}

func settings(t testing.TB, app core.App, collection string, location *core.Record, fields Fields) *core.Record {
	t.Helper()
	found, err := app.FindAllRecords(collection)
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range found {
		if record.GetString("location") == location.Id {
			return Change(t, app, record, fields)
		}
	}
	return Make(t, app, collection, Fields{"location": location.Id}, fields)
}

// Practitioner makes somebody who can be booked at the location.
func Practitioner(t testing.TB, app core.App, location *core.Record, fields ...Fields) *core.Record {
	t.Helper()
	return Make(t, app, "practitioners", append([]Fields{{
		"name": fmt.Sprintf("Anna Holm %d", made.Add(1)), "initials": "AH", "locations": []string{location.Id},
	}}, fields...)...)
}

// Shift makes a working day from 08:00 to 16:00, every day of every week.
func Shift(t testing.TB, app core.App, location, practitioner *core.Record, fields ...Fields) *core.Record {
	t.Helper()
	return Make(t, app, "shifts", append([]Fields{{
		"location": location.Id, "practitioner": practitioner.Id,
		"weekdays": []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "starts": "08:00", "ends": "16:00",
	}}, fields...)...)
}

// Reason makes a reason of 30 minutes that is bookable online, in a group of its own.
func Reason(t testing.TB, app core.App, fields ...Fields) *core.Record {
	t.Helper()
	n := made.Add(1)
	group := Make(t, app, "reason_groups", Fields{"name": fmt.Sprintf("Visits %d", n)})
	return Make(t, app, "reasons", append([]Fields{{
		"group": group.Id, "name": fmt.Sprintf("Check-up %d", n), "duration_minutes": 30,
	}}, fields...)...)
}

// Species is a kind of animal by its English name, made where it is none of those of a first start.
func Species(t testing.TB, app core.App, name string) *core.Record {
	t.Helper()
	if found, err := app.FindFirstRecordByData("species", "name", name); err == nil {
		return found
	}
	return Make(t, app, "species", Fields{"name": name})
}

// Client makes an owner who can be reached by e-mail and SMS, at an address and number of their own.
func Client(t testing.TB, app core.App, fields ...Fields) *core.Record {
	t.Helper()
	n := made.Add(1)
	return Make(t, app, "clients", append([]Fields{{
		"first_name": "Maja", "last_name": fmt.Sprintf("Lund %d", n), "email": fmt.Sprintf("maja%d@owner.example", n),
		"phone": fmt.Sprintf("+45201%05d", n), "sms_phone": fmt.Sprintf("+45201%05d", n),
	}}, fields...)...)
}

// Patient makes a pet of the client.
func Patient(t testing.TB, app core.App, client *core.Record, fields ...Fields) *core.Record {
	t.Helper()
	return Make(t, app, "patients", append([]Fields{{"client": client.Id, "name": "Bella"}}, fields...)...)
}

// Visit is a booked visit of the client, half an hour from startsAt in PocketBase's form, as staff make it.
func Visit(t testing.TB, app core.App, location, practitioner, reason, client *core.Record, startsAt string, fields ...Fields) *core.Record {
	t.Helper()
	return Make(t, app, "bookings", append([]Fields{{
		"reference": fmt.Sprintf("T%05d", made.Add(1)), "location": location.Id, "practitioner": practitioner.Id,
		"reason": reason.Id, "client": client.Id, "starts_at": startsAt, "status": "booked", "source": "staff",
	}}, fields...)...)
}

// Account makes a staff account with the role that works at the locations given; none means everywhere.
func Account(t testing.TB, app core.App, role string, locations ...*core.Record) *core.Record {
	t.Helper()
	ids := make([]string, len(locations))
	for i, location := range locations {
		ids[i] = location.Id
	}
	return Make(t, app, "staff", Fields{
		"name": "Sam " + role, "email": fmt.Sprintf("%s%d@clinic.example", role, made.Add(1)), "password": "correct horse",
		"role": role, "locations": ids,
	})
}

// Superuser makes an account of the dashboard.
func Superuser(t testing.TB, app core.App) *core.Record {
	t.Helper()
	return Make(t, app, core.CollectionNameSuperusers, Fields{
		"email": fmt.Sprintf("admin%d@clinic.example", made.Add(1)), "password": "correct horse",
	})
}

// Token logs the account in.
func Token(t testing.TB, account *core.Record) string {
	t.Helper()
	token, err := account.NewAuthToken()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

package command

import (
	"fmt"
	"maps"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/calendar"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// demoPlace is one location of the demo's chain. Every address ends in .example, which nobody can own (RFC 2606), and the phone numbers
// have the form of their country without being anybody's we know of.
type demoPlace struct {
	country           string
	location          fields
	booking, messages fields
	rooms             [][2]string // kind and name
	addresses         []fields
	people            demoPeople
}

var demoPlaces = []demoPlace{
	{
		country: "NO",
		location: fields{
			"name": "Fjordlabb Oslo", "legal_name": "Fjordlabb AS", "legal_id": "000000001", "address": "Prøveveien 12", "postcode": "0001", "city": "Oslo",
			"country": "NO", "phone": "+4722000012", "email": "oslo@pawbell.example", "website": "https://oslo.pawbell.example",
			"timezone": "Europe/Oslo", "locale": "nb", "currency": "NOK",
		},
		booking: fields{
			"enabled": true, "mode": "instant", "offer": "every_slot", "horizon_days": 90, "accent": "#0f6b5c",
			"info": "The entrance is in the yard. Please keep cats in a box and dogs on a lead in the waiting room.",
			"translations": map[string]map[string]string{"nb": {
				"info": "Inngangen er i bakgården. Hold katter i bur og hunder i bånd på venterommet.",
			}},
			"privacy_url": "https://oslo.pawbell.example/privacy", "embed_origins": "https://oslo.pawbell.example",
		},
		messages: fields{"sms_sender": "Fjordlabb", "sms_price": 0.69},
		rooms:    [][2]string{{"operating room", "Operating room"}, {"treatment room", "Treatment room 1"}, {"treatment room", "Treatment room 2"}},
		addresses: []fields{
			{"email": "frontdesk.oslo@pawbell.example", "kinds": []string{"booking", "cancellation"}},
			{"email": "archive@pawbell.example", "kinds": []string{"bcc"}},
		},
		people: norwegians,
	},
	{
		country: "DK",
		location: fields{
			"name": "Havnepoten København", "legal_name": "Havnepoten ApS", "legal_id": "00000002", "address": "Prøvegade 7", "postcode": "1050", "city": "København",
			"country": "DK", "phone": "+4533110007", "email": "koebenhavn@pawbell.example", "website": "https://koebenhavn.pawbell.example",
			"timezone": "Europe/Copenhagen", "locale": "da", "currency": "DKK",
		},
		booking: fields{
			"enabled": true, "mode": "instant", "offer": "half_hours", "lead": "4h", "horizon_days": 60, "accent": "#1d5f8a",
			"hide_species": true, "hide_duration": true, "hide_practitioner": true, "cancel_cutoff_minutes": 2880,
			"required":    []string{"first_name", "last_name", "pet_name", "email", "phone"},
			"privacy_url": "https://koebenhavn.pawbell.example/privacy",
		},
		messages: fields{"sms_sender": "Havnepoten", "sms_price": 0.99, "visit_lead": "1d 10:00", "sms_max_parts": 2},
		rooms: [][2]string{
			{"operating room", "Operating room"}, {"treatment room", "Treatment room"}, {"ultrasound", "Ultrasound scanner"},
		},
		addresses: []fields{
			{"email": "reception.kbh@pawbell.example", "kinds": []string{"booking"}},
			{"email": "owner@pawbell.example", "kinds": []string{"cancellation", "payment"}},
			{"email": "archive@pawbell.example", "kinds": []string{"bcc"}},
		},
		people: danes,
	},
	{
		country: "RO",
		location: fields{
			"name": "Lăbuțe Cluj", "legal_name": "Lăbuțe Veterinar SRL", "legal_id": "RO00000003", "address": "Strada Exemplului 3", "postcode": "400001",
			"city": "Cluj-Napoca", "country": "RO", "phone": "+40264000003", "email": "cluj@pawbell.example", "website": "https://cluj.pawbell.example",
			"timezone": "Europe/Bucharest", "locale": "ro", "currency": "RON",
		},
		booking: fields{
			"enabled": true, "mode": "request", "offer": "every_slot", "grid_minutes": 20, "lead": "1d 18:00", "horizon_days": 45, "accent": "#7a3e9d",
			"info": "You get an answer to your request within a working day.",
			"translations": map[string]map[string]string{"ro": {
				"info": "Veți primi un răspuns la cerere în cel mult o zi lucrătoare.",
			}},
			"privacy_url": "https://cluj.pawbell.example/privacy",
		},
		messages: fields{"sms_sender": "Labute", "sms_price": 0.32, "window_until": "20:00", "minimal_notices": true},
		rooms:    [][2]string{{"operating room", "Operating room"}, {"treatment room", "Treatment room"}},
		addresses: []fields{
			{"email": "receptie.cluj@pawbell.example", "kinds": []string{"booking", "bcc", "cancellation"}},
		},
		people: romanians,
	},
}

// demoReason is the one reason of the demo's own: it is paid ahead, takes an appliance, and is done at one place.
var demoReason = fields{
	"name": "Ultrasound of the belly", "instructions": "Please give no food for eight hours before. Your pet may drink.", "clients": "all",
	"translations": map[string]map[string]string{
		"nb": {"name": "Ultralyd av magen", "instructions": "Ikke gi mat de siste åtte timene. Dyret kan drikke."},
		"da": {"name": "Ultralyd af maven", "instructions": "Giv ikke foder de sidste otte timer. Dyret må gerne drikke."},
		"ro": {"name": "Ecografie abdominală", "instructions": "Vă rugăm să nu dați mâncare cu opt ore înainte. Apa este permisă."},
	},
	"duration_minutes": 45, "buffer_after": 15, "price": 1450, "payment_due": "2d 12:00", "sort": 40,
}

// makeDemoPlaces makes everything that a clinic sets up, and the accounts.
func makeDemoPlaces(app core.App, now time.Time) error {
	settings := app.Settings()
	settings.Meta.SenderAddress = "clinic@pawbell.example"
	settings.Backups.Cron, settings.Backups.CronMaxKeep = "30 2 * * *", 3
	if err := app.Save(settings); err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	d := demoSetUp{app: app, now: now, places: map[string]*core.Record{}, rooms: map[string][]string{}}
	for _, place := range demoPlaces {
		if err := d.place(place); err != nil {
			return err
		}
	}
	if err := d.team(); err != nil {
		return err
	}
	if err := d.reasons(); err != nil {
		return err
	}
	if err := d.rules(); err != nil {
		return err
	}
	return d.accounts()
}

// demoSetUp is what was made so far.
type demoSetUp struct {
	app    core.App
	now    time.Time
	places map[string]*core.Record // by country
	rooms  map[string][]string     // ids by kind
	staff  map[string]*core.Record // practitioners by name
}

func (d *demoSetUp) place(place demoPlace) error {
	location, err := add(d.app, store.Locations, place.location)
	if err != nil {
		return err
	}
	d.places[place.country] = location
	sending := maps.Clone(place.messages)
	sending["sms_enabled"], sending["sms_terms_accepted_at"], sending["email_from"] = true, record.Instant(d.now), place.location["email"]
	for collection, values := range map[string]fields{store.BookingSettings: place.booking, store.MessageSettings: sending} {
		r, err := d.app.FindFirstRecordByData(collection, "location", location.Id)
		if err != nil {
			return fmt.Errorf("find %s: %w", collection, err)
		}
		if err := change(d.app, r, values); err != nil {
			return err
		}
	}
	for _, room := range place.rooms {
		r, err := add(d.app, store.Resources, fields{"location": location.Id, "kind": room[0], "name": room[1]})
		if err != nil {
			return err
		}
		d.rooms[room[0]] = append(d.rooms[room[0]], r.Id)
	}
	for _, address := range place.addresses {
		own := maps.Clone(address)
		own["location"] = location.Id
		if _, err := add(d.app, store.NotificationAddresses, own); err != nil {
			return err
		}
	}
	return nil
}

// reasons gives some of the reasons of a first start rooms, people and limits, and adds the demo's own.
func (d *demoSetUp) reasons() error {
	neutering := fields{"resources": d.rooms["operating room"], "practitioners": d.ids("Sindre Moen", "Magnus Bech", "Radu Câmpean")}
	for name, values := range map[string]fields{
		"Neutering":           neutering,
		"Nail trim":           {"resources": d.rooms["treatment room"]},
		"Travel and passport": {"max_per_day": 4, "lead": "24h"},
	} {
		r, err := named(d.app, store.Reasons, name)
		if err != nil {
			return err
		}
		if err := change(d.app, r, values); err != nil {
			return err
		}
	}
	group, err := named(d.app, store.ReasonGroups, "Operations and special visits")
	if err != nil {
		return err
	}
	own := maps.Clone(demoReason)
	own["group"], own["locations"], own["resources"] = group.Id, []string{d.places["DK"].Id}, d.rooms["ultrasound"]
	own["practitioners"] = d.ids("Signe Holm")
	_, err = add(d.app, store.Reasons, own)
	return err
}

// accounts makes the dashboard's login and one account of each role.
func (d *demoSetUp) accounts() error {
	if _, err := add(d.app, core.CollectionNameSuperusers, fields{"email": demoEmail, "password": demoPassword}); err != nil {
		return err
	}
	for _, account := range []fields{
		{"name": "Reception Oslo", "email": "reception@pawbell.example", "role": "reception", "locations": []string{d.places["NO"].Id}},
		{"name": "Freja Kjær", "email": "vet@pawbell.example", "role": "vet", "locations": []string{d.places["DK"].Id}},
		{"name": "Management", "email": "manager@pawbell.example", "role": "manager"},
	} {
		account["password"] = demoPassword
		r, err := add(d.app, store.Staff, account)
		if err != nil {
			return err
		}
		if p := d.staff[r.GetString("name")]; p != nil {
			if err := change(d.app, p, fields{"account": r.Id}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *demoSetUp) ids(names ...string) []string {
	var ids []string
	for _, name := range names {
		ids = append(ids, d.staff[name].Id)
	}
	return ids
}

// today is the local day at one of the demo's places.
func (d *demoSetUp) today(country string) (calendar.Date, *time.Location, error) {
	zone, err := time.LoadLocation(d.places[country].GetString("timezone"))
	if err != nil {
		return calendar.Date{}, nil, fmt.Errorf("zone of %s: %w", country, err)
	}
	return calendar.On(d.now, zone), zone, nil
}

package hooks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

// place is a location with one record of everything that others point to.
type place struct {
	location, practitioner, reason, group, client, booking, message *core.Record
}

func newChain(t *testing.T) *chain {
	t.Helper()
	app := clinictest.New(t, nil)
	c := &chain{app: app, handler: clinictest.Handler(t, app), tokens: map[string]string{}}
	for i := range c.places {
		p := &place{location: clinictest.Location(t, app, clinictest.Fields{"legal_id": fmt.Sprintf("company %d", i)})}
		c.places[i] = p
		p.practitioner = clinictest.Practitioner(t, app, p.location)
		p.reason = clinictest.Reason(t, app)
		p.client = clinictest.Client(t, app)
		p.booking = clinictest.Make(t, app, "bookings", c.body(t, "bookings", p))
		p.message = clinictest.Make(t, app, "messages", c.body(t, "messages", p))
	}
	for _, role := range []string{"vet", "reception", "manager"} {
		c.tokens[role] = clinictest.Token(t, clinictest.Account(t, app, role, c.places[0].location))
	}
	c.tokens["chain_manager"] = clinictest.Token(t, clinictest.Account(t, app, "manager"))
	c.tokens["superuser"] = clinictest.Token(t, clinictest.Superuser(t, app))
	return c
}

// change is what an update writes, something that staff may well write.
var change = map[string]clinictest.Fields{
	"absences": {"note": "back soon"}, "audit": {"by": "somebody"}, "booking_requests": {"note": "more"}, "booking_settings": {"info": "Park behind"},
	"bookings": {"note": "bites"}, "broadcasts": {"subject": "News"}, "clients": {"note": "rings twice"}, "inbound_messages": {"meaning": "unclear"},
	"locations": {"website": "https://clinic.example"}, "message_events": {"detail": "none"}, "message_settings": {"sms_sender": "Vets"},
	"messages": {"subject": "Hello"}, "notification_addresses": {"inactive": true}, "patients": {"note": "shy"}, "practitioners": {"title": "Vet"},
	"reason_groups": {"sort": 5}, "reasons": {"price": 100}, "reminder_rules": {"inactive": true}, "reminders": {"subject": "Soon"},
	"resources": {"inactive": true}, "runs": {"state": "stopped"}, "shifts": {"ends": "15:00"}, "species": {"sort": 5}, "staff": {"name": "Kim"},
	"statements": {"parts": 0}, "stopped_addresses": {"note": "asked again"}, "tasks": {"done": true}, "templates": {"description": "Mine"},
}

// body is a whole new record of the place, unlike any before it.
func (c *chain) body(t *testing.T, collection string, p *place) clinictest.Fields {
	t.Helper()
	c.count++
	n := c.count
	name := fmt.Sprintf("%s %d", collection, n)
	mail := fmt.Sprintf("a%d@clinic.example", n)
	location := p.location.Id
	const at = "2027-03-01 08:15:00.000Z"
	switch collection {
	case "absences":
		return clinictest.Fields{"location": location, "starts_at": at, "ends_at": "2027-03-02 08:15:00.000Z", "kind": "closed"}
	case "audit":
		return clinictest.Fields{"collection": "clients", "record": p.client.Id, "action": "update"}
	case "booking_requests":
		return clinictest.Fields{"location": location, "reason": p.reason.Id, "starts_at": at, "first_name": "Maja", "last_name": "Lund",
			"pet_name": "Bella", "phone": "+4520111111", "idempotency_key": fmt.Sprintf("0123456789abcdef-%d", n)}
	case "booking_settings":
		return clinictest.Fields{"location": location, "mode": "instant", "offer": "every_slot"}
	case "bookings":
		return clinictest.Fields{"reference": fmt.Sprintf("R%d", n), "location": location, "reason": p.reason.Id, "practitioner": p.practitioner.Id,
			"client": p.client.Id, "starts_at": at, "status": "booked", "source": "staff"}
	case "broadcasts":
		return clinictest.Fields{"kind": "group", "location": location, "filter": "city = 'Odense'", "state": "draft"}
	case "clients":
		return clinictest.Fields{"first_name": "Maja", "last_name": name, "email": mail}
	case "inbound_messages":
		return clinictest.Fields{"channel": "sms", "from": "+4520111111", "text": "STOP", "location": location, "at": at, "meaning": "stop"}
	case "locations":
		return clinictest.Fields{"name": name, "country": "DK", "timezone": "Europe/Copenhagen", "locale": "da"}
	case "message_events":
		return clinictest.Fields{"message": p.message.Id, "kind": "accepted", "at": at}
	case "message_settings":
		return clinictest.Fields{"location": location}
	case "messages":
		return clinictest.Fields{"location": location, "client": p.client.Id, "channel": "sms", "purpose": "personal", "to": "+4520111111",
			"text": "Hello", "state": "queued"}
	case "notification_addresses":
		return clinictest.Fields{"location": location, "email": mail, "kinds": []string{"booking"}}
	case "patients":
		return clinictest.Fields{"client": p.client.Id, "name": "Bella"}
	case "practitioners":
		return clinictest.Fields{"name": name, "locations": []string{location}}
	case "reason_groups", "species":
		return clinictest.Fields{"name": name}
	case "reasons":
		return clinictest.Fields{"group": p.reason.GetString("group"), "name": name, "duration_minutes": 30}
	case "reminder_rules":
		return clinictest.Fields{"name": name, "trigger": "visit_completed", "reasons": []string{p.reason.Id}}
	case "reminders":
		return clinictest.Fields{"client": p.client.Id, "location": location, "due_on": "2027-06-01", "methods": []string{"email"}}
	case "resources":
		return clinictest.Fields{"location": location, "kind": "room", "name": name}
	case "runs":
		return clinictest.Fields{"kind": "sync_messages"}
	case "shifts":
		return clinictest.Fields{"location": location, "practitioner": p.practitioner.Id, "weekdays": []string{"mon"}, "starts": "08:00", "ends": "16:00"}
	case "staff":
		return clinictest.Fields{"name": "Sam", "email": mail, "role": "vet", "password": "correct horse", "passwordConfirm": "correct horse"}
	case "statements":
		return clinictest.Fields{"period": "2027Q1"}
	case "stopped_addresses":
		return clinictest.Fields{"channel": "email", "address": mail, "cause": "stop", "note": "asked on the phone"}
	case "tasks":
		return clinictest.Fields{"kind": "call_owner", "title": "Call Maja", "location": location, "client": p.client.Id}
	case "templates":
		return clinictest.Fields{"code": fmt.Sprintf("t%d", n), "name": name, "purpose": "personal", "locale": "en", "sms_text": "Hello"}
	}
	t.Fatalf("nobody knows what a record of %s looks like", collection)
	return nil
}

// record is the id of a record of the place that stays.
func (c *chain) record(t *testing.T, collection string, p *place) string {
	t.Helper()
	switch {
	case collection == "locations":
		return p.location.Id
	case strings.HasSuffix(collection, "_settings"):
		found, err := c.app.FindFirstRecordByData(collection, "location", p.location.Id)
		if err != nil {
			t.Fatal(err)
		}
		return found.Id
	case collection == "statements":
		clinictest.Change(t, c.app, p.message, clinictest.Fields{
			"billed_period": "2027Q1", "legal_id": p.location.GetString("legal_id"), "state": "sent", "parts": 1,
		})
		return p.message.Id
	}
	return c.disposable(t, collection, p)
}

// disposable is the id of a record of the place that nothing else needs.
func (c *chain) disposable(t *testing.T, collection string, p *place) string {
	t.Helper()
	switch {
	case strings.HasSuffix(collection, "_settings"), collection == "statements":
		return c.record(t, collection, p)
	case collection == "staff":
		return clinictest.Account(t, c.app, "vet", p.location).Id
	}
	return clinictest.Make(t, c.app, collection, c.body(t, collection, p)).Id
}

// newPlace is the place that a new record is made for: settings are unique, so they need a location without any.
func (c *chain) newPlace(t *testing.T, collection string, p *place) *place {
	t.Helper()
	if !strings.HasSuffix(collection, "_settings") {
		return p
	}
	bare := *p
	bare.location = clinictest.Make(t, c.app, "locations", c.body(t, "locations", p))
	return &bare
}

package year_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/year"
)

var languages = []string{"en", "da", "nb", "sv", "fi", "ro"}

// open sets the chain up: three places on three clocks, what they do there, and what they say.
func (c *clinic) open() {
	c.t.Helper()
	both := []string{"email", "sms"}
	c.place(&place{number: "+45201%05d", is: year.Place{
		Name: "Harbour", Zone: "Europe/Copenhagen", Locale: "da", Opens: 8 * 60, Closes: 21 * 60, RemindAt: 9 * 60, Lead: "2d 09:00", VisitChannels: both,
		ConfirmationChannels: both, SMS: true, Email: true, CancellationNoticeHours: 24, PaymentNoticeHrs: 48, CutoffMinutes: 24 * 60,
	}}, "DK")
	c.place(&place{number: "+4072%07d", request: true, is: year.Place{
		Name: "Gradina", Zone: "Europe/Bucharest", Locale: "ro", Opens: 9 * 60, Closes: 20 * 60, RemindAt: 10 * 60, Lead: "12h", VisitChannels: []string{"sms"},
		ConfirmationChannels: both, SMS: true, Email: true, CancellationNoticeHours: 0, PaymentNoticeHrs: 24, CutoffMinutes: 12 * 60, Minimal: true,
	}}, "RO")
	c.place(&place{number: "+1201555%04d", is: year.Place{
		Name: "Brooklyn", Zone: "America/New_York", Locale: "en", Opens: 8 * 60, Closes: 20*60 + 30, RemindAt: 9 * 60, Lead: "1d 10:00", VisitChannels: both,
		ConfirmationChannels: []string{"email"}, SMS: true, Email: true, CancellationNoticeHours: 48, PaymentNoticeHrs: 48, NoEarly: true, CutoffMinutes: 6 * 60,
	}}, "US")
	c.writeTexts()
	for _, r := range []struct {
		is   year.Reason
		with fields
	}{
		{year.Reason{Name: "Check-up"}, nil},
		{year.Reason{Name: "Vaccination", Group: "Prevention"}, nil},
		{year.Reason{Name: "Dental", Lead: "3d 16:00", Group: "Prevention"}, nil},
		{year.Reason{Name: "Surgery", Lead: "12h", ReminderText: "surgery_reminder"}, fields{"price": 4000, "payment_due": "3d 12:00"}},
		{year.Reason{Name: "Blood sample", Lead: "1h"}, nil},
		{year.Reason{Name: "Chat", Lead: "none"}, nil},
		{year.Reason{Name: "Goodbye", EndOfLife: true}, nil},
	} {
		c.reason(r.is, r.with)
	}
	c.rules()
}

func clockOf(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

func (c *clinic) place(p *place, country string) {
	c.t.Helper()
	var err error
	if p.zone, err = time.LoadLocation(p.is.Zone); err != nil {
		c.t.Fatal(err)
	}
	p.id = c.id("place")
	location := clinictest.Location(c.t, c.app, fields{"id": p.id, "name": p.is.Name, "country": country, "timezone": p.is.Zone, "locale": p.is.Locale})
	mode := "instant"
	if p.request {
		mode = "request"
	}
	clinictest.BookingSettings(c.t, c.app, location, fields{"mode": mode, "cancel_cutoff_minutes": p.is.CutoffMinutes})
	p.settings = clinictest.MessageSettings(c.t, c.app, location, c.settingsOf(p.is)).Id
	for i := range 2 {
		practitioner := clinictest.Practitioner(c.t, c.app, location, fields{"id": c.id("vet"), "name": fmt.Sprintf("Vet %d of %s", i, p.is.Name)})
		clinictest.Shift(c.t, c.app, location, practitioner, fields{"starts": "08:00", "ends": "18:00"})
		p.practitioners = append(p.practitioners, practitioner.Id)
	}
	name := strings.ToLower(p.is.Name)
	for _, a := range []year.Address{
		{Email: "desk@" + name + ".example", Kinds: []string{"booking", "cancellation"}},
		{Email: "archive@" + name + ".example", Kinds: []string{"bcc", "booking"}},
		{Email: "money@" + name + ".example", Kinds: []string{"payment"}},
	} {
		clinictest.Make(c.t, c.app, "notification_addresses", fields{"location": p.id, "email": a.Email, "kinds": a.Kinds})
		p.is.Addresses = append(p.is.Addresses, a)
	}
	c.places = append(c.places, p)
	c.journal.Places[p.id] = new(year.Log[year.Place])
	c.journal.Places[p.id].Add(c.now(), p.is)
}

func (c *clinic) settingsOf(p year.Place) fields {
	return fields{
		"sms_enabled": p.SMS, "email_enabled": p.Email, "window_from": clockOf(p.Opens), "window_until": clockOf(p.Closes), "reminder_time": clockOf(p.RemindAt),
		"visit_lead": p.Lead, "no_early_reminder": p.NoEarly, "visit_channels": p.VisitChannels, "confirmation_channels": p.ConfirmationChannels,
		"cancellation_notice_hours": p.CancellationNoticeHours, "payment_notice_hours": p.PaymentNoticeHrs, "minimal_notices": p.Minimal, "sms_max_parts": 0,
	}
}

func (c *clinic) reason(is year.Reason, with fields) {
	c.t.Helper()
	id := c.id("reason")
	all := fields{"id": id, "name": is.Name, "visit_lead": is.Lead, "end_of_life": is.EndOfLife}
	if is.ReminderText != "" {
		all["reminder_template"] = c.templateID(is.ReminderText, "en")
	}
	if is.Group != "" {
		group, err := c.app.FindFirstRecordByData("reason_groups", "name", is.Group)
		if err != nil {
			group = clinictest.Make(c.t, c.app, "reason_groups", fields{"name": is.Group})
		}
		all["group"] = group.Id
	}
	clinictest.Reason(c.t, c.app, all, with)
	c.reasons = append(c.reasons, &reason{id, is})
	c.journal.Reasons[id] = new(year.Log[year.Reason])
	c.journal.Reasons[id].Add(c.now(), is)
}

func (c *clinic) templateID(code, locale string) string {
	c.t.Helper()
	found, err := c.app.FindRecordsByFilter("templates", "code = '"+code+"' && locale = '"+locale+"'", "", 1, 0)
	if err != nil || len(found) != 1 {
		c.t.Fatalf("template %s in %s: %v", code, locale, err)
	}
	return found[0].Id
}

// writeTexts gives every text words by which it is known again.
func (c *clinic) writeTexts() {
	c.t.Helper()
	for _, locale := range []string{"en", "da"} {
		clinictest.Make(c.t, c.app, "templates", fields{"code": "surgery_reminder", "name": "Before surgery", "purpose": "visit_reminder", "locale": locale,
			"subject": "x", "email_text": "x", "sms_text": "x"})
	}
	all, err := c.app.FindRecordsByFilter("templates", "", "code,locale", 0, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	// Nothing is planned yet that would have to follow.
	err = c.app.RunInTransaction(func(tx core.App) error {
		for _, r := range all {
			change := c.worded(r.GetString("code"), r.GetString("purpose"), r.GetString("locale"), r.GetString("location"), r.GetString("sms_text") != "")
			if _, err := tx.DB().Update("templates", change, dbx.HashExp{"id": r.Id}).Execute(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.desk.SetupChanged()
}

// write changes a text so that it carries a new mark.
func (c *clinic) write(id, code, purpose, locale, place string, texts bool) {
	c.t.Helper()
	c.must(c.change("templates", id, c.worded(code, purpose, locale, place, texts)), "a text")
}

// worded are the words of a text with a new mark, which is noted.
func (c *clinic) worded(code, purpose, locale, place string, texts bool) fields {
	c.made++
	mark := fmt.Sprintf("K%dK", c.made)
	words := mark
	switch {
	case strings.HasPrefix(purpose, "notice"):
	case purpose == "reminder":
		words += " {{ client.first_name }} {{ patient.name }}"
	case purpose == "group", purpose == "personal", purpose == "test":
		words += " {{ client.first_name }}"
	case purpose == "payment_due":
		words += " {{ client.first_name }} {{ payment.deadline }}"
	default:
		words += " {{ client.first_name }} {{ patient.name }} {{ booking.date }} {{ booking.time }}"
	}
	change := fields{"subject": "About " + mark, "email_text": words}
	if texts {
		change["sms_text"] = words
	}
	key := code + "/" + locale + "/" + place
	if c.journal.Texts[key] == nil {
		c.journal.Texts[key] = new(year.Log[year.Text])
	}
	c.journal.Texts[key].Add(c.now(), year.Text{Code: code, Locale: locale, Place: place, Mark: mark})
	return change
}

var firstNames = []string{"Maja", "Kari", "Ion", "Elena", "Søren", "Grace", "Åsa", "Väinö", "Ștefan", "Liv"}

// register writes the owners and their pets down.
func (c *clinic) register(owners int) {
	c.t.Helper()
	for n := range owners {
		o := &owner{id: c.id("owner"), first: pick(c, firstNames), last: fmt.Sprintf("Lund %d", n), at: c.places[n%len(c.places)]}
		o.is = year.Client{First: o.first}
		if c.chance(92) {
			o.is.Email = fmt.Sprintf("owner%d@owner.example", n)
		}
		if c.chance(85) {
			o.is.SMS = fmt.Sprintf(o.at.number, 1000+n)
		}
		if n > 3 && c.chance(4) {
			o.is.SMS = c.owners[n-3].is.SMS // a family's
		}
		if c.chance(50) {
			o.is.Locale = pick(c, languages)
		}
		o.is.NoSMS, o.is.NoEmail = c.chance(3), c.chance(3)
		for _, purpose := range []string{"visit", "reminder", "group"} {
			if c.chance(3) {
				o.is.Refused = append(o.is.Refused, purpose)
			}
		}
		clinictest.Client(c.t, c.app, fields{"id": o.id, "first_name": o.first, "last_name": o.last, "location": o.at.id, "email": o.is.Email, "phone": o.is.SMS,
			"sms_phone": o.is.SMS, "locale": o.is.Locale, "no_sms": o.is.NoSMS, "no_email": o.is.NoEmail, "refused": o.is.Refused})
		c.enter(o)
		for range 1 + c.random.IntN(3) {
			c.adopt(o)
		}
		if o.is.Email != "" && c.chance(1.5) {
			c.mail.dead[o.is.Email] = true
		}
		if o.is.SMS != "" && c.chance(1.5) {
			c.texts.dead[o.is.SMS] = true
		}
	}
}

// enter puts an owner into the books of the simulation.
func (c *clinic) enter(o *owner) {
	c.owners = append(c.owners, o)
	c.journal.Clients[o.id] = new(year.Log[year.Client])
	c.journal.Clients[o.id].Add(c.now(), o.is)
}

var petNames = []string{"Bella", "Max", "Otto", "Luna", "Rex", "Mimi", "Nala", "Țuțu", "Balder"}

// adopt gives an owner another pet, whose name differs from those of the others.
func (c *clinic) adopt(o *owner) {
	c.t.Helper()
	name := petNames[(len(o.pets)*3+c.random.IntN(3))%len(petNames)]
	p := &pet{id: c.id("pet"), is: year.Pet{Client: o.id, Name: name, Species: clinictest.Species(c.t, c.app, "Dog").Id}}
	p.is.Born = begins.AddDate(0, 0, -c.random.IntN(5000)).Format("2006-01-02")
	clinictest.Make(c.t, c.app, "patients", fields{"id": p.id, "client": o.id, "name": name, "species": p.is.Species, "born_on": p.is.Born})
	c.keep(o, p)
}

func (c *clinic) keep(o *owner, p *pet) {
	o.pets = append(o.pets, p)
	c.journal.Pets[p.id] = new(year.Log[year.Pet])
	c.journal.Pets[p.id].Add(c.now(), p.is)
}

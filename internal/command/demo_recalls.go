package command

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
	"pawbell/internal/store/runs"
)

// demoRules are what the demo's visits and birthdays make by themselves. The vaccination's second step is for owners who forgot.
var demoRules = []struct {
	values           fields
	reasons, species []string
}{
	{
		fields{
			"name": "Yearly vaccination", "trigger": "visit_completed", "due_number": 1, "due_unit": "year", "steps": []int{-14, 7},
			"methods": []string{"email", "sms"}, "reminder_group": "vaccination",
		},
		[]string{"Vaccination"}, nil,
	},
	{
		fields{
			"name": "Teeth, half a year later", "trigger": "visit_completed", "due_number": 6, "due_unit": "month", "methods": []string{"email"},
			"reminder_group": "teeth",
		},
		[]string{"Teeth check"}, []string{"Dog", "Cat"},
	},
	{
		fields{
			"name": "Senior health check", "trigger": "age_reached", "age_number": 8, "age_unit": "year", "steps": []int{-7},
			"methods": []string{"email"}, "reminder_group": "senior check",
		},
		nil, []string{"Dog", "Cat"},
	},
}

// rules makes the demo's reminder rules, ahead of the visits from which reminders come.
func (d *demoSetUp) rules() error {
	for _, rule := range demoRules {
		values := maps.Clone(rule.values)
		for field, from := range map[string]struct {
			collection string
			names      []string
		}{"reasons": {store.Reasons, rule.reasons}, "species": {store.Species, rule.species}} {
			var ids []string
			for _, name := range from.names {
				r, err := named(d.app, from.collection, name)
				if err != nil {
					return err
				}
				ids = append(ids, r.Id)
			}
			values[field] = ids
		}
		if _, err := add(d.app, store.ReminderRules, values); err != nil {
			return err
		}
	}
	return nil
}

// demoReminders is how many reminders staff have written by hand.
const demoReminders = 12

// reminders are those that staff wrote by hand, a few weeks ahead, some of them to be repeated. Owners who cannot be reached as wished are passed
// over, as the form would.
func (l *demoLife) reminders() error {
	l.progress.begin("Reminders by hand", demoReminders)
	for n := range demoReminders {
		place := demoPlaces[n%len(demoPlaces)]
		at := l.at[place.country]
		o := l.reachable(place.country)
		if o == nil {
			return fmt.Errorf("nobody at %s can be reminded by e-mail", at.Name)
		}
		values := fields{
			"client": o.record.Id, "patients": []string{pick(l.random, o.pets).Id}, "location": at.ID, "methods": []string{"email"},
			"due_on": calendar.On(l.now, at.Place.Zone).Add(10 + l.random.IntN(60)).String(), "send_before_days": 7,
		}
		if some(l.random, 3) {
			values["repeat_number"], values["repeat_unit"], values["repeat_count"] = 3, "month", 4
		}
		if _, err := add(l.app, store.Reminders, values); err != nil {
			return err
		}
		l.progress.step()
	}
	return nil
}

// reachable draws an owner with a living animal who reads e-mails.
func (l *demoLife) reachable(country string) *owner {
	for range 100 {
		o := pick(l.random, l.owners[country])
		if len(o.pets) > 0 && o.record.GetString("email") != "" && !o.record.GetBool("no_email") && len(o.record.GetStringSlice("refused")) == 0 {
			return o
		}
	}
	return nil
}

// news is a group message that waits to be sent: the draft shows whom it would reach and what it would cost.
func (l *demoLife) news() error {
	at := l.at["DK"]
	draft, err := add(l.app, store.Broadcasts, fields{
		"kind": "group", "location": at.ID, "filter": "patients_via_client.species.name ?= 'Dog' && location = '" + at.ID + "'", "own_text": true,
		"subject": "Flåttiden er begyndt", "channels": []string{"email", "sms"},
		"email_text": "Hej {{ client.first_name }},\n\nflåterne er tilbage. Kom forbi efter en tablet eller et halsbånd, uden tidsbestilling.\n\n" +
			"Venlig hilsen\n{{ location.name }}\n\n[Jeg vil helst ikke have sådanne nyheder]({{ unsubscribe_url }})",
		"sms_text": "Hej {{ client.first_name }}, flåterne er tilbage. Kom forbi efter en tablet eller et halsbånd. {{ location.name }}",
	})
	if err != nil {
		return err
	}
	asker, err := l.app.FindAuthRecordByEmail(core.CollectionNameSuperusers, demoEmail)
	if err != nil {
		return fmt.Errorf("find the demo's login: %w", err)
	}
	// Nothing leaves by this count, so its links need no key that opens anything.
	count, err := runs.CountBroadcast(l.app, l.clinic, links.Key("counted and never sent"), draft, asker, l.now)
	if err != nil {
		return fmt.Errorf("count the people of the group message: %w", err)
	}
	runs.NoteCount(draft, count)
	runs.NoteAsker(draft, asker)
	return change(l.app, draft, nil)
}

// dueAgain writes down a vaccination of nearly a year ago at each place, so that the demo's first days have recalls that leave.
func (l *demoLife) dueAgain() error {
	vaccination, err := named(l.app, store.Reasons, "Vaccination")
	if err != nil {
		return err
	}
	for _, place := range demoPlaces {
		at := l.at[place.country]
		o := l.reachable(place.country)
		if o == nil {
			return fmt.Errorf("nobody at %s can be reminded by e-mail", at.Name)
		}
		day := calendar.On(l.now, at.Place.Zone).Add(15).AddMonths(-12)
		start, _ := day.At(11*60, at.Place.Zone)
		if _, err := add(l.app, store.Bookings, fields{
			"location": at.ID, "reason": vaccination.Id, "client": o.record.Id, "patient": o.pets[0].Id, "overbook": true,
			"practitioner": l.first(at.ID), "starts_at": record.Instant(start), "status": string(booking.Completed), "source": "staff",
		}); err != nil {
			return err
		}
	}
	return nil
}

// first is the practitioner of a place whose name comes first.
func (l *demoLife) first(location string) string {
	var first booking.Practitioner
	for _, p := range l.clinic.Practitioners {
		if slices.Contains(p.Locations, location) && (first.ID == "" || p.Name < first.Name) {
			first = p
		}
	}
	return first.ID
}

package command

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

const (
	demoPast   = 300
	demoComing = 120
	// pastDays is how far back the past visits go.
	pastDays = 120
)

// demoLife makes who comes and when: clients, patients, and visits behind and ahead. Visits ahead go the way that real ones go, so that their
// messages are planned and leave; visits behind are written down as what happened, and such notes have no messages.
type demoLife struct {
	ctx      context.Context
	app      core.App
	now      time.Time
	progress *progress
	// random begins the same way every time, so that two demos made at one moment are alike.
	random   *rand.Rand
	clinic   *store.Clinic
	at       map[string]*store.Location // by country
	species  map[string]string          // ids by name
	reasons  []*store.Reason
	owners   map[string][]*owner
	expected map[string]bool // clients who have a visit ahead: one each, so that nobody runs into the limit of open visits
}

// makeDemoLife makes clients, patients and visits, after [makeDemoPlaces].
func makeDemoLife(ctx context.Context, app core.App, now time.Time, p *progress) error {
	clinic, err := store.LoadClinic(app)
	if err != nil {
		return err
	}
	l := demoLife{
		ctx: ctx, app: app, now: now, progress: p, random: rand.New(rand.NewPCG(7, 2027)), clinic: clinic,
		at: map[string]*store.Location{}, species: map[string]string{}, owners: map[string][]*owner{}, expected: map[string]bool{},
	}
	for _, at := range clinic.Order {
		l.at[at.Country] = at
	}
	for _, s := range clinic.SpeciesOrder {
		l.species[s.Name] = s.ID
	}
	for _, g := range clinic.Groups {
		l.reasons = append(l.reasons, g.Reasons...)
	}
	if err := l.clients(); err != nil {
		return err
	}
	p.begin("Past visits", demoPast)
	for i := range demoPast {
		if err := l.past(demoPlaces[i%len(demoPlaces)].country); err != nil {
			return err
		}
		p.step()
	}
	if err := l.dueAgain(); err != nil {
		return err
	}
	p.begin("Coming visits", demoComing)
	for i := range demoComing {
		if err := l.coming(demoPlaces[i%len(demoPlaces)].country, i/len(demoPlaces)); err != nil {
			return err
		}
		p.step()
	}
	if err := l.reminders(); err != nil {
		return err
	}
	return l.news()
}

// occasion is a visit that could be: who, with which animal, what for, and when there is time.
type occasion struct {
	at     *store.Location
	owner  *owner
	pet    *core.Record
	reason *store.Reason
	starts []booking.Start
}

// occasionOn draws somebody and a reason until the book has time for them on the day, or on the days after it in the direction given. Last
// goodbyes are never drawn: nobody's demo needs one.
func (l *demoLife) occasionOn(country string, date calendar.Date, direction int, online bool) (occasion, error) {
	at := l.at[country]
	for try := range 300 {
		if try > 0 && try%4 == 0 {
			date = date.Add(direction)
		}
		o := occasion{at: at, owner: pick(l.random, l.owners[country])}
		if len(o.owner.pets) == 0 || direction > 0 && l.expected[o.owner.record.Id] {
			continue
		}
		o.pet = pick(l.random, o.owner.pets)
		if o.reason = pick(l.random, l.reasons); o.reason.Notify.EndOfLife || !fits(o.reason.Rules, at.ID, o.pet.GetString("species"), online) {
			continue
		}
		day, err := store.LoadDay(l.app, l.clinic, at.ID, date)
		if err != nil {
			return o, err
		}
		ask := booking.Ask{Reason: o.reason.Rules, Species: o.pet.GetString("species")}
		day.Place.Enabled, ask.Reason.Offline = true, false
		o.starts = booking.Times(day, ask)
		if direction > 0 {
			o.starts = booking.Bookable(at.Place, o.reason.Rules, o.starts, l.now)
		}
		if len(o.starts) > 0 {
			return o, nil
		}
	}
	return occasion{}, fmt.Errorf("no time for a visit at %s", at.Name)
}

// fits reports whether a visit with a reason can be at a place with a kind of animal.
func fits(r booking.Reason, location, species string, online bool) bool {
	return (!online || !r.Offline) &&
		(len(r.Locations) == 0 || slices.Contains(r.Locations, location)) &&
		(len(r.Species) == 0 || slices.Contains(r.Species, species))
}

// past writes down a visit that is over.
func (l *demoLife) past(country string) error {
	date := calendar.On(l.now, l.at[country].Place.Zone).Add(-1 - l.random.IntN(pastDays))
	o, err := l.occasionOn(country, date, -1, false)
	if err != nil {
		return err
	}
	status := booking.Completed
	switch n := l.random.IntN(100); {
	case n < 5:
		status = booking.NoShow
	case n < 13:
		status = booking.Cancelled
	}
	_, err = add(l.app, store.Bookings, l.visit(o, status))
	return err
}

// visit is a booking as staff write it.
func (l *demoLife) visit(o occasion, status booking.Status) fields {
	start := pick(l.random, o.starts)
	return fields{
		"location": o.at.ID, "reason": o.reason.ID, "practitioner": start.Practitioner, "resources": start.Resources,
		"client": o.owner.record.Id, "patient": o.pet.Id, "starts_at": record.Instant(start.At), "status": string(status), "source": "staff",
	}
}

// wishes are what owners write to the clinic.
var wishes = []string{"", "", "", "", "She is afraid of other dogs.", "Could we get the same vet as last time?", "We may be five minutes late."}

// coming books the n-th visit ahead at a place, most of them as owners do. The next days fill up from the morning on, so that they have full
// times beside free ones; the rest is spread thinner the further away it is.
func (l *demoLife) coming(country string, n int) error {
	at := l.at[country]
	ahead := 1 + n/10
	if n >= 20 {
		ahead = min(3+int(l.random.ExpFloat64()*9), at.Place.HorizonDays-10)
	}
	online := !some(l.random, 3)
	o, err := l.occasionOn(country, calendar.On(l.now, at.Place.Zone).Add(ahead), 1, online)
	if err != nil {
		return err
	}
	l.expected[o.owner.record.Id] = true
	if n < 20 {
		o.starts = o.starts[:1]
	}
	if online {
		return l.asked(o)
	}
	status := booking.Booked
	if some(l.random, 4) {
		status = booking.Confirmed
	}
	r, err := add(l.app, store.Bookings, l.visit(o, status))
	if err != nil || !some(l.random, 8) {
		return err
	}
	return change(l.app, r, fields{"status": string(booking.Cancelled), "cancel_cause": "owner is ill"})
}

// asked books as an owner does on the page. Where staff decide, they have said yes to some.
func (l *demoLife) asked(o occasion) error {
	c := o.owner.record
	q := store.Request{
		Location: o.at.ID, Reason: o.reason.ID, StartsAt: pick(l.random, o.starts).At, Source: "online", Note: pick(l.random, wishes),
	}
	q.Typed.FirstName, q.Typed.LastName = c.GetString("first_name"), c.GetString("last_name")
	q.Typed.Email, q.Typed.Phone, q.Typed.Mobile = c.GetString("email"), c.GetString("phone"), c.GetString("sms_phone") != ""
	q.Typed.Country, q.Typed.Locale = o.at.Country, c.GetString("locale")
	q.Typed.PetName, q.Typed.Species = o.pet.GetString("name"), o.pet.GetString("species")
	taken, err := store.TakeRequest(l.ctx, l.app, l.clinic, q, l.now)
	if err != nil {
		return fmt.Errorf("book at %s: %w", o.at.Name, err)
	}
	if !o.at.RequestMode || some(l.random, 2) {
		return nil
	}
	r, err := l.app.FindRecordById(store.Bookings, taken.Visit.ID)
	if err != nil {
		return fmt.Errorf("find the visit: %w", err)
	}
	return change(l.app, r, fields{"status": string(booking.Booked)})
}

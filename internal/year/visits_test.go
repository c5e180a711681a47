package year_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
	"pawbell/internal/year"
)

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// note writes down what a visit is now.
func (c *clinic) note(v *visit, by string) {
	v.is.By = by
	c.journal.Visits[v.id].Add(c.now(), v.is)
}

// begin puts a new visit into the books.
func (c *clinic) begin(v *visit, by string) {
	c.visits = append(c.visits, v)
	c.byVisit[v.id] = v
	c.journal.Visits[v.id] = new(year.Log[year.Visit])
	c.note(v, by)
	c.foresee(v)
}

// alive are the pets of an owner that may come.
func (o *owner) alive() []*pet {
	return slices.DeleteFunc(slices.Clone(o.pets), func(p *pet) bool { return p.is.Dead || p.is.Inactive })
}

// start is a time for a visit: soon, in some weeks, or far ahead; sometimes at an hour at which only emergencies come.
func (c *clinic) start(p *place, earliest time.Time) time.Time {
	days := 0
	switch n := c.random.IntN(100); {
	case n < 10:
	case n < 35:
		days = 1 + c.random.IntN(3)
	case n < 75:
		days = 4 + c.random.IntN(20)
	default:
		days = 30 + c.random.IntN(60)
	}
	local := earliest.In(p.zone).AddDate(0, 0, days)
	hour, minute := 8+c.random.IntN(10), 15*c.random.IntN(4)
	if c.chance(7) {
		hour = []int{0, 2, 3, 5, 6, 7, 20, 22}[c.random.IntN(8)]
	}
	at := time.Date(local.Year(), local.Month(), local.Day(), hour, minute, 0, 0, p.zone)
	if !at.After(earliest) {
		at = at.AddDate(0, 0, 1)
	}
	return at.UTC()
}

// purpose is what a visit is for.
func (c *clinic) purpose() *reason {
	n := c.random.IntN(100)
	switch {
	case n < 35:
		return c.reasons[0]
	case n < 60:
		return c.reasons[1]
	case n < 70:
		return c.reasons[2]
	case n < 82:
		return c.reasons[3]
	case n < 90:
		return c.reasons[4]
	case n < 94:
		return c.reasons[5]
	}
	return c.reasons[6]
}

// phoned: an owner calls, and staff write the visit down.
func (c *clinic) phoned() {
	c.t.Helper()
	o := pick(c, c.owners)
	pets := o.alive()
	if len(pets) == 0 {
		return
	}
	at, why := o.at, c.purpose()
	if c.chance(5) {
		at = pick(c, c.places)
	}
	v := &visit{id: c.id("visit"), owner: o}
	v.is = year.Visit{Place: at.id, Reason: why.id, Client: o.id, Pet: pick(c, pets).id, Practitioner: pick(c, at.practitioners), Status: "booked",
		Start: c.start(at, c.now().Add(5*time.Minute)), NoSMS: c.chance(3), NoEmail: c.chance(2)}
	if c.chance(3) {
		v.is.Start = c.now().Add(-time.Duration(10+c.random.IntN(60)) * time.Minute).Truncate(time.Minute) // a walk-in
	}
	a, ok := c.create("bookings", fields{"id": v.id, "location": at.id, "reason": why.id, "client": o.id, "patient": v.is.Pet, "practitioner": v.is.Practitioner,
		"starts_at": rfc(v.is.Start), "status": "booked", "source": "staff", "overbook": true, "no_sms": v.is.NoSMS, "no_email": v.is.NoEmail})
	if !ok {
		return
	}
	c.owes(v, a)
	c.begin(v, "staff")
}

// owes reads what is to be paid for a visit, and by when.
func (c *clinic) owes(v *visit, a answer) {
	v.is.Payment = a.text("payment")
	v.is.PaymentDue = record.ParseInstant(a.text("payment_due_at"))
}

// online: an owner books on the page, one whom the clinic knows or a stranger.
func (c *clinic) online() {
	c.t.Helper()
	o := pick(c, c.owners)
	stranger := c.chance(15) || len(o.alive()) == 0 || o.is.Email == "" && o.is.SMS == ""
	at, why := o.at, c.purpose()
	if stranger {
		c.made++
		o = &owner{first: pick(c, firstNames), last: fmt.Sprintf("Berg %d", c.made), at: at}
	}
	typed := year.Visit{TypedEmail: o.is.Email, TypedSMS: o.is.SMS}
	if stranger || o.is.SMS != "" && c.chance(10) {
		c.made++
		typed.TypedEmail = fmt.Sprintf("typed%d@owner.example", c.made)
	}
	if stranger && c.chance(70) {
		typed.TypedSMS = fmt.Sprintf(at.number, 5000+len(c.owners))
	}
	if c.chance(60) {
		typed.TypedLocale = pick(c, languages)
	}
	name, species := pick(c, petNames), ""
	if pets := o.alive(); len(pets) > 0 {
		name = pick(c, pets).is.Name
	}
	for _, p := range c.owners[0].pets {
		species = p.is.Species
	}
	noOffers := c.chance(20)
	c.made++
	form := fields{"location": at.id, "reason": why.id, "species": species, "first_name": o.first, "last_name": o.last, "email": typed.TypedEmail,
		"phone": typed.TypedSMS, "pet_name": name, "locale": typed.TypedLocale, "no_offers": noOffers, "idempotency_key": fmt.Sprintf("form-of-the-year-%08d", c.made)}
	start := c.start(at, c.now().Add(3*time.Hour))
	var a answer
	for range 3 {
		form["starts_at"] = rfc(start)
		if a = c.ask("", http.MethodPost, "/api/collections/booking_requests/records", form); a.status == http.StatusOK {
			break
		}
		offered := a.offered()
		if len(offered) == 0 {
			c.done(a, "online")
			return
		}
		start = offered[0]
	}
	if a.status != http.StatusOK {
		c.done(a, "online")
		return
	}
	r, err := c.app.FindFirstRecordByData(store.Bookings, "reference", a.text("reference"))
	if err != nil {
		c.t.Fatal(err)
	}
	if stranger {
		o.id = r.GetString("client")
		o.is = year.Client{First: o.first, Email: typed.TypedEmail, SMS: typed.TypedSMS, Locale: typed.TypedLocale}
		if noOffers {
			o.is.Refused = []string{"group"}
		}
		c.enter(o)
		c.keep(o, &pet{id: r.GetString("patient"), is: year.Pet{Client: o.id, Name: name, Species: species}})
	}
	v := &visit{id: r.Id, owner: o, token: a.text("manage_url")}
	v.token = v.token[strings.LastIndexByte(v.token, '/')+1:]
	v.is = typed
	v.is.Place, v.is.Reason, v.is.Client, v.is.Pet, v.is.Practitioner = at.id, why.id, o.id, r.GetString("patient"), r.GetString("practitioner")
	v.is.Status, v.is.Start, v.is.Online = "booked", start, true
	v.is.Payment, v.is.PaymentDue = r.GetString("payment"), r.GetDateTime("payment_due_at").Time()
	if at.request {
		v.is.Status = "requested"
	}
	if r.GetString("client") != o.id {
		c.t.Fatalf("%s %s became another client", o.first, o.last)
	}
	c.begin(v, "owner")
	if at.request {
		c.decide(v)
	}
}

// offered are the other times that a refusal names.
func (a answer) offered() []time.Time {
	data, _ := a.json["data"].(map[string]any)
	problem, _ := data["starts_at"].(map[string]any)
	params, _ := problem["params"].(map[string]any)
	others, _ := params["alternatives"].([]any)
	var times []time.Time
	for _, other := range others {
		one, _ := other.(map[string]any)
		s, _ := one["starts_at"].(string)
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			times = append(times, t.UTC())
		}
	}
	return times
}

// decide: staff answer a request after a while, or never.
func (c *clinic) decide(v *visit) {
	at := c.between(c.now(), c.now().Add(20*time.Hour))
	if c.chance(20) {
		at = c.now().Add(time.Duration(20+c.random.IntN(200)) * time.Second)
	}
	status := "booked"
	switch {
	case c.chance(12):
		status = "cancelled"
	case c.chance(4):
		return
	}
	c.later(at, func() {
		if v.is.Status == "requested" {
			c.set(v, "staff", fields{"status": status}, func(is *year.Visit) { is.Status = status })
		}
	})
}

// set lets staff change a visit.
func (c *clinic) set(v *visit, by string, change fields, is func(*year.Visit)) bool {
	c.t.Helper()
	a := c.ask(c.admin, http.MethodPatch, "/api/collections/bookings/records/"+v.id, change)
	if !c.done(a, "visit") {
		return false
	}
	is(&v.is)
	c.owes(v, a)
	c.note(v, by)
	return true
}

// door is the owner's own page of a visit.
func (c *clinic) door(v *visit, act string, body any) bool {
	c.t.Helper()
	if v.token == "" {
		v.token = c.desk.Links.Token(links.Manage, v.id, 1)
	}
	return c.done(c.ask("", http.MethodPost, "/api/booking/manage/"+v.token+"/"+act, body), act)
}

func (v *visit) ahead() bool {
	return v.is.Status == "booked" || v.is.Status == "confirmed" || v.is.Status == "requested"
}

// place is where a visit takes place.
func (c *clinic) placeOf(v *visit) *place {
	return c.places[slices.IndexFunc(c.places, func(p *place) bool { return p.id == v.is.Place })]
}

// foresee puts on the agenda what will become of a new visit.
func (c *clinic) foresee(v *visit) {
	c.arrivals(v)
	made, start := c.now(), v.is.Start
	soon := func(minutes float64) time.Time {
		return made.Add(time.Duration(c.random.Float64() * minutes * float64(time.Minute))).Truncate(time.Second).Add(time.Second)
	}
	if c.chance(14) {
		c.later(c.between(made, start), func() { c.move(v) })
	}
	if c.chance(5) {
		c.later(soon(3), func() { c.move(v) })
		c.later(soon(5), func() { c.move(v) })
	}
	if c.chance(3) {
		c.later(soon(5), func() { c.cancel(v) })
	}
	if c.chance(6) {
		c.later(c.between(made, start), func() { c.cancel(v) })
	}
	if c.chance(8) {
		c.later(c.between(made, start), func() { c.ownerMoves(v) })
	}
	if c.chance(8) {
		c.later(c.between(made, start), func() {
			if v.ahead() && c.door(v, "cancel", fields{"note": "Sorry"}) {
				v.is.Status = "cancelled"
				c.note(v, "owner")
			}
		})
	}
	if c.chance(20) {
		c.later(c.between(made, start), func() { c.ownerConfirms(v) })
	}
	if c.chance(3) {
		c.later(c.between(made, start), func() {
			c.set(v, "staff", fields{"no_sms": !v.is.NoSMS}, func(is *year.Visit) { is.NoSMS = !is.NoSMS })
		})
	}
	if v.is.Payment == "unpaid" && c.chance(70) {
		paid := "paid"
		if c.chance(15) {
			paid = "waived"
		}
		c.later(c.between(made, start), func() {
			c.set(v, "staff", fields{"payment": paid}, func(*year.Visit) {})
		})
	}
}

func (c *clinic) move(v *visit) {
	if !v.ahead() {
		return
	}
	to := c.start(c.placeOf(v), c.now().Add(10*time.Minute))
	if c.set(v, "staff", fields{"starts_at": rfc(to), "overbook": true}, func(is *year.Visit) { is.Start = to }) {
		c.arrivals(v)
	}
}

func (c *clinic) cancel(v *visit) {
	if !v.ahead() || !c.set(v, "staff", fields{"status": "cancelled"}, func(is *year.Visit) { is.Status = "cancelled" }) {
		return
	}
	if !c.chance(30) {
		return
	}
	at := c.between(c.now(), v.is.Start)
	if c.chance(40) {
		at = c.now().Add(time.Duration(1+c.random.IntN(400)) * time.Second)
	}
	c.later(at, func() {
		if v.is.Status == "cancelled" && v.is.Start.After(c.now()) {
			c.set(v, "staff", fields{"status": "booked", "overbook": true}, func(is *year.Visit) { is.Status = "booked" })
		}
	})
}

func (c *clinic) ownerMoves(v *visit) {
	if !v.ahead() {
		return
	}
	to := c.start(c.placeOf(v), c.now().Add(3*time.Hour))
	if !c.door(v, "move", fields{"starts_at": rfc(to)}) {
		return
	}
	v.is.Start = to
	r, err := c.app.FindRecordById(store.Bookings, v.id)
	if err != nil {
		c.t.Fatal(err)
	}
	v.is.Practitioner = r.GetString("practitioner")
	v.is.PaymentDue = r.GetDateTime("payment_due_at").Time()
	c.note(v, "owner")
	c.arrivals(v)
}

func (c *clinic) ownerConfirms(v *visit) {
	if v.is.Status == "booked" && v.is.Start.After(c.now()) && c.door(v, "confirm", nil) {
		v.is.Status = "confirmed"
		c.note(v, "owner")
	}
}

// arrivals is what happens at the start that a visit has now, if it still has it then.
func (c *clinic) arrivals(v *visit) {
	start, n := v.is.Start, c.random.IntN(100)
	moved := func() bool { return !v.is.Start.Equal(start) || v.is.Status != "booked" && v.is.Status != "confirmed" }
	step := func(after time.Duration, from func() bool, status string) {
		c.later(start.Add(after), func() {
			if from() {
				c.set(v, "staff", fields{"status": status}, func(is *year.Visit) { is.Status = status })
			}
		})
	}
	expected := func() bool { return !moved() }
	switch {
	case n < 50:
		step(-2*time.Minute+time.Second, expected, "arrived")
		step(31*time.Minute+time.Second, func() bool { return v.is.Status == "arrived" }, "completed")
	case n < 75:
		step(40*time.Minute+time.Second, expected, "completed")
	case n < 82:
		step(20*time.Minute+time.Second, expected, "no_show")
		if n < 77 {
			step(3*time.Hour+time.Second, func() bool { return v.is.Status == "no_show" }, "completed")
		}
	}
}

// closeDays is what the nightly sweep does to visits that nobody closed: a day after theirs, they are completed.
func (c *clinic) closeDays() {
	for _, v := range c.visits {
		if v.is.Status != "booked" && v.is.Status != "confirmed" && v.is.Status != "arrived" {
			continue
		}
		local := v.is.Start.In(c.placeOf(v).zone)
		over := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, local.Location())
		if !c.now().Before(over.Add(24 * time.Hour)) {
			v.is.Status = "completed"
			c.note(v, "machine")
		}
	}
}

package year

import (
	"slices"
	"strings"
	"time"
)

// version is a visit from one moment to the next, with what its log says of how it came to be so.
type version struct {
	Visit
	from, until time.Time
	number      int       // raised by what owners are told about
	changed     time.Time // when it was raised last
	changedBy   string
	cancelledBy string
	scheduled   time.Time // when the present start was set
}

func (v version) standing() bool {
	return v.Status == "requested" || v.Status == "booked" || v.Status == "confirmed"
}

// expected: the owner is still to come.
func (v version) expected() bool { return v.Status == "booked" || v.Status == "confirmed" }

// past: it had begun when it was written down so, which is a note of what happened.
func (v version) past() bool { return !v.Start.After(v.scheduled) }

// life is a visit's log as versions.
func (c *rules) life(id string) []version {
	log := *c.Visits[id]
	versions := make([]version, len(log))
	for i, e := range log {
		v := version{Visit: e.Is, from: e.At, until: c.Until, changed: e.At, changedBy: e.Is.By, scheduled: e.At}
		if e.Is.Status == "cancelled" {
			v.cancelledBy = e.Is.By
		}
		if i > 0 {
			was := versions[i-1]
			v.number, v.changed, v.changedBy, v.scheduled, v.cancelledBy = was.number, was.changed, was.changedBy, was.scheduled, was.cancelledBy
			called, stands := v.Status == "cancelled" && was.Status != "cancelled", was.Status == "cancelled" && v.Status != "cancelled"
			approved, moved := was.Status == "requested" && v.Status == "booked", !v.Start.Equal(was.Start)
			if called || stands || approved || moved || v.Place != was.Place || v.Practitioner != was.Practitioner {
				v.number, v.changed, v.changedBy = was.number+1, e.At, e.Is.By
			}
			if stands || approved || moved {
				v.scheduled = e.At
			}
			if called {
				v.cancelledBy = e.Is.By
			}
			versions[i-1].until = e.At
		}
		versions[i] = v
	}
	return versions
}

// subject is all that decides about a visit's messages, as it was at a moment.
type subject struct {
	version
	place  Place
	reason Reason
	client Client
	pet    Pet
}

// course is a visit's whole course.
type course struct {
	*rules
	id       string
	versions []version
	rows     []*Row
	moments  moments
	told     told
}

func (c *rules) visit(id string) {
	v := &course{rules: c, id: id, versions: c.life(id), rows: c.visitsOf[id]}
	last := v.versions[len(v.versions)-1]
	cuts(&v.moments, c.Visits[id])
	cuts(&v.moments, c.Clients[last.Client])
	cuts(&v.moments, c.Pets[last.Pet])
	for _, version := range v.versions {
		cuts(&v.moments, c.Places[version.Place])
		cuts(&v.moments, c.Reasons[version.Reason])
	}
	for _, text := range c.Texts {
		if len(*text) > 1 {
			cuts(&v.moments, text)
		}
	}
	addresses := map[string]bool{}
	for _, r := range v.rows {
		addresses[r.To] = true
	}
	for _, s := range c.Stops {
		if addresses[s.Address] {
			v.moments.add(s.From)
			if !s.Until.IsZero() {
				v.moments.add(s.Until)
			}
		}
	}
	v.state()
	v.reminders()
	v.payment()
	v.notices()
	v.calls()
}

func (v *course) at(t time.Time) subject {
	s := subject{}
	for i := len(v.versions) - 1; i >= 0; i-- {
		if !v.versions[i].from.After(t) {
			s.version = v.versions[i]
			break
		}
	}
	s.place, _ = v.Places[s.Place].At(t)
	s.reason, _ = v.Reasons[s.Reason].At(t)
	s.client, _ = v.Clients[s.Client].At(t)
	if pet := v.Pets[s.Pet]; pet != nil {
		s.pet, _ = pet.At(t)
	}
	return s
}

// address is where a visit's messages reach its owner: what was typed for it, else the client's own.
func (s subject) address(channel string) string {
	if channel == "sms" {
		return first(s.TypedSMS, s.client.SMS)
	}
	return first(s.TypedEmail, s.client.Email)
}

func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// consents are what an owner may refuse, by purpose.
var consents = map[string]string{
	"booking_received": "visit", "booking_confirmation": "visit", "booking_change": "visit", "booking_declined": "visit", "booking_cancellation": "visit",
	"day_notice": "visit", "visit_reminder": "visit", "payment_due": "visit", "reminder": "reminder", "group": "group",
}

// hindered says what keeps an owner from getting a message of a purpose on a channel, "" for nothing.
func (c *rules) hindered(purpose, channel, to string, place Place, client Client, noEmail, noSMS bool, t time.Time) (why, rule string) {
	switch {
	case channel == "sms" && !place.SMS, channel == "email" && !place.Email:
		return "the channel is off", "R-11"
	case channel == "sms" && (client.NoSMS || noSMS), channel == "email" && (client.NoEmail || noEmail):
		return "the channel is declined", "R-26"
	case slices.Contains(client.Refused, consents[purpose]):
		return "the purpose is refused", "R-26"
	case to == "":
		return "there is no address", "R-11"
	case c.stopped(channel, to, purpose, t):
		return "the address is stopped", "R-27"
	}
	return "", ""
}

func (c *rules) stopped(channel, address, purpose string, t time.Time) bool {
	return slices.ContainsFunc(c.stops[channel+strings.ToLower(address)], func(s Stop) bool {
		return (s.Purpose == "" || s.Purpose == purpose) && !t.Before(s.From) && (s.Until.IsZero() || t.Before(s.Until))
	})
}

// bind fills in what R-01 says of a purpose on a channel.
func (w *wish) bind(purpose, channel string) {
	switch purpose {
	case "visit_reminder", "reminder":
		w.binds = movesEarlier
	case "booking_cancellation", "day_notice":
		if channel == "sms" {
			w.binds = unlessSoon
		}
	case "payment_due", "personal":
		if channel == "sms" {
			w.binds = movesLater
		}
	case "group":
		w.binds = movesLater
	}
}

// toOwner begins a wish to the owner of a visit: where it goes, in which words, and what keeps it back.
func (v *course) toOwner(s subject, purpose, channel, code string, t time.Time) wish {
	w := wish{window: s.place.window(), visit: s.Start, to: s.address(channel)}
	w.bind(purpose, channel)
	w.no, w.rule = v.hindered(purpose, channel, w.to, s.place, s.client, s.NoEmail, s.NoSMS, t)
	if channel == "email" {
		for _, a := range s.place.Addresses {
			if slices.Contains(a.Kinds, "bcc") && !strings.EqualFold(a.Email, w.to) {
				w.bcc = append(w.bcc, a.Email)
			}
		}
	}
	w.in(v.words(code, first(s.client.Locale, s.TypedLocale, s.place.Locale), s.Place, s.place.Locale, t))
	return w
}

func (w *wish) in(locale, mark string) {
	w.locales = []string{locale}
	if mark != "" {
		w.marks = []string{mark}
	}
}

// words answers in which language and by which text something is said: the wanted one, else the place's, else English; within each the
// place's own text before the chain's.
func (c *rules) words(code, locale, place, home string, t time.Time) (spoken, mark string) {
	for _, tag := range []string{locale, home, "en"} {
		for _, at := range []string{place, ""} {
			if text, ok := c.text(code, tag, at, t); ok {
				return tag, text.Mark
			}
		}
	}
	return locale, ""
}

func (c *rules) text(code, locale, place string, t time.Time) (Text, bool) {
	log := c.Texts[code+"/"+locale+"/"+place]
	if log == nil {
		return Text{}, false
	}
	text, ok := log.At(t)
	return text, ok && !text.Inactive
}

// of are the rows of a visit with one of some purposes on a channel.
func (v *course) of(channel string, purposes ...string) []*Row {
	var rows []*Row
	for _, r := range v.rows {
		if r.Channel == channel && slices.Contains(purposes, r.Purpose) {
			rows = append(rows, r)
		}
	}
	return rows
}

// during are those that left in a stretch of time.
func (c *rules) during(rows []*Row, from, until time.Time) []*Row {
	var gone []*Row
	for _, r := range c.sent(rows) {
		if (Span{from, until}).has(c.left(r)) {
			gone = append(gone, r)
		}
	}
	return gone
}

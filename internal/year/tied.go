package year

import (
	"slices"
	"strings"
	"time"
)

const (
	// farAhead is how long before its start a visit must be booked to be reminded twice.
	farAhead = 6 * 7 * 24 * time.Hour
	// inKeys is how an instant is written in keys.
	inKeys = "20060102T1504Z"
)

// starts are the times for which a visit was ever set.
func (v *course) starts() []time.Time {
	var all []time.Time
	for _, version := range v.versions {
		if !slices.ContainsFunc(all, version.Start.Equal) {
			all = append(all, version.Start)
		}
	}
	return all
}

// reminders: each start is reminded of once on each channel before it, and once more where it was set far ahead.
func (v *course) reminders() {
	for _, start := range v.starts() {
		for _, step := range []string{"lead", "early"} {
			for _, channel := range []string{"email", "sms"} {
				key := "visit_reminder:" + v.id + ":" + start.UTC().Format(inKeys) + ":" + step + ":" + channel
				v.one(channel, key, "R-07", func(s subject, t time.Time) wish { return v.reminder(s, start, step, channel, t) })
			}
		}
	}
}

// one holds the one message of a key against what was wanted of it over the visit's course.
func (v *course) one(channel, key, rule string, of func(subject, time.Time) wish) {
	v.single(v.rows, v.moments.within(v.versions[0].from, v.Until), channel, key, rule, func(t time.Time) wish { return of(v.at(t), t) })
}

// single does the same for any subject's rows and moments.
func (c *rules) single(rows []*Row, cut []time.Time, channel, key, rule string, at func(time.Time) wish) {
	i := slices.IndexFunc(rows, func(r *Row) bool { return r.Key == key })
	due, by, must := c.must(channel, cut, at)
	if i < 0 {
		if must {
			c.find(rule, "%s is missing, due %s", key, short(due))
		}
		return
	}
	r := rows[i]
	handed := c.handed[r.ID]
	if len(handed) == 0 {
		if edit := c.Edits[r.ID]; must && !edit.Dropped {
			c.find(rule, "%s is %s %s, it was due %s", key, r.State, r.Reason, short(due))
		}
		return
	}
	c.claimed[r.ID] = true
	c.allowed(r, handed[0], at(handed[0].At))
	if must && handed[0].At.After(by) {
		c.find("R-05", "%s left at %s, it was due %s", key, short(handed[0].At), short(due))
	}
}

func (v *course) reminder(s subject, start time.Time, step, channel string, t time.Time) wish {
	switch {
	case s.past():
		return wish{no: "the visit had begun when it was written down", rule: "R-55"}
	case !s.Start.Equal(start):
		return wish{no: "the visit is at another time", rule: "R-11"}
	case !s.expected():
		return wish{no: "the visit is " + s.Status, rule: "R-11"}
	case s.reason.EndOfLife:
		return wish{no: "it is an end-of-life visit", rule: "R-10"}
	case s.pet.Dead, s.pet.Inactive:
		return wish{no: "the pet is dead or inactive", rule: "R-11"}
	case !slices.Contains(s.place.VisitChannels, channel):
		return wish{no: "the channel is not one of the location's", rule: "R-11"}
	}
	z := zone(s.place.Zone)
	lead, ok := before(first(s.reason.Lead, s.place.Lead), start, z)
	if !ok || !lead.Before(start) {
		return wish{no: "no reminder is wanted", rule: "R-07"}
	}
	planned, code := lead, "visit_reminder"
	if s.reason.ReminderText != "" {
		code = s.reason.ReminderText
	}
	maybe, doubt := false, time.Time{}
	if step == "early" {
		planned = dayOf(start, z).plus(-7).at(s.place.RemindAt, z)
		if s.place.NoEarly || start.Sub(s.scheduled) <= farAhead {
			return wish{no: "no second reminder is wanted", rule: "R-07"}
		}
		// One that could leave only within a day of the last one, or after it, would repeat that; whoever wants it in the evening has a night to wait.
		maybe, doubt = !planned.Before(lead), lead.Add(-36*time.Hour)
	}
	w := v.toOwner(s, "visit_reminder", channel, code, t)
	if w.no != "" {
		return w
	}
	w.dies = true
	w.words = []string{spoken(start, z, w.locales[0])}
	w.schedule(planned)
	w.maybe, w.doubt = maybe, doubt
	if !w.send.After(s.scheduled) {
		if !v.settingsChanged(s, t) {
			return wish{no: "its time had passed when the visit was booked", rule: "R-08"}
		}
		// The rules do not say what becomes of a reminder that a new setting would have sent before the visit was booked.
		w.maybe, w.send = true, s.scheduled
	}
	return w
}

// settingsChanged reports whether a setting that times a visit's reminder changed between its booking and t.
func (v *course) settingsChanged(s subject, t time.Time) bool {
	for _, e := range *v.Places[s.Place] {
		if e.At.After(s.scheduled) && !e.At.After(t) {
			return true
		}
	}
	for _, e := range *v.Reasons[s.Reason] {
		if e.At.After(s.scheduled) && !e.At.After(t) {
			return true
		}
	}
	return false
}

// payment: when a deadline nears, the owner hears of it once on each channel, and each of the clinic's addresses for it.
func (v *course) payment() {
	var deadlines []time.Time
	for _, version := range v.versions {
		if !version.PaymentDue.IsZero() && !slices.ContainsFunc(deadlines, version.PaymentDue.Equal) {
			deadlines = append(deadlines, version.PaymentDue)
		}
	}
	for _, deadline := range deadlines {
		wanted := func(s subject) (time.Time, wish) {
			switch {
			case s.past(), !s.standing():
				return time.Time{}, wish{no: "the visit is " + s.Status, rule: "R-32"}
			case s.Payment != "unpaid" || !s.PaymentDue.Equal(deadline):
				return time.Time{}, wish{no: "nothing is to be paid by then", rule: "R-32"}
			case !deadline.After(s.scheduled):
				return time.Time{}, wish{no: "the deadline had passed when the visit was booked", rule: "R-32"}
			}
			planned := deadline.Add(-time.Duration(s.place.PaymentNoticeHrs) * time.Hour)
			if planned.Before(s.scheduled) {
				planned = s.scheduled
			}
			return planned, wish{}
		}
		at := deadline.UTC().Format(inKeys)
		for _, channel := range []string{"email", "sms"} {
			v.one(channel, "payment_due:"+v.id+":"+at+"::"+channel, "R-32", func(s subject, t time.Time) wish {
				planned, w := wanted(s)
				switch {
				case w.no != "":
					return w
				case s.reason.EndOfLife:
					return wish{no: "it is an end-of-life visit", rule: "R-10"}
				case !slices.Contains(s.place.ConfirmationChannels, channel):
					return wish{no: "the channel is not one of the location's", rule: "R-11"}
				}
				w = v.toOwner(s, "payment_due", channel, "payment_due", t)
				w.schedule(planned)
				return w
			})
		}
		for _, address := range v.addresses("payment") {
			v.one("email", "notice_payment:"+v.id+":"+address+":"+at+":email", "R-32", func(s subject, t time.Time) wish {
				planned, w := wanted(s)
				if w.no != "" {
					return w
				}
				return v.toClinic(s, "payment", "notice_payment", address, planned, t)
			})
		}
	}
}

// addresses are all that the clinic ever had of a kind where the visit was.
func (v *course) addresses(kind string) []string {
	var all []string
	for _, version := range v.versions {
		for _, e := range *v.Places[version.Place] {
			for _, a := range e.Is.Addresses {
				if slices.Contains(a.Kinds, kind) && !slices.Contains(all, a.Email) {
					all = append(all, a.Email)
				}
			}
		}
	}
	return all
}

// toClinic is the wish of a notice to one of the clinic's own addresses.
func (v *course) toClinic(s subject, kind, code, address string, planned, t time.Time) wish {
	has := func(p Place) bool {
		return slices.ContainsFunc(p.Addresses, func(a Address) bool { return a.Email == address && slices.Contains(a.Kinds, kind) })
	}
	switch {
	case !has(s.place):
		return wish{no: "the address does not hear of it", rule: "R-31"}
	case !s.place.Email:
		return wish{no: "the channel is off", rule: "R-11"}
	case v.stopped("email", address, code, t):
		return wish{no: "the address is stopped", rule: "R-28"}
	}
	w := wish{to: address, window: s.place.window()}
	w.in(v.words(code, s.place.Locale, s.Place, s.place.Locale, t))
	w.schedule(planned)
	// An address that was added later may or may not hear of what was before it.
	if then, _ := v.Places[s.Place].At(planned); !has(then) {
		w.maybe, w.expires = true, t.Add(usefulFor)
	}
	return w
}

// notices: the clinic's addresses hear of each visit when it is made, and of its end N hours before the start.
func (v *course) notices() {
	made := v.versions[0].from
	for _, address := range v.addresses("booking") {
		v.one("email", "notice_booking:"+v.id+":"+address+"::email", "R-31", func(s subject, t time.Time) wish {
			if s.past() || s.Status == "cancelled" {
				return wish{no: "the visit is " + s.Status, rule: "R-31"}
			}
			w := v.toClinic(s, "booking", "notice_booking", address, made, t)
			if v.restored(t) {
				w.maybe, w.expires = true, t.Add(usefulFor)
			}
			return w
		})
	}
	for i, version := range v.versions {
		if version.Status != "cancelled" || i > 0 && v.versions[i-1].Status == "cancelled" {
			continue
		}
		for _, address := range v.addresses("cancellation") {
			key := strings.Join([]string{"notice_cancellation", v.id, address, itoa(version.number), "email"}, ":")
			v.one("email", key, "R-31", func(s subject, t time.Time) wish {
				switch {
				case s.Status != "cancelled" || s.number != version.number:
					return wish{no: "the visit stands again", rule: "R-31"}
				case s.past() || !s.Start.After(s.changed):
					return wish{no: "it was called off after its start", rule: "R-31"}
				}
				planned := s.changed
				if hours := s.place.CancellationNoticeHours; hours > 0 {
					if at := s.Start.Add(-time.Duration(hours) * time.Hour); at.After(planned) {
						planned = at
					}
				}
				return v.toClinic(s, "cancellation", "notice_cancellation", address, planned, t)
			})
		}
	}
}

// restored reports whether the visit was called off and put back before t.
func (v *course) restored(t time.Time) bool {
	return slices.ContainsFunc(v.versions, func(version version) bool { return version.Status == "cancelled" && version.from.Before(t) })
}

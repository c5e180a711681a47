package year_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pawbell/internal/year"
)

// altered is a year that went otherwise than it did.
type altered struct {
	t *testing.T
	*year.Journal
	*year.Outcome
}

// alter copies what a change may touch.
func alter(t *testing.T, j *year.Journal, o *year.Outcome) altered {
	journal, outcome := *j, *o
	journal.Clients, journal.Pets, journal.Visits = maps.Clone(j.Clients), maps.Clone(j.Pets), maps.Clone(j.Visits)
	journal.Stops = slices.Clone(j.Stops)
	outcome.Rows, outcome.Handed, outcome.Tasks = slices.Clone(o.Rows), slices.Clone(o.Handed), slices.Clone(o.Tasks)
	return altered{t, &journal, &outcome}
}

// sent is a message that left, and how a provider got it.
func (a altered) sent(purpose, channel string, fits ...func(*year.Row) bool) (*year.Row, *year.Handed) {
	a.t.Helper()
	for i := range a.Rows {
		r := &a.Rows[i]
		if r.Purpose != purpose || r.Channel != channel || r.State != "sent" || slices.ContainsFunc(fits, func(fit func(*year.Row) bool) bool { return !fit(r) }) {
			continue
		}
		for j := range a.Handed {
			if a.Handed[j].ID == r.ID {
				return r, &a.Handed[j]
			}
		}
	}
	a.t.Skipf("no %s left by %s in this year", purpose, channel)
	return nil, nil
}

// alone reports whether a message is about the one reminder of its client.
func (a altered) alone(r *year.Row) bool {
	return len(r.Reminders) == 1 && !slices.ContainsFunc(a.Rows, func(other year.Row) bool {
		return other.Purpose == "reminder" && other.Client == r.Client && !slices.Equal(other.Reminders, r.Reminders)
	})
}

// rule is the rule that made a message's reminder.
func (a altered) rule(r *year.Row) string {
	for _, m := range a.Made {
		if m.ID == r.Reminders[0] && m.Booking != "" {
			return m.Rule
		}
	}
	return ""
}

// drop takes a message away from the providers.
func (a altered) drop(id string) {
	a.Handed = slices.DeleteFunc(a.Handed, func(h year.Handed) bool { return h.ID == id })
}

// since lets something be otherwise from just before a moment on.
func since[T any](logs map[string]*year.Log[T], id string, at time.Time, change func(*T)) {
	log := slices.Clone(*logs[id])
	is, _ := log.At(at)
	change(&is)
	i, _ := slices.BinarySearchFunc(log, at, func(e year.Entry[T], t time.Time) int { return e.At.Compare(t) })
	log = slices.Insert(log, i, year.Entry[T]{At: at.Add(-time.Second), Is: is})
	for k := i + 1; k < len(log); k++ {
		change(&log[k].Is)
	}
	logs[id] = &log
}

// mutations are ways in which a year can go wrong, and the rule that each breaks.
var mutations = []struct {
	name, rule string
	do         func(altered) (about string)
}{
	{"R-07: a reminder never leaves", "R-07", func(a altered) string {
		r, _ := a.sent("visit_reminder", "sms")
		a.drop(r.ID)
		r.State, r.Reason = "stale", "stale"
		return r.Key
	}},
	{"R-07: a reminder was never planned", "R-07", func(a altered) string {
		r, _ := a.sent("visit_reminder", "sms")
		key := r.Key
		a.drop(r.ID)
		a.Rows = slices.DeleteFunc(a.Rows, func(other year.Row) bool { return other.Key == key })
		return key
	}},
	{"R-09: a confirmation is missing", "R-09", func(a altered) string {
		r, _ := a.sent("booking_confirmation", "email")
		a.drop(r.ID)
		r.State, r.Reason = "cancelled", "not_wanted"
		return r.Booking
	}},
	{"R-09: an owner is told of a time that was changed meanwhile", "R-18", func(a altered) string {
		r, h := a.sent("booking_confirmation", "email")
		since(a.Visits, r.Booking, h.At, func(v *year.Visit) { v.Start = v.Start.Add(7*time.Hour + 11*time.Minute) })
		return r.Key
	}},
	{"R-09: an owner is told of a visit that was called off before", "R-09", func(a altered) string {
		r, h := a.sent("booking_confirmation", "email")
		since(a.Visits, r.Booking, h.At, func(v *year.Visit) { v.Status, v.By = "cancelled", "staff" })
		return r.Key
	}},
	{"R-13: a message goes out twice", "R-13", func(a altered) string {
		r, h := a.sent("visit_reminder", "sms")
		a.Handed = append(a.Handed, *h)
		return r.Key
	}},
	{"R-13: two rows say the same", "R-13", func(a altered) string {
		r, h := a.sent("visit_reminder", "email")
		twin, again := *r, *h
		twin.ID, again.ID = "twin", "twin"
		twin.Key += "2"
		a.Rows, a.Handed = append(a.Rows, twin), append(a.Handed, again)
		return r.Key
	}},
	{"R-02: a reminder leaves at night", "R-02", func(a altered) string {
		r, h := a.sent("visit_reminder", "sms", func(r *year.Row) bool { return r.ExpiresAt.Sub(r.SendAt) > 36*time.Hour })
		h.At = h.At.Truncate(24 * time.Hour).Add(28 * time.Hour) // night in all of the places
		return r.Key
	}},
	{"R-05: a reminder leaves before its time", "R-05", func(a altered) string {
		r, h := a.sent("visit_reminder", "sms", func(r *year.Row) bool { return r.SentAt.Sub(r.SendAt) < time.Minute })
		h.At = h.At.Add(-90 * time.Second)
		return r.Key
	}},
	{"R-05: a confirmation leaves hours late", "R-05", func(a altered) string {
		r, h := a.sent("booking_confirmation", "email")
		h.At = h.At.Add(30 * time.Hour)
		return r.Key
	}},
	{"R-10: an end-of-life visit is reminded of", "R-10", func(a altered) string {
		r, _ := a.sent("visit_reminder", "email")
		reason := a.Visits[r.Booking].Last().Reason
		a.Reasons = maps.Clone(a.Reasons)
		log := slices.Clone(*a.Reasons[reason])
		log[0].Is.EndOfLife = true
		a.Reasons[reason] = &log
		return r.Key
	}},
	{"R-11: the pet was dead", "R-11", func(a altered) string {
		r, h := a.sent("visit_reminder", "sms")
		since(a.Pets, a.Visits[r.Booking].Last().Pet, h.At, func(p *year.Pet) { p.Dead = true })
		return r.Key
	}},
	{"R-11: the visit was called off", "R-11", func(a altered) string {
		r, h := a.sent("visit_reminder", "sms")
		since(a.Visits, r.Booking, h.At, func(v *year.Visit) { v.Status = "cancelled" })
		return r.Key
	}},
	{"R-12: a message does not say why it stayed", "R-12", func(a altered) string {
		r, _ := a.sent("visit_reminder", "sms")
		a.drop(r.ID)
		r.State = "skipped"
		return r.Key
	}},
	{"R-12: a message says that the pet is dead, which is alive", "R-12", func(a altered) string {
		r, _ := a.sent("visit_reminder", "sms")
		a.drop(r.ID)
		r.State, r.Reason = "skipped", "deceased"
		return r.Key
	}},
	{"R-15: the log says sent, and no provider got it", "R-15", func(a altered) string {
		r, _ := a.sent("notice_booking", "email")
		a.drop(r.ID)
		return r.Key
	}},
	{"R-22: the words are another text's", "R-22", func(a altered) string {
		r, h := a.sent("visit_reminder", "email")
		h.Text, h.Subject = strings.ReplaceAll(h.Text, "K", "k"), "About"
		return r.Key
	}},
	{"R-22: what somebody rewrote is sent as it was", "R-22", func(a altered) string {
		for i := range a.Handed {
			if h := &a.Handed[i]; a.Edits[h.ID].Words != "" {
				h.Text = "as it was"
				return "somebody had written"
			}
		}
		a.t.Skip("nothing that was rewritten left in this year")
		return ""
	}},
	{"R-13: what somebody withdrew leaves all the same", "R-13", func(a altered) string {
		r, h := a.sent("visit_reminder", "sms")
		a.Edits = maps.Clone(a.Edits)
		a.Edits[r.ID] = year.Edit{At: h.At.Add(-time.Second), Dropped: true}
		return r.Key
	}},
	{"R-23: the language is another", "R-23", func(a altered) string {
		r, _ := a.sent("booking_confirmation", "email")
		r.Locale = "is"
		return r.Key
	}},
	{"R-25: the address is another", "R-25", func(a altered) string {
		r, h := a.sent("booking_confirmation", "email")
		r.To, h.To = "stranger@owner.example", "stranger@owner.example"
		return r.Key
	}},
	{"R-26: the owner wanted no text messages", "R-26", func(a altered) string {
		r, h := a.sent("visit_reminder", "sms")
		since(a.Clients, r.Client, h.At, func(c *year.Client) { c.NoSMS = true })
		return r.Key
	}},
	{"R-26: the owner refused to hear of visits", "R-26", func(a altered) string {
		r, h := a.sent("visit_reminder", "email")
		since(a.Clients, r.Client, h.At, func(c *year.Client) { c.Refused = []string{"visit"} })
		return r.Key
	}},
	{"R-27: the number said stop", "R-27", func(a altered) string {
		r, h := a.sent("visit_reminder", "sms")
		a.Stops = append(a.Stops, year.Stop{Channel: "sms", Address: h.To, From: h.At.Add(-time.Second)})
		return r.Key
	}},
	{"R-27: the owner had unsubscribed from mail to many", "R-27", func(a altered) string {
		r, h := a.sent("group", "email")
		a.Stops = append(a.Stops, year.Stop{Channel: "email", Address: h.To, Purpose: "group", From: h.At.Add(-time.Second)})
		return r.Key
	}},
	{"R-31: the hidden copy is missing", "R-31", func(a altered) string {
		r, h := a.sent("booking_confirmation", "email")
		h.BCC = nil
		return r.Key
	}},
	{"R-31: the clinic does not hear of a visit", "R-31", func(a altered) string {
		r, _ := a.sent("notice_booking", "email")
		a.drop(r.ID)
		r.State, r.Reason = "stale", "stale"
		return r.Key
	}},
	{"R-40: a reminder of the clinic's never leaves", "R-40", func(a altered) string {
		r, _ := a.sent("reminder", "email", a.alone)
		a.drop(r.ID)
		r.State, r.Reason = "stale", "stale"
		return r.Key
	}},
	{"R-42: a rule made nothing of visits", "R-42", func(a altered) string {
		kept := slices.DeleteFunc(slices.Clone(a.Made), func(m year.Made) bool { return m.Booking != "" && len(*a.Rules[m.Rule]) == 1 })
		if len(kept) == len(a.Made) {
			a.t.Skip("no rule that was never switched made anything of a visit")
		}
		a.Made = kept
		return "made no reminder of visit"
	}},
	{"R-42: a rule was off", "R-42", func(a altered) string {
		r, _ := a.sent("reminder", "email", func(r *year.Row) bool { return a.alone(r) && a.rule(r) != "" })
		a.Rules = maps.Clone(a.Rules)
		off := slices.Clone(*a.Rules[a.rule(r)])
		for i := range off {
			off[i].Is.Inactive = true
		}
		a.Rules[a.rule(r)] = &off
		return r.Key
	}},
	{"R-44: a pet hears of two reminders within 30 days", "R-44", func(a altered) string {
		r, h := a.sent("reminder", "email")
		other, again := *r, *h
		other.ID, again.ID, other.Key, other.Reminders = "other", "other", "reminder:other:1::email", []string{"other"}
		again.At = h.At.Add(12 * 24 * time.Hour)
		a.Rows, a.Handed = append(a.Rows, other), append(a.Handed, again)
		return other.Key
	}},
	{"R-46: somebody is left out of a message to many", "R-46", func(a altered) string {
		r, _ := a.sent("group", "email", func(r *year.Row) bool { return r.SentAt.Sub(r.SendAt) < time.Minute })
		a.drop(r.ID)
		r.State, r.Reason = "stale", "stale"
		return r.Key
	}},
	{"R-46: a message to many goes on although it was stopped", "R-46", func(a altered) string {
		r, h := a.sent("group", "email")
		a.Groups = slices.Clone(a.Groups)
		for i := range a.Groups {
			if a.Groups[i].ID == r.Broadcast {
				a.Groups[i].Stopped = []year.Span{{From: h.At.Add(-time.Second), Until: h.At.AddDate(1, 0, 0)}}
			}
		}
		return r.Key
	}},
	{"R-47: an owner is neither told of an absence nor phoned", "R-47", func(a altered) string {
		r, _ := a.sent("day_notice", "email", func(r *year.Row) bool {
			lifted := slices.ContainsFunc(a.Absences, func(one year.Absence) bool { return strings.Contains(r.Key, one.ID) && !one.Lifted.IsZero() })
			return !lifted && a.Visits[r.Booking].Last().By == "absence"
		})
		key := r.Key
		a.Tasks = nil
		a.drop(r.ID)
		a.Rows = slices.DeleteFunc(a.Rows, func(other year.Row) bool { return other.Key == key })
		return strings.Split(key, ":")[1]
	}},
	{"R-56: a visit stays open", "R-56", func(a altered) string {
		a.Statuses = maps.Clone(a.Statuses)
		for id, log := range a.Visits {
			if log.Last().Status == "completed" {
				a.Statuses[id] = "booked"
				return id
			}
		}
		return ""
	}},
	{"R-32: a payment is asked for that was made", "R-32", func(a altered) string {
		r, h := a.sent("payment_due", "email")
		since(a.Visits, r.Booking, h.At, func(v *year.Visit) { v.Payment = "paid" })
		return r.Key
	}},
}

// What cannot find anything proves nothing: each way in which a year can go wrong is found, and named by its rule and its message.
func findsEach(t *testing.T, j *year.Journal, o *year.Outcome) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			a := alter(t, j, o)
			about := m.do(a)
			findings := year.Check(a.Journal, a.Outcome)
			if !slices.ContainsFunc(findings, func(f year.Finding) bool { return f.Rule == m.rule && strings.Contains(f.Text, about) }) {
				t.Errorf("nothing of %s was found about %s among %d findings: %v", m.rule, about, len(findings), findings)
			}
		})
	}
}

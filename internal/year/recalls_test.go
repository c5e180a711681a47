package year_test

import (
	"time"

	"pawbell/internal/clinictest"
	"pawbell/internal/year"
)

// remembers: somebody writes down that an owner is to be reminded.
func (c *clinic) remembers() {
	c.t.Helper()
	o := pick(c, c.owners)
	pets := o.alive()
	if len(pets) == 0 {
		return
	}
	r := year.Recall{Client: o.id, Place: o.at.id, Methods: pick(c, [][]string{{"email"}, {"sms"}, {"email", "sms"}, {"post"}}), Before: pick(c, []int{0, 0, 3, 14}),
		Due: c.now().AddDate(0, 0, 1+c.random.IntN(100)).Format("2006-01-02")}
	for _, p := range pets {
		if len(r.Pets) == 0 || c.chance(30) {
			r.Pets = append(r.Pets, p.id)
		}
	}
	if c.chance(35) {
		r.Every, r.Unit, r.Times = 1+c.random.IntN(3), pick(c, []string{"week", "month"}), 2+c.random.IntN(3)
	}
	if c.chance(30) {
		r.Group = "prevention"
	}
	id := c.id("recall")
	_, ok := c.create("reminders", fields{"id": id, "client": o.id, "patients": r.Pets, "location": r.Place, "methods": r.Methods, "due_on": r.Due,
		"send_before_days": r.Before, "repeat_number": r.Every, "repeat_unit": r.Unit, "repeat_count": r.Times, "reminder_group": r.Group})
	if !ok {
		return
	}
	c.journal.Recalls[id] = new(year.Log[year.Recall])
	c.journal.Recalls[id].Add(c.now(), r)
	alter := func(change fields, is func(*year.Recall)) {
		c.later(c.between(c.now(), c.now().Add(80*24*time.Hour)), func() {
			last := c.journal.Recalls[id].Last()
			if last.Ended == "" && c.change("reminders", id, change) {
				is(&last)
				c.journal.Recalls[id].Add(c.now(), last)
			}
		})
	}
	if c.chance(12) {
		ended := pick(c, []string{"cancelled", "done"})
		alter(fields{"state": ended}, func(is *year.Recall) { is.Ended = ended })
	}
	if c.chance(12) {
		due := c.now().AddDate(0, 0, 90+c.random.IntN(60)).Format("2006-01-02")
		alter(fields{"due_on": due}, func(is *year.Recall) { is.Due = due })
	}
}

// rule makes a rule, and lets somebody switch it off and on again.
func (c *clinic) rule(name string, is year.Rule) {
	c.t.Helper()
	id := c.id("rule")
	clinictest.Make(c.t, c.app, "reminder_rules", c.ruleOf(is), fields{"id": id, "name": name})
	c.journal.Rules[id] = new(year.Log[year.Rule])
	c.journal.Rules[id].Add(c.now(), is)
	c.ruled = append(c.ruled, id)
}

func (c *clinic) ruleOf(is year.Rule) fields {
	return fields{"trigger": is.Trigger, "reasons": is.Reasons, "methods": is.Methods, "due_number": is.DueNumber, "due_unit": is.DueUnit, "age_number": is.AgeNumber,
		"age_unit": is.AgeUnit, "steps": is.Steps, "reminder_group": is.Group, "inactive": is.Inactive}
}

// rules are those that the clinic has from the beginning.
func (c *clinic) rules() {
	c.rule("Vaccination again", year.Rule{Trigger: "visit_completed", Reasons: []string{c.reasons[1].id}, Methods: []string{"email", "sms"}, DueNumber: 2, DueUnit: "month",
		Steps: []int{-14, 10}, Group: "prevention"})
	c.rule("Teeth again", year.Rule{Trigger: "visit_completed", Reasons: []string{c.reasons[2].id}, Methods: []string{"email"}, DueNumber: 10, DueUnit: "week", Group: "teeth"})
	c.rule("Senior", year.Rule{Trigger: "age_reached", AgeNumber: 7, AgeUnit: "year", DueNumber: 0, DueUnit: "day", Methods: []string{"email"}, Group: "senior"})
}

// switches: somebody switches a rule off, and on again some days later.
func (c *clinic) switches() {
	c.t.Helper()
	id := pick(c, c.ruled)
	set := func(inactive bool) {
		is := c.journal.Rules[id].Last()
		if is.Inactive != inactive && c.change("reminder_rules", id, fields{"inactive": inactive}) {
			is.Inactive = inactive
			c.journal.Rules[id].Add(c.now(), is)
		}
	}
	set(true)
	c.later(c.between(c.now(), c.now().Add(8*24*time.Hour)), func() { set(false) })
}

package year

import (
	"fmt"
	"slices"
	"time"
)

// apart is how many days lie between two recalls about one patient, and within how many days what is due is said together.
const apart = 30

// heldFor is how long after its start a visit that nobody closed may still hold a reminder back: by then it is completed by itself.
const heldFor = 49 * time.Hour

// after is the day that lies n units later; months clamp to the month's end.
func (d day) after(n int, unit string) day {
	switch unit {
	case "day":
		return d.plus(n)
	case "week":
		return d.plus(7 * n)
	case "year":
		n *= 12
	}
	first := time.Date(d.year, d.month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return day{first.Year(), first.Month(), min(d.day, last)}
}

func (d day) days(other day) int {
	at := func(d day) time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC) }
	return int(at(d).Sub(at(other)) / (24 * time.Hour))
}

// occasion is one send of a reminder.
type occasion struct {
	number, step int
	due, on      day
}

func (o occasion) name() string {
	if o.step == 0 {
		return itoa(o.number) + ":"
	}
	return fmt.Sprintf("%d:%+d", o.number, o.step)
}

// occasions are when a reminder speaks up.
func (r Recall) occasions() []occasion {
	first, ok := parseDay(r.Due)
	if !ok {
		return nil
	}
	steps := r.Steps
	if len(steps) == 0 {
		steps = []int{0}
	}
	var all []occasion
	for n := range max(1, r.Times) {
		due := first.after(n*r.Every, r.Unit)
		for _, step := range steps {
			all = append(all, occasion{n + 1, step, due, due.plus(step - r.Before)})
		}
	}
	return all
}

// recall is a reminder with what it hangs on.
type recall struct {
	id     string
	log    *Log[Recall]
	rule   string
	rows   []*Row
	others []*recall // of the same client
}

// recalls holds every reminder's messages against what was wanted of them.
func (c *rules) recalls() {
	rows, byClient, byPet := map[string][]*Row{}, map[string][]*recall{}, map[string][]string{}
	for i := range c.Rows {
		if r := &c.Rows[i]; r.Purpose == "reminder" {
			rows[r.Client] = append(rows[r.Client], r)
		}
	}
	for _, id := range sorted(c.Visits) {
		pet := c.Visits[id].Last().Pet
		byPet[pet] = append(byPet[pet], id)
	}
	all := map[string]*recall{}
	for id, log := range c.Recalls {
		all[id] = &recall{id: id, log: log}
	}
	for _, m := range c.Made {
		is := Recall{Client: m.Client, Pets: m.Pets, Place: m.Place, Due: m.Due, Methods: m.Methods, Group: m.Group}
		if rule := c.Rules[m.Rule]; rule != nil {
			is.Steps = rule.Last().Steps
		}
		log := new(Log[Recall])
		log.Add(m.At, is)
		all[m.ID] = &recall{id: m.ID, log: log, rule: m.Rule}
	}
	for _, id := range sorted(all) {
		client := all[id].log.Last().Client
		byClient[client] = append(byClient[client], all[id])
		all[id].rows = rows[client]
	}
	for _, id := range sorted(all) {
		r := all[id]
		r.others = byClient[r.log.Last().Client]
		c.recall(r, byPet)
	}
	c.joined(all)
	c.spaced(rows, all)
	c.byRules()
}

func (c *rules) recall(r *recall, byPet map[string][]string) {
	is := r.log.Last()
	var m moments
	cuts(&m, r.log)
	cuts(&m, c.Clients[is.Client])
	cuts(&m, c.Places[is.Place])
	for _, id := range sorted(c.Rules) {
		cuts(&m, c.Rules[id])
	}
	for _, text := range c.Texts {
		if len(*text) > 1 {
			cuts(&m, text)
		}
	}
	for _, pet := range is.Pets {
		cuts(&m, c.Pets[pet])
		for _, id := range byPet[pet] {
			cuts(&m, c.Visits[id])
			for _, e := range *c.Visits[id] {
				m.add(e.Is.Start)
				m.add(e.Is.Start.Add(heldFor))
			}
		}
	}
	for _, s := range c.Stops {
		m.add(s.From)
		if !s.Until.IsZero() {
			m.add(s.Until)
		}
	}
	made := (*r.log)[0].At
	done := map[string]bool{}
	for _, e := range *r.log {
		for _, o := range e.Is.occasions() {
			for _, channel := range []string{"email", "sms"} {
				key := "reminder:" + r.id + ":" + o.name() + ":" + channel
				if done[key] {
					continue
				}
				done[key] = true
				stale := slices.IndexFunc(r.rows, func(row *Row) bool { return row.Key == key && row.State == "stale" })
				at := func(t time.Time) wish {
					w := c.recalled(r, o, channel, made, byPet, t)
					// A stale one keeps its place: whoever moves the reminder afterwards moves the turns that are left.
					w.maybe = w.maybe || stale >= 0 && r.log.since(t).After(r.rows[stale].Updated)
					return w
				}
				c.single(r.rows, m.within(made, c.Until), channel, key, "R-40", at)
			}
		}
	}
}

// recalled is the wish of one send of a reminder.
func (c *rules) recalled(r *recall, o occasion, channel string, made time.Time, byPet map[string][]string, t time.Time) wish {
	is, _ := r.log.At(t)
	place, _ := c.Places[is.Place].At(t)
	client, _ := c.Clients[is.Client].At(t)
	i := slices.IndexFunc(is.occasions(), func(now occasion) bool { return now.number == o.number && now.step == o.step })
	switch {
	case is.Ended != "":
		return wish{no: "the reminder is " + is.Ended, rule: "R-40"}
	case i < 0, !slices.Contains(is.Methods, channel):
		return wish{no: "the reminder does not speak up like this", rule: "R-41"}
	case r.rule != "" && !c.active(r.rule, t):
		return wish{no: "its rule is off", rule: "R-42"}
	}
	o = is.occasions()[i]
	w := wish{window: place.window(), to: client.Email}
	if channel == "sms" {
		w.to = client.SMS
	}
	w.bind("reminder", channel)
	if w.no, w.rule = c.hindered("reminder", channel, w.to, place, client, false, false, t); w.no != "" {
		return w
	}
	var alive []string
	why, rule := "its pets are dead or inactive", "R-11"
	for _, id := range is.Pets {
		pet, _ := c.Pets[id].At(t)
		if pet.Dead || pet.Inactive {
			continue
		}
		switch c.inBook(is, o, id, r.rule != "" && c.Rules[r.rule].Last().Trigger == "age_reached", made, byPet[id], zone(place.Zone), t) {
		case "served":
			why, rule = "the service was done", "R-42"
			continue
		case "parting":
			why, rule = "its owner parts with it", "R-10"
			continue
		case "held":
			why, rule = "a visit is in the book", "R-43"
			continue
		case "perhaps":
			w.maybe = true
		}
		alive = append(alive, pet.Name)
	}
	if len(alive) == 0 {
		return wish{no: why, rule: rule}
	}
	w.in(c.words("reminder", first(client.Locale, place.Locale), is.Place, place.Locale, t))
	w.words = alive
	w.schedule(o.on.at(place.RemindAt, zone(place.Zone)))
	if w.planned.Before(made) {
		return wish{no: "its moment had passed when the reminder was made", rule: "R-39"}
	}
	if r.crowded(o) {
		// It may be said together with another, or not at all: see joined and spaced.
		w.maybe, w.words = true, nil
		w.send = w.send.AddDate(0, 0, -apart-1)
		w.expires = w.expires.AddDate(0, 0, apart+1)
	}
	return w
}

// inBook answers what a pet's visits do to a send about it: the service was done since, a coming visit holds it back, or perhaps one does.
func (c *rules) inBook(is Recall, o occasion, pet string, ofAge bool, made time.Time, visits []string, z *time.Location, t time.Time) string {
	answer := c.farewell(pet, ofAge, made, visits, t)
	if is.Group == "" || answer == "parting" {
		return answer
	}
	for _, id := range visits {
		v, ok := c.Visits[id].At(t)
		if !ok || v.Pet != pet || !c.serves(is.Group, v.Reason, t) {
			continue
		}
		if v.Status == "completed" && v.Start.After(made) {
			return "served"
		}
		days := dayOf(v.Start, z).days(o.due)
		if v.Status == "completed" || v.Status == "cancelled" || v.Status == "no_show" || days < -30 || days > 60 {
			continue
		}
		switch {
		case t.Before(v.Start):
			return "held"
		case t.Before(v.Start.Add(heldFor)):
			answer = "perhaps"
		}
	}
	return answer
}

// active reports whether a rule is on.
func (c *rules) active(rule string, t time.Time) bool {
	log := c.Rules[rule]
	if log == nil {
		return false
	}
	is, ok := log.At(t)
	return ok && !is.Inactive
}

// serves reports whether a visit for a reason is the service of a group: any active rule of the group names it.
func (c *rules) serves(group, reason string, t time.Time) bool {
	for _, log := range c.Rules {
		if is, ok := log.At(t); ok && !is.Inactive && is.Group == group && slices.Contains(is.Reasons, reason) {
			return true
		}
	}
	return false
}

// crowded reports whether another reminder of the client speaks up within the days in which they concern each other.
func (r *recall) crowded(o occasion) bool {
	for _, other := range r.others {
		if other.id == r.id {
			continue
		}
		for _, e := range *other.log {
			for _, theirs := range e.Is.occasions() {
				if days := theirs.on.days(o.on); days >= -2*apart && days <= 2*apart {
					return true
				}
			}
		}
	}
	return false
}

// joined: a message that speaks for several reminders names the pets of all of them that live.
func (c *rules) joined(all map[string]*recall) {
	for _, h := range c.Handed {
		r := c.rows[h.ID]
		if r == nil || r.Purpose != "reminder" || len(r.Reminders) < 2 {
			continue
		}
		for _, pet := range r.Pets {
			if is, _ := c.Pets[pet].At(h.At); !contains(h.Text+h.Subject, is.Name) {
				c.find("R-44", "%s does not name %s", r.Key, is.Name)
			}
		}
		for _, id := range r.Reminders {
			if all[id] == nil || all[id].log.Last().Client != r.Client {
				c.find("R-44", "%s speaks for %s, which is not the client's", r.Key, id)
			}
		}
	}
}

// spaced: a patient hears of another reminder after 30 days at the earliest.
func (c *rules) spaced(rows map[string][]*Row, all map[string]*recall) {
	for _, client := range sorted(rows) {
		gone := c.sent(rows[client])
		for i, a := range gone {
			for _, b := range gone[i+1:] {
				if slices.ContainsFunc(a.Reminders, func(id string) bool { return slices.Contains(b.Reminders, id) }) || a.ResendOf != "" || b.ResendOf != "" {
					continue
				}
				if !slices.ContainsFunc(a.Pets, func(pet string) bool { return slices.Contains(b.Pets, pet) }) {
					continue
				}
				place, _ := c.Places[a.Location].At(c.left(a))
				z := zone(place.Zone)
				if days := dayOf(c.left(b), z).days(dayOf(c.left(a), z)); days < apart {
					c.find("R-44", "%s went %d days after %s, about the same pet", b.Key, days, a.Key)
				}
			}
		}
	}
}

// byRules: each visit that a rule names and that was completed while it was on has one reminder, due when the rule says.
func (c *rules) byRules() {
	made := map[string]Made{}
	for _, m := range c.Made {
		key := m.Rule + " " + m.Booking + m.Pets[0]
		if _, twice := made[key]; twice {
			c.find("R-42", "rule %s made two reminders of visit %s", m.Rule, m.Booking)
		}
		made[key] = m
	}
	for _, ruleID := range sorted(c.Rules) {
		rule := (*c.Rules[ruleID])[0]
		if rule.Is.Trigger != "visit_completed" {
			continue
		}
		for _, id := range sorted(c.Visits) {
			v := c.Visits[id].Last()
			m, has := made[ruleID+" "+id+v.Pet]
			reason, _ := c.Reasons[v.Reason].At(c.Until)
			wanted := v.Status == "completed" && slices.Contains(rule.Is.Reasons, v.Reason) && !reason.EndOfLife
			if has && !wanted {
				c.find("R-42", "rule %s made a reminder of visit %s, which is %s", ruleID, id, v.Status)
			}
			if !wanted {
				continue
			}
			place, _ := c.Places[v.Place].At(c.Until)
			z := zone(place.Zone)
			due := dayOf(v.Start, z).after(rule.Is.DueNumber, rule.Is.DueUnit)
			if has && m.Due != due.String() {
				c.find("R-42", "rule %s and visit %s: due %s instead of %s", ruleID, id, m.Due, due)
			}
			completed := (*c.Visits[id])[len(*c.Visits[id])-1].At
			if !has && c.steady(ruleID, completed) && c.worth(ruleID, id, v, completed) {
				c.find("R-42", "rule %s made no reminder of visit %s, completed %s", ruleID, id, short(completed))
			}
		}
	}
}

// steady reports whether a rule was on from before a moment to the end.
func (c *rules) steady(rule string, t time.Time) bool {
	log := *c.Rules[rule]
	for _, e := range log {
		if e.Is.Inactive && e.At.After(t.Add(-time.Hour)) {
			return false
		}
	}
	return c.active(rule, t.Add(-time.Hour))
}

// worth reports whether a completed visit is worth a reminder: its pet lives, and no later visit has renewed what it kept up to date.
func (c *rules) worth(rule, id string, v Visit, completed time.Time) bool {
	pet, ok := c.Pets[v.Pet].At(completed)
	if !ok || pet.Dead || pet.Inactive || !v.Start.Before(completed) || completed.Sub(v.Start) > 20*24*time.Hour {
		return false
	}
	group := c.Rules[rule].Last().Group
	for other, log := range c.Visits {
		is, _ := log.At(completed)
		if other != id && is.Pet == v.Pet && is.Status == "completed" && is.Start.After(v.Start) && c.serves(group, is.Reason, completed) {
			return false
		}
	}
	return completed.Before(c.Until.Add(-time.Hour))
}

package year

import (
	"slices"
	"strings"
	"time"
)

// group: each person whom a message to many was for gets it once, on the first channel that fits or on every one, or the log says why not.
func (c *rules) group(g Group) {
	rows := map[string]*Row{}
	for i := range c.Rows {
		if r := &c.Rows[i]; r.Broadcast == g.ID {
			rows[r.Key] = r
		}
	}
	place, _ := c.Places[g.Place].At(g.At)
	sharing := map[string]int{}
	for _, id := range g.Clients {
		client, _ := c.Clients[id].At(g.At)
		sharing[strings.ToLower(client.Email)]++
		sharing[client.SMS]++
	}
	pets := map[string][]string{}
	for _, id := range sorted(c.Pets) {
		owner := c.Pets[id].Last().Client
		pets[owner] = append(pets[owner], id)
	}
	for _, id := range g.Clients {
		for _, channel := range g.ways(c, id, place, pets[id]) {
			client, _ := c.Clients[id].At(g.At)
			to := client.Email
			if channel == "sms" {
				to = client.SMS
			}
			var m moments
			cuts(&m, c.Clients[id])
			cuts(&m, c.Places[g.Place])
			for _, pet := range pets[id] {
				cuts(&m, c.Pets[pet])
			}
			for _, s := range c.stops[channel+strings.ToLower(to)] {
				m.add(s.From)
				if !s.Until.IsZero() {
					m.add(s.Until)
				}
			}
			for _, s := range g.Stopped {
				m.add(s.From)
				m.add(s.Until)
			}
			at := func(t time.Time) wish {
				w := c.grouped(g, id, channel, to, pets[id], t)
				if sharing[to] > 1 || sharing[strings.ToLower(to)] > 1 {
					// Only one of those who share an address is written to there, and which one is not said.
					w.words, w.locales, w.maybe = nil, nil, true
				}
				return w
			}
			key := "group:" + g.ID + ":" + to + "::" + channel
			if r := rows[key]; r != nil && r.Client == id {
				c.single([]*Row{r}, m.within(g.At, c.Until), channel, key, "R-46", at)
			} else {
				c.single(nil, m.within(g.At, c.Until), channel, key, "R-46", at)
			}
		}
	}
}

// ways are the channels by which a message to many reaches somebody.
func (g Group) ways(c *rules, client string, place Place, pets []string) []string {
	var fit []string
	is, _ := c.Clients[client].At(g.At)
	if c.allGone(pets, g.At) || c.parting(client, g.At) {
		return nil
	}
	for _, channel := range g.Channels {
		to := is.Email
		if channel == "sms" {
			to = is.SMS
		}
		if why, _ := c.hindered("group", channel, to, place, is, false, false, g.At); why != "" {
			continue
		}
		if fit = append(fit, channel); !g.Every {
			break
		}
	}
	return fit
}

func (c *rules) allGone(pets []string, t time.Time) bool {
	return len(pets) > 0 && !slices.ContainsFunc(pets, func(id string) bool {
		pet, ok := c.Pets[id].At(t)
		return ok && !pet.Dead && !pet.Inactive
	})
}

// parting reports whether an end-of-life visit of an owner is in the book: such owners get nothing that goes to many.
func (c *rules) parting(client string, t time.Time) bool {
	return slices.ContainsFunc(c.bookings[client], func(id string) bool {
		v, ok := c.Visits[id].At(t)
		if !ok {
			return false
		}
		reason, _ := c.Reasons[v.Reason].At(t)
		return reason.EndOfLife && v.Start.After(t) && (v.Status == "requested" || v.Status == "booked" || v.Status == "confirmed")
	})
}

// farewell reports whether an end-of-life visit ends a reminder of a pet, "parting" if so: one that the reminder does not come after. That of an age
// comes after none that was the last visit. It is "perhaps" where the reminder was made soon after such a visit, for it may come of an earlier one that was
// closed late.
func (c *rules) farewell(pet string, ofAge bool, made time.Time, visits []string, t time.Time) string {
	answer := ""
	var farewells []time.Time
	var seen time.Time
	for _, id := range visits {
		v, ok := c.Visits[id].At(t)
		if !ok || v.Pet != pet || v.Status == "cancelled" || v.Status == "no_show" {
			continue
		}
		reason, _ := c.Reasons[v.Reason].At(t)
		switch {
		case !reason.EndOfLife:
			if v.Start.After(seen) {
				seen = v.Start
			}
			continue
		case v.Start.After(made):
			return "parting"
		case v.Start.After(made.AddDate(0, 0, -21)):
			answer = "perhaps"
		}
		farewells = append(farewells, v.Start)
	}
	if !ofAge {
		return answer
	}
	for _, last := range farewells {
		if last.After(seen) {
			// How far back the program looks is its own affair; a year is far enough.
			if answer = "perhaps"; last.After(made.AddDate(0, 0, -364)) {
				return "parting"
			}
		}
	}
	return answer
}

// grouped is the wish of a message to many for one person.
func (c *rules) grouped(g Group, id, channel, to string, pets []string, t time.Time) wish {
	place, _ := c.Places[g.Place].At(t)
	client, _ := c.Clients[id].At(t)
	w := wish{window: place.window(), to: to, marks: []string{g.Mark}, words: []string{client.First}, locales: []string{first(client.Locale, place.Locale)}}
	w.bind("group", channel)
	w.no, w.rule = c.hindered("group", channel, to, place, client, false, false, t)
	switch {
	case w.no != "":
	case c.parting(id, g.At):
		w.no, w.rule = "the owner is about to part with a pet", "R-10"
	case c.allGone(pets, t):
		w.no, w.rule = "all pets are dead or inactive", "R-46"
	case slices.ContainsFunc(g.Stopped, func(s Span) bool { return s.has(t) }):
		w.no, w.rule = "it was stopped", "R-46"
	}
	w.maybe = c.parting(id, t)
	then, _ := c.Clients[id].At(g.At)
	if then.Locale != client.Locale {
		w.locales = append(w.locales, first(then.Locale, place.Locale))
	}
	// Who sends on what was stopped wishes for it anew.
	asked := g.At
	for _, s := range g.Stopped {
		if !t.Before(s.Until) {
			asked = s.Until
		}
	}
	w.schedule(asked)
	return w
}

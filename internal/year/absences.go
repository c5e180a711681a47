package year

import (
	"slices"
	"strings"
	"time"
)

// absence: every owner on whose visits an absence falls is told once, or somebody is asked to phone.
func (c *rules) absence(a Absence) {
	owners := map[string][]*course{}
	for _, id := range a.Visits {
		v := &course{rules: c, id: id, versions: c.life(id), rows: c.visitsOf[id]}
		client := v.versions[0].Client
		owners[client] = append(owners[client], v)
	}
	for _, client := range sorted(owners) {
		visits := owners[client]
		slices.SortFunc(visits, func(x, y *course) int { return x.at(a.At).Start.Compare(y.at(a.At).Start) })
		c.toldOf(a, client, visits)
	}
}

func (c *rules) toldOf(a Absence, client string, visits []*course) {
	var notices []*Row
	for _, v := range visits {
		for _, r := range v.rows {
			if r.Purpose == "day_notice" && strings.HasPrefix(r.Key, "day_notice:"+a.ID+":") {
				notices = append(notices, r)
			}
		}
	}
	gone := c.sent(notices)
	if a.Fate == "keep" {
		if len(notices) > 0 {
			c.find("R-47", "absence %s keeps its visits, and %s was to be sent", a.ID, notices[0].Key)
		}
		return
	}
	called := slices.ContainsFunc(visits, func(v *course) bool {
		return slices.ContainsFunc(c.Tasks, func(t Task) bool { return t.Kind == "call_owner" && t.Booking == v.id })
	})
	told := map[string]bool{}
	for _, r := range gone {
		if told[r.Channel] || len(told) > 0 && !a.Every {
			c.find("R-47", "%s: the owner had heard of absence %s already", r.Key, a.ID)
		}
		told[r.Channel] = true
		c.claimed[r.ID] = true
		i := slices.IndexFunc(visits, func(v *course) bool { return v.id == r.Booking })
		h := c.handed[r.ID][0]
		c.allowed(r, h, visits[i].notice(a, r.Channel, h.At))
	}
	if len(gone) > 0 || called || !a.Lifted.IsZero() {
		return
	}
	// Nobody told the owner and nobody was asked to: only a visit that was changed before that could happen makes this right.
	for _, v := range visits {
		at := v.at(a.At)
		if changed := slices.ContainsFunc(v.versions, func(later version) bool { return later.number > at.number && later.from.Before(at.Start) }); changed {
			return
		}
		if at.Start.After(c.Until) {
			return
		}
	}
	c.find("R-47", "absence %s: owner %s of visit %s was neither told nor to be phoned", a.ID, client, visits[0].id)
}

// notice is the wish of a day notice about a visit.
func (v *course) notice(a Absence, channel string, t time.Time) wish {
	s, then := v.at(t), v.at(a.At)
	switch {
	case s.number != then.number:
		return wish{no: "the visit was changed since", rule: "R-47"}
	case s.reason.EndOfLife:
		return wish{no: "such owners are phoned", rule: "R-10"}
	case !a.Lifted.IsZero() && a.Fate == "tell" && !t.Before(a.Lifted):
		return wish{no: "the absence was lifted", rule: "R-47"}
	}
	channels := a.Channels
	if len(channels) == 0 {
		channels = then.place.ConfirmationChannels
	}
	if !slices.Contains(channels, channel) {
		return wish{no: "the channel was not chosen", rule: "R-47"}
	}
	w := v.toOwner(s, "day_notice", channel, "day_notice", t)
	if w.no == "" && !a.Every {
		for _, before := range channels[:slices.Index(channels, channel)] {
			if why, _ := v.hindered("day_notice", before, then.address(before), then.place, then.client, then.NoEmail, then.NoSMS, a.At); why == "" {
				return wish{no: "it would have reached the owner by " + before, rule: "R-47"}
			}
		}
	}
	w.words = []string{spoken(s.Start, zone(s.place.Zone), w.locales[0])}
	w.schedule(a.At)
	return w
}

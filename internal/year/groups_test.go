package year_test

import (
	"fmt"
	"time"

	"pawbell/internal/year"
)

// writesToMany: somebody has news for everybody of a place.
func (c *clinic) writesToMany() {
	c.t.Helper()
	p := pick(c, c.places)
	c.made++
	g := year.Group{ID: c.id("many"), Place: p.id, Mark: fmt.Sprintf("G%dG", c.made), Every: c.chance(30),
		Channels: pick(c, [][]string{{"email", "sms"}, {"sms", "email"}, {"email"}, {"sms"}})}
	mode := "first"
	if g.Every {
		mode = "every"
	}
	words := g.Mark + " {{ client.first_name }}"
	a, ok := c.create("broadcasts", fields{"id": g.ID, "kind": "group", "location": p.id, "filter": "location = '" + p.id + "'", "own_text": true, "subject": "News " + g.Mark,
		"email_text": words, "sms_text": words, "channels": g.Channels, "channel_mode": mode})
	if !ok {
		return
	}
	people, _ := a.json["recipients"].(float64)
	if !c.change("broadcasts", g.ID, fields{"send": true, "confirm_count": people}) {
		return
	}
	g.At = c.now()
	for _, o := range c.owners {
		if o.at == p {
			g.Clients = append(g.Clients, o.id)
		}
	}
	i := len(c.journal.Groups)
	c.journal.Groups = append(c.journal.Groups, g)
	if !c.chance(30) {
		return
	}
	c.later(c.now().Add(time.Duration(90+c.random.IntN(20000))*time.Second), func() {
		if !c.change("broadcasts", g.ID, fields{"stop": true}) {
			return
		}
		stopped := year.Span{From: c.now(), Until: begins.AddDate(2, 0, 0)}
		if c.chance(50) {
			c.later(c.now().Add(time.Duration(60+c.random.IntN(9000))*time.Second), func() {
				if c.change("broadcasts", g.ID, fields{"send": true}) {
					c.journal.Groups[i].Stopped[0].Until = c.now()
				}
			})
		}
		c.journal.Groups[i].Stopped = []year.Span{stopped}
	})
}

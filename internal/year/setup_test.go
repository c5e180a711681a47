package year_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/pocketbase/dbx"

	"pawbell/internal/store/record"
	"pawbell/internal/year"
)

// resets: somebody changes how a place writes to owners.
func (c *clinic) resets() {
	c.t.Helper()
	p := pick(c, c.places)
	is := p.is
	switch c.random.IntN(8) {
	case 0, 1:
		is.Lead = pick(c, []string{"2d 09:00", "12h", "1d 10:00", "3d 16:30", "24h", "90m"})
	case 2:
		is.Opens = pick(c, []int{7 * 60, 8 * 60, 9 * 60, 9*60 + 30})
	case 3:
		is.Closes = pick(c, []int{19 * 60, 20 * 60, 21 * 60, 22 * 60})
	case 4:
		is.VisitChannels = pick(c, [][]string{{"email"}, {"sms"}, {"email", "sms"}})
	case 5:
		is.ConfirmationChannels = pick(c, [][]string{{"email"}, {"sms", "email"}, {"email", "sms"}})
	case 6:
		is.NoEarly = !is.NoEarly
	default:
		is.SMS = !is.SMS
		if !is.SMS {
			c.later(c.between(c.now(), c.now().Add(4*24*time.Hour)), func() {
				again := p.is
				again.SMS = true
				c.reset(p, again)
			})
		}
	}
	c.reset(p, is)
}

func (c *clinic) reset(p *place, is year.Place) {
	c.t.Helper()
	c.must(c.change("message_settings", p.settings, c.settingsOf(is)), "a setting")
	p.is = is
	c.journal.Places[p.id].Add(c.now(), is)
}

// rewrites: somebody finds better words, or another lead for a reason.
func (c *clinic) rewrites() {
	c.t.Helper()
	if c.chance(25) {
		r := pick(c, c.reasons)
		r.is.Lead = pick(c, []string{"", "12h", "1h", "2d 08:30", "none"})
		c.must(c.change("reasons", r.id, fields{"visit_lead": r.is.Lead}), "a reason")
		c.journal.Reasons[r.id].Add(c.now(), r.is)
		return
	}
	keys := slices.Sorted(mapKeys(c.journal.Texts))
	text := c.journal.Texts[pick(c, keys)].Last()
	id := c.templateID(text.Code, text.Locale)
	r, err := c.app.FindRecordById("templates", id)
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(id, text.Code, r.GetString("purpose"), text.Locale, text.Place, r.GetString("sms_text") != "")
}

// fallsIll: somebody cannot come today, or in some days, and their visits are kept, told of or called off.
func (c *clinic) fallsIll() {
	c.t.Helper()
	p := pick(c, c.places)
	ill := pick(c, p.practitioners)
	for _, v := range c.visits {
		if soon := v.is.Start.Sub(c.now()); v.ahead() && soon > 0 && soon < 2*24*time.Hour && c.chance(50) {
			p, ill = c.placeOf(v), v.is.Practitioner
			break
		}
	}
	local := c.now().In(p.zone)
	from := c.now().Truncate(time.Minute)
	if c.chance(40) {
		from = time.Date(local.Year(), local.Month(), local.Day()+c.random.IntN(12), 0, 0, 0, 0, p.zone).UTC()
	}
	until := from.Add(time.Duration(10+c.random.IntN(80)) * time.Hour)
	a := year.Absence{ID: c.id("absent"), At: c.now(), Practitioner: ill, From: from, Until: until, Fate: pick(c, []string{"keep", "tell", "cancel", "cancel"}), Every: c.chance(30)}
	mode := "first"
	if a.Every {
		mode = "every"
	}
	if c.chance(60) {
		a.Channels = pick(c, [][]string{{"sms", "email"}, {"email"}, {"sms"}})
	}
	_, ok := c.create("absences", fields{"id": a.ID, "practitioner": ill, "starts_at": rfc(from), "ends_at": rfc(until), "kind": "sick", "visits": a.Fate,
		"channels": a.Channels, "channel_mode": mode})
	if !ok {
		return
	}
	for _, v := range c.visits {
		if v.is.Practitioner != ill || !v.is.Start.After(c.now()) || !v.is.Start.Before(until) || !from.Before(v.is.Start.Add(30*time.Minute)) || !v.ahead() && v.is.Status != "arrived" {
			continue
		}
		a.Visits = append(a.Visits, v.id)
		if a.Fate == "cancel" {
			v.is.Status = "cancelled"
			c.note(v, "absence")
		}
	}
	c.journal.Absences = append(c.journal.Absences, a)
	if c.chance(25) {
		c.later(c.between(c.now(), until), func() {
			c.must(c.done(c.ask(c.admin, http.MethodDelete, "/api/collections/absences/records/"+a.ID, nil), "absence"), "lifting an absence")
			for i := range c.journal.Absences {
				if c.journal.Absences[i].ID == a.ID {
					c.journal.Absences[i].Lifted = c.now()
				}
			}
		})
	}
}

// corrects: somebody rewrites a reminder that waits in the queue, or withdraws it.
func (c *clinic) corrects() {
	c.t.Helper()
	var row struct {
		ID string `db:"id"`
	}
	err := c.app.DB().NewQuery(`SELECT id FROM messages WHERE state = 'queued' AND purpose = 'visit_reminder' AND edited = 0 AND send_at > {:soon}
		ORDER BY send_at, "to", channel LIMIT 1`).Bind(dbx.Params{"soon": record.Instant(c.now().Add(time.Hour))}).One(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return
	}
	if err != nil {
		c.t.Fatal(err)
	}
	edit, change := year.Edit{At: c.now(), Dropped: true}, fields{"state": "cancelled"}
	if c.chance(60) {
		c.made++
		edit = year.Edit{At: c.now(), Words: fmt.Sprintf("E%dE by hand", c.made)}
		change = fields{"text": edit.Words}
	}
	if c.change("messages", row.ID, change) {
		c.journal.Edits[row.ID] = edit
	}
}

package year_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"

	"pawbell/internal/store"
	"pawbell/internal/year"
)

// plan puts a day's doings on the agenda.
func (c *clinic) plan(day time.Time) {
	size := float64(len(c.owners))
	some := func(perOwnerAndYear float64, from, until int, do func()) {
		n := size * perOwnerAndYear / 365
		for ; n >= 1 || c.random.Float64() < n; n-- {
			c.later(c.between(day.Add(time.Duration(from)*time.Hour), day.Add(time.Duration(until)*time.Hour)), do)
		}
	}
	some(2.2, 5, 20, c.phoned)
	some(1.6, 0, 24, c.online)
	some(0.15, 6, 20, c.dies)
	some(0.15, 6, 20, c.leaves)
	some(0.5, 0, 24, c.optsOut)
	some(0.4, 5, 22, c.newAddress)
	some(0.1, 6, 20, c.lifts)
	some(0.6, 6, 18, c.remembers)
	// What the clinic itself does depends little on how many owners it has.
	often := func(timesAYear float64, from, until int, do func()) {
		some(timesAYear*min(1, size/40)/size, from, until, do)
	}
	often(26, 6, 20, c.resets)
	often(40, 6, 20, c.rewrites)
	often(5, 6, 18, c.switches)
	often(30, 6, 20, c.corrects)
	often(12, 0, 24, c.writesToMany)
	often(30, 4, 20, c.fallsIll)
	some(0.2, 0, 24, func() { c.ownerSays(pick(c, c.owners), pick(c, []string{"STOP", "hei?", "START", "Ja", "avlys"})) })
}

func (c *clinic) changeOwner(o *owner, change fields, is func(*year.Client)) {
	if c.change("clients", o.id, change) {
		is(&o.is)
		c.journal.Clients[o.id].Add(c.now(), o.is)
	}
}

func (c *clinic) changePet(p *pet, change fields, is func(*year.Pet)) {
	if c.change("patients", p.id, change) {
		is(&p.is)
		c.journal.Pets[p.id].Add(c.now(), p.is)
	}
}

// dies: a pet dies, and sometimes that was a mistake.
func (c *clinic) dies() {
	o := pick(c, c.owners)
	pets := o.alive()
	if len(pets) == 0 {
		return
	}
	p := pick(c, pets)
	c.changePet(p, fields{"deceased_on": c.now().Format("2006-01-02")}, func(is *year.Pet) { is.Dead = true })
	if c.chance(35) {
		c.later(c.between(c.now(), c.now().Add(6*24*time.Hour)), func() {
			c.changePet(p, fields{"deceased_on": ""}, func(is *year.Pet) { is.Dead = false })
		})
	}
}

// leaves: a pet comes no more, for a while.
func (c *clinic) leaves() {
	pets := pick(c, c.owners).alive()
	if len(pets) == 0 {
		return
	}
	p := pick(c, pets)
	c.changePet(p, fields{"inactive": true}, func(is *year.Pet) { is.Inactive = true })
	c.later(c.between(c.now(), c.now().Add(20*24*time.Hour)), func() {
		c.changePet(p, fields{"inactive": false}, func(is *year.Pet) { is.Inactive = false })
	})
}

// optsOut: an owner wants less, or wants it again.
func (c *clinic) optsOut() {
	o := pick(c, c.owners)
	switch c.random.IntN(3) {
	case 0:
		c.changeOwner(o, fields{"no_sms": !o.is.NoSMS}, func(is *year.Client) { is.NoSMS = !is.NoSMS })
	case 1:
		c.changeOwner(o, fields{"no_email": !o.is.NoEmail}, func(is *year.Client) { is.NoEmail = !is.NoEmail })
	default:
		purpose := pick(c, []string{"visit", "reminder", "group"})
		refused := slices.DeleteFunc(slices.Clone(o.is.Refused), func(s string) bool { return s == purpose })
		if len(refused) == len(o.is.Refused) {
			refused = append(refused, purpose)
		}
		c.changeOwner(o, fields{"refused": refused}, func(is *year.Client) { is.Refused = refused })
	}
}

// newAddress: an owner moves, gets another number, wants another language, or takes an address away.
func (c *clinic) newAddress() {
	o := pick(c, c.owners)
	c.made++
	switch c.random.IntN(5) {
	case 0, 1:
		email := fmt.Sprintf("new%d@owner.example", c.made)
		c.changeOwner(o, fields{"email": email}, func(is *year.Client) { is.Email = email })
	case 2:
		number := fmt.Sprintf(o.at.number, 9000-c.made%999)
		c.changeOwner(o, fields{"sms_phone": number}, func(is *year.Client) { is.SMS = number })
	case 3:
		locale := pick(c, languages)
		c.changeOwner(o, fields{"locale": locale}, func(is *year.Client) { is.Locale = locale })
	default:
		c.changeOwner(o, fields{"sms_phone": ""}, func(is *year.Client) { is.SMS = "" })
	}
}

// lifts: staff lift a stop, saying why.
func (c *clinic) lifts() {
	c.t.Helper()
	for i := range c.journal.Stops {
		s := &c.journal.Stops[i]
		if !s.Until.IsZero() || c.mail.dead[s.Address] || c.texts.dead[s.Address] || s.From.After(c.now()) {
			continue
		}
		r, err := c.app.FindAllRecords(store.StoppedAddresses, dbx.HashExp{"channel": s.Channel, "address": s.Address, "purpose": s.Purpose})
		if err != nil || len(r) != 1 {
			c.t.Fatalf("the stop of %s: %d rows, %v", s.Address, len(r), err)
		}
		if c.change(store.StoppedAddresses, r[0].Id, fields{"note": "asked on the phone"}) {
			c.must(c.done(c.ask(c.admin, http.MethodDelete, "/api/collections/stopped_addresses/records/"+r[0].Id, nil), "stop"), "lifting a stop")
			s.Until = c.now()
		}
		return
	}
}

// unsubscribes: an owner's mail program follows the link under mail to many.
func (c *clinic) unsubscribes(address, link string) {
	c.t.Helper()
	_, path, _ := strings.Cut(link, "://")
	_, path, _ = strings.Cut(path, "/")
	a := c.ask("", http.MethodPost, "/"+path+"?List-Unsubscribe=One-Click", nil)
	c.must(a.status == http.StatusOK, "unsubscribing")
	c.stop(year.Stop{Channel: "email", Address: address, Purpose: "group", From: c.now()})
}

// texted: a text reached an owner, who may answer.
func (c *clinic) texted(h year.Handed) {
	c.t.Helper()
	r, err := c.app.FindRecordById(store.Messages, h.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	if r.GetString("purpose") != "visit_reminder" {
		return
	}
	v := c.byVisit[r.GetString("booking")]
	c.reminded[h.To] = append(c.reminded[h.To], reminding{v, r.GetDateTime("expires_at").Time(), h.At})
	if !c.chance(20) {
		return
	}
	word := pick(c, []string{"JA", "Yes!", "da", "OK takk", "ja", "CANCEL", "Anulează", "avlys", "hvornår?", "STOP", "start"})
	c.later(c.now().Add(time.Duration(30+c.random.IntN(9000))*time.Second), func() { c.says(h.To, word) })
}

func (c *clinic) ownerSays(o *owner, word string) {
	if o.is.SMS != "" {
		c.says(o.is.SMS, word)
	}
}

// says: an owner sends a text, and what follows is what R-27 says.
func (c *clinic) says(number, word string) {
	c.t.Helper()
	c.made++
	a := c.ask("", http.MethodPost, "/api/webhooks/texts", []fields{{"GatewayID": fmt.Sprintf("in%d", c.made), "From": number, "To": "+15005550006", "Text": word}})
	c.must(c.done(a, "text"), "a text")
	now := c.now()
	c.journal.Inbound = append(c.journal.Inbound, year.Inbound{At: now, From: number, Text: word})
	switch meaning(word) {
	case "stop":
		c.stop(year.Stop{Channel: "sms", Address: number, From: now})
	case "yes", "no":
		v := c.meant(number)
		switch {
		case v == nil:
		case meaning(word) == "yes" && v.is.Status == "booked":
			v.is.Status = "confirmed"
			c.note(v, "owner")
		case meaning(word) == "no" && now.Before(v.is.Start.Add(-time.Duration(c.placeOf(v).is.CutoffMinutes)*time.Minute)):
			v.is.Status = "cancelled"
			c.note(v, "owner")
		}
	}
}

func meaning(word string) string {
	switch first := strings.ToUpper(strings.TrimRight(strings.Fields(word)[0], "!?")); first {
	case "STOP":
		return "stop"
	case "JA", "YES", "DA", "OK":
		return "yes"
	case "CANCEL", "AVLYS", "ANULEAZĂ":
		return "no"
	}
	return ""
}

// meant is the one open visit of which a number was reminded in the last seven days.
func (c *clinic) meant(number string) *visit {
	var only *visit
	for _, r := range c.reminded[number] {
		if c.now().Sub(r.at) > 7*24*time.Hour || !r.visit.ahead() || !r.visit.is.Start.After(c.now()) || !r.start.Equal(r.visit.is.Start) || only == r.visit {
			continue
		}
		if only != nil {
			return nil
		}
		only = r.visit
	}
	return only
}

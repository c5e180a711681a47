package year

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// reasons: whatever did not leave says why, and that was so.
func (c *rules) reasons() {
	for i := range c.Rows {
		r := &c.Rows[i]
		switch r.State {
		case "sent", "delivered", "unknown":
			continue
		case "queued", "sending":
			if last, _ := c.working(r.Channel, r.SendAt); last.Before(c.Until.Add(-time.Hour)) && r.SendAt.Before(c.Until.Add(-time.Hour)) && r.Channel != "post" {
				if late := r.SendAt; r.ExpiresAt.Before(c.Until.Add(-time.Hour)) {
					c.find("R-05", "%s is still %s, its time was %s", r.Key, r.State, short(late))
				}
			}
			continue
		}
		if r.Reason == "" {
			c.find("R-12", "%s is %s and does not say why", r.Key, r.State)
			continue
		}
		if why := c.untrue(r); why != "" {
			c.find("R-12", "%s is %s as %s at %s: %s", r.Key, r.State, r.Reason, short(r.Updated), why)
		}
	}
}

// untrue says why the reason of a row that did not leave does not hold, "" if it does.
func (c *rules) untrue(r *Row) string {
	if r.Reason == "by_person" {
		// What a person saves is dated by the real clock, not by the clinic's.
		if r.Purpose == "visit_reminder" && !c.Edits[r.ID].Dropped {
			return "nobody did"
		}
		return ""
	}
	t := r.Updated
	if _, waits := c.working(r.Channel, t); !r.ExpiresAt.IsZero() && r.Reason == "stale" && t.Before(r.ExpiresAt) && !c.shutUntil(r, t) &&
		!(waits && r.ExpiresAt.Sub(t) < recovery) {
		return "it was of use until " + short(r.ExpiresAt)
	}
	if r.Booking == "" || c.Visits[r.Booking] == nil {
		return ""
	}
	v := &course{rules: c, id: r.Booking, versions: c.life(r.Booking)}
	s := v.at(t)
	switch r.Reason {
	case "deceased":
		if !s.pet.Dead {
			return "the pet is alive"
		}
	case "inactive":
		if !s.pet.Inactive {
			return "the pet is active"
		}
	case "booking_cancelled":
		if s.Status != "cancelled" {
			return "the visit is " + s.Status
		}
	case "opted_out":
		if why, _ := c.hindered(r.Purpose, r.Channel, "somewhere", Place{SMS: true, Email: true}, s.client, s.NoEmail, s.NoSMS, t); why == "" {
			return "the owner wants it"
		}
	case "no_address":
		if s.address(r.Channel) != "" {
			return "there is " + s.address(r.Channel)
		}
	case "stopped_address":
		// The provider may have refused another message to the address in that very moment.
		if !c.stopped(r.Channel, r.To, r.Purpose, t.Add(time.Millisecond)) {
			return "nobody stopped it"
		}
	case "channel_off":
		if r.Channel == "sms" && s.place.SMS || r.Channel == "email" && s.place.Email {
			return "the channel is on"
		}
	case "booked_inside_lead":
		if r.SendAt.After(s.scheduled) {
			return "its time was " + short(r.SendAt) + ", the visit was booked " + short(s.scheduled)
		}
	case "already_done":
		if s.expected() && r.Purpose == "visit_reminder" {
			return "the visit is still to come"
		}
	case "end_of_life":
		if !s.reason.EndOfLife {
			return "it is no end-of-life visit"
		}
	case "bad_address":
		if !slices.ContainsFunc(c.handed[r.ID], func(h Handed) bool { return h.Refused }) {
			return "no provider refused it"
		}
	case "not_wanted", "stale", "gone", "visit_booked", "duplicate":
	default:
		return "the rules know no such reason here"
	}
	return ""
}

// shutUntil reports whether the window stays shut for a row until it is of no use.
func (c *rules) shutUntil(r *Row, t time.Time) bool {
	place := c.Places[r.Location]
	if place == nil {
		return false
	}
	p, _ := place.At(t)
	w := wish{window: p.window()}
	if visit := c.Visits[r.Booking]; visit != nil {
		is, _ := visit.At(t)
		w.visit = is.Start
	}
	w.bind(r.Purpose, r.Channel)
	return w.open(t).After(r.ExpiresAt)
}

// books: every visit ended as what was done with it says.
func (c *rules) books() {
	for _, id := range sorted(c.Visits) {
		if want := c.Visits[id].Last().Status; c.Statuses[id] != want {
			c.find("R-56", "visit %s is %s in the end, it should be %s", id, c.Statuses[id], want)
		}
	}
	for id := range c.Statuses {
		if c.Visits[id] == nil {
			c.find("R-34", "nobody made visit %s", id)
		}
	}
	for _, text := range c.Inbound {
		word := strings.ToUpper(strings.Fields(text.Text + " ?")[0])
		if kind := map[string]string{"START": "start_request"}[word]; kind != "" &&
			!slices.ContainsFunc(c.Tasks, func(t Task) bool { return t.Kind == kind && strings.Contains(t.Title, text.From) }) {
			c.find("R-27", "nobody was asked about %q of %s at %s", text.Text, text.From, short(text.At))
		}
	}
}

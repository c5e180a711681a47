package notify

import (
	"slices"
	"strings"
	"time"

	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
)

// say makes messages of everything that is still to be said.
func (p *recallPlanner) say(turns []*recallTurn) {
	type place struct {
		turn *recallTurn
		send *recallSend
	}
	open := map[string]place{}
	var wishes []reminder.Wish
	for _, t := range turns {
		for _, s := range t.sends {
			if s.fate != fateOpen {
				continue
			}
			open[s.key] = place{t, s}
			wishes = append(wishes, reminder.Wish{Key: s.key, Reminder: t.ID, Step: s.Step, Due: s.Due, On: calendar.On(p.leaves(t, s), t.at.Zone), At: s.at, MadeAt: t.MadeAt,
				Near: calendar.On(fitted(t, s.channel, s.wished), t.at.Zone), Patients: s.patients, Asked: s.asked, Together: p.together(t, s)})
		}
	}
	for _, message := range reminder.Arrange(wishes, p.told(turns)) {
		head := open[message.Key]
		m := p.write(head.turn, head.send, message)
		fate, reason, leaves := fateWaiting, m.Reason, p.leaves(head.turn, head.send)
		if m.State != outbox.Queued {
			fate = fateBarred
		}
		head.send.fate, head.send.reason, head.send.leaves = fate, reason, leaves
		for _, joined := range message.Joined {
			other := open[joined.Key]
			other.send.fate, other.send.reason, other.send.leaves = fate, reason, leaves
			p.plan.Why[joined.Key] = outbox.ReasonDuplicate
		}
		p.plan.Planned = append(p.plan.Planned, m)
	}
}

// leaves is when a send leaves if nothing keeps it: at its moment or, outside the location's hours, before.
func (p *recallPlanner) leaves(t *recallTurn, s *recallSend) time.Time {
	if row := p.rows[s.key]; row.State == outbox.Queued && row.OwnTime {
		return row.SendAt
	}
	return fitted(t, s.channel, s.at)
}

// fitted is a moment inside the location's hours.
func fitted(t *recallTurn, channel outbox.Channel, at time.Time) time.Time {
	leaves, _ := outbox.Schedule(outbox.Reminder, channel, at, time.Time{}, t.at.Window)
	return leaves.UTC()
}

// together is what two messages must have in common to be one; "" for one that is always said alone.
func (p *recallPlanner) together(t *recallTurn, s *recallSend) string {
	if t.OwnText || len(s.patients) == 0 {
		return ""
	}
	code := string(outbox.Reminder)
	if named, ok := p.Templates.ByID(t.Template); ok {
		code = named.Code
	}
	// What was filled in on one of them and left open on the other is the same all the same.
	whom := Facts{Client: p.Client, Contact: Contact{Email: t.ToEmail, Phone: t.ToPhone}}
	parts := []string{t.Location, string(s.channel), code, strings.ToLower(whom.OwnerAddress(s.channel))}
	if own := p.ownWords(t.Recall, s.channel); own != nil {
		parts = append(parts, own.Subject, own.Email, own.SMS)
	}
	return strings.Join(parts, "\x00")
}

// told lists what this client heard of their patients, or is hearing just now.
func (p *recallPlanner) told(turns []*recallTurn) []reminder.Told {
	var told []reminder.Told
	for _, r := range p.Rows {
		if !went(r) && r.State != outbox.Sending {
			continue
		}
		at := r.SentAt
		if at.IsZero() {
			at = r.SendAt
		}
		zone := time.UTC
		patients := map[string][]string{}
		for _, patient := range r.Patients {
			patients[patient] = nil
			for _, t := range turns {
				if !slices.Contains(r.Reminders, t.ID) {
					continue
				}
				zone = t.at.Zone
				if slices.Contains(t.Patients, patient) {
					patients[patient] = append(patients[patient], t.ID)
				}
			}
		}
		told = append(told, reminder.Told{On: calendar.On(at, zone), Patients: patients})
	}
	return told
}

// write finishes a message.
func (p *recallPlanner) write(t *recallTurn, s *recallSend, message reminder.Message) outbox.Planned {
	named := message.Patients
	if message.Duplicate {
		named = s.patients
	}
	teller := p.teller(t, s.Due, named)
	wish := Wish{Purpose: outbox.Reminder, Code: string(outbox.Reminder), Template: t.Template, Own: p.wording(t, s.channel), Planned: s.at,
		Channels: []outbox.Channel{s.channel}, Key: func(outbox.Channel) string { return s.key }}
	teller.planned = nil
	teller.tellOwner(wish)
	m := teller.planned[0]
	m.Reminders = []string{t.ID}
	for _, joined := range message.Joined {
		m.Reminders = append(m.Reminders, joined.Reminder)
		m.Covers = append(m.Covers, joined.Key)
	}
	switch {
	case m.State == outbox.Failed:
		// There is time until it leaves, and texts can be mended: a failed row would keep its place for ever.
		m.State = outbox.Skipped
	case m.State == outbox.Queued && message.Duplicate:
		m.State, m.Reason = outbox.Skipped, outbox.ReasonDuplicate
	}
	return m
}

// teller is what messages about some patients and a due date read; it is shared by the channels of a send.
func (p *recallPlanner) teller(t *recallTurn, due calendar.Date, patients []string) *planner {
	key := t.ID + " " + due.String() + " " + strings.Join(patients, " ")
	if known := p.tellers[key]; known != nil {
		return known
	}
	f := Facts{Location: t.at, Client: p.Client, DueOn: due, Contact: Contact{Email: t.ToEmail, Phone: t.ToPhone}, Stopped: p.Stopped,
		Templates: p.Templates, Links: p.Links}
	for i, id := range patients {
		if i == 0 {
			f.Patient = p.Patients[id]
		} else {
			f.Others = append(f.Others, p.Patients[id])
		}
	}
	known := &planner{Facts: &f}
	p.tellers[key] = known
	return known
}

// wording is the text of a reminder on a channel where it is not simply its template's: nil lets the template speak.
func (p *recallPlanner) wording(t *recallTurn, channel outbox.Channel) *Template {
	own := p.ownWords(t.Recall, channel)
	if own != nil || channel != outbox.Post && channel != outbox.External {
		return own
	}
	code := string(outbox.Reminder)
	if _, named := p.Templates.ByID(t.Template); named {
		code = ""
	}
	locale := p.locale(t)
	if p.Templates.choose(t.Template, code, locale, t.at, channel) != nil {
		return nil
	}
	text := p.Templates.choose(t.Template, code, locale, t.at, outbox.SMS)
	if text == nil {
		return nil
	}
	// A template for text messages alone still has words that a letter or another service can use.
	return &Template{ID: text.ID, Locale: text.Locale, Purpose: outbox.Reminder, Subject: text.Subject, Email: text.Template.SMS}
}

func (p *recallPlanner) locale(t *recallTurn) string {
	f := Facts{Client: p.Client, Location: t.at}
	return f.OwnerLocale()
}

// ownWords is the text that somebody wrote into a reminder for a channel, nil where it says what its template says.
func (p *recallPlanner) ownWords(r *Recall, channel outbox.Channel) *Template {
	if !r.OwnText && p.Templates.says(r.Template, r.Words, channel) {
		return nil
	}
	own := &Template{Purpose: outbox.Reminder, Subject: r.Words.Subject, Email: r.Words.Email, SMS: r.Words.SMS}
	if !r.OwnText {
		own.ID = r.Template
	}
	if (channel == outbox.Post || channel == outbox.External) && own.Email == "" {
		own.Email = own.SMS
	}
	return own
}

// says reports whether words are those of a template on a channel, in any of its languages; empty words always are.
func (t Templates) says(id string, w Words, channel outbox.Channel) bool {
	if channel == outbox.SMS && w.SMS == "" || channel != outbox.SMS && w.Subject == "" && w.Email == "" {
		return true
	}
	code := string(outbox.Reminder)
	if named := t.byID[id]; named != nil {
		code = named.Code
	}
	for _, c := range t.texts {
		if c.Code != code {
			continue
		}
		if channel == outbox.SMS && c.Template.SMS == w.SMS || channel != outbox.SMS && c.Template.Subject == w.Subject && c.Template.Email == w.Email {
			return true
		}
	}
	return false
}

// RecallNow is what the first of the reminders says on a channel at this very moment, about those of its patients that are alive: that the
// service was done meanwhile is for the person to know who asks for it. It has no key yet; one that may not go is skipped and says why.
func RecallNow(f RecallFacts, channel outbox.Channel) outbox.Planned {
	p := recallPlanner{RecallFacts: &f, tellers: map[string]*planner{}}
	p.plan.Why = map[string]outbox.Reason{}
	r := &f.Recalls[0]
	t := p.turn(r)
	var alive []string
	reason := outbox.ReasonGone
	for _, id := range r.Patients {
		patient, known := p.Patients[id]
		switch {
		case patient.Deceased:
			reason = outbox.ReasonDeceased
		case p.parting(r, id):
			reason = outbox.ReasonEndOfLife
		case patient.Inactive:
			reason = outbox.ReasonInactive
		case known:
			alive = append(alive, id)
		}
	}
	if f.Client.Gone || len(r.Patients) > 0 && len(alive) == 0 {
		return outbox.Planned{State: outbox.Skipped, Reason: reason}
	}
	s := &recallSend{Send: reminder.Send{N: 1, Due: r.Series.Due(r.Series.Count())}, channel: channel, at: f.Now, patients: alive}
	m := p.write(t, s, reminder.Message{Patients: alive})
	if m.SendAt.Before(f.Now) {
		m.SendAt = f.Now
	}
	return m
}

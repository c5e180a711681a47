package notify

import (
	"slices"
	"strings"
	"time"

	"pawbell/internal/outbox"
	"pawbell/internal/sms"
)

// valuesIn answers what the codes say in a language, worked out once.
func (p *planner) valuesIn(locale string) *values {
	for _, v := range p.values {
		if v.locale == locale {
			return v
		}
	}
	v := valuesOf(p.Facts, locale)
	v.instruct(&p.Reason)
	p.values = append(p.values, v)
	return v
}

// OwnerLocale is the language in which an owner is written to: their own, else that of the page where they booked, else the
// location's, else English.
func (f *Facts) OwnerLocale() string {
	for _, tag := range [...]string{f.Client.Locale, f.Contact.Locale, f.Location.Locale} {
		if tag = Locale(tag); tag != "" {
			return tag
		}
	}
	return English
}

// OwnerAddress is where this booking's messages reach the owner on a channel: what was typed for it, else the client's record (R-25,
// R-30); "" where there is nothing. An external service gets the number, else the e-mail address.
func (f *Facts) OwnerAddress(channel outbox.Channel) string {
	number, mail := firstOf(f.Contact.Phone, f.Client.SMSPhone), firstOf(f.Contact.Email, f.Client.Email)
	switch channel {
	case outbox.SMS:
		return number
	case outbox.Post:
		return f.Client.Postal
	case outbox.External:
		return firstOf(number, mail)
	}
	return mail
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// Hindrance answers why the owner gets no message of a purpose on a channel, "" where nothing stands in its way. Letters and
// what an external service carries are bound by the purposes that the owner refused, not by the switches of e-mail and SMS; who has no address
// for them is somebody to find out about, not to pass over.
func (f *Facts) Hindrance(purpose outbox.Purpose, channel outbox.Channel) outbox.Reason {
	text, mail := channel == outbox.SMS, channel == outbox.Email
	to := f.OwnerAddress(channel)
	consent := purpose.Rules().Consent
	switch {
	case f.Client.Gone:
		return outbox.ReasonGone
	case remindful(purpose) && f.Patient.Deceased:
		return outbox.ReasonDeceased
	case remindful(purpose) && f.Patient.Inactive:
		return outbox.ReasonInactive
	case text && !f.Location.SMSEnabled, mail && !f.Location.EmailEnabled:
		return outbox.ReasonChannelOff
	case text && (f.Client.NoSMS || f.Booking.NoSMS), mail && (f.Client.NoEmail || f.Booking.NoEmail):
		return outbox.ReasonOptedOut
	case consent != "" && slices.Contains(f.Client.Refused, consent):
		return outbox.ReasonOptedOut
	case to == "" && (text || mail):
		return outbox.ReasonNoAddress
	case to != "" && f.Stopped != nil && f.Stopped(channel, to, purpose):
		return outbox.ReasonStoppedAddress
	}
	return ""
}

// remindful are the purposes that would hurt the owner of a pet that died; a confirmation still goes, as it answers the
// owner's own act.
func remindful(p outbox.Purpose) bool {
	return p == outbox.VisitReminder || p == outbox.Reminder || p == outbox.Group || p == outbox.WaitlistOffer
}

// Wish is something to be told to an owner, before it is known how and whether it can be.
type Wish struct {
	Purpose  outbox.Purpose
	Key      func(outbox.Channel) string // unique for ever, on each channel
	Code     string                      // of the template
	Template string                      // id of a template named for the occasion, "" = by code
	Own      *Template                   // a text written for this message alone, nil = a template's
	Planned  time.Time
	Channels []outbox.Channel
	// Bare leaves the reason's instructions out of messages that carry them otherwise.
	Bare bool
}

// Tell plans a message to the owner that [Plan] does not know of: a day notice, a recall, a message to many or by hand. It answers one
// message for each channel, queued, skipped or failed with its reason. For an end-of-life visit it answers nothing where the purpose
// forbids it: the caller raises the task.
func Tell(f Facts, w Wish) []outbox.Planned {
	if rule := w.Purpose.Rules().EndOfLife; f.Reason.EndOfLife && (rule == outbox.EndOfLifeCall || rule == outbox.EndOfLifeNever) {
		return nil
	}
	p := planner{Facts: &f}
	p.tellOwner(w)
	return p.planned
}

// tellOwner plans a wish on each of its channels. A message that may not go says why.
func (p *planner) tellOwner(w Wish) {
	rules := w.Purpose.Rules()
	for i, channel := range w.Channels {
		if slices.Contains(w.Channels[:i], channel) {
			continue
		}
		m := p.draft(w.Purpose, channel, w.Key(channel), w.Planned)
		m.To = p.OwnerAddress(channel)
		if rules.BCC && channel == outbox.Email {
			m.BCC = p.blindCopies(m.To)
		}
		m.Reason = p.Hindrance(w.Purpose, channel)
		if m.Reason == outbox.ReasonGone {
			m.To, m.BCC, m.State = "", nil, outbox.Skipped
			p.planned = append(p.planned, m)
			continue
		}
		if m.Reason == "" && w.Purpose == outbox.VisitReminder && !m.SendAt.After(p.Booking.ScheduledAt) {
			m.Reason = outbox.ReasonBookedInsideLead
		}
		if m.Reason != "" {
			m.State = outbox.Skipped
		}
		p.render(&m, p.textFor(w, channel), !w.Bare)
		p.planned = append(p.planned, m)
	}
}

// textFor is the text of a wish on a channel, nil where there is none.
func (p *planner) textFor(w Wish, channel outbox.Channel) *compiled {
	if w.Own == nil {
		return p.Templates.choose(w.Template, w.Code, p.OwnerLocale(), p.Location, channel)
	}
	own := *w.Own
	if own.Locale == "" {
		own.Locale = p.OwnerLocale()
	}
	return compile(own)
}

// draft is a message of this booking without its text.
func (p *planner) draft(purpose outbox.Purpose, channel outbox.Channel, key string, planned time.Time) outbox.Planned {
	m := outbox.Planned{Key: key, Purpose: purpose, Channel: channel, Location: p.Location.ID, Booking: p.Booking.ID,
		Sequence: p.Booking.Sequence, Priority: purpose.Rules().Priority, PlannedAt: planned.UTC(), State: outbox.Queued,
		Client: p.Client.ID}
	if p.Patient.ID != "" {
		m.Patients = append(m.Patients, p.Patient.ID)
	}
	for _, other := range p.Others {
		m.Patients = append(m.Patients, other.ID)
	}
	send, expires := outbox.Schedule(purpose, channel, m.PlannedAt, p.Booking.StartsAt.UTC(), p.Location.Window)
	m.SendAt, m.ExpiresAt = send.UTC(), expires.UTC()
	return m
}

// render writes a message's text. What cannot be rendered fails by name and is never sent half; a message that is skipped
// anyway stays skipped, without its text.
func (p *planner) render(m *outbox.Planned, c *compiled, instructions bool) {
	fail := func(reason outbox.Reason, detail string) {
		if m.State == outbox.Queued {
			m.State, m.Reason, m.Detail = outbox.Failed, reason, detail
		}
	}
	if c == nil && p.keptWords(m) {
		return
	}
	if c == nil {
		m.Locale = p.OwnerLocale()
		fail(outbox.ReasonBadTemplate, "there is no text for "+string(m.Purpose)+" by "+string(m.Channel))
		return
	}
	m.Locale, m.Template = c.Locale, c.ID
	text := c.compose(p.valuesIn(c.Locale), &p.Location, m.Channel, instructions && carriesInstructions(m.Purpose))
	for _, problem := range text.problems {
		if problem.Code == EmptyCode {
			fail(outbox.ReasonEmptyCode, problem.Name)
		} else {
			fail(outbox.ReasonBadTemplate, problem.Message)
		}
		return
	}
	m.Subject, m.Text = text.subject, text.text
	if m.Text == "" {
		fail(outbox.ReasonBadTemplate, "the text is empty")
		return
	}
	p.measure(m)
}

// keptWords gives a message that waits already the words it has, where the only text that it could be written with was taken away: whoever puts
// a text away wants no new messages of it, and did not say anything about those that are promised.
func (p *planner) keptWords(m *outbox.Planned) bool {
	for _, r := range p.Rows {
		if r.Key != m.Key || r.State != outbox.Queued || r.Text == "" {
			continue
		}
		// One that was deleted is not even named any more.
		if _, inUse := p.Templates.ByID(r.Template); inUse {
			return false
		}
		m.Subject, m.Text, m.Locale, m.Template = r.Subject, r.Text, r.Locale, r.Template
		p.measure(m)
		return true
	}
	return false
}

// measure counts the parts of a text message.
func (p *planner) measure(m *outbox.Planned) {
	if m.Channel != outbox.SMS {
		return
	}
	size := sms.Measure(m.Text)
	m.Encoding, m.Parts = size.Encoding, size.Parts
	m.OverLimit = p.Location.SMSMaxParts > 0 && size.Parts > p.Location.SMSMaxParts
}

// carriesInstructions are the messages to which the reason's instructions are added (PN-09).
func carriesInstructions(p outbox.Purpose) bool {
	return p == outbox.BookingConfirmation || p == outbox.VisitReminder
}

// blindCopies are the addresses that get a copy of the owner's e-mails, in the envelope only.
func (p *planner) blindCopies(owner string) []string {
	if p.bcc == nil {
		p.bcc = p.addressesOf("bcc")
	}
	var copies []string
	for _, address := range p.bcc {
		if !strings.EqualFold(address, strings.TrimSpace(owner)) {
			copies = append(copies, address)
		}
	}
	return copies
}

// addressesOf lists the clinic's own addresses of a kind, each once however often and in whatever case it was entered.
func (f *Facts) addressesOf(kind string) []string {
	list := []string{}
	for _, a := range f.Addresses {
		address := strings.ToLower(strings.TrimSpace(a.Email))
		if address != "" && slices.Contains(a.Kinds, kind) && !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	return list
}

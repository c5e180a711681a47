package notify

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
	"pawbell/internal/sms"
)

const (
	// staffDelay is how long the message about an act of staff waits, so that a correction gives one message.
	staffDelay = 5 * time.Minute
	// farAhead is how long before its start a visit must be booked to be reminded twice.
	farAhead = 6 * 7 * 24 * time.Hour
	// earlyDays is how many days before the visit the first of two reminders goes.
	earlyDays = 7
	// keyTime is how an instant is written in keys, in UTC.
	keyTime = "20060102T1504Z"
)

// Task is something about a booking that a person must do because no message may.
type Task struct {
	Kind    string // "call_owner"
	Key     string // the same task has the same key, however often it is asked for
	Title   string // in plain English, for the clinic's own eyes
	Booking string
	Client  string
}

// Planned reports whether [Plan] answers for a purpose. Rows of a booking with other purposes (a day notice, a message by hand) are
// none of its business: that its answer lacks them does not withdraw them.
func Planned(p outbox.Purpose) bool {
	switch p {
	case outbox.BookingReceived, outbox.BookingConfirmation, outbox.BookingChange, outbox.BookingDeclined, outbox.BookingCancellation,
		outbox.VisitReminder, outbox.PaymentDue, outbox.NoticeBooking, outbox.NoticeCancellation, outbox.NoticePayment:
		return true
	}
	return false
}

// Plan answers which messages a booking has, finished, and which tasks it raises. It knows nothing of the present moment: the same
// facts give the same answer for ever, and messages that have left stay in the answer under their keys for as long as the
// facts that made them hold.
//
// A visit that had begun when it was written down is a note of what happened: it has no messages at all.
func Plan(f Facts) ([]outbox.Planned, []Task) {
	p := planner{Facts: &f}
	if !f.Booking.StartsAt.After(f.Booking.ScheduledAt) {
		return nil, nil
	}
	p.state()
	p.reminders()
	p.payment()
	p.notices()
	return p.planned, p.tasks
}

// planner gathers one booking's messages.
type planner struct {
	*Facts
	planned []outbox.Planned
	tasks   []Task
	values  []*values // one per language that was needed so far
	bcc     []string
}

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
// R-30); "" where there is nothing.
func (f *Facts) OwnerAddress(channel outbox.Channel) string {
	if channel == outbox.SMS {
		return firstOf(f.Contact.Phone, f.Client.SMSPhone)
	}
	return firstOf(f.Contact.Email, f.Client.Email)
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// Hindrance answers why the owner gets no message of a purpose on a channel, "" where nothing stands in its way.
func (f *Facts) Hindrance(purpose outbox.Purpose, channel outbox.Channel) outbox.Reason {
	text := channel == outbox.SMS
	to := f.OwnerAddress(channel)
	consent := purpose.Rules().Consent
	switch {
	case f.Client.Gone:
		return outbox.ReasonGone
	case remindful(purpose) && f.Patient.Deceased:
		return outbox.ReasonDeceased
	case remindful(purpose) && f.Patient.Inactive:
		return outbox.ReasonInactive
	case text && !f.Location.SMSEnabled, !text && !f.Location.EmailEnabled:
		return outbox.ReasonChannelOff
	case text && (f.Client.NoSMS || f.Booking.NoSMS), !text && (f.Client.NoEmail || f.Booking.NoEmail):
		return outbox.ReasonOptedOut
	case consent != "" && slices.Contains(f.Client.Refused, consent):
		return outbox.ReasonOptedOut
	case to == "":
		return outbox.ReasonNoAddress
	case f.Stopped != nil && f.Stopped(channel, to, purpose):
		return outbox.ReasonStoppedAddress
	}
	return ""
}

// remindful are the purposes that would hurt the owner of a pet that died; a confirmation still goes, as it answers the
// owner's own act.
func remindful(p outbox.Purpose) bool {
	return p == outbox.VisitReminder || p == outbox.Reminder || p == outbox.Group || p == outbox.WaitlistOffer
}

// standing reports whether the visit is still to come.
func (b *Booking) standing() bool {
	return b.Status == booking.Requested || b.Status == booking.Booked || b.Status == booking.Confirmed
}

// wish is one message to the owner before it is rendered.
type wish struct {
	purpose  outbox.Purpose
	key      func(outbox.Channel) string
	code     string // of the template
	template string // id that the reason names, "" = by code
	planned  time.Time
	channels []outbox.Channel
}

// tellOwner plans a wish on each of its channels. A message that may not go says why.
func (p *planner) tellOwner(w wish) {
	rules := w.purpose.Rules()
	for i, channel := range w.channels {
		if channel != outbox.Email && channel != outbox.SMS || slices.Contains(w.channels[:i], channel) {
			continue
		}
		m := p.draft(w.purpose, channel, w.key(channel), w.planned)
		m.To = p.OwnerAddress(channel)
		if rules.BCC && channel == outbox.Email {
			m.BCC = p.blindCopies(m.To)
		}
		m.Reason = p.Hindrance(w.purpose, channel)
		if m.Reason == outbox.ReasonGone {
			m.To, m.BCC, m.State = "", nil, outbox.Skipped
			p.planned = append(p.planned, m)
			continue
		}
		if m.Reason == "" && w.purpose == outbox.VisitReminder && !m.SendAt.After(p.Booking.ScheduledAt) {
			m.Reason = outbox.ReasonBookedInsideLead
		}
		if m.Reason != "" {
			m.State = outbox.Skipped
		}
		p.render(&m, p.Templates.choose(w.template, w.code, p.OwnerLocale(), p.Location, channel), w.code != codeNeutral)
		p.planned = append(p.planned, m)
	}
}

// draft is a message of this booking without its text.
func (p *planner) draft(purpose outbox.Purpose, channel outbox.Channel, key string, planned time.Time) outbox.Planned {
	m := outbox.Planned{Key: key, Purpose: purpose, Channel: channel, Location: p.Location.ID, Booking: p.Booking.ID,
		Sequence: p.Booking.Sequence, Priority: purpose.Rules().Priority, PlannedAt: planned.UTC(), State: outbox.Queued,
		Client: p.Client.ID}
	if p.Patient.ID != "" {
		m.Patients = []string{p.Patient.ID}
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
	if m.Channel == outbox.SMS {
		size := sms.Measure(m.Text)
		m.Encoding, m.Parts = size.Encoding, size.Parts
		m.OverLimit = p.Location.SMSMaxParts > 0 && size.Parts > p.Location.SMSMaxParts
	}
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

// reminders plans the visit's reminders: one before the visit, and for visits booked far ahead one more.
func (p *planner) reminders() {
	b, l := &p.Booking, &p.Location
	if b.Status != booking.Booked && b.Status != booking.Confirmed || p.Reason.EndOfLife {
		return
	}
	lead := l.VisitLead
	if p.Reason.VisitLead != nil {
		lead = *p.Reason.VisitLead
	}
	if lead.Never {
		return
	}
	remind := func(step string, planned time.Time) {
		p.tellOwner(wish{purpose: outbox.VisitReminder, code: string(outbox.VisitReminder), template: p.Reason.ReminderTemplate,
			planned: planned, channels: l.VisitChannels, key: func(c outbox.Channel) string {
				return "visit_reminder:" + b.ID + ":" + b.StartsAt.UTC().Format(keyTime) + ":" + step + ":" + string(c)
			}})
	}
	planned := reminderTime(lead, b.StartsAt, l.Zone)
	early, _ := calendar.On(b.StartsAt, l.Zone).Add(-earlyDays).At(l.ReminderClock, l.Zone)
	if !l.NoEarlyReminder && b.StartsAt.Sub(b.ScheduledAt) > farAhead && early.Before(planned) {
		remind("early", early)
	}
	if planned.Before(b.StartsAt) {
		remind("lead", planned)
	}
}

// reminderTime is the wished moment of a visit reminder. A lead in days that lands on a weekend moves back to the Friday.
func reminderTime(lead calendar.Lead, start time.Time, zone *time.Location) time.Time {
	if lead.InDays {
		switch calendar.On(start, zone).Add(-lead.Days).Weekday() {
		case time.Saturday:
			lead.Days++
		case time.Sunday:
			lead.Days += 2
		}
	}
	return lead.Before(start, zone)
}

// payment plans what is said when a payment's deadline nears: once to the owner, once to each of the clinic's addresses for it.
func (p *planner) payment() {
	b, l := &p.Booking, &p.Location
	if b.Payment != "unpaid" || b.PaymentDueAt.IsZero() || !b.standing() || !b.PaymentDueAt.After(b.ScheduledAt) {
		return
	}
	planned := later(b.PaymentDueAt.Add(-time.Duration(l.PaymentNoticeHours)*time.Hour), b.ScheduledAt)
	deadline := b.PaymentDueAt.UTC().Format(keyTime)
	if !p.Reason.EndOfLife {
		p.tellOwner(wish{purpose: outbox.PaymentDue, code: string(outbox.PaymentDue), planned: planned, channels: l.ConfirmationChannels,
			key: func(c outbox.Channel) string { return "payment_due:" + b.ID + ":" + deadline + "::" + string(c) }})
	}
	for _, address := range p.addressesOf("payment") {
		p.notify(outbox.NoticePayment, "notice_payment:"+b.ID+":"+address+":"+deadline+":email", address, planned)
	}
}

// notices plans what the clinic itself is told of the booking.
func (p *planner) notices() {
	b := &p.Booking
	if b.Status != booking.Cancelled {
		for _, address := range p.addressesOf("booking") {
			key := "notice_booking:" + b.ID + ":" + address + "::email"
			planned := b.ScheduledAt
			// It is about the booking's making: moving the visit later must not move the notice.
			for _, row := range p.Rows {
				if row.Key == key && !row.PlannedAt.IsZero() {
					planned = row.PlannedAt
				}
			}
			p.notify(outbox.NoticeBooking, key, address, planned)
		}
		return
	}
	if !b.StartsAt.After(b.ChangedAt) {
		return
	}
	planned := b.ChangedAt
	if hours := p.Location.CancellationNoticeHours; hours > 0 {
		planned = later(planned, b.StartsAt.Add(-time.Duration(hours)*time.Hour))
	}
	for _, address := range p.addressesOf("cancellation") {
		p.notify(outbox.NoticeCancellation,
			"notice_cancellation:"+b.ID+":"+address+":"+strconv.Itoa(b.Sequence)+":email", address, planned)
	}
}

// notify plans one e-mail to one of the clinic's own addresses: the template's words, then the facts.
func (p *planner) notify(purpose outbox.Purpose, key, address string, planned time.Time) {
	m := p.draft(purpose, outbox.Email, key, planned)
	m.To = address
	switch {
	case !p.Location.EmailEnabled:
		m.State, m.Reason = outbox.Skipped, outbox.ReasonChannelOff
	case p.Stopped != nil && p.Stopped(outbox.Email, address, purpose):
		m.State, m.Reason = outbox.Skipped, outbox.ReasonStoppedAddress
	}
	p.render(&m, p.Templates.find(string(purpose), p.Location.Locale, p.Location, outbox.Email), false)
	if m.Text != "" {
		m.Text += "\n\n" + p.details(purpose, m.Locale)
	}
	p.planned = append(p.planned, m)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

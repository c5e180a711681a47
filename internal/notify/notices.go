package notify

import (
	"strconv"
	"strings"
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
)

// payment plans what is said when a payment's deadline nears: once to the owner, once to each of the clinic's addresses for it.
func (p *planner) payment() {
	b, l := &p.Booking, &p.Location
	if b.Payment != "unpaid" || b.PaymentDueAt.IsZero() || !b.standing() || !b.PaymentDueAt.After(b.ScheduledAt) {
		return
	}
	planned := later(b.PaymentDueAt.Add(-time.Duration(l.PaymentNoticeHours)*time.Hour), b.ScheduledAt)
	deadline := b.PaymentDueAt.UTC().Format(keyTime)
	if !p.Reason.EndOfLife {
		p.tellOwner(Wish{Purpose: outbox.PaymentDue, Code: string(outbox.PaymentDue), Planned: planned, Channels: l.ConfirmationChannels,
			Key: func(c outbox.Channel) string { return "payment_due:" + b.ID + ":" + deadline + "::" + string(c) }})
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

// details writes the booking for the clinic's own people as a Markdown list in their language: all that is known of it, or,
// where the clinic wants minimal notices, only what finds it in the book.
func (p *planner) details(purpose outbox.Purpose, locale string) string {
	l, b := languageOf(locale), &p.Booking
	zone := p.Location.Zone
	var out strings.Builder
	line := func(name label, value string) {
		var lines []string
		for part := range strings.SplitSeq(strings.ReplaceAll(value, "\r", "\n"), "\n") {
			if part = cleanValue(part); part != "" {
				lines = append(lines, escape(part))
			}
		}
		if len(lines) == 0 {
			return
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString("- **" + l.labels[name] + ":** " + strings.Join(lines, "\n  "))
	}
	day := calendar.On(b.StartsAt, zone)
	line(labelReference, b.Reference)
	line(labelDate, Weekday(day, locale)+" "+Date(day, locale))
	line(labelTime, Time(b.StartsAt, zone, locale))
	line(labelReason, inLanguage(p.Reason.Names, locale, p.Reason.Name))
	if p.Location.MinimalNotices {
		return settle(out.String())
	}
	line(labelDuration, Duration(b.EndsAt.Sub(b.StartsAt), locale))
	line(labelPlace, p.Location.Name)
	line(labelPractitioner, p.Practitioner)
	line(labelPatient, p.Patient.Name)
	line(labelSpecies, inLanguage(p.Patient.SpeciesNames, locale, p.Patient.Species))
	line(labelBreed, p.Patient.Breed)
	line(labelOwner, p.Client.FirstName+" "+p.Client.LastName)
	line(labelEmail, firstOf(p.Contact.Email, p.Client.Email))
	line(labelPhone, firstOf(p.Contact.Phone, p.Client.SMSPhone, p.Client.Phone))
	line(labelOwnerNote, b.OwnerNote)
	line(labelNote, b.Note)
	if purpose == outbox.NoticePayment {
		line(labelAmount, Money(b.Price, p.Location.Currency, locale))
		due := calendar.On(b.PaymentDueAt, zone)
		line(labelDeadline, Date(due, locale)+" "+Time(b.PaymentDueAt, zone, locale))
	}
	line(labelStatus, l.labels[label(b.Status)])
	line(labelSource, l.labels[label(b.Source)])
	if b.Status == booking.Cancelled {
		line(labelCancelledBy, l.labels[label(b.CancelledBy)])
		line(labelCancelNote, b.CancelNote)
	}
	return settle(out.String())
}

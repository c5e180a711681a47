package notify

import (
	"strings"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
)

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

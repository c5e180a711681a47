package notify

import (
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
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

// Plans reports whether [Plan] answers for a purpose. Rows of a booking with other purposes (a day notice, a message by hand) are
// none of its business: that its answer lacks them does not withdraw them.
func Plans(p outbox.Purpose) bool {
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

// standing reports whether the visit is still to come.
func (b *Booking) standing() bool {
	return b.Status == booking.Requested || b.Status == booking.Booked || b.Status == booking.Confirmed
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
		p.tellOwner(Wish{Purpose: outbox.VisitReminder, Code: string(outbox.VisitReminder), Template: p.Reason.ReminderTemplate,
			Planned: planned, Channels: l.VisitChannels, Key: func(c outbox.Channel) string {
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

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

package notify

import (
	"math"
	"slices"
	"strconv"

	"pawbell/internal/booking"
	"pawbell/internal/outbox"
)

// codeNeutral is the template for end-of-life visits: it confirms and says nothing else.
const codeNeutral = "visit_neutral"

// history is what the booking's rows tell about what the owner knows.
type history struct {
	left         bool           // anything about the booking itself left at all
	last         outbox.Purpose // what left last
	current      outbox.Purpose // what told the booking's present sequence, or can no longer tell it under its key
	acknowledged bool           // the acknowledgement left, or never will
	confirmed    bool           // the confirmation left, or what says as much, or never will
	asked        bool           // there ever was a message that a request came in
	granted      bool           // there ever was a message that the visit stands
}

// historyOf reads the rows of a booking. What it answers must not change by the withdrawing and adding that follows from it, or
// planning twice would give two answers: only what left, or is spent, counts as said.
func historyOf(rows []outbox.Row, b *Booking) history {
	var h history
	told, changed, heard, firstOff := -1, -1, -1, math.MaxInt
	for _, r := range rows {
		if r.Purpose == outbox.DayNotice && !calledOff(r, rows, b.ID) {
			// It speaks of the visit and says nothing about how it stands: a later cancellation is still news.
			h.left = h.left || r.Left() && !withdrawn(r.State)
			continue
		}
		switch r.Purpose {
		case outbox.BookingReceived:
			h.asked = true
		case outbox.BookingConfirmation:
			h.granted = true
		case outbox.BookingChange:
			changed = max(changed, r.Sequence)
		case outbox.BookingDeclined, outbox.BookingCancellation, outbox.DayNotice:
			firstOff = min(firstOff, r.Sequence)
		default:
			continue
		}
		left := r.Left() && !withdrawn(r.State)
		if !left && !spent(r) {
			continue
		}
		if r.Purpose == outbox.BookingChange {
			heard = max(heard, r.Sequence)
		}
		h.acknowledged = h.acknowledged || r.Purpose == outbox.BookingReceived
		h.confirmed = h.confirmed || r.Purpose == outbox.BookingConfirmation
		if r.Sequence >= b.Sequence {
			h.current = r.Purpose
		}
		if left && r.Sequence >= told {
			h.left, h.last, told = true, r.Purpose, r.Sequence
		}
	}
	// A request may be moved before it is granted; a change after the visit was off can only be its restoring.
	h.granted = h.granted || changed > firstOff
	// Whoever heard of that knows that it stands, without ever having had a confirmation.
	h.confirmed = h.confirmed || heard > firstOff
	return h
}

// withdrawn are the states in which a message surely is not on its way, even if it was tried.
func withdrawn(s outbox.State) bool {
	return s == outbox.Queued || s == outbox.Cancelled || s == outbox.Skipped || s == outbox.Stale
}

// spent reports a row that did not leave and never comes back under its key: what follows it must be said under a new one.
func spent(r outbox.Row) bool {
	switch r.State {
	case outbox.Stale, outbox.Failed:
		return true
	case outbox.Cancelled, outbox.Skipped:
		return r.Attempts > 0 || r.Reason == outbox.ReasonByPerson
	}
	return false
}

// off reports the messages that say that a visit does not happen.
func off(p outbox.Purpose) bool {
	return p == outbox.BookingCancellation || p == outbox.BookingDeclined || p == outbox.DayNotice
}

// say answers what the owner is to be told of the booking as it is now, "" for nothing.
func (h history) say(b *Booking) outbox.Purpose {
	switch b.Status {
	case booking.Requested, booking.Booked, booking.Confirmed:
		switch {
		case h.current != "" && !off(h.current):
			return h.current
		case b.Status == booking.Requested && !h.acknowledged:
			return outbox.BookingReceived
		case b.Status != booking.Requested && !h.confirmed && !off(h.last):
			return outbox.BookingConfirmation
		}
		return outbox.BookingChange
	case booking.Cancelled:
		switch {
		case b.CancelledBy == "absence", !b.StartsAt.After(b.ChangedAt):
			// The absence tells its owners itself, and nobody is told afterwards that a past visit was struck out.
			return ""
		case off(h.current):
			return h.current
		case h.asked && !h.granted && b.CancelledBy != "owner":
			return outbox.BookingDeclined
		case h.left && !off(h.last):
			return outbox.BookingCancellation
		}
	}
	return ""
}

// state plans what the owner is told about the booking itself: that it came in, stands, changed, or is off.
func (p *planner) state() {
	b := &p.Booking
	purpose := historyOf(p.Rows, b).say(b)
	if purpose == outbox.DayNotice {
		return
	}
	code, template := string(purpose), ""
	if p.Reason.EndOfLife {
		p.callOwner(purpose)
		if purpose == outbox.BookingCancellation || b.Source != "online" && b.ChangedBy != "owner" {
			return
		}
		// A decline keeps its own text, as the neutral one speaks of a visit that stands.
		if purpose != outbox.BookingDeclined {
			code = codeNeutral
		}
	} else if purpose == outbox.BookingConfirmation {
		template = p.Reason.ConfirmationTemplate
	}
	if purpose == "" {
		return
	}
	planned := b.ChangedAt
	if b.ChangedBy == "staff" && b.Status != booking.Cancelled {
		planned = planned.Add(staffDelay)
	}
	occasion := "1"
	if purpose == outbox.BookingChange || purpose == outbox.BookingCancellation || purpose == outbox.BookingDeclined {
		occasion = strconv.Itoa(b.Sequence)
	}
	channels := p.Location.ConfirmationChannels
	if b.Source == "online" && !slices.Contains(channels, outbox.Email) {
		// Who books online always gets an e-mail (PN-14).
		channels = append([]outbox.Channel{outbox.Email}, channels...)
	}
	p.tellOwner(Wish{Purpose: purpose, Code: code, Template: template, Planned: planned, Channels: channels, Bare: code == codeNeutral,
		Key: func(c outbox.Channel) string {
			return string(purpose) + ":" + b.ID + ":" + occasion + "::" + string(c)
		}})
}

// callOwner raises the task to phone the owner of an end-of-life visit who must hear something that no message may say. What
// the owner did needs no call, and an absence raises its own.
func (p *planner) callOwner(purpose outbox.Purpose) {
	b := &p.Booking
	if b.ChangedBy == "owner" || b.CancelledBy == "owner" && b.Status == booking.Cancelled {
		return
	}
	var about string
	switch {
	case purpose == outbox.BookingDeclined:
		about = "their request cannot be met"
	case b.Status == booking.Cancelled && b.CancelledBy != "absence" && b.StartsAt.After(b.ChangedAt):
		about = "the visit is cancelled"
	case b.standing() && b.Sequence > 0 && b.Source != "online":
		about = "the visit has changed"
	default:
		return
	}
	p.tasks = append(p.tasks, CallOwner(*p.Facts, about))
}

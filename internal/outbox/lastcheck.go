package outbox

import "slices"

// Standing is what the world looks like when a message is about to leave, which may be days after it was planned.
type Standing struct {
	ClientKnown      bool // a client belongs to it
	ClientGone       bool // that record is no longer there, or was merged away
	BookingKnown     bool
	BookingGone      bool
	BookingCancelled bool
	VisitExpected    bool     // the booking is booked or confirmed: the owner is still to come
	NoEmail, NoSMS   bool     // the client's channel switches
	DeclinedEmail    bool     // declined for this booking alone
	DeclinedSMS      bool     // likewise
	Refused          []string // the client's refused purposes
	Deceased         bool     // the patient, where the message is about one
	Inactive         bool     // likewise
	ChannelOff       bool     // the location's switch
	StoppedAddress   bool     // the number or address said stop, bounced or complained
	Reminder         Reason   // why one of its reminders does not want it any more: held, done or cancelled since, or its rule is off; "" if none does
	Stopped          bool     // a person stopped the message to many that it is part of
}

// LastCheck looks at a message once more before it leaves. Queued means that it may go; otherwise it ends here, with the reason.
func LastCheck(p Purpose, c Channel, s Standing) (State, Reason) {
	rules := p.Rules()
	if s.Stopped {
		return Cancelled, ReasonByPerson
	}
	switch {
	case s.BookingKnown && s.BookingGone, rules.Owner && s.ClientKnown && s.ClientGone:
		return Skipped, ReasonGone
	case s.ChannelOff:
		return Skipped, ReasonChannelOff
	case s.StoppedAddress:
		return Skipped, ReasonStoppedAddress
	}
	if s.BookingKnown {
		if reason := bookingReason(p, s); reason != "" {
			return Cancelled, reason
		}
	}
	if s.Reminder != "" {
		return Cancelled, s.Reminder
	}
	if !rules.Owner {
		return Queued, ""
	}
	switch {
	case c == SMS && (s.NoSMS || s.DeclinedSMS), c == Email && (s.NoEmail || s.DeclinedEmail):
		return Skipped, ReasonOptedOut
	case rules.Consent != "" && slices.Contains(s.Refused, rules.Consent):
		return Skipped, ReasonOptedOut
	case aboutThePet(p) && s.Deceased:
		return Skipped, ReasonDeceased
	case aboutThePet(p) && s.Inactive:
		return Skipped, ReasonInactive
	}
	return Queued, ""
}

// aboutThePet reports whether a message is pointless, or cruel, once the pet is dead. What the owner did with a visit is still confirmed.
func aboutThePet(p Purpose) bool {
	switch p {
	case VisitReminder, Reminder, Group, WaitlistOffer:
		return true
	}
	return false
}

// bookingReason says why the booking as it is now no longer wants a message, "" if it does.
func bookingReason(p Purpose, s Standing) Reason {
	switch p {
	case VisitReminder:
		if s.BookingCancelled {
			return ReasonBookingCancelled
		}
		if !s.VisitExpected {
			return ReasonAlreadyDone
		}
	case BookingReceived, BookingConfirmation, BookingChange, PaymentDue, NoticePayment:
		if s.BookingCancelled {
			return ReasonBookingCancelled
		}
	case BookingCancellation, BookingDeclined, NoticeCancellation:
		if !s.BookingCancelled {
			return ReasonNotWanted
		}
	}
	return ""
}

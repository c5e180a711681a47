package outbox

import "testing"

// what is looked at once more before a message leaves, and how it ends when something stands in its way.
func TestLastCheck(t *testing.T) {
	t.Parallel()
	expected := Standing{ClientKnown: true, BookingKnown: true, VisitExpected: true}
	with := func(change func(*Standing)) Standing {
		s := expected
		change(&s)
		return s
	}
	for _, c := range []struct {
		name    string
		purpose Purpose
		channel Channel
		facts   Standing
		state   State
		reason  Reason
	}{
		{"nothing in the way", VisitReminder, SMS, expected, Queued, ""},
		{"the visit was cancelled", VisitReminder, SMS, with(func(s *Standing) { s.VisitExpected, s.BookingCancelled = false, true }), Cancelled, ReasonBookingCancelled},
		{"the owner is already there", VisitReminder, SMS, with(func(s *Standing) { s.VisitExpected = false }), Cancelled, ReasonAlreadyDone},
		{"a confirmation of a visit that was cancelled", BookingConfirmation, Email, with(func(s *Standing) { s.BookingCancelled = true }), Cancelled, ReasonBookingCancelled},
		{"a confirmation of a visit that has come", BookingConfirmation, Email, with(func(s *Standing) { s.VisitExpected = false }), Queued, ""},
		{"a cancellation of a visit that stands again", BookingCancellation, SMS, expected, Cancelled, ReasonNotWanted},
		{"a cancellation of a cancelled visit", BookingCancellation, SMS, with(func(s *Standing) { s.BookingCancelled, s.VisitExpected = true, false }), Queued, ""},
		{"a notice of a cancelled visit", NoticeBooking, Email, with(func(s *Standing) { s.BookingCancelled = true }), Queued, ""},
		{"the booking is gone", VisitReminder, SMS, with(func(s *Standing) { s.BookingGone = true }), Skipped, ReasonGone},
		{"the client is gone", VisitReminder, SMS, with(func(s *Standing) { s.ClientGone = true }), Skipped, ReasonGone},
		{"the client is gone, for the clinic's own notice", NoticeBooking, Email, with(func(s *Standing) { s.ClientGone = true }), Queued, ""},
		{"SMS not wanted", VisitReminder, SMS, with(func(s *Standing) { s.NoSMS = true }), Skipped, ReasonOptedOut},
		{"SMS not wanted, by e-mail", VisitReminder, Email, with(func(s *Standing) { s.NoSMS = true }), Queued, ""},
		{"e-mail not wanted", BookingConfirmation, Email, with(func(s *Standing) { s.NoEmail = true }), Skipped, ReasonOptedOut},
		{"SMS declined for this visit", VisitReminder, SMS, with(func(s *Standing) { s.DeclinedSMS = true }), Skipped, ReasonOptedOut},
		{"e-mail declined for this visit", VisitReminder, Email, with(func(s *Standing) { s.DeclinedEmail = true }), Skipped, ReasonOptedOut},
		{"the channel switch binds personal messages", Personal, SMS, with(func(s *Standing) { s.NoSMS = true }), Skipped, ReasonOptedOut},
		{"visit messages refused", VisitReminder, SMS, with(func(s *Standing) { s.Refused = []string{ConsentVisit} }), Skipped, ReasonOptedOut},
		{"only group messages refused", VisitReminder, SMS, with(func(s *Standing) { s.Refused = []string{ConsentGroup} }), Queued, ""},
		{"no purpose binds a personal message", Personal, Email, with(func(s *Standing) { s.Refused = []string{ConsentVisit, ConsentReminder, ConsentGroup} }), Queued, ""},
		{"the pet died", VisitReminder, SMS, with(func(s *Standing) { s.Deceased = true }), Skipped, ReasonDeceased},
		{"the pet died, and the owner had just cancelled", BookingCancellation, Email, with(func(s *Standing) { s.Deceased, s.BookingCancelled = true, true }), Queued, ""},
		{"the pet is inactive", Reminder, Email, with(func(s *Standing) { s.Inactive = true }), Skipped, ReasonInactive},
		{"the location switched SMS off", VisitReminder, SMS, with(func(s *Standing) { s.ChannelOff = true }), Skipped, ReasonChannelOff},
		{"the number said stop", VisitReminder, SMS, with(func(s *Standing) { s.StoppedAddress = true }), Skipped, ReasonStoppedAddress},
		{"the clinic's own address bounced", NoticeBooking, Email, with(func(s *Standing) { s.StoppedAddress = true }), Skipped, ReasonStoppedAddress},
		{"a test to a number that said stop", Test, SMS, with(func(s *Standing) { s.StoppedAddress = true }), Skipped, ReasonStoppedAddress},
		{"the reminder is no longer wanted", Reminder, Email, with(func(s *Standing) { s.Reminder = ReasonVisitBooked }), Cancelled, ReasonVisitBooked},
		{"the message to many was stopped", Group, Email, with(func(s *Standing) { s.Stopped, s.Deceased = true, true }), Cancelled, ReasonByPerson},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if state, reason := LastCheck(c.purpose, c.channel, c.facts); state != c.state || reason != c.reason {
				t.Fatalf("%s %q, want %s %q", state, reason, c.state, c.reason)
			}
		})
	}
}

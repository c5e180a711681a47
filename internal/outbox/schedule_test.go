package outbox

import (
	"testing"
	"time"
)

// Times are of March 2027 in Oslo, "01 05:00" the first at five; the window is 08:00–21:00.
func TestSchedule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		purpose        Purpose
		channel        Channel
		planned, visit string
		send, expires  string
	}{
		{"X-39: the visit at 06:00 with 1 h", VisitReminder, SMS, "02 05:00", "02 06:00", "01 21:00", "02 06:00"},
		{"X-40: the visit at 10:00 with 12 h", VisitReminder, SMS, "01 22:00", "02 10:00", "01 21:00", "02 10:00"},
		{"X-38: by e-mail too", VisitReminder, Email, "01 22:00", "02 10:00", "01 21:00", "02 10:00"},
		{"a visit reminder inside the window", VisitReminder, SMS, "01 09:17", "02 10:00", "01 09:17", "02 10:00"},
		{"a recall moves earlier", Reminder, Email, "02 06:00", "", "01 21:00", "03 06:00"},
		{"a recall that a third party sends moves earlier", Reminder, External, "02 06:00", "", "01 21:00", "03 06:00"},
		{"a recall by letter stays", Reminder, Post, "02 06:00", "", "02 06:00", "03 06:00"},
		{"a campaign moves later", Group, SMS, "01 22:00", "", "02 08:00", "02 22:00"},
		{"a campaign by e-mail moves later", Group, Email, "01 22:00", "", "02 08:00", "02 22:00"},
		{"a personal text moves later", Personal, SMS, "01 22:00", "", "02 08:00", "02 22:00"},
		{"a personal e-mail goes at once", Personal, Email, "01 22:00", "", "01 22:00", "02 22:00"},
		{"a payment notice by SMS moves later", PaymentDue, SMS, "02 03:00", "05 10:00", "02 08:00", "03 03:00"},
		{"a confirmation by night goes at once", BookingConfirmation, SMS, "01 23:30", "02 10:00", "01 23:30", "02 23:30"},
		{"a notice to the clinic by night goes at once", NoticeBooking, Email, "01 23:30", "02 10:00", "01 23:30", "02 23:30"},
		{"a cancellation with the visit two hours after the opening goes at once", BookingCancellation, SMS, "01 23:00", "02 10:00", "01 23:00", "02 23:00"},
		{"a cancellation with the visit a minute later than that waits", BookingCancellation, SMS, "01 23:00", "02 10:01", "02 08:00", "02 23:00"},
		{"a cancellation inside the window goes at once", BookingCancellation, SMS, "01 12:00", "05 10:00", "01 12:00", "02 12:00"},
		{"a cancellation by e-mail goes at once", BookingCancellation, Email, "01 23:00", "05 10:00", "01 23:00", "02 23:00"},
		{"a sick day told by night, early visit", DayNotice, SMS, "02 05:00", "02 09:00", "02 05:00", "03 05:00"},
		{"a sick day told by night, late visit", DayNotice, SMS, "02 05:00", "02 15:00", "02 08:00", "03 05:00"},
	} {
		send, expires := Schedule(c.purpose, c.channel, march(t, c.planned), march(t, c.visit), window(t, "08:00", "21:00"))
		if !send.Equal(march(t, c.send)) || !expires.Equal(march(t, c.expires)) {
			t.Errorf("%s: leaves %v until %v, want %s until %s", c.name, send, expires, c.send, c.expires)
		}
	}
}

// a day is 24 hours, also where the wall clock disagrees.
func TestOtherMessagesLiveFor24HoursOverSummerTime(t *testing.T) {
	t.Parallel()
	planned := local(t, "2027-03-27 12:00")
	_, expires := Schedule(Group, SMS, planned, time.Time{}, window(t, "08:00", "21:00"))
	if want := local(t, "2027-03-28 13:00"); !expires.Equal(want) {
		t.Errorf("expires %v, want %v", expires, want)
	}
}

//
func TestSendNow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		purpose          Purpose
		now, send, until string
	}{
		{"a personal text by night goes at once", Personal, "01 22:00", "01 22:00", "02 22:00"},
		{"a campaign by night still waits for the opening", Group, "01 22:00", "02 08:00", "02 22:00"},
		{"a visit reminder by night does not move into the past", VisitReminder, "01 22:00", "01 22:00", "02 10:00"},
		{"a visit reminder by day goes at once", VisitReminder, "01 12:00", "01 12:00", "02 10:00"},
	} {
		send, until := SendNow(c.purpose, SMS, march(t, c.now), march(t, "02 10:00"), window(t, "08:00", "21:00"))
		if !send.Equal(march(t, c.send)) || !until.Equal(march(t, c.until)) {
			t.Errorf("%s: leaves %v until %v, want %s until %s", c.name, send, until, c.send, c.until)
		}
	}
}

func march(t testing.TB, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	return local(t, "2027-03-"+s)
}

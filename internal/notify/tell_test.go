package notify

import (
	"testing"
	"time"

	"pawbell/internal/outbox"
)

func dayNotice(channels ...outbox.Channel) Wish {
	return Wish{Purpose: outbox.DayNotice, Code: "day_notice", Planned: time.Date(2027, 3, 4, 6, 0, 0, 0, time.UTC), Channels: channels,
		Key: func(c outbox.Channel) string { return "day_notice:b1:a1::" + string(c) }}
}

// A message that the booking's own plan does not know is planned by the same rules.
func TestTellPlansOnEachChannel(t *testing.T) {
	t.Parallel()
	f := ordinaryFacts()
	f.Client.NoEmail = true
	f.Others = []Patient{{ID: "p2", Name: "Max"}}
	w := dayNotice(outbox.SMS, outbox.Email, outbox.SMS, outbox.Post)
	w.Own = &Template{Subject: "Eva is ill", Email: "{{ patient.name }}: please stay at home.", SMS: "{{ patient.name }}: please stay at home."}
	got := Tell(f, w)
	if len(got) != 3 {
		t.Fatalf("got %+v", got)
	}
	sms, email, letter := got[0], got[1], got[2]
	if sms.Key != "day_notice:b1:a1::sms" || sms.State != outbox.Queued || sms.Text != "Bella and Max: please stay at home." || sms.Template != "" ||
		sms.Locale != "en" || len(sms.Patients) != 2 || !sms.SendAt.Equal(w.Planned) {
		t.Errorf("SMS: %+v", sms)
	}
	if email.State != outbox.Skipped || email.Reason != outbox.ReasonOptedOut {
		t.Errorf("e-mail: %+v", email)
	}
	// Who has no e-mail is not out of the reach of the post.
	if letter.State != outbox.Queued || letter.Text != "Bella and Max: please stay at home." {
		t.Errorf("letter: %+v", letter)
	}
	textless := dayNotice(outbox.SMS)
	textless.Code = "no_such_code"
	if got := Tell(f, textless); len(got) != 1 || got[0].State != outbox.Failed || got[0].Reason != outbox.ReasonBadTemplate {
		t.Errorf("without a text: %+v", got)
	}
}

// Nothing about an end-of-life visit is told where the table says so, and messages by hand are.
func TestTellKeepsSilentAboutEndOfLife(t *testing.T) {
	t.Parallel()
	f := ordinaryFacts()
	f.Reason.EndOfLife = true
	w := dayNotice(outbox.SMS)
	w.Own = &Template{SMS: "We are so sorry. {{ location.name }}"}
	for purpose, want := range map[outbox.Purpose]int{outbox.DayNotice: 0, outbox.Reminder: 0, outbox.PaymentDue: 0, outbox.Group: 0, outbox.Personal: 1} {
		w.Purpose = purpose
		if got := Tell(f, w); len(got) != want {
			t.Errorf("%s: %+v", purpose, got)
		}
	}
}

// Each cause stands in the way by itself, and the gravest is named first.
func TestHindrance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		purpose outbox.Purpose
		change  func(*Facts)
		want    outbox.Reason
	}{
		{"nothing stands in the way", outbox.VisitReminder, func(*Facts) {}, ""},
		{"the owner is gone", outbox.VisitReminder, func(f *Facts) { f.Client.Gone, f.Patient.Deceased = true, true }, outbox.ReasonGone},
		{"the pet is dead", outbox.Reminder, func(f *Facts) { f.Patient.Deceased, f.Patient.Inactive = true, true }, outbox.ReasonDeceased},
		{"the pet is inactive", outbox.Group, func(f *Facts) { f.Patient.Inactive, f.Location.SMSEnabled = true, false }, outbox.ReasonInactive},
		{"a dead pet's visit is still cancelled", outbox.BookingCancellation, func(f *Facts) { f.Patient.Deceased = true }, ""},
		{"the channel is off", outbox.Personal, func(f *Facts) { f.Location.SMSEnabled, f.Client.NoSMS = false, true }, outbox.ReasonChannelOff},
		{"SMS is not wanted, by hand neither", outbox.Personal, func(f *Facts) { f.Client.NoSMS = true }, outbox.ReasonOptedOut},
		{"recalls are refused", outbox.Reminder, func(f *Facts) { f.Client.Refused = []string{"reminder"} }, outbox.ReasonOptedOut},
		{"recalls are refused, visits are not", outbox.VisitReminder, func(f *Facts) { f.Client.Refused = []string{"reminder"} }, ""},
		{"there is no number", outbox.VisitReminder, func(f *Facts) { f.Client.SMSPhone = " " }, outbox.ReasonNoAddress},
		{"the number said stop", outbox.VisitReminder, func(f *Facts) {
			f.Stopped = func(c outbox.Channel, to string, _ outbox.Purpose) bool {
				return c == outbox.SMS && to == "+4520304050"
			}
		}, outbox.ReasonStoppedAddress},
	} {
		f := ordinaryFacts()
		c.change(&f)
		if got := f.Hindrance(c.purpose, outbox.SMS); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

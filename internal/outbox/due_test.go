package outbox

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Times are of March 2027 in Oslo; the window is 08:00–21:00.
func TestDue(t *testing.T) {
	t.Parallel()
	const send, stale, nothing = "send", "stale", "nothing"
	for _, c := range []struct {
		name           string
		purpose        Purpose
		channel        Channel
		planned, visit string
		now            string
		want           string // or the moment to wait for
	}{
		{"before its time it waits", VisitReminder, SMS, "01 09:00", "02 10:00", "01 08:59:59", "01 09:00"},
		{"at its time it leaves", VisitReminder, SMS, "01 09:00", "02 10:00", "01 09:00:00", send},
		{"a late visit reminder leaves inside the window", VisitReminder, SMS, "01 09:00", "02 10:00", "01 20:00", send},
		{"in the window's last second", VisitReminder, SMS, "01 09:00", "02 10:00", "01 21:00:59", send},
		{"a second later it waits for the opening", VisitReminder, SMS, "01 09:00", "02 10:00", "01 21:01:00", "02 08:00"},
		{"up to a second before the start", VisitReminder, SMS, "01 09:00", "02 10:00", "02 09:59:59", send},
		{"at the start it is outdated", VisitReminder, SMS, "01 09:00", "02 10:00", "02 10:00:00", stale},
		{"after the start it is outdated", VisitReminder, Email, "01 09:00", "02 10:00", "02 10:00:01", stale},
		{"a visit just after the opening", VisitReminder, SMS, "01 09:00", "02 08:01", "02 05:00", "02 08:00"},
		{"the window opens at the start: an hour before it", VisitReminder, SMS, "01 09:00", "02 08:00", "02 05:00", "02 07:00"},
		{"the window opens after the start: an hour before it", VisitReminder, SMS, "01 09:00", "02 06:00", "02 03:00", "02 05:00"},
		{"the same, by e-mail", VisitReminder, Email, "01 09:00", "02 06:00", "02 03:00", "02 05:00"},
		{"a second too early for that", VisitReminder, SMS, "01 09:00", "02 06:00", "02 04:59:59", "02 05:00"},
		{"an hour before the start to the second", VisitReminder, SMS, "01 09:00", "02 06:00", "02 05:00:00", send},
		{"less than an hour before the start", VisitReminder, SMS, "01 09:00", "02 06:00", "02 05:40", send},
		{"a visit by night, reminder late in the evening before", VisitReminder, SMS, "01 20:00", "02 00:30", "01 23:00", "01 23:30"},

		{"another message up to 24 h late", Group, SMS, "01 12:00", "", "02 12:00:00", send},
		{"another message later than 24 h", Group, SMS, "01 12:00", "", "02 12:00:01", stale},
		{"a late campaign waits for the opening", Group, SMS, "01 12:00", "", "01 22:00", "02 08:00"},
		{"a late campaign whose opening comes too late", Group, SMS, "01 07:00", "", "01 22:00", stale},
		{"a late recall waits for the opening", Reminder, Email, "01 09:00", "", "02 03:00", "02 08:00"},
		{"a late recall whose opening is its last moment", Reminder, Email, "01 08:00", "", "02 03:00", "02 08:00"},
		{"a late recall whose opening comes too late", Reminder, Email, "01 07:59", "", "02 03:00", stale},
		{"a late letter knows no window", Reminder, Post, "01 09:00", "", "02 03:00", send},
		{"a confirmation knows no window", BookingConfirmation, SMS, "01 20:00", "03 10:00", "02 03:00", send},
		{"a confirmation more than 24 h late", BookingConfirmation, SMS, "01 20:00", "03 10:00", "02 20:00:01", stale},
		{"a notice to the clinic knows no window", NoticeBooking, Email, "01 20:00", "03 10:00", "02 03:00", send},
		{"a late cancellation of a visit soon after the opening", BookingCancellation, SMS, "01 20:00", "02 10:00", "02 03:00", send},
		{"a late cancellation of a later visit", BookingCancellation, SMS, "01 20:00", "02 10:01", "02 03:00", "02 08:00"},
		{"a late cancellation whose opening comes too late", BookingCancellation, SMS, "01 07:30", "05 10:00", "02 03:00", stale},
		{"a late cancellation by e-mail", BookingCancellation, Email, "01 20:00", "05 10:00", "02 03:00", send},
	} {
		w, visit := window(t, "08:00", "21:00"), march(t, c.visit)
		r := Row{Purpose: c.purpose, Channel: c.channel, State: Queued, PlannedAt: march(t, c.planned)}
		r.SendAt, r.ExpiresAt = Schedule(c.purpose, c.channel, r.PlannedAt, visit, w)
		got := Due(r, visit, w, march(t, c.now))
		said := map[Step]string{StepSend: send, StepStale: stale, StepNothing: nothing}[got.Step]
		if got.Step == StepWait {
			said = got.At.In(w.Zone).Format("02 15:04")
		}
		if said != c.want {
			t.Errorf("%s: %s, want %s", c.name, said, c.want)
		}
	}
}

// two reminders of a visit are two, not the same one twice.
func TestAFirstReminderThatWouldOnlyRepeatTheLast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, first, last, now string // of the first reminder, of the last one ("" for none), and now
		want                   bool
	}{
		{"on time", "01 09:00", "06 09:00", "01 09:00", false},
		{"late, with days to go", "01 09:00", "06 09:00", "04 12:00", false},
		{"late, exactly a day before the last one", "01 09:00", "06 09:00", "05 09:00", false},
		{"late, and the last one leaves within a day", "01 09:00", "06 09:00", "05 09:01", true},
		{"late, and the last one is due as well", "01 09:00", "06 09:00", "06 09:00", true},
		{"late, and the last one has left", "01 09:00", "06 09:00", "07 10:00", true},
		{"late, and there is no last one", "01 09:00", "", "07 10:00", false},
		{"on time, though the last one follows within a day", "01 09:00", "01 20:00", "01 09:00", false},
		{"less than a day late, and the last one follows within a day", "01 09:00", "02 20:00", "02 08:00", false},
		{"on time, and the last one was sent by hand before it", "02 09:00", "01 20:00", "02 09:00", true},
	} {
		var last time.Time
		if c.last != "" {
			last = march(t, c.last)
		}
		if got := Overtaken(Row{Purpose: VisitReminder, SendAt: march(t, c.first)}, last, march(t, c.now)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestDueAfterSendNow(t *testing.T) {
	t.Parallel()
	w, now := window(t, "08:00", "21:00"), march(t, "01 22:00")
	for purpose, want := range map[Purpose]Turn{
		Personal:      {Step: StepSend},
		Test:          {Step: StepSend},
		VisitReminder: {Step: StepWait, At: march(t, "02 08:00")},
		Group:         {Step: StepWait, At: march(t, "02 08:00")},
	} {
		r := Row{Purpose: purpose, Channel: SMS, State: Queued, PlannedAt: now}
		r.SendAt, r.ExpiresAt = SendNow(purpose, SMS, now, march(t, "02 10:00"), w)
		if got := Due(r, march(t, "02 10:00"), w, now); got.Step != want.Step || !got.At.Equal(want.At) {
			t.Errorf("%s: %+v, want %+v", purpose, got, want)
		}
	}
}

// A personal text that was meant for the day and failed until night is not a person's wish to send by night.
func TestDueHoldsALatePersonalTextThatNobodyAskedForAtOnce(t *testing.T) {
	t.Parallel()
	r := Row{Purpose: Personal, Channel: SMS, State: Queued, SendAt: march(t, "01 20:00"), ExpiresAt: march(t, "02 20:00")}
	if got := Due(r, time.Time{}, window(t, "08:00", "21:00"), march(t, "01 22:00")); got.Step != StepWait || !got.At.Equal(march(t, "02 08:00")) {
		t.Errorf("%+v", got)
	}
}

func TestDueWaitsForTheNextTry(t *testing.T) {
	t.Parallel()
	r := Row{Purpose: Reminder, Channel: SMS, State: Queued, SendAt: march(t, "01 09:00"), ExpiresAt: march(t, "02 09:00"), NextTryAt: march(t, "01 09:10")}
	w := window(t, "08:00", "21:00")
	if got := Due(r, time.Time{}, w, march(t, "01 09:09")); got.Step != StepWait || !got.At.Equal(r.NextTryAt) {
		t.Errorf("before it: %+v", got)
	}
	if got := Due(r, time.Time{}, w, march(t, "01 09:10")); got.Step != StepSend {
		t.Errorf("at it: %+v", got)
	}
}

func TestDueConcernsOnlyRowsThatWaitToLeave(t *testing.T) {
	t.Parallel()
	for _, s := range States() {
		r := Row{Purpose: Group, Channel: SMS, State: s, SendAt: march(t, "01 09:00"), ExpiresAt: march(t, "02 09:00")}
		got := Due(r, time.Time{}, window(t, "08:00", "21:00"), march(t, "01 10:00")).Step
		want := StepNothing
		if s == Queued || s == Sending {
			want = StepSend
		}
		if got != want {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
}

// whoever keeps asking gets the message sent or outdated, never after its use, never outside the window unless the rules
// say so, and each wait lies ahead.
func TestDueAlwaysEnds(t *testing.T) {
	t.Parallel()
	oslo := zone(t, "Europe/Oslo")
	w := Window{8 * 60, 21 * 60, oslo}
	rapid.Check(t, func(t *rapid.T) {
		planned := time.Date(2027, 3, 27, 0, 0, 0, 0, oslo).Add(time.Duration(rapid.IntRange(0, 3*24*60).Draw(t, "minutes")) * time.Minute)
		visit := planned.Add(time.Duration(rapid.IntRange(1, 72*60).Draw(t, "lead")) * time.Minute)
		r := Row{Purpose: rapid.SampledFrom(Purposes()).Draw(t, "purpose"), Channel: rapid.SampledFrom([]Channel{SMS, Email}).Draw(t, "channel"), State: Queued, PlannedAt: planned}
		r.SendAt, r.ExpiresAt = Schedule(r.Purpose, r.Channel, planned, visit, w)
		now := r.SendAt.Add(time.Duration(rapid.IntRange(-60, 30*60).Draw(t, "late")) * time.Minute)
		for range 4 {
			turn := Due(r, visit, w, now)
			switch turn.Step {
			case StepStale:
				return
			case StepSend:
				if now.After(r.ExpiresAt) || now.Before(r.SendAt) {
					t.Fatalf("sent at %v, useful from %v to %v", now, r.SendAt, r.ExpiresAt)
				}
				binding := r.Purpose.Rules().Binding(r.Channel)
				lastCall := r.Purpose == VisitReminder && visit.Sub(now) <= time.Hour
				if binding != None && binding != UnlessSoon && !w.Inside(now) && !lastCall {
					t.Fatalf("%s sent at %v, outside the window", r.Purpose, now)
				}
				return
			case StepWait:
				if !turn.At.After(now) {
					t.Fatalf("told at %v to wait for %v", now, turn.At)
				}
				now = turn.At
			default:
				t.Fatalf("%+v", turn)
			}
		}
		t.Fatal("waits for ever")
	})
}

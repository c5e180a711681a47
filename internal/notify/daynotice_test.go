package notify

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/golden"
	"pawbell/internal/outbox"
)

// TestAbsences reads testdata/absences: the absence, then the owner's visits that it falls upon, each as what differs from an ordinary booking;
// below the dashes what the owner is told and who phones them.
func TestAbsences(t *testing.T) {
	t.Parallel()
	golden.Corpus(t, "testdata/absences/*.txt", 8, func(t *testing.T, given string) string {
		parts := eachVisit.Split(given, -1)
		a, now := readAbsent(t, parts[0])
		var visits []Facts
		for i, part := range parts[1:] {
			f, err := readFacts(part)
			if err != nil {
				t.Fatal(err)
			}
			f.Booking.ID = "b" + string(rune('1'+i))
			f.Patient.ID = f.Patient.Name
			visits = append(visits, f)
		}
		planned, tasks := TellOfAbsence(a, visits, now)
		return writePlan(planned, tasks, visits[0].Location.Zone)
	})
}

var eachVisit = regexp.MustCompile(`(?m)^visit\n`)

// readAbsent reads "absence: cancel", "by: sms email", "mode: every", "at: 2027-03-04 07:10".
func readAbsent(t *testing.T, text string) (Absent, time.Time) {
	t.Helper()
	a, now := Absent{ID: "a1"}, time.Time{}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "absence":
			a.Fate = Fate(value)
		case "by":
			a.Channels = channels(strings.Fields(value))
		case "mode":
			a.Every = value == "every"
		case "at":
			local, err := time.ParseInLocation(wallTime, value, zone("Europe/Copenhagen"))
			if err != nil {
				t.Fatal(err)
			}
			now = local
		default:
			t.Fatalf("%s: nobody knows this name", line)
		}
	}
	return a, now
}

// a day notice that waits and speaks of a visit as it no longer is goes, whatever came between; one that left stays as it is.
func TestADayNoticeIsOvertakenByWhatHappensToItsVisit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		given  string
		row    string
		reason outbox.Reason
	}{
		{"it stands again", "sequence: 3", "queued day_notice sms 2 cancel", outbox.ReasonNotWanted},
		{"it was moved", "sequence: 2", "queued day_notice sms 1 tell", outbox.ReasonNotWanted},
		{"it was called off since", "status: cancelled\nsequence: 2", "queued day_notice sms 1 tell", outbox.ReasonBookingCancelled},
		{"nothing happened", "sequence: 2", "queued day_notice sms 2 tell", ""},
		{"it has left", "sequence: 3", "sent day_notice sms 2 cancel", ""},
		{"it is another message", "sequence: 3", "queued booking_change sms 2", ""},
	} {
		f, err := readFacts(c.given + "\nmessage: " + c.row)
		if err != nil {
			t.Fatal(err)
		}
		f.Rows[0].ID = "m1"
		var want []outbox.Withdrawal
		if c.reason != "" {
			want = []outbox.Withdrawal{{ID: "m1", Reason: c.reason}}
		}
		if diff := cmp.Diff(want, Overtaken(f)); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

// a notice that was put back has a key of its own and says what the first one said.
func TestADayNoticeThatWasPutBackSaysTheSame(t *testing.T) {
	t.Parallel()
	for told, want := range map[string]outbox.Purpose{"cancel": outbox.BookingChange, "tell": outbox.BookingConfirmation} {
		f, err := readFacts("sequence: 3\nmessage: failed day_notice sms 2 " + told)
		if err != nil {
			t.Fatal(err)
		}
		f.Rows = append(f.Rows, outbox.Row{Key: "resend:m2", Purpose: outbox.DayNotice, Channel: outbox.SMS, State: outbox.Sent, Attempts: 1, Sequence: 2})
		if got := historyOf(f.Rows, &f.Booking).say(&f.Booking); got != want {
			t.Errorf("after %s: %s, want %s", told, got, want)
		}
	}
}

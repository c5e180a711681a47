package notify

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pawbell/internal/booking"
	"pawbell/internal/outbox"
)

// life is one booking whose messages are planned, queued and sent as acts come in.
type life struct {
	f    Facts
	now  time.Time
	rows []outbox.Row
}

// follow brings the rows in line with the plan, as saving does.
func (l *life) follow(t *rapid.T) {
	plan := func() ([]outbox.Planned, []outbox.Planned, []outbox.Update, []outbox.Withdrawal) {
		l.f.Rows = slices.Clone(l.rows)
		planned, _ := Plan(l.f)
		insert, update, withdraw := outbox.Diff(l.rows, planned, "")
		return planned, insert, update, withdraw
	}
	planned, insert, update, withdraw := plan()
	keys := map[string]bool{}
	for _, m := range planned {
		if keys[m.Key] {
			t.Fatalf("the key %s stands twice in one plan (R-13)", m.Key)
		}
		keys[m.Key] = true
		if m.State == outbox.Queued && (m.To == "" || m.Text == "" || m.SendAt.After(m.ExpiresAt)) {
			t.Fatalf("queued and not complete: %+v", m)
		}
	}
	write := func(r *outbox.Row, m outbox.Planned) {
		r.Patients, r.Reminders, r.Covers = m.Patients, m.Reminders, m.Covers
		r.Key, r.Purpose, r.Channel, r.To, r.BCC, r.Subject, r.Text, r.Locale, r.Template = m.Key, m.Purpose, m.Channel, m.To, m.BCC, m.Subject, m.Text, m.Locale, m.Template
		r.Sequence, r.State, r.Reason, r.PlannedAt, r.SendAt, r.ExpiresAt = m.Sequence, m.State, m.Reason, m.PlannedAt, m.SendAt, m.ExpiresAt
	}
	for _, m := range insert {
		r := outbox.Row{ID: fmt.Sprint(len(l.rows))}
		write(&r, m)
		l.rows = append(l.rows, r)
	}
	for i := range l.rows {
		for _, u := range update {
			if u.ID == l.rows[i].ID {
				write(&l.rows[i], u.To)
			}
		}
		for _, w := range withdraw {
			if w.ID == l.rows[i].ID {
				l.rows[i].State, l.rows[i].Reason = outbox.Cancelled, w.Reason
			}
		}
	}
	if _, insert, update, withdraw := plan(); len(insert)+len(update)+len(withdraw) > 0 {
		t.Fatalf("planning again changes something (R-13): %v %v %v", insert, update, withdraw)
	}
}

// tells are the messages about the booking itself.
func tells(p outbox.Purpose) bool { return Plans(p) && p.Rules().Owner && p != outbox.VisitReminder }

// However a booking is moved, cancelled and restored between dispatches, the owner who heard anything ends up knowing how it stands,
// is told each state once, and never has two messages about it waiting on one channel.
func TestTheOwnerAlwaysEndsUpKnowing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := life{f: ordinaryFacts()}
		l.f.Location.ConfirmationChannels = []outbox.Channel{outbox.Email, outbox.SMS}
		l.f.Addresses = []Address{{"front@havnen.example", []string{"booking", "cancellation"}}}
		l.now = l.f.Booking.ScheduledAt
		if rapid.Bool().Draw(t, "request") {
			l.f.Booking.Status = booking.Requested
		}
		l.follow(t)
		b := &l.f.Booking
		for range rapid.IntRange(1, 12).Draw(t, "acts") {
			l.now = l.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "minutes")) * time.Minute)
			changed := func() {
				b.Sequence++
				b.ChangedAt, b.ChangedBy = l.now, rapid.SampledFrom([]string{"owner", "staff"}).Draw(t, "by")
				b.CancelledBy = ""
			}
			switch act := rapid.SampledFrom([]string{"move", "cancel", "restore", "dispatch", "dispatch", "try"}).Draw(t, "act"); {
			case act == "move" && b.standing():
				changed()
				b.StartsAt, b.EndsAt, b.ScheduledAt = b.StartsAt.Add(time.Hour), b.EndsAt.Add(time.Hour), l.now
			case act == "cancel" && b.standing():
				changed()
				b.Status, b.CancelledBy = booking.Cancelled, b.ChangedBy
			case act == "restore" && b.Status != booking.Booked:
				changed()
				b.Status, b.ScheduledAt = booking.Booked, l.now
			case act == "dispatch":
				for i := range l.rows {
					if r := &l.rows[i]; r.State == outbox.Queued && !r.SendAt.After(l.now) {
						r.State, r.Attempts = outbox.Sent, 1
					}
				}
			case act == "try":
				for i := range l.rows {
					if r := &l.rows[i]; r.State == outbox.Queued && !r.SendAt.After(l.now) {
						r.Attempts++
					}
				}
			}
			l.follow(t)
		}
		for _, channel := range l.f.Location.ConfirmationChannels {
			told, last, left, waiting := 0, outbox.Purpose(""), false, 0
			for i := range l.rows {
				r := &l.rows[i]
				if r.Channel != channel || !tells(r.Purpose) {
					continue
				}
				left = left || r.State == outbox.Sent
				if r.State == outbox.Queued {
					waiting++
				}
				if (r.State == outbox.Queued || r.State == outbox.Sent) && r.Sequence >= told {
					told, last = r.Sequence, r.Purpose
				}
			}
			if waiting > 1 {
				t.Fatalf("%d messages about one booking wait on %s", waiting, channel)
			}
			if b.standing() && (told != b.Sequence || off(last)) {
				t.Fatalf("on %s the owner last hears %s about change %d of %d", channel, last, told, b.Sequence)
			}
			if !b.standing() && left && !off(last) {
				t.Fatalf("on %s the owner of a cancelled visit last hears %s", channel, last)
			}
		}
		for _, r := range l.rows {
			if b.Status == booking.Cancelled && r.State == outbox.Queued && (r.Purpose == outbox.VisitReminder || r.Purpose == outbox.NoticeBooking) {
				t.Fatalf("a cancelled visit still has %s", r.Key)
			}
		}
	})
}

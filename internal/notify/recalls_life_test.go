package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
)

// recallLife is one owner whose reminders are planned, queued and sent while things happen.
type recallLife struct {
	f RecallFacts
}

// plan brings the rows in line and demands that asking again changes nothing.
func (l *recallLife) plan(t *rapid.T) RecallPlan {
	plan := PlanRecalls(l.f)
	keys := map[string]bool{}
	for _, m := range plan.Planned {
		if keys[m.Key] {
			t.Fatalf("%s stands twice in one plan", m.Key)
		}
		keys[m.Key] = true
	}
	l.f.Rows = queueRecalls(t, l.f.Rows, plan)
	again := PlanRecalls(l.f)
	insert, update, withdraw := outbox.Diff(l.f.Rows, again.Planned, "")
	if len(insert)+len(update)+len(withdraw) > 0 {
		t.Fatalf("planning twice changes the queue: %+v %+v %+v", insert, update, withdraw)
	}
	if was, is := writeStates(l.f, plan), writeStates(l.f, again); was != is {
		t.Fatalf("planning twice gives two states:\n%s\n%s", was, is)
	}
	for _, s := range again.States {
		if !s.LookAt.IsZero() && !s.LookAt.After(l.f.Now) {
			t.Fatalf("%s would be looked at in the past, for ever", s.ID)
		}
	}
	return plan
}

// dispatch sends what is due at now, as the dispatcher does, and ends what is too late.
func (l *recallLife) dispatch() {
	for i := range l.f.Rows {
		r := &l.f.Rows[i]
		if r.State != outbox.Queued || r.SendAt.After(l.f.Now) {
			continue
		}
		if r.ExpiresAt.Before(l.f.Now) {
			r.State, r.Reason = outbox.Stale, outbox.ReasonStale
			continue
		}
		r.State, r.Attempts, r.SentAt = outbox.Sent, 1, l.f.Now
	}
}

// TestNoPatientIsRemindedTwiceInAMonth lives through a random year: reminders are made, moved and ended, pets die and come back, visits are booked,
// cancelled and completed, and the dispatcher is down for days.
func TestNoPatientIsRemindedTwiceInAMonth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := recallLife{f: ordinaryRecalls()}
		l.f.Recalls = nil
		pets := []string{"bella", "max", "luna"}
		for range rapid.IntRange(5, 25).Draw(t, "acts") {
			switch rapid.SampledFrom([]string{"make", "move", "end", "death", "visit", "visit", "time", "time", "time", "outage", "hurry"}).Draw(t, "act") {
			case "make":
				if len(l.f.Recalls) > 5 {
					continue
				}
				r := Recall{ID: fmt.Sprintf("r%d", len(l.f.Recalls)), Location: "l1", MadeAt: l.f.Now, Since: l.f.Now,
					Template: rapid.SampledFrom([]string{"reminder-en", "teeth"}).Draw(t, "template"),
					Methods:  rapid.SampledFrom([][]outbox.Channel{{outbox.Email}, {outbox.SMS}, {outbox.Email, outbox.SMS}}).Draw(t, "methods"),
					Group:    rapid.SampledFrom([]string{"", "vaccination"}).Draw(t, "group"),
				}
				for _, pet := range pets {
					if rapid.Bool().Draw(t, pet) {
						r.Patients = append(r.Patients, pet)
					}
				}
				r.Series = reminder.Series{DueOn: calendar.On(l.f.Now, time.UTC).Add(rapid.IntRange(1, 60).Draw(t, "due")),
					Before: rapid.IntRange(0, 10).Draw(t, "before"), Every: reminder.Span{Number: rapid.IntRange(0, 40).Draw(t, "every"), Unit: reminder.Day},
					Times: rapid.IntRange(1, 4).Draw(t, "times"), Steps: rapid.SampledFrom([][]int{nil, {-7, 7}, {-30, 0, 30}}).Draw(t, "steps")}
				l.f.Recalls = append(l.f.Recalls, r)
			case "move":
				if len(l.f.Recalls) > 0 {
					r := &l.f.Recalls[rapid.IntRange(0, len(l.f.Recalls)-1).Draw(t, "which")]
					r.Series.DueOn = r.Series.DueOn.Add(rapid.IntRange(-20, 20).Draw(t, "days"))
				}
			case "end":
				if len(l.f.Recalls) > 0 {
					r := &l.f.Recalls[rapid.IntRange(0, len(l.f.Recalls)-1).Draw(t, "which")]
					r.Ended = rapid.SampledFrom([]reminder.State{"", reminder.Cancelled, reminder.Done}).Draw(t, "how")
				}
			case "death":
				pet := rapid.SampledFrom(pets).Draw(t, "pet")
				p := l.f.Patients[pet]
				p.Deceased = !p.Deceased
				l.f.Patients[pet] = p
			case "visit":
				if len(l.f.Visits) > 0 && rapid.Bool().Draw(t, "change") {
					v := &l.f.Visits[rapid.IntRange(0, len(l.f.Visits)-1).Draw(t, "which")]
					v.Status = rapid.SampledFrom([]booking.Status{booking.Booked, booking.Cancelled, booking.Completed}).Draw(t, "status")
				} else {
					l.f.Visits = append(l.f.Visits, RecallVisit{Patient: rapid.SampledFrom(pets).Draw(t, "pet"), Reason: "vaccination", Status: booking.Booked,
						StartsAt: l.f.Now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "in")) * 24 * time.Hour)})
				}
			case "hurry":
				for i := range l.f.Rows {
					if r := &l.f.Rows[i]; r.State == outbox.Queued {
						r.PlannedAt, r.SendAt, r.ExpiresAt, r.OwnTime = l.f.Now, l.f.Now, l.f.Now.Add(24*time.Hour), true
						break
					}
				}
			case "time", "outage":
				days := rapid.IntRange(1, 12).Draw(t, "days")
				for range days {
					l.f.Now = l.f.Now.Add(24 * time.Hour)
					l.plan(t)
					if rapid.IntRange(0, 9).Draw(t, "works") > 0 {
						l.dispatch()
						l.plan(t)
					}
				}
			}
			l.plan(t)
		}
		l.check(t)
	})
}

// check looks at everything that was sent, once the year is over.
func (l *recallLife) check(t *rapid.T) {
	said := map[string]bool{}
	for i, r := range l.f.Rows {
		if r.State != outbox.Sent {
			continue
		}
		for _, key := range append([]string{r.Key}, r.Covers...) {
			if said[key] {
				t.Fatalf("%s was said twice (R-13)\n%s", key, l.ledger())
			}
			said[key] = true
		}
		for _, other := range l.f.Rows[:i] {
			if other.State != outbox.Sent || r.OwnTime || other.OwnTime {
				continue
			}
			apart := calendar.On(r.SentAt, time.UTC).Days(calendar.On(other.SentAt, time.UTC))
			for _, patient := range r.Patients {
				if !slices.Contains(other.Patients, patient) || apart <= -30 || apart >= 30 || l.shared(patient, r, other) {
					continue
				}
				t.Fatalf("%s was reminded of twice in %d days: %s and %s (R-44)\n%s", patient, apart, other.Key, r.Key, l.ledger())
			}
		}
	}
}

// shared reports whether a reminder of the patient's is in both messages: repetitions and steps do not count against each other.
func (l *recallLife) shared(patient string, a, b outbox.Row) bool {
	return slices.ContainsFunc(l.f.Recalls, func(r Recall) bool {
		return slices.Contains(r.Patients, patient) && slices.Contains(a.Reminders, r.ID) && slices.Contains(b.Reminders, r.ID)
	})
}

// ledger lists the messages and reminders of a life that went wrong.
func (l *recallLife) ledger() string {
	var out strings.Builder
	for _, r := range l.f.Rows {
		fmt.Fprintf(&out, "%s %s %s planned %s sent %s own time %v, about %v for %v, with %v\n", r.Key, r.State, r.Reason, r.PlannedAt.Format(time.DateTime),
			r.SentAt.Format(time.DateTime), r.OwnTime, r.Patients, r.Reminders, r.Covers)
	}
	for _, r := range l.f.Recalls {
		fmt.Fprintf(&out, "%+v\n", r)
	}
	return out.String()
}

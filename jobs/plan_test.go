package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/subscriptions"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// reminder makes a reminder by hand, due on 15 March at nine on the clinic's clock unless the fields say otherwise.
func (tr *trial) reminder(fields ...clinictest.Fields) *core.Record {
	tr.t.Helper()
	return clinictest.Make(tr.t, tr.app, store.Reminders, append([]clinictest.Fields{{
		"client": tr.client.Id, "patients": []string{tr.bella.Id}, "location": tr.location.Id, "due_on": "2027-03-15",
	}}, fields...)...)
}

func (tr *trial) stands(r *core.Record, want string) {
	tr.t.Helper()
	got := tr.reload(r)
	said := fmt.Sprintf("%s %s sent %d next %s", got.GetString("state"), got.GetString("reason"), got.GetInt("sent_count"), got.GetString("next_send_at"))
	if said != want {
		tr.t.Errorf("the reminder is %q, want %q", said, want)
	}
}

// nine is nine in the morning of 15 March on the clinic's clock.
var nine = time.Date(2027, 3, 15, 8, 0, 0, 0, time.UTC)

// PC-23, R-13, R-40: a reminder leaves by itself at its time, once, and its record follows what left.
func TestAReminderLeavesByItself(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	r := tr.reminder(clinictest.Fields{"repeat_number": 1, "repeat_unit": "week", "repeat_count": 2})
	tr.stands(r, "scheduled  sent 0 next 2027-03-15 08:00:00.000Z")
	tr.dispatch(nine.Add(-time.Minute))
	tr.plan(nine.Add(-time.Minute))
	tr.stands(r, "scheduled  sent 0 next 2027-03-15 08:00:00.000Z")
	for range 2 {
		tr.dispatch(nine)
		tr.plan(nine.Add(time.Minute))
		tr.stands(r, "scheduled  sent 1 next 2027-03-22 08:00:00.000Z")
	}
	tr.dispatch(nine.AddDate(0, 0, 7))
	tr.plan(nine.AddDate(0, 0, 7))
	tr.stands(r, "sent  sent 2 next ")
	if got := tr.log()["reminder email sent"]; got != 2 {
		t.Errorf("sent %d times: %v", got, tr.log())
	}
}

// PC-24: who sends a reminder by hand sees on its record that it was sent, without waiting for the planner's minute; so with one that became stale.
func TestAReminderSaysAtOnceThatItWasSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at   time.Time
		want string
	}{
		"sent":  {nine, "sent  sent 1 next "},
		"stale": {nine.Add(25 * time.Hour), "stale stale sent 0 next "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			tr.planBell = make(chan struct{}, 1)
			r := tr.reminder()
			tr.dispatch(c.at)
			select {
			case <-tr.planBell:
			default:
				t.Fatal("nobody is told that something became of the message")
			}
			if err := tr.planDue(t.Context(), c.at); err != nil {
				t.Fatal(err)
			}
			tr.stands(r, c.want)
		})
	}
}

// what an outage made too late never goes out, and its reminder says so; what lies ahead still leaves.
func TestAnOutageMakesNoFlood(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	late := tr.reminder()
	series := tr.reminder(clinictest.Fields{"patients": []string{clinictest.Patient(t, tr.app, tr.client).Id}, "own_text": true, "subject": "Weigh", "email_text": "Weigh her.",
		"repeat_number": 2, "repeat_unit": "day", "repeat_count": 4})
	after := nine.AddDate(0, 0, 5).Add(time.Minute)
	tr.plan(after)
	tr.dispatch(after)
	tr.plan(after.Add(time.Minute))
	tr.stands(late, "stale stale sent 0 next ")
	tr.stands(series, "scheduled  sent 0 next 2027-03-21 08:00:00.000Z")
	if got := tr.log(); got["reminder email stale stale"] != 4 || got["reminder email sent"] != 0 {
		t.Errorf("after the outage: %v", got)
	}
	tr.dispatch(nine.AddDate(0, 0, 6))
	tr.plan(nine.AddDate(0, 0, 6))
	tr.stands(series, "sent  sent 1 next ")
}

// a visit that nobody closed stops holding a reminder back two days later; then the next of a series leaves.
func TestAForgottenVisitHoldsNothingBackForEver(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.Make(t, tr.app, store.ReminderRules, clinictest.Fields{"name": "Shots", "trigger": "visit_completed", "reasons": []string{tr.reason.Id}, "due_number": 1,
		"reminder_group": "vaccination"})
	tr.visit("2027-03-20 09:00:00.000Z", clinictest.Fields{"status": "arrived"})
	r := tr.reminder(clinictest.Fields{"reminder_group": "vaccination", "repeat_number": 5, "repeat_unit": "week", "repeat_count": 2})
	tr.stands(r, "held visit_booked sent 0 next ")
	closed := time.Date(2027, 3, 22, 9, 0, 0, 0, time.UTC)
	tr.plan(closed.Add(-time.Minute))
	tr.stands(r, "held visit_booked sent 0 next ")
	tr.plan(closed.Add(time.Minute))
	tr.stands(r, "scheduled  sent 0 next 2027-04-19 07:00:00.000Z")
}

// R-41, PR-05, PR-06: a letter becomes a task and is sent by nobody; what another service carries is handed to it alone. Printed and reported, the
// reminder follows.
func TestLettersAndOtherServicesCarryReminders(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.Change(t, tr.app, tr.client, clinictest.Fields{"no_email": true, "no_sms": true})
	letter := tr.reminder(clinictest.Fields{"methods": []string{"post"}})
	tr.dispatch(nine)
	if open, err := tr.app.CountRecords(store.Tasks); err != nil || open != 1 || tr.provider.calls != 0 {
		t.Errorf("%d tasks, %d calls, %v", open, tr.provider.calls, err)
	}
	clinic, err := tr.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	row := tr.first(store.Messages, "channel", "post")
	printed, err := queue.Letters(tr.app, clinic, []string{row.Id})
	if err != nil {
		t.Fatal(err)
	}
	err = tr.app.RunInTransaction(func(tx core.App) error {
		_, err := queue.LettersPrinted(tx, clinic, printed, "Sam", nine.AddDate(0, 0, 3))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tr.plan(nine.AddDate(0, 0, 3).Add(time.Minute))
	tr.stands(letter, "sent  sent 1 next ")
	carried := tr.reminder(clinictest.Fields{"methods": []string{"external"}, "due_on": "2027-05-15"})
	tr.dispatch(time.Date(2027, 5, 15, 7, 0, 0, 0, time.UTC))
	if waits := tr.first(store.Messages, "channel", "external"); waits.GetString("state") != "queued" || waits.GetStringSlice("reminders")[0] != carried.Id {
		t.Errorf("for another service: %v", waits)
	}
	if tr.provider.calls != 0 {
		t.Errorf("%d calls of our own", tr.provider.calls)
	}
}

// A failure ends the reminder with its cause; subscribers hear of a reminder that only the planner changed.
func TestAFailedReminderSaysWhy(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	r := tr.reminder()
	tr.app.SubscriptionsBroker().Register(subscriptions.NewDefaultClient())
	heard := 0
	tr.app.OnRecordAfterUpdateSuccess(store.Reminders).BindFunc(func(e *core.RecordEvent) error {
		heard++
		return e.Next()
	})
	if _, err := tr.app.NonconcurrentDB().NewQuery("UPDATE messages SET state = 'failed', reason = 'bad_address', attempts = 1").Execute(); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.app.NonconcurrentDB().NewQuery("UPDATE reminders SET look_at = '2027-03-15 08:00:00.000Z'").Execute(); err != nil {
		t.Fatal(err)
	}
	tr.plan(nine.Add(time.Minute))
	tr.stands(r, "stale "+string(outbox.ReasonBadAddress)+" sent 0 next ")
	if heard != 1 {
		t.Errorf("subscribers heard of it %d times", heard)
	}
}

// R-17, PC-24: what a person puts back leaves whatever its reminder wants, also where it never spoke before.
func TestAReminderThatNeverSpokeLeavesWhenItIsPutBack(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.Make(t, tr.app, store.ReminderRules, clinictest.Fields{"name": "Shots", "trigger": "visit_completed", "reasons": []string{tr.reason.Id}, "due_number": 1,
		"reminder_group": "vaccination"})
	tr.visit("2027-03-20 09:00:00.000Z")
	r := tr.reminder(clinictest.Fields{"reminder_group": "vaccination"})
	tr.stands(r, "held visit_booked sent 0 next ")
	clinictest.Change(t, tr.app, r, clinictest.Fields{"state": "cancelled"})
	tr.clock = monday.Add(3 * time.Hour)
	clinictest.Change(t, tr.app, r, clinictest.Fields{"requeue": true})
	tr.dispatch(monday.Add(3 * time.Hour))
	if got := tr.log(); got["reminder email sent"] != 1 {
		t.Errorf("put back: %v", got)
	}
}

// another service is told the due date of the turn that it carries, not that of the first.
func TestAnotherServiceIsToldWhichTurnIsDue(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.gateways = gateway.NewSet(tr.provider, tr.provider, tr.provider)
	r := tr.reminder(clinictest.Fields{"methods": []string{"external"}, "due_on": "2027-03-31", "repeat_number": 1, "repeat_count": 2})
	told := func(want string) {
		t.Helper()
		if last := tr.provider.sent[len(tr.provider.sent)-1]; last.Due == nil || last.Due.DueOn != want {
			t.Errorf("it is told %+v, want %s", last.Due, want)
		}
	}
	tr.dispatch(time.Date(2027, 3, 31, 7, 0, 0, 0, time.UTC))
	told("2027-03-31")
	tr.plan(time.Date(2027, 3, 31, 7, 1, 0, 0, time.UTC))
	tr.dispatch(time.Date(2027, 4, 30, 7, 0, 0, 0, time.UTC))
	told("2027-04-30")
	tr.plan(time.Date(2027, 4, 30, 7, 1, 0, 0, time.UTC))
	clinictest.Change(t, tr.app, r, clinictest.Fields{"requeue": true})
	tr.dispatch(time.Date(2027, 4, 30, 8, 0, 0, 0, time.UTC))
	if len(tr.provider.sent) != 3 {
		t.Fatalf("%d handed over", len(tr.provider.sent))
	}
	told("2027-04-30")
}

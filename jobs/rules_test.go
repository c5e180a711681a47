package jobs

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
	"pawbell/internal/store/runs"
)

// rule makes a rule for visits of the trial's reason, due a year later.
func (tr *trial) rule(fields ...clinictest.Fields) *core.Record {
	tr.t.Helper()
	return clinictest.Make(tr.t, tr.app, store.ReminderRules, append([]clinictest.Fields{{
		"name": "Yearly", "trigger": "visit_completed", "reasons": []string{tr.reason.Id}, "due_number": 1, "due_unit": "year", "reminder_group": "yearly",
	}}, fields...)...)
}

// states lists what rules have made: due date, state with its reason, how often it was sent.
func (tr *trial) states() []string {
	tr.t.Helper()
	rows, err := tr.app.FindAllRecords(store.Reminders, dbx.NewExp("origin != ''"))
	if err != nil {
		tr.t.Fatal(err)
	}
	lines := []string{}
	for _, r := range rows {
		line := fmt.Sprintf("%s %s", r.GetString("due_on"), r.GetString("state"))
		if reason := r.GetString("reason"); reason != "" {
			line += " " + reason
		}
		if n := r.GetInt("sent_count"); n > 0 {
			line += fmt.Sprintf(" sent %d", n)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func (tr *trial) stand(what string, want ...string) {
	tr.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), tr.states()); diff != "" {
		tr.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// plan and follow run the jobs at a moment.
func (tr *trial) plan(at time.Time) {
	tr.t.Helper()
	tr.clock = at
	if err := tr.Plan(context.Background(), at); err != nil {
		tr.t.Fatalf("plan: %v", err)
	}
}

func (tr *trial) follow(at time.Time) {
	tr.t.Helper()
	tr.clock = at
	if err := tr.Sync(context.Background(), at); err != nil {
		tr.t.Fatalf("sync: %v", err)
	}
}

// the planner makes what an age brings, sixty days before its first message, and makes it once.
func TestAnAgeThatComesNearMakesItsReminder(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.rule(clinictest.Fields{"trigger": "age_reached", "reasons": nil, "age_number": 7, "due_number": 0, "steps": []int{-7, 7}})
	clinictest.Patient(t, tr.app, tr.client, clinictest.Fields{"name": "Old", "born_on": "2020-05-11"})
	clinictest.Patient(t, tr.app, tr.client, clinictest.Fields{"name": "Dead", "born_on": "2020-04-01", "deceased_on": "2027-01-01"})
	clinictest.Patient(t, tr.app, tr.client, clinictest.Fields{"name": "Away", "born_on": "2020-04-01", "inactive": true})
	clinictest.Patient(t, tr.app, tr.client, clinictest.Fields{"name": "Young", "born_on": "2024-04-01"})
	tr.follow(monday)
	tr.plan(monday)
	tr.stand("sixty-four days before")
	tr.plan(monday.AddDate(0, 0, 3))
	tr.stand("a day too early")
	tr.plan(monday.AddDate(0, 0, 4))
	tr.stand("sixty days before", "2027-05-11 scheduled")
	tr.plan(monday.AddDate(0, 0, 4))
	tr.plan(monday.AddDate(0, 0, 5))
	tr.stand("again and again", "2027-05-11 scheduled")
	if got := tr.log(); got["reminder email queued"] != 2 || len(got) != 1 {
		t.Errorf("the queue: %v", got)
	}
}

// after days of downtime what was missed is not sent, and what is ahead is.
func TestThePlannerCatchesUpWithoutAFlood(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.rule(clinictest.Fields{"trigger": "age_reached", "reasons": nil, "age_number": 7, "due_number": 0, "steps": []int{-30, 7}})
	tr.follow(monday)
	for i := range 100 {
		owner := clinictest.Client(t, tr.app)
		born := time.Date(2020, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		clinictest.Patient(t, tr.app, owner, clinictest.Fields{"born_on": born.Format(time.DateOnly)})
	}
	tr.plan(monday)
	made := len(tr.states())
	if made != 90 {
		t.Errorf("%d made on the first day, want those whose first message is at most sixty days ahead", made)
	}
	// Nothing runs for twenty days; then everything at once, in the order in which a program starts.
	back := monday.AddDate(0, 0, 20)
	tr.plan(back)
	tr.dispatch(back)
	tr.plan(back)
	if got := len(tr.states()); got != 100 {
		t.Errorf("%d made after the downtime", got)
	}
	got := tr.log()
	if got["reminder email sent"] > 1 || got["reminder email stale stale"] == 0 {
		t.Errorf("after the downtime: %v", got)
	}
	again := tr.states()
	tr.plan(back)
	tr.stand("planned once more", again...)
}

// off means off at once, also for what is due before anybody has followed the switch.
func TestARuleThatIsOffSendsNothingMore(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	rule := tr.rule()
	tr.follow(monday)
	visit := tr.visit("2026-03-01 10:00:00.000Z")
	clinictest.Change(t, tr.app, visit, clinictest.Fields{"status": "completed"})
	tr.stand("before", "2027-03-01 scheduled")
	due := monday.Add(3 * time.Hour)
	clinictest.Change(t, tr.app, rule, clinictest.Fields{"inactive": true})
	tr.dispatch(due)
	if len(tr.provider.sent) != 0 {
		t.Fatalf("sent %d", len(tr.provider.sent))
	}
	tr.follow(due)
	tr.plan(due)
	tr.stand("followed", "2027-03-01 cancelled not_wanted")

	clinictest.Change(t, tr.app, rule, clinictest.Fields{"inactive": false})
	tr.follow(due.Add(time.Hour))
	tr.plan(due.Add(time.Hour))
	tr.dispatch(due.Add(time.Hour))
	tr.plan(due.Add(time.Hour))
	tr.stand("on again on the same day", "2027-03-01 sent sent 1")
	clinictest.Change(t, tr.app, rule, clinictest.Fields{"inactive": true})
	tr.follow(due.Add(2 * time.Hour))
	clinictest.Change(t, tr.app, rule, clinictest.Fields{"inactive": false})
	tr.follow(due.Add(2 * time.Hour))
	tr.dispatch(due.Add(2 * time.Hour))
	if len(tr.provider.sent) != 1 {
		t.Errorf("sent %d", len(tr.provider.sent))
	}
}

// what is about to leave when its rule has changed leaves as the rule is now, or not yet, even before the run comes to it.
func TestWhatIsDueLeavesByTheRuleOfNow(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	rule := tr.rule()
	tr.follow(monday)
	later := clinictest.Change(t, tr.app, tr.visit("2026-03-01 10:00:00.000Z"), clinictest.Fields{"status": "completed"})
	tr.stand("before", "2027-03-01 scheduled")
	clinictest.Change(t, tr.app, rule, clinictest.Fields{"due_number": 53, "due_unit": "week"})
	due := monday.Add(3 * time.Hour)
	tr.dispatch(due)
	if len(tr.provider.sent) != 0 {
		t.Fatalf("sent %d by the rule of before", len(tr.provider.sent))
	}
	tr.stand("of visit "+later.Id, "2027-03-07 scheduled")
	tr.follow(due)
	tr.stand("followed", "2027-03-07 scheduled")
	tr.dispatch(due.AddDate(0, 0, 6))
	if len(tr.provider.sent) != 1 {
		t.Errorf("sent %d by the rule of now", len(tr.provider.sent))
	}
}

// following a rule goes on where it was killed, and ends as if it had not been.
func TestARulesRunSurvivesItsDeath(t *testing.T) {
	t.Parallel()
	want := []string(nil)
	for _, killed := range []bool{false, true} {
		tr := newTrial(t)
		rule := tr.rule()
		tr.follow(monday)
		for i := range 40 {
			owner := clinictest.Client(t, tr.app)
			pet := clinictest.Patient(t, tr.app, owner)
			start := time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC).AddDate(0, 0, i)
			clinictest.Visit(t, tr.app, tr.location, tr.practitioner, tr.reason, owner, record.Instant(start), clinictest.Fields{"patient": pet.Id, "status": "completed"})
		}
		// Half of the reminders are as if the rule had made none yet.
		if _, err := tr.app.NonconcurrentDB().NewQuery("DELETE FROM reminders WHERE due_on > '2027-03-29'").Execute(); err != nil {
			t.Fatal(err)
		}
		if _, err := tr.app.NonconcurrentDB().NewQuery("DELETE FROM messages WHERE NOT EXISTS (SELECT 1 FROM reminders r, json_each(messages.reminders) j WHERE j.value = r.id)").Execute(); err != nil {
			t.Fatal(err)
		}
		clinictest.Change(t, tr.app, rule, clinictest.Fields{"due_number": 14, "due_unit": "month"})
		if killed {
			tr.dies()
		}
		tr.follow(monday)
		got := tr.states()
		if len(got) != 40 {
			t.Fatalf("%d reminders", len(got))
		}
		if want == nil {
			want = got
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("killed and not killed differ:\n%s", diff)
		}
		runs, err := tr.app.FindAllRecords(store.Runs, dbx.NewExp("scope LIKE 'rule:%'"), dbx.HashExp{"state": "done"})
		if err != nil {
			t.Fatal(err)
		}
		last := runs[len(runs)-1].GetString("note")
		if want := "20 reminders added, 20 moved, 0 cancelled."; last != want {
			t.Errorf("the run says %q, want %q", last, want)
		}
		if run := runs[len(runs)-1]; run.GetInt("total") != 40 || run.GetInt("done") != 40 {
			t.Errorf("%d of %d done", run.GetInt("done"), run.GetInt("total"))
		}
	}
}

// a run that has called off what a rule made is done with all that it counted, also where that leaves less to go over than there was.
func TestARunThatCallsOffIsDoneWithAll(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	rule := tr.rule()
	tr.follow(monday)
	pet := clinictest.Patient(t, tr.app, tr.client)
	clinictest.Visit(t, tr.app, tr.location, tr.practitioner, tr.reason, tr.client, "2027-03-05 09:00:00.000Z", clinictest.Fields{"patient": pet.Id, "status": "completed"})
	if err := tr.app.Delete(tr.reload(rule)); err != nil {
		t.Fatal(err)
	}
	tr.follow(monday.Add(time.Hour))
	tr.stand("after its rule was deleted", "2028-03-05 cancelled not_wanted")
	runs, err := tr.app.FindRecordsByFilter(store.Runs, "state = 'done'", "-created", 1, 0)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	if run := runs[0]; run.GetInt("done") != run.GetInt("total") || run.GetString("note") != "0 reminders added, 0 moved, 1 cancelled." {
		t.Errorf("%d of %d done: %s", run.GetInt("done"), run.GetInt("total"), run.GetString("note"))
	}
}

// dies does a few small pieces of the runs that wait, each with nothing remembered from the one before, and the last of them undone.
func (tr *trial) dies() {
	tr.t.Helper()
	for i := range 9 {
		open, err := runs.Open(tr.app)
		if err != nil {
			tr.t.Fatal(err)
		}
		if len(open) == 0 {
			tr.t.Fatal("it was over before it died")
		}
		if _, err := tr.piece(context.Background(), open[0], 4); err != nil {
			tr.t.Fatal(err)
		}
		if i == 0 && open[0].Total != 40 {
			tr.t.Errorf("after the first piece it says %d of %d", open[0].Done, open[0].Total)
		}
	}
	open, err := runs.Open(tr.app)
	if err != nil {
		tr.t.Fatal(err)
	}
	write, err := ruleStep(tr.house, context.Background(), open[0], 4)
	if err != nil {
		tr.t.Fatal(err)
	}
	undone := tr.app.RunInTransaction(func(tx core.App) error {
		if _, err := write(tx, open[0]); err != nil {
			return err
		}
		return context.Canceled
	})
	if undone == nil {
		tr.t.Fatal("it did not die")
	}
}

// A piece that was prepared before the rule changed writes nothing.
func TestAPieceOfAnOlderRuleIsNotWritten(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	rule := tr.rule(clinictest.Fields{"inactive": true})
	visit := tr.visit("2026-04-01 10:00:00.000Z")
	clinictest.Change(t, tr.app, visit, clinictest.Fields{"status": "completed"})
	clinictest.Change(t, tr.app, rule, clinictest.Fields{"inactive": false})
	open, err := runs.Open(tr.app)
	if err != nil || len(open) != 1 {
		t.Fatalf("%d runs, %v", len(open), err)
	}
	write, err := ruleStep(tr.house, context.Background(), open[0], 100)
	if err != nil {
		t.Fatal(err)
	}
	clinictest.Change(t, tr.app, rule, clinictest.Fields{"inactive": true})
	if _, err := write(tr.app, open[0]); err == nil {
		t.Error("the older rule was followed")
	}
	tr.follow(monday)
	tr.stand("followed as it is now")
}

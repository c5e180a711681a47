package jobs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
	"pawbell/internal/store/runs"
)

// calls are the titles of the open tasks to phone somebody, and how often each stands there.
func (tr *trial) calls() map[string]int {
	calls := map[string]int{}
	for _, task := range tr.tasks("call_owner") {
		calls[task.GetString("title")]++
	}
	return calls
}

// a day notice that is still queued when the visit begins, or that failed for good, is a task to phone, once; one that arrived is none.
func TestADayNoticeThatDoesNotArriveIsACall(t *testing.T) {
	t.Parallel()
	const title = "Call Maja Lund, +4520123456: the visit is cancelled (Bella, Monday 1 March 2027 09:00)"
	permanent := gateway.Result{Outcome: outbox.Permanent, Reason: outbox.ReasonBadAddress}
	for _, c := range []struct {
		name     string
		answer   gateway.Result
		at       time.Duration // after 07:10, when it is queued
		want     map[string]int
		channels []string
	}{
		{"it arrives", gateway.Result{}, time.Minute, map[string]int{}, []string{"email"}},
		{"the address is no good", permanent, time.Minute, map[string]int{title: 1}, []string{"email"}},
		{"the provider does not answer, and there is time", gateway.Result{Outcome: outbox.Temporary}, time.Minute, map[string]int{}, []string{"email"}},
		{"the provider does not answer until the visit begins", gateway.Result{Outcome: outbox.Temporary}, 110 * time.Minute, map[string]int{title: 1}, []string{"email"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			clinictest.Change(t, tr.app, tr.client, clinictest.Fields{"last_name": "Lund", "phone": "+4520123456", "sms_phone": "+4520123456"})
			tr.visit("2027-03-01 08:00:00.000Z")
			tr.clock = monday.Add(6 * time.Minute)
			tr.dispatch(tr.clock)
			tr.provider.refuse = c.answer
			clinictest.Make(t, tr.app, store.Absences, clinictest.Fields{
				"practitioner": tr.practitioner.Id, "starts_at": "2027-03-01 06:00:00.000Z", "ends_at": "2027-03-01 15:00:00.000Z", "kind": "sick",
				"visits": "cancel", "channels": c.channels,
			})
			for _, later := range []time.Duration{0, time.Minute, 2 * time.Minute} {
				tr.dispatch(monday.Add(7*time.Minute + c.at + later))
			}
			if diff := cmp.Diff(c.want, tr.calls()); diff != "" {
				t.Errorf("%s\n%v", diff, tr.log())
			}
		})
	}
}

// where one channel fails and the other arrives, the owner knows.
func TestADayNoticeThatArrivesOnOneChannelIsNoCall(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.MessageSettings(t, tr.app, tr.location, clinictest.Fields{"window_from": "06:00"})
	tr.visit("2027-03-01 13:00:00.000Z")
	tr.clock = monday.Add(6 * time.Minute)
	tr.dispatch(tr.clock)
	failed := gateway.Result{Outcome: outbox.Permanent, Reason: outbox.ReasonBadAddress}
	tr.provider.answers[tr.client.GetString("email")] = []gateway.Result{failed}
	absence := clinictest.Fields{
		"practitioner": tr.practitioner.Id, "starts_at": "2027-03-01 06:00:00.000Z", "ends_at": "2027-03-01 15:00:00.000Z", "kind": "sick",
		"visits": "tell", "channels": []string{"email", "sms"}, "channel_mode": "every",
	}
	clinictest.Make(t, tr.app, store.Absences, absence)
	tr.dispatch(monday.Add(8 * time.Minute))
	tr.dispatch(monday.Add(9 * time.Minute))
	if diff := cmp.Diff(map[string]int{}, tr.calls()); diff != "" {
		t.Error(diff)
	}
}

// busyWeek books visits of owners of their own from Tuesday on, quickly, and each over the next.
func (tr *trial) busyWeek(visits int) {
	tr.t.Helper()
	crowd(tr.t, tr.app, visits)
	_, err := tr.app.NonconcurrentDB().NewQuery(`
		INSERT INTO bookings (id, reference, location, practitioner, reason, client, patient, starts_at, ends_at, busy_from, busy_until, status, source, resources, sequence, scheduled_at, changed_at, revision)
		SELECT 'v' || substr(id, 2), id, {:location}, {:practitioner}, {:reason}, id, '', at, at, at, strftime('%Y-%m-%d %H:%M:00.000Z', at, '+5 minutes'), 'booked', 'staff', '[]', 1, {:now}, {:now}, 1
		FROM (SELECT id, strftime('%Y-%m-%d %H:%M:00.000Z', '2027-03-02 08:00:00', '+' || rowid || ' minutes') AS at FROM clients WHERE city = 'Odense')`).
		Bind(dbx.Params{"location": tr.location.Id, "practitioner": tr.practitioner.Id, "reason": tr.reason.Id, "now": record.Instant(monday)}).Execute()
	if err != nil {
		tr.t.Fatal(err)
	}
	if _, err := tr.app.NonconcurrentDB().NewQuery(`UPDATE bookings SET ends_at = busy_until`).Execute(); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trial) count(collection string, which dbx.HashExp) int {
	tr.t.Helper()
	n, err := tr.app.CountRecords(collection, which)
	if err != nil {
		tr.t.Fatal(err)
	}
	return int(n)
}

// up to 200 visits go along with their absence, more are left to a run, whose pieces go on where the last one ended.
func TestALargeAbsenceIsFollowedByARun(t *testing.T) {
	t.Parallel()
	absence := func(tr *trial, fate string) {
		clinictest.Make(t, tr.app, store.Absences, clinictest.Fields{
			"practitioner": tr.practitioner.Id, "starts_at": "2027-03-01 06:00:00.000Z", "ends_at": "2027-03-05 15:00:00.000Z", "kind": "sick", "visits": fate, "channels": []string{"email"},
		})
	}
	theRun, notices := dbx.HashExp{"kind": "absence"}, dbx.HashExp{"purpose": "day_notice", "state": "queued"}
	few := newTrial(t)
	few.busyWeek(runs.MostAtOnce)
	absence(few, "tell")
	if told, n := few.count(store.Messages, notices), few.count(store.Runs, theRun); told != runs.MostAtOnce || n != 0 {
		t.Errorf("%d visits: %d told, %d runs", runs.MostAtOnce, told, n)
	}

	tr := newTrial(t)
	visits := runs.MostAtOnce + 1
	tr.busyWeek(visits)
	absence(tr, "cancel")
	cancelled := dbx.HashExp{"status": "cancelled", "cancelled_by": "absence"}
	if off, n := tr.count(store.Bookings, cancelled), tr.count(store.Runs, theRun); off != 0 || n != 1 {
		t.Fatalf("%d visits: %d called off at once, %d runs", visits, off, n)
	}
	// The program ends in the middle: what a piece did is kept with how far it came.
	tr.carryOn(tr.endingAt(runs.FollowAbsences, 3))
	if off, told := tr.count(store.Bookings, cancelled), tr.count(store.Messages, notices); off == 0 || off >= visits || off != told {
		t.Fatalf("ended in the middle: %d called off, %d told", off, told)
	}
	tr.carryOn(t.Context())
	if off, told := tr.count(store.Bookings, cancelled), tr.count(store.Messages, notices); off != visits || told != visits {
		t.Errorf("%d visits: %d called off, %d told", visits, off, told)
	}
	if run := tr.first(store.Runs, "kind", "absence"); run.GetString("state") != "done" || run.GetInt("done") != visits || run.GetInt("total") != visits {
		t.Errorf("the run is %s: %d of %d", run.GetString("state"), run.GetInt("done"), run.GetInt("total"))
	}
}

// a day notice that the last check holds back, since its number was stopped in the night, is a call, once.
func TestADayNoticeThatTheLastCheckHoldsBackIsACall(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.Change(t, tr.app, tr.client, clinictest.Fields{"last_name": "Lund", "phone": "+4520123456", "sms_phone": "+4520123456"})
	tr.visit("2027-03-01 13:00:00.000Z")
	clinictest.Make(t, tr.app, store.Absences, clinictest.Fields{
		"practitioner": tr.practitioner.Id, "starts_at": "2027-03-01 06:00:00.000Z", "ends_at": "2027-03-01 15:00:00.000Z", "kind": "sick",
		"visits": "cancel", "channels": []string{"sms", "email"},
	})
	clinictest.Make(t, tr.app, store.StoppedAddresses, clinictest.Fields{"channel": "sms", "address": "+4520123456", "cause": "stop"})
	for _, later := range []time.Duration{0, 2, 4} {
		tr.dispatch(monday.Add(51*time.Minute + later*time.Minute))
	}
	want := map[string]int{"Call Maja Lund, +4520123456: the visit is cancelled (Bella, Monday 1 March 2027 14:00)": 1}
	if diff := cmp.Diff(want, tr.calls()); diff != "" {
		t.Errorf("%s\n%v", diff, tr.log())
	}
}

// whom a message to everybody of a day does not reach is phoned about that message, which need not be about the visit.
func TestADaysMessageThatDoesNotArriveIsACallAboutIt(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.Change(t, tr.app, tr.client, clinictest.Fields{"last_name": "Lund", "phone": "+4520123456", "sms_phone": "+4520123456"})
	tr.visit("2027-03-01 13:00:00.000Z")
	tr.provider.refuse = gateway.Result{Outcome: outbox.Permanent, Reason: outbox.ReasonBadAddress}
	tr.clock = monday.Add(2 * time.Hour)
	clinictest.Make(t, tr.app, store.Broadcasts, clinictest.Fields{
		"kind": "day", "location": tr.location.Id, "from_at": monday, "until_at": monday.Add(24 * time.Hour), "own_text": true,
		"sms_text": "The car park is closed today.", "channels": []string{"sms"}, "send": true,
	})
	tr.carryOn(t.Context())
	tr.dispatch(tr.clock)
	tr.dispatch(tr.clock.Add(2 * time.Minute))
	want := map[string]int{"Call Maja Lund, +4520123456: they could not be written to about it (Bella, Monday 1 March 2027 14:00)": 1}
	if diff := cmp.Diff(want, tr.calls()); diff != "" {
		t.Errorf("%s\n%v", diff, tr.log())
	}
}

package jobs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

func (tr *trial) sweep(at time.Time) {
	tr.t.Helper()
	tr.clock = at
	if err := tr.Sweep(tr.t.Context(), at); err != nil {
		tr.t.Fatalf("sweep: %v", err)
	}
}

// a clinic's computer may sleep at night. What the night would have done is done when the program starts.
func TestAStartDoesWhatTheNightWouldHaveDone(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	visit := tr.visit("2027-03-01 10:00:00.000Z")
	ahead := tr.visit("2027-03-04 10:00:00.000Z")
	tr.clock = time.Date(2027, 3, 3, 8, 0, 0, 0, time.UTC)
	morning := tr.clock
	Register(tr.app, tr.desk, tr.gateways, func() time.Time { return morning })
	clinictest.Handler(t, tr.app)
	for deadline := time.Now().Add(20 * time.Second); tr.status(visit) != "completed"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the visit of two days ago is %s", tr.status(visit))
		}
	}
	if got := tr.status(ahead); got != "booked" {
		t.Errorf("the visit ahead is %s", got)
	}
	if err := tr.app.OnTerminate().Trigger(&core.TerminateEvent{App: tr.app}, func(e *core.TerminateEvent) error { return e.Next() }); err != nil {
		t.Fatal(err)
	}
}

func (tr *trial) status(visit *core.Record) string {
	tr.t.Helper()
	return clinictest.Reload(tr.t, tr.app, visit).GetString("status")
}

// what nobody marked is completed a day after the visit's local day, whatever the hour of the visit; what somebody marked stays. The owner
// hears nothing of it, and sweeping twice changes nothing.
func TestVisitsThatNobodyMarkedAreCompleted(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	statuses := []string{"booked", "confirmed", "arrived", "requested", "cancelled", "no_show", "completed"}
	visits := map[string]*core.Record{}
	for _, status := range statuses {
		visits[status] = tr.visit("2027-03-01 10:00:00.000Z", clinictest.Fields{"status": status, "overbook": true})
	}
	tr.visit("2027-03-01 10:00:00.000Z", clinictest.Fields{"status": "booked", "overbook": true})
	late := tr.visit("2027-03-01 22:30:00.000Z") // 23:30 in Copenhagen, still Monday
	next := tr.visit("2027-03-01 23:30:00.000Z") // half past midnight, Tuesday
	tr.dispatch(time.Date(2027, 3, 1, 7, 0, 0, 0, time.UTC))
	tr.dispatch(time.Date(2027, 3, 2, 20, 0, 0, 0, time.UTC))
	before := tr.log()

	tr.sweep(time.Date(2027, 3, 2, 22, 59, 59, 0, time.UTC)) // 23:59:59 on Tuesday: not yet a day
	if got := tr.status(visits["booked"]); got != "booked" {
		t.Fatalf("%s before its day has been over for 24 hours", got)
	}
	for range 2 {
		tr.sweep(time.Date(2027, 3, 2, 23, 0, 0, 0, time.UTC))
		want := map[string]string{"booked": "completed", "confirmed": "completed", "arrived": "completed", "requested": "requested",
			"cancelled": "cancelled", "no_show": "no_show", "completed": "completed"}
		got := map[string]string{}
		for status, visit := range visits {
			got[status] = tr.status(visit)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if got := tr.status(late) + " " + tr.status(next); got != "completed booked" {
			t.Fatalf("a late one and the next day's: %s", got)
		}
		if diff := cmp.Diff(before, tr.log()); diff != "" {
			t.Fatalf("somebody hears of it: %s", diff)
		}
	}
	completed := clinictest.Reload(t, tr.app, late)
	if got := completed.GetString("changed_by"); got != "staff" {
		t.Errorf("the change that owners are told about is %s's", got)
	}
}

// zero hours means never, and each location waits as long as it wants.
func TestZeroHoursNeverCompletes(t *testing.T) {
	t.Parallel()
	for hours, want := range map[int]string{0: "booked", 48: "booked", 24: "completed", 1: "completed"} {
		tr := newTrial(t)
		clinictest.BookingSettings(t, tr.app, tr.location, clinictest.Fields{"auto_complete_hours": hours})
		visit := tr.visit("2027-03-01 10:00:00.000Z")
		tr.sweep(time.Date(2027, 3, 3, 1, 20, 0, 0, time.UTC))
		if got := tr.status(visit); got != want {
			t.Errorf("after %d hours: %s", hours, got)
		}
	}
}

// a summer-time night is a day like any other: the day is over at its own midnight.
func TestTheSummerTimeNightCompletesAtItsOwnMidnight(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	visit := tr.visit("2027-03-27 10:00:00.000Z")
	tr.sweep(time.Date(2027, 3, 28, 22, 0, 0, 0, time.UTC).Add(-time.Minute)) // 23:59 on the Sunday of 23 hours: 23 hours 59 after Saturday
	if got := tr.status(visit); got != "booked" {
		t.Errorf("%s", got)
	}
	tr.sweep(time.Date(2027, 3, 29, 0, 20, 0, 0, time.UTC))
	if got := tr.status(visit); got != "completed" {
		t.Errorf("%s", got)
	}
}

// A request whose time went by unanswered is a call, once; what was agreed is not for a machine to say.
func TestARequestThatNobodyAnsweredIsACall(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.Change(t, tr.app, tr.client, clinictest.Fields{"last_name": "Lund", "phone": "+4520123456", "sms_phone": "+4520123456"})
	visit := tr.visit("2027-03-01 10:00:00.000Z", clinictest.Fields{"status": "requested"})
	for day := 2; day < 5; day++ {
		tr.sweep(time.Date(2027, 3, day, 1, 20, 0, 0, time.UTC))
	}
	want := map[string]int{"Call Maja Lund, +4520123456: nobody answered their request in time (Bella, Monday 1 March 2027 11:00)": 1}
	if diff := cmp.Diff(want, tr.calls()); diff != "" {
		t.Error(diff)
	}
	if got := tr.status(visit); got != "requested" {
		t.Error(got)
	}
}

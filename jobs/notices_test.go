package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
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

// up to 200 visits go along with their absence, more are left to a run, whose pieces go on where the last one ended.
func TestALargeAbsenceIsFollowedByARun(t *testing.T) {
	t.Parallel()
	for visits, later := range map[int]bool{store.MostAtOnce: false, store.MostAtOnce + 1: true} {
		tr := newTrial(t)
		clinictest.MessageSettings(t, tr.app, tr.location, clinictest.Fields{"confirmation_channels": []string{"email"}, "visit_channels": []string{}})
		for i := range visits {
			clinictest.Visit(t, tr.app, tr.location, tr.practitioner, tr.reason, clinictest.Client(t, tr.app),
				store.Instant(monday.Add(time.Duration(i)*time.Minute+24*time.Hour)), clinictest.Fields{"overbook": true})
		}
		clinictest.Make(t, tr.app, store.Absences, clinictest.Fields{
			"practitioner": tr.practitioner.Id, "starts_at": "2027-03-01 06:00:00.000Z", "ends_at": "2027-03-05 15:00:00.000Z", "kind": "sick", "visits": "cancel",
		})
		count := func(collection string, which dbx.HashExp) int {
			n, err := tr.app.CountRecords(collection, which)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		cancelled, notices := dbx.HashExp{"status": "cancelled", "cancelled_by": "absence"}, dbx.HashExp{"purpose": "day_notice", "state": "queued"}
		if !later {
			if a, b, c := count(store.Bookings, cancelled), count(store.Messages, notices), count(store.Runs, dbx.HashExp{"kind": "absence"}); a != visits || b != visits || c != 0 {
				t.Errorf("%d visits: %d called off, %d told, %d runs", visits, a, b, c)
			}
			continue
		}
		if a, c := count(store.Bookings, cancelled), count(store.Runs, dbx.HashExp{"kind": "absence"}); a != 0 || c != 1 {
			t.Fatalf("%d visits: %d called off at once, %d runs", visits, a, c)
		}
		// The program ends in the middle: what a piece did is kept with how far it came.
		ctx, end := context.WithCancel(t.Context())
		step := tr.kinds[store.FollowAbsences]
		pieces := 0
		tr.kinds[store.FollowAbsences] = func(j *house, ctx context.Context, run *store.Run, limit int) (piece, error) {
			if pieces++; pieces == 3 {
				end()
			}
			return step(j, ctx, run, limit)
		}
		if err := tr.Sync(ctx, monday); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if a, b := count(store.Bookings, cancelled), count(store.Messages, notices); a == 0 || a >= visits || a != b {
			t.Fatalf("ended in the middle: %d called off, %d told", a, b)
		}
		if err := tr.Sync(t.Context(), monday); err != nil {
			t.Fatal(err)
		}
		if a, b := count(store.Bookings, cancelled), count(store.Messages, notices); a != visits || b != visits {
			t.Errorf("%d visits: %d called off, %d told", visits, a, b)
		}
		runs, err := tr.app.FindAllRecords(store.Runs, dbx.HashExp{"kind": "absence"})
		if err != nil || len(runs) != 1 || runs[0].GetString("state") != "done" || runs[0].GetInt("done") != visits || runs[0].GetInt("total") != visits {
			t.Errorf("runs: %v, %v", runs, err)
		}
	}
}

package torture

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// over both nights on which the clocks change, with the power cut in the middle of them, a reminder leaves at its moment and once.
func TestTheNightsOfSummerTime(t *testing.T) {
	t.Parallel()
	for _, night := range []struct {
		name         string
		visit, leave time.Time
		restarts     []time.Time
	}{
		// 08:15 in Copenhagen is 06:15 in summer time; twelve hours before is 19:15 in winter time.
		{"the short one", time.Date(2027, 3, 28, 6, 15, 0, 0, time.UTC), time.Date(2027, 3, 27, 18, 15, 0, 0, time.UTC),
			[]time.Time{time.Date(2027, 3, 28, 0, 59, 0, 0, time.UTC), time.Date(2027, 3, 28, 1, 1, 0, 0, time.UTC)}},
		// 08:15 is 07:15 in winter time; twelve hours before would be 21:15 in summer time, so it leaves at 21:00.
		{"the long one", time.Date(2027, 10, 31, 7, 15, 0, 0, time.UTC), time.Date(2027, 10, 30, 19, 0, 0, 0, time.UTC),
			[]time.Time{time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC), time.Date(2027, 10, 31, 1, 30, 0, 0, time.UTC)}},
	} {
		t.Run(night.name, func(t *testing.T) {
			t.Parallel()
			tr := begin(t, size{seed: 3}, "mailgun", 3)
			tr.kind.Store(true)
			tr.start(t, night.visit.Add(-72*time.Hour))
			tr.change("message_settings", map[string]any{"visit_lead": "12h"})
			for i := range 3 {
				id := fmt.Sprintf("visit%010d", i)
				tr.visits = append(tr.visits, id)
				if status, said := tr.ask(http.MethodPost, "/api/collections/bookings/records", tr.visit(id, i, night.visit)); status != http.StatusOK {
					t.Fatalf("%d %s", status, said)
				}
			}
			tr.calm(tr.die(6 * time.Minute))
			if got := tr.total(); got != 6 {
				t.Errorf("%d confirmations left, want 6", got)
			}
			tr.start(t, night.leave.Add(-30*time.Second))
			tr.settle()
			if got := tr.total(); got != 6 {
				t.Errorf("%d left before their moment", got-6)
			}
			tr.die(0)
			for _, at := range append([]time.Time{night.leave.Add(time.Second)}, night.restarts...) {
				tr.start(t, at)
				tr.settle()
				tr.die(0)
				if got := tr.total(); got != 12 {
					t.Errorf("after %s %d messages left, want 12", at, got)
				}
			}
			tr.account()
		})
	}
}

// a clock that was wrong, in either direction, costs nothing and doubles nothing.
func TestAClockThatJumps(t *testing.T) {
	t.Parallel()
	tr := begin(t, size{seed: 5}, "mailgun", 40)
	tr.ledger.kind.Store(true)
	clock := tr.book(monday, 40, 0)
	tr.start(t, clock.Add(6*time.Minute))
	go tr.dispatch()
	time.Sleep(30 * time.Millisecond)
	tr.die(0)
	for _, at := range []time.Duration{-3 * time.Hour, 10 * time.Minute, -time.Hour, 12 * time.Minute, 44 * time.Minute, 20 * time.Minute} {
		tr.start(t, clock.Add(at))
		tr.settle()
		tr.die(0)
	}
	tr.calm(clock.Add(90 * time.Minute))
	tr.calm(time.Date(2027, 3, 2, 8, 1, 0, 0, time.UTC))
	tr.account()
}

// settle has the dispatcher run until it has nothing to do for a moment.
func (tr *trial) settle() {
	for range 4 {
		tr.dispatch()
		time.Sleep(150 * time.Millisecond)
	}
}

// change sets fields of the one record of the clinic's location.
func (tr *trial) change(collection string, fields map[string]any) {
	tr.t.Helper()
	var id string
	status, said := tr.first(collection, &id)
	if status == http.StatusOK {
		status, said = tr.ask(http.MethodPatch, "/api/collections/"+collection+"/records/"+id, fields)
	}
	if status != http.StatusOK {
		tr.t.Fatalf("change %s: %d %s", collection, status, said)
	}
}

package jobs

import (
	"context"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"pawbell/internal/store"
)

// A queue that stands is noticed after two turns of the dispatcher, once, and the alarm ends by itself.
func TestTheAlarm(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.visit("2027-03-04 08:15:00.000Z")
	due := monday.Add(5 * time.Minute)
	alarms := func(at time.Time, open, done int64) {
		t.Helper()
		tr.clock = at
		if err := tr.Watch(context.Background(), at); err != nil {
			t.Fatal(err)
		}
		for state, want := range map[bool]int64{false: open, true: done} {
			got, err := tr.app.CountRecords(store.Tasks, dbx.HashExp{"kind": "gateway_stopped", "done": state})
			if err != nil || got != want {
				t.Errorf("at %s there are %d alarms with done = %t, want %d (%v)", at.Sub(due), got, state, want, err)
			}
		}
	}
	alarms(due.Add(-time.Second), 0, 0)
	alarms(due.Add(stillFor-time.Second), 0, 0)
	alarms(due.Add(stillFor), 1, 0)
	alarms(due.Add(10*stillFor), 1, 0)
	tr.dispatch(due.Add(11 * stillFor))
	alarms(due.Add(11*stillFor), 0, 1)
	alarms(due.Add(20*stillFor), 0, 1)

	tr.visit("2027-03-04 10:15:00.000Z")
	alarms(due.Add(30*stillFor), 1, 1)
}

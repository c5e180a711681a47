package jobs

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
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

// a gateway that refuses us for hours is one alarm, however often it is tried meanwhile and whatever leaves by other channels.
func TestTheAlarmIsRaisedOnceForAChannelThatStands(t *testing.T) {
	t.Parallel()
	for name, alone := range map[string]bool{"nothing else is due": true, "texts leave all the while": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			tr.provider.answers["owner0@owner.example"] = slices.Repeat([]gateway.Result{{Outcome: outbox.Stopped, Detail: "535"}}, 100)
			tr.queued(1)
			alarms := func(at time.Time, open, done int64) {
				t.Helper()
				for state, want := range map[bool]int64{false: open, true: done} {
					got, err := tr.app.CountRecords(store.Tasks, dbx.NewExp("title LIKE 'Messages are due%'"), dbx.HashExp{"done": state})
					if err != nil || got != want {
						t.Errorf("after %s there are %d alarms with done = %t, want %d (%v)", at.Sub(monday), got, state, want, err)
					}
				}
			}
			turn := func(at time.Time) {
				t.Helper()
				tr.dispatch(at)
				if err := tr.Watch(context.Background(), at); err != nil {
					t.Fatal(err)
				}
			}
			at := monday
			for range 60 {
				if at = at.Add(time.Minute); !alone {
					tr.message(clinictest.Fields{"channel": "sms", "to": "+4520123456", "parts": 1, "send_at": at})
				}
				turn(at)
			}
			alarms(at, 1, 0)
			delete(tr.provider.answers, "owner0@owner.example")
			turn(at.Add(closedFor))
			alarms(at.Add(closedFor), 0, 1)
		})
	}
}

package jobs

import (
	"context"
	"testing"
	"time"

	"pawbell/internal/gateway"
	"pawbell/internal/store"
)

// what cannot be written down is not handed over; once it can be, everything leaves by itself, once.
func TestNothingLeavesFromADatabaseThatMayOnlyBeRead(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	for range 3 {
		tr.message()
	}
	if _, err := tr.app.NonconcurrentDB().NewQuery("PRAGMA query_only = 1").Execute(); err != nil {
		t.Fatal(err)
	}
	run := tr.report("dispatch", tr.Dispatch)
	run(context.Background())
	if n := tr.provider.count(); n != 0 {
		t.Errorf("%d messages left, and nothing was written down", n)
	}
	expect(t, tr, log{"personal email queued": 3})
	run(context.Background())
	expect(t, tr, log{"personal email sent": 3})
	if n := tr.provider.count(); n != 3 {
		t.Errorf("%d messages left, want 3", n)
	}
}

// what a provider answered while the disk took nothing is written down once it takes something again. Nobody is asked what the program knows, least
// of all where nobody can be asked.
func TestAnAnswerThatTheDiskDidNotTakeIsNotLost(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.provider.blind = true
	tr.provider.hold = make(chan struct{})
	tr.queued(3)
	tr.clock = monday.Add(time.Minute)
	done := make(chan error)
	go func() { done <- tr.Dispatch(context.Background(), tr.clock) }()
	until(t, "the e-mails are with their provider", func() bool { return tr.provider.holding.Load() == 3 })
	if _, err := tr.app.NonconcurrentDB().NewQuery("PRAGMA query_only = ON").Execute(); err != nil {
		t.Fatal(err)
	}
	close(tr.provider.hold)
	err := <-done
	if !store.NotWritable(err) {
		t.Fatalf("the disk took it: %v", err)
	}
	store.LetGo(tr.app, err)
	expect(t, tr, log{"personal email sending": 3})
	tr.dispatch(tr.clock.Add(leaseTime + time.Minute))
	expect(t, tr, log{"personal email sent": 3})
	if tr.provider.count() != 3 || tr.events(gateway.EventAccepted) != 3 {
		t.Errorf("%d were sent, %d acceptances are written down", tr.provider.count(), tr.events(gateway.EventAccepted))
	}
}

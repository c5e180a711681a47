package jobs

import (
	"context"
	"testing"
	"time"
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

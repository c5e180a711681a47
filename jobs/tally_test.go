package jobs

import (
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
)

// a run tells in one line of the log what it did, in numbers, and a run that found nothing is silent. The line is kept whatever the log's
// minimum level is: that is for requests.
func TestWhatARunTells(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.app.Settings().Logs.MaxDays, tr.app.Settings().Logs.MinLevel = 14, 4
	tr.provider.answers[tr.client.GetString("email")] = []gateway.Result{{Outcome: outbox.Temporary, RetryAfter: 10 * time.Minute}}
	tr.visit("2027-03-04 08:15:00.000Z")
	if _, err := tr.app.NonconcurrentDB().NewQuery(`UPDATE clients SET no_sms = 1`).Execute(); err != nil {
		t.Fatal(err)
	}
	tr.dispatch(monday.Add(5 * time.Minute))
	tr.dispatch(monday.Add(6 * time.Minute))
	var lines []*core.Log
	if err := tr.app.LogQuery().All(&lines); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1 || lines[0].Message != "dispatched" || lines[0].Created.IsZero() {
		t.Fatalf("%d lines: %+v", len(lines), lines)
	}
	const want = `{"again":1,"failed":0,"found":2,"held":0,"in_doubt":0,"sent":0,"skipped":{"opted_out":1}}`
	if said := lines[0].Data.String(); said != want {
		t.Errorf("said %s, want %s", said, want)
	}
}

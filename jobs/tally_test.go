package jobs

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// everything is a lease of all that is due.
var everything = store.LeaseOptions{Limit: batch}

// a run tells in one line what it did, in numbers, and a run that found nothing is silent.
func TestWhatARunTells(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.provider.answers[tr.client.GetString("email")] = []gateway.Result{{Outcome: outbox.Temporary, RetryAfter: 10 * time.Minute}}
	tr.visit("2027-03-04 08:15:00.000Z")
	if _, err := tr.app.NonconcurrentDB().NewQuery(`UPDATE clients SET no_sms = 1`).Execute(); err != nil {
		t.Fatal(err)
	}
	clinic, err := tr.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	tr.clock = monday.Add(5 * time.Minute)
	leased, until, err := tr.lease(clinic, everything)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.send(t.Context(), clinic, leased.Going, until); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	tr.tally.tell(log)
	tr.tally.tell(log)
	const want = `msg=dispatched found=2 sent=0 failed=0 again=1 held=0 in_doubt=0 skipped=map[opted_out:1]`
	if lines := strings.Split(strings.TrimSpace(said.String()), "\n"); len(lines) != 1 || !strings.HasSuffix(lines[0], want) {
		t.Errorf("said %q, want %q", lines, want)
	}
}

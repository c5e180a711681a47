package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// what is due leaves by itself, batch after batch until nothing is left, without anybody pressing anything: the job stands on the clock of
// the program, every minute.
func TestWhatIsDueLeavesInBatchesByItself(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	const many = 2*batch + 7
	tr.queued(many)
	tr.dispatch(monday.Add(time.Minute))
	if got := tr.log()["personal email sent"]; got != many {
		t.Fatalf("%d of %d left: %v", got, many, tr.log())
	}

	Register(tr.app, tr.desk, tr.gateways, tr.now)
	for _, job := range tr.app.Cron().Jobs() {
		if job.Id() == "dispatch" && job.Expression() == "* * * * *" {
			return
		}
	}
	t.Error("nothing runs the dispatcher every minute")
}

// queued puts so many letters into the queue, due on monday.
func (tr *trial) queued(many int) {
	tr.t.Helper()
	rows := make([]outbox.Planned, many)
	for i := range rows {
		rows[i] = outbox.Planned{
			Key: fmt.Sprintf("personal:batch-%d", i), Purpose: outbox.Personal, Channel: outbox.Email, To: fmt.Sprintf("owner%d@owner.example", i),
			Subject: "News", Text: "All is well.", Location: tr.location.Id, Client: tr.client.Id, Locale: "en", Priority: 2,
			PlannedAt: monday, SendAt: monday, ExpiresAt: monday.Add(24 * time.Hour), State: outbox.Queued,
		}
	}
	if err := queue.Add(tr.app, rows, monday); err != nil {
		tr.t.Fatal(err)
	}
}

// what is taken and not answered is in doubt if the process dies, so of a slow provider's messages no more are taken than two handfuls, however
// many are due and however quick it was before.
func TestOfASlowProviderNoMoreIsTakenThanItIsGiven(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.queued(batch)
	tr.provider.hold = make(chan struct{})
	tr.clock = monday.Add(time.Minute)
	done := make(chan error)
	go func() { done <- tr.Dispatch(t.Context(), tr.clock) }()
	taken := func() int64 {
		n, err := tr.app.CountRecords(store.Messages, dbx.HashExp{"state": "sending"})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	for deadline := 2000; tr.provider.holding.Load() < atOnce || taken() < 2*handful; deadline-- {
		if deadline == 0 {
			t.Fatalf("%d calls, %d taken", tr.provider.holding.Load(), taken())
		}
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(4 * noteTime)
	if n := taken(); n != 2*handful {
		t.Errorf("%d were taken while nothing was answered", n)
	}
	close(tr.provider.hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := tr.log()["personal email sent"]; got != batch {
		t.Errorf("%d of %d left: %v", got, batch, tr.log())
	}
}

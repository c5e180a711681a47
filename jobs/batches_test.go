package jobs

import (
	"fmt"
	"testing"
	"time"

	"pawbell/internal/outbox"
	"pawbell/internal/store/queue"
)

// what is due leaves by itself, batch after batch until nothing is left, without anybody pressing anything: the job stands on the clock of
// the program, every minute.
func TestWhatIsDueLeavesInBatchesByItself(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	const many = 2*batch + 7
	rows := make([]outbox.Planned, many)
	for i := range rows {
		rows[i] = outbox.Planned{
			Key: fmt.Sprintf("personal:batch-%d", i), Purpose: outbox.Personal, Channel: outbox.Email, To: fmt.Sprintf("owner%d@owner.example", i),
			Subject: "News", Text: "All is well.", Location: tr.location.Id, Client: tr.client.Id, Locale: "en", Priority: 2,
			PlannedAt: monday, SendAt: monday, ExpiresAt: monday.Add(24 * time.Hour), State: outbox.Queued,
		}
	}
	if err := queue.Add(tr.app, rows, monday); err != nil {
		t.Fatal(err)
	}
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

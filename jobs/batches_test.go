package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/gateway"
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

// queued puts so many e-mails into the queue, due on monday.
func (tr *trial) queued(many int) { tr.queuedBy(outbox.Email, many) }

// queuedBy does the same on any channel.
func (tr *trial) queuedBy(channel outbox.Channel, many int) {
	tr.t.Helper()
	rows := make([]outbox.Planned, many)
	for i := range rows {
		to := fmt.Sprintf("owner%d@owner.example", i)
		if channel == outbox.SMS {
			to = fmt.Sprintf("+4520%06d", i)
		}
		rows[i] = outbox.Planned{
			Key: fmt.Sprintf("personal:%s-%d", channel, i), Purpose: outbox.Personal, Channel: channel, To: to,
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

// until waits for what happens at once when it happens at all.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for range 2000 {
		if happened() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("not seen: " + what)
}

// a provider that does not answer keeps its own messages waiting and nobody else's, neither those that were due with them nor one that is queued
// while it is waited for.
func TestASilentProviderHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.provider.hold, tr.provider.slow = make(chan struct{}), outbox.SMS
	tr.queuedBy(outbox.SMS, 3*armful)
	tr.queued(3 * armful)
	tr.clock = monday.Add(time.Minute)
	done := make(chan error)
	go func() { done <- tr.Dispatch(t.Context(), tr.clock) }()
	until(t, "the e-mails leave", func() bool { return tr.log()["personal email sent"] == 3*armful })
	if err := tr.app.RunInTransaction(func(tx core.App) error {
		return queue.Add(tx, []outbox.Planned{{
			Key: "personal:late", Purpose: outbox.Personal, Channel: outbox.Email, To: "late@owner.example", Subject: "News", Text: "All is well.",
			Location: tr.location.Id, Client: tr.client.Id, Locale: "en", Priority: 2, PlannedAt: monday, SendAt: monday, ExpiresAt: monday.Add(24 * time.Hour), State: outbox.Queued,
		}}, monday)
	}); err != nil {
		t.Fatal(err)
	}
	tr.ring()
	until(t, "the late e-mail leaves", func() bool { return tr.log()["personal email sent"] == 3*armful+1 })
	if got := tr.log()["personal sms sent"]; got != 0 {
		t.Errorf("%d texts left though their provider was silent", got)
	}
	close(tr.provider.hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := tr.log(); got["personal sms sent"] != 3*armful || tr.provider.count() != 6*armful+1 {
		t.Errorf("%d messages reached a provider: %v", tr.provider.count(), got)
	}
}

// while a provider thinks over what became of an earlier attempt, what is due leaves; the attempt that it then denies is made again.
func TestAQuestionHoldsUpNoMessage(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.queuedBy(outbox.SMS, 1)
	tr.provider.refuse = gateway.Result{Outcome: outbox.Uncertain}
	tr.dispatch(monday.Add(time.Minute))
	if got := tr.log()["personal sms sending"]; got != 1 {
		t.Fatalf("the attempt is in doubt: %v", tr.log())
	}
	tr.provider.refuse = gateway.Result{}
	tr.queued(2)
	tr.provider.ponder = make(chan struct{})
	tr.clock = monday.Add(time.Hour)
	done := make(chan error)
	go func() { done <- tr.Dispatch(t.Context(), tr.clock) }()
	until(t, "the e-mails leave", func() bool { return tr.log()["personal email sent"] == 2 })
	if got := tr.log()["personal sms sending"]; got != 1 {
		t.Errorf("nobody knew what became of it: %v", tr.log())
	}
	close(tr.provider.ponder)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := tr.log()["personal sms sent"]; got != 1 || len(tr.provider.asked) != 1 {
		t.Errorf("it was asked %d times: %v", len(tr.provider.asked), tr.log())
	}
}

// a channel that rested sends one message ahead; however long that one takes, the others of its channel wait for it and those of other channels do not.
func TestATrialHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.queuedBy(outbox.SMS, 5)
	tr.queued(5)
	tr.clock = monday.Add(time.Minute)
	tr.rests.rest(outbox.SMS, tr.clock)
	tr.provider.hold, tr.provider.slow = make(chan struct{}), outbox.SMS
	done := make(chan error)
	go func() { done <- tr.Dispatch(t.Context(), tr.clock) }()
	until(t, "the e-mails leave", func() bool { return tr.log()["personal email sent"] == 5 })
	if got := tr.log(); got["personal sms sending"] != 1 || tr.provider.holding.Load() != 1 {
		t.Errorf("%d texts are on trial: %v", tr.provider.holding.Load(), got)
	}
	close(tr.provider.hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := tr.log()["personal sms sent"]; got != 5 {
		t.Errorf("%d texts left: %v", got, tr.log())
	}
}

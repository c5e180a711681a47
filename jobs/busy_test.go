package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/filesystem"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// commit queues one message as a commit does, and rings.
func (tr *trial) commit(channel outbox.Channel, key, to string) {
	tr.t.Helper()
	if err := tr.app.RunInTransaction(func(tx core.App) error {
		return queue.Add(tx, []outbox.Planned{{
			Key: "personal:" + key, Purpose: outbox.Personal, Channel: channel, To: to, Subject: "News", Text: "All is well.",
			Location: tr.location.Id, Client: tr.client.Id, Locale: "en", Priority: 2, PlannedAt: monday, SendAt: monday, ExpiresAt: monday.Add(24 * time.Hour), State: outbox.Queued,
		}}, monday)
	}); err != nil {
		tr.t.Fatal(err)
	}
	tr.ring()
}

// atWork runs the dispatcher until the test lets its provider go, and reports what it answered then.
func (tr *trial) atWork() (end func()) {
	tr.t.Helper()
	done := make(chan error)
	go func() { done <- tr.Dispatch(context.Background(), tr.now()) }()
	return func() {
		tr.t.Helper()
		if tr.provider.hold != nil {
			close(tr.provider.hold)
		}
		if err := <-done; err != nil {
			tr.t.Error(err)
		}
	}
}

// a channel whose rest is over is tried while another channel is at work, be it for hours.
func TestARestEndsWhileAnotherChannelIsAtWork(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.queued(armful)
	tr.clock = monday.Add(time.Minute)
	tr.rests.rest(outbox.SMS, tr.clock)
	tr.provider.hold, tr.provider.slow = make(chan struct{}), outbox.Email
	end := tr.atWork()
	until(t, "the e-mails are with their provider", func() bool { return tr.provider.holding.Load() == atOnce })
	for i := range 3 {
		tr.commit(outbox.SMS, fmt.Sprintf("late-%d", i), fmt.Sprintf("+452010000%d", i))
	}
	until(t, "the texts leave", func() bool { return tr.log()["personal sms sent"] == 3 })
	end()
}

// what is queued while a provider thinks over what became of an earlier attempt leaves at once, though nothing else was due.
func TestAQuestionHoldsUpNothingThatComesLater(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.queuedBy(outbox.SMS, 1)
	tr.provider.refuse = gateway.Result{Outcome: outbox.Uncertain}
	tr.dispatch(monday.Add(time.Minute))
	tr.provider.refuse = gateway.Result{}
	tr.provider.ponder = make(chan struct{})
	tr.clock = monday.Add(time.Hour)
	end := tr.atWork()
	time.Sleep(patience + 4*noteTime)
	tr.commit(outbox.Email, "late", "late@owner.example")
	until(t, "the e-mail leaves", func() bool { return tr.log()["personal email sent"] == 1 })
	if got := tr.log()["personal sms sending"]; got != 1 {
		t.Errorf("nobody knew what became of it: %v", tr.log())
	}
	close(tr.provider.ponder)
	end()
	if got := tr.log()["personal sms sent"]; got != 1 {
		t.Errorf("what was asked about: %v", tr.log())
	}
}

// a dispatcher that is at work for long asks each minute what became of lost attempts, and has letters printed, as one does that begins.
func TestEachMinuteOfLongWorkIsATurn(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	var passed atomic.Int64
	tr.clock = monday.Add(time.Minute)
	from := tr.clock
	tr.house.now = func() time.Time { return from.Add(time.Duration(passed.Load())) }
	tr.queued(armful)
	tr.provider.answers["+4520000000"] = []gateway.Result{{Outcome: outbox.Uncertain}}
	tr.queuedBy(outbox.SMS, 1)
	tr.provider.hold, tr.provider.slow = make(chan struct{}), outbox.Email
	end := tr.atWork()
	until(t, "the text is in doubt", func() bool {
		n, err := tr.app.CountRecords(store.Messages, dbx.HashExp{"channel": "sms", "state": "sending", "leased_until": from.Format("2006-01-02 15:04:05.000Z")})
		return err == nil && n == 1
	})
	tr.commit(outbox.Post, "letter", "")
	passed.Add(int64(time.Minute))
	tr.ring()
	until(t, "the text is found", func() bool { return tr.log()["personal sms sent"] == 1 })
	until(t, "somebody is asked to print", func() bool { return len(tr.tasks("letter_to_print")) == 1 })
	end()
}

// e-mails with files go one after the other. One whose turn comes when the program ends is not begun.
func TestNoFileIsSentAfterTheEnd(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.provider.hold = make(chan struct{})
	tr.clock = monday.Add(2 * time.Hour)
	for range 3 {
		f, err := filesystem.NewFileFromBytes([]byte("%PDF-1.4 diet"), "diet.pdf")
		if err != nil {
			t.Fatal(err)
		}
		tr.message(clinictest.Fields{"attachments": []*filesystem.File{f}})
	}
	ctx, stop := context.WithCancel(context.Background())
	tr.start(ctx, stop)
	done := make(chan error)
	go func() { done <- tr.Dispatch(ctx, tr.clock) }()
	until(t, "the first is with the provider", func() bool { return tr.provider.holding.Load() == 1 && tr.log()["personal email sending"] == 3 })
	time.Sleep(4 * noteTime)
	stop()
	close(tr.provider.hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	expect(t, tr, log{"personal email sent": 1, "personal email queued": 2})
}

// asked counts the statements with such words in them that the database is told while a test does something.
func (tr *trial) asked(with string, do func()) int {
	tr.t.Helper()
	db, ok := tr.app.NonconcurrentDB().(*dbx.DB)
	if !ok {
		tr.t.Fatal("no database")
	}
	var n atomic.Int64
	count := func(statement string) {
		if strings.Contains(statement, with) {
			n.Add(1)
		}
	}
	db.ExecLogFunc = func(_ context.Context, _ time.Duration, statement string, _ sql.Result, _ error) { count(statement) }
	db.QueryLogFunc = func(_ context.Context, _ time.Duration, statement string, _ *sql.Rows, _ error) { count(statement) }
	do()
	db.ExecLogFunc, db.QueryLogFunc = nil, nil
	return int(n.Load())
}

// Design, "what makes it fast": while a slow channel's long queue goes out, nobody walks past all of it, with the write lock held, for each handful.
func TestALongQueueIsNotWalkedPastForEachHandful(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	const many = 12 * handful
	tr.queued(many)
	tr.provider.takes = 3 * noteTime
	walks := tr.asked("m.channel != 'email'", func() { tr.dispatch(monday.Add(time.Minute)) })
	if most := 2 * len(outbox.Priorities()); walks == 0 || walks > most {
		t.Errorf("the queue was walked past %d times, want no more than %d", walks, most)
	}
	expect(t, tr, log{"personal email sent": many})
}

// what grew too old while its channel rested is ended many at a time, also by the one who only looks for a message to try the channel with.
func TestARestedChannelIsTriedWithoutLookingAtOneAtATime(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	const old = 4 * armful
	tr.queuedBy(outbox.SMS, old)
	tr.clock = monday.Add(25 * time.Hour)
	fresh := tr.message(clinictest.Fields{"channel": "sms", "to": "+4520123456", "parts": 1})
	tr.rests.rest(outbox.SMS, tr.clock)
	n := tr.asked("state = 'stale'", func() { tr.dispatch(tr.clock) })
	expect(t, tr, log{"personal sms stale stale": old, "personal sms sent": 1})
	if n == 0 || n > 2+old/armful {
		t.Errorf("%d statements ended %d messages", n, old)
	}
	if got := tr.reload(fresh).GetInt("attempts"); got != 1 {
		t.Errorf("the fresh one was tried %d times", got)
	}
}

// a provider that is down is met with one message after each rest, and the others keep their peace: no attempt of theirs is written down.
func TestADeadProviderIsTriedWithOneMessageAtATime(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	guarded := gateway.Guarded(tr.provider, gateway.GuardOptions{Failures: 3, OpenFor: 30 * time.Millisecond, Now: time.Now})
	tr.gateways = gateway.NewSet(guarded, guarded, nil)
	tr.provider.refuse = gateway.Result{Outcome: outbox.Temporary, Detail: "not reached"}
	tr.queued(4 * armful)
	at := monday.Add(time.Minute)
	tr.dispatch(at)
	before := tr.events(gateway.EventAttempt)
	for i := range 5 {
		time.Sleep(40 * time.Millisecond)
		tr.dispatch(at.Add(time.Duration(i+1) * time.Minute))
	}
	if n := tr.events(gateway.EventAttempt) - before; n != 5 {
		t.Errorf("%d attempts are written down of five tries", n)
	}
	tr.provider.refuse = gateway.Result{}
	time.Sleep(40 * time.Millisecond)
	tr.dispatch(at.Add(2 * time.Hour))
	expect(t, tr, log{"personal email sent": 4 * armful})
}

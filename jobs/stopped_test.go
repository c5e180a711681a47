package jobs

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// tasks lists the tasks of a kind, open ones first.
func (tr *trial) tasks(kind string) []*core.Record {
	tr.t.Helper()
	found, err := tr.app.FindRecordsByFilter(store.Tasks, "kind = {:kind}", "done", 100, 0, map[string]any{"kind": kind})
	if err != nil {
		tr.t.Fatal(err)
	}
	return found
}

// mail settings that are incomplete keep the rows, say so once, and are noticed by themselves when they are mended.
func TestIncompleteMailSettingsKeepTheRowsAndSaySo(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	server, settings := tr.throughMailServer()
	sender := settings.SenderAddress
	settings.SenderAddress = ""
	tr.clock = monday.Add(2 * time.Hour)
	var rows []*core.Record
	for range 40 {
		rows = append(rows, tr.message())
	}
	at := tr.clock
	for minutes := range 12 {
		tr.dispatch(at.Add(time.Duration(minutes) * time.Minute))
	}
	expect(t, tr, log{"personal email queued": 40})
	for _, r := range rows {
		if r = tr.reload(r); r.GetInt("attempts") != 0 {
			t.Fatalf("an attempt was counted that nobody made: %d", r.GetInt("attempts"))
		}
	}
	// A handful or two, then one message each five minutes, not the whole queue each time.
	if n := tr.events(gateway.EventAttempt); n < handful+2 || n > 40+2 {
		t.Errorf("%d attempts are written down", n)
	}
	open := tr.tasks("gateway_stopped")
	if len(open) != 1 || open[0].GetBool("done") || open[0].GetString("title") != "The gateway smtp takes no messages. Its messages wait. It says: the mail settings are incomplete" {
		t.Fatalf("%d tasks: %v", len(open), open)
	}

	settings.SenderAddress = sender
	tr.dispatch(at.Add(20 * time.Minute))
	expect(t, tr, log{"personal email sent": 40})
	if len(server.got) != 40 {
		t.Errorf("%d e-mails arrived", len(server.got))
	}
	if done := tr.tasks("gateway_stopped"); len(done) != 1 || !done[0].GetBool("done") || done[0].GetString("done_by") != "machine" {
		t.Errorf("the task did not end by itself: %v", done)
	}

	settings.SenderAddress = ""
	tr.message(clinictest.Fields{"send_at": tr.clock, "planned_at": tr.clock})
	tr.dispatch(at.Add(21 * time.Minute))
	if again := tr.tasks("gateway_stopped"); len(again) != 2 {
		t.Errorf("the same trouble came again, and %d tasks say so", len(again))
	}
}

// a task that a person has done stays done while the gateway works, and the other channel never waits.
func TestAClosedAccountNamesItsGatewayOnce(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	stop := gateway.Result{Outcome: outbox.Stopped, Detail: "535 5.7.8"}
	tr.provider.answers[tr.client.GetString("email")] = []gateway.Result{stop, stop, stop}
	tr.clock = monday.Add(2 * time.Hour)
	tr.message()
	tr.message(clinictest.Fields{"channel": "sms", "to": tr.client.GetString("sms_phone"), "parts": 1})
	at := tr.clock
	for i := range 3 {
		tr.dispatch(at.Add(time.Duration(i) * closedFor))
	}
	expect(t, tr, log{"personal email queued": 1, "personal sms sent": 1})
	if open := tr.tasks("gateway_stopped"); len(open) != 1 || open[0].GetString("title") != "The gateway trial takes no messages. Its messages wait. It says: 535 5.7.8" {
		t.Fatalf("%v", open)
	}
}

// What one message breaks is that message's: the others of its batch leave, and nobody knows about the one.
func TestAPanicInOneHandOverLosesNothing(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.provider.blind = true
	tr.clock = monday.Add(2 * time.Hour)
	broken := tr.message(clinictest.Fields{"to": "panic@owner.example"})
	for range 20 {
		tr.message()
	}
	tr.dispatch(tr.clock)
	expect(t, tr, log{"personal email sent": 20, "personal email sending": 1})
	tr.dispatch(tr.clock.Add(time.Minute))
	expect(t, tr, log{"personal email sent": 20, "personal email unknown not_known": 1})
	if got := tr.reload(broken); got.GetString("state") != "unknown" || len(tr.tasks("message_unknown")) != 1 {
		t.Errorf("%s, %d tasks", got.GetString("state"), len(tr.tasks("message_unknown")))
	}
}

// the end of the program waits for calls in flight, hangs up on those that take too long, and writes down what became of all of them.
func TestTheEndOfTheProgramWritesDownWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer bool // the provider answers within the time of grace
		want   log
	}{
		{"an answer in time is kept", true, log{"personal email sent": 3}},
		{"a call that hangs is in doubt", false, log{"personal email sending": 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			tr.provider.hold = make(chan struct{})
			tr.clock = monday.Add(2 * time.Hour)
			for range 3 {
				tr.message()
			}
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			tr.start(ctx, stop)
			began := make(chan struct{})
			go tr.run(func(ctx context.Context) {
				close(began)
				if err := tr.Dispatch(ctx, tr.clock); err != nil {
					t.Error(err)
				}
			})
			<-began
			for tr.provider.holding.Load() < 3 {
				time.Sleep(time.Millisecond)
			}
			if c.answer {
				time.AfterFunc(50*time.Millisecond, func() { close(tr.provider.hold) })
			}
			before := time.Now()
			tr.end(400*time.Millisecond, 5*time.Second)
			if took := time.Since(before); took > 4*time.Second {
				t.Errorf("the end took %s", took)
			}
			expect(t, tr, c.want)
			tr.run(func(context.Context) { t.Error("a job began after the end") })
		})
	}
}

// what failed for a while is in no doubt, however often it was tried. Only an attempt that nobody ever answered is.
func TestOnlyAttemptsWithoutAnAnswerAreDoubts(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinic, err := tr.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	at := monday.Add(2 * time.Hour)
	tr.clock = at
	m := tr.message(clinictest.Fields{"expires_at": at.Add(48 * time.Hour)})
	attempt := func(outcome outbox.Outcome) {
		t.Helper()
		leased, err := queue.Lease(tr.app, clinic, at, queue.LeaseOptions{Limit: 1, For: time.Second, Gateway: tr.gatewayName})
		if err != nil || len(leased.Going) != 1 {
			t.Fatalf("%d leased, %v", len(leased.Going), err)
		}
		if outcome != outbox.Uncertain {
			if err := tr.note(clinic, []answer{tr.settled(leased.Going[0], "trial", gateway.Result{Outcome: outcome, RetryAfter: time.Second})}); err != nil {
				t.Fatal(err)
			}
		}
		at = at.Add(time.Minute)
	}
	lost := func() (doubts []int) {
		t.Helper()
		found, err := queue.LostLeases(tr.app, at, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range found {
			doubts = append(doubts, l.Doubts)
		}
		return doubts
	}
	attempt(outbox.Temporary)
	attempt(outbox.Temporary)
	attempt(outbox.Uncertain)
	if diff := cmp.Diff([]int{1}, lost()); diff != "" {
		t.Fatal(diff)
	}
	// It goes once more, for nobody could tell; that attempt stays in doubt whatever follows.
	if _, err := tr.app.NonconcurrentDB().NewQuery(fmt.Sprintf(`UPDATE messages SET state = 'queued' WHERE id = '%s'`, m.Id)).Execute(); err != nil {
		t.Fatal(err)
	}
	attempt(outbox.Temporary)
	attempt(outbox.Uncertain)
	if diff := cmp.Diff([]int{2}, lost()); diff != "" {
		t.Fatal(diff)
	}
}

// A gateway that was left alone is not met with the whole queue: one message goes ahead.
func TestAfterARestOneMessageGoesAhead(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	for range 30 {
		tr.message()
	}
	tr.provider.refuse = gateway.Result{Outcome: outbox.Temporary, NotTried: true, RetryAfter: 30 * time.Second, Detail: "held back"}
	at := tr.clock
	for i := range 6 {
		tr.dispatch(at.Add(time.Duration(i) * 31 * time.Second))
	}
	if calls := tr.provider.calls; calls > 32+5 {
		t.Errorf("a dead gateway was called %d times", calls)
	}
	if n := tr.events(gateway.EventAttempt); n != 30+5 {
		t.Errorf("%d attempts are written down", n)
	}
	tr.provider.refuse = gateway.Result{}
	tr.dispatch(at.Add(10 * time.Minute))
	expect(t, tr, log{"personal email sent": 30})
}

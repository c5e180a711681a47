package jobs

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

type log = map[string]int

func expect(t *testing.T, tr *trial, want log) {
	t.Helper()
	if diff := cmp.Diff(want, tr.log()); diff != "" {
		t.Fatal(diff)
	}
}

// staff's booking waits five minutes, then its confirmation leaves; the reminder waits for its own moment.
func TestAStaffBookingIsConfirmedAfterFiveMinutesAndRemindedTwoDaysBefore(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.visit("2027-03-04 08:15:00.000Z")

	tr.dispatch(monday.Add(4 * time.Minute))
	expect(t, tr, log{"booking_confirmation email queued": 1, "booking_confirmation sms queued": 1, "visit_reminder email queued": 1, "visit_reminder sms queued": 1})

	tr.dispatch(monday.Add(5 * time.Minute))
	expect(t, tr, log{"booking_confirmation email sent": 1, "booking_confirmation sms sent": 1, "visit_reminder email queued": 1, "visit_reminder sms queued": 1})

	tr.dispatch(time.Date(2027, 3, 2, 8, 0, 0, 0, time.UTC))
	expect(t, tr, log{"booking_confirmation email sent": 1, "booking_confirmation sms sent": 1, "visit_reminder email sent": 1, "visit_reminder sms sent": 1})
	if attempts, accepted := tr.events(gateway.EventAttempt), tr.events(gateway.EventAccepted); attempts != 4 || accepted != 4 {
		t.Fatalf("%d attempts and %d acceptances are written down for four messages", attempts, accepted)
	}
}

// what a text costs, for whom and in which quarter, is written when it is sent.
func TestCostIsWrittenWhenSent(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.visit("2027-03-04 08:15:00.000Z")
	tr.dispatch(monday.Add(5 * time.Minute))
	r, err := tr.app.FindFirstRecordByFilter(store.Messages, "channel = 'sms' && state = 'sent'")
	if err != nil {
		t.Fatal(err)
	}
	got := []any{r.GetFloat("cost"), r.GetString("currency"), r.GetString("billed_period"), r.GetString("legal_id"), r.GetInt("parts")}
	if diff := cmp.Diff([]any{0.99, "DKK", "2027Q1", "12345678", 1}, got); diff != "" {
		t.Fatal(diff)
	}
}

// after an outage a reminder still goes up to the visit's start and never after it; other messages live for a day.
func TestAfterAnOutage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		back time.Time
		want log
	}{
		{"a minute before the visit the reminder still goes", time.Date(2027, 3, 4, 8, 14, 0, 0, time.UTC),
			log{"booking_confirmation email stale stale": 1, "booking_confirmation sms stale stale": 1, "visit_reminder email sent": 1, "visit_reminder sms sent": 1}},
		{"at the start it is outdated", time.Date(2027, 3, 4, 8, 15, 0, 0, time.UTC),
			log{"booking_confirmation email stale stale": 1, "booking_confirmation sms stale stale": 1, "visit_reminder email stale stale": 1, "visit_reminder sms stale stale": 1}},
		{"a day after its moment a confirmation still goes", monday.Add(24*time.Hour + 5*time.Minute),
			log{"booking_confirmation email sent": 1, "booking_confirmation sms sent": 1, "visit_reminder email queued": 1, "visit_reminder sms queued": 1}},
		{"a second later it is outdated", monday.Add(24*time.Hour + 5*time.Minute + time.Second),
			log{"booking_confirmation email stale stale": 1, "booking_confirmation sms stale stale": 1, "visit_reminder email queued": 1, "visit_reminder sms queued": 1}},
		{"late at night a reminder waits for the morning", time.Date(2027, 3, 3, 22, 0, 0, 0, time.UTC),
			log{"booking_confirmation email stale stale": 1, "booking_confirmation sms stale stale": 1, "visit_reminder email queued": 1, "visit_reminder sms queued": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			tr.visit("2027-03-04 08:15:00.000Z")
			tr.dispatch(c.back)
			expect(t, tr, c.want)
		})
	}
}

// the last look is taken when the message leaves, not when it was planned. Raw statements stand for whatever planning did not see.
func TestTheLastCheckIsTakenWhenAMessageLeaves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, statement string
		want            log
	}{
		{"an opt-out", `UPDATE clients SET no_sms = 1`, log{"visit_reminder email sent": 1, "visit_reminder sms skipped opted_out": 1}},
		{"a cancelled visit", `UPDATE bookings SET status = 'cancelled'`, log{"visit_reminder email cancelled booking_cancelled": 1, "visit_reminder sms cancelled booking_cancelled": 1}},
		{"a visit that is over", `UPDATE bookings SET status = 'completed'`, log{"visit_reminder email cancelled already_done": 1, "visit_reminder sms cancelled already_done": 1}},
		{"a dead patient", `UPDATE patients SET deceased_on = '2027-03-01'`, log{"visit_reminder email skipped deceased": 1, "visit_reminder sms skipped deceased": 1}},
		{"a deleted booking", `DELETE FROM bookings`, log{"visit_reminder email skipped gone": 1, "visit_reminder sms skipped gone": 1}},
		{"SMS switched off", `UPDATE message_settings SET sms_enabled = 0`, log{"visit_reminder email sent": 1, "visit_reminder sms skipped channel_off": 1}},
		{"a number that said stop", `INSERT INTO stopped_addresses (id, channel, address, cause) SELECT 'stop00000000001', 'sms', sms_phone, 'stop' FROM clients LIMIT 1`,
			log{"visit_reminder email sent": 1, "visit_reminder sms skipped stopped_address": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			tr.visit("2027-03-04 08:15:00.000Z")
			for _, statement := range []string{`DELETE FROM messages WHERE purpose = 'booking_confirmation'`, c.statement} {
				if _, err := tr.app.NonconcurrentDB().NewQuery(statement).Execute(); err != nil {
					t.Fatal(err)
				}
			}
			tr.desk.SetupChanged()
			tr.dispatch(time.Date(2027, 3, 2, 8, 0, 0, 0, time.UTC))
			expect(t, tr, c.want)
		})
	}
}

// the process dies between the provider's acceptance and our note of it. The attempt is on paper, the provider is asked, and nothing is
// sent again.
func TestADeathBetweenAcceptanceAndNote(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.visit("2027-03-04 08:15:00.000Z")
	at := monday.Add(5 * time.Minute)
	clinic, err := tr.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	leased, err := queue.Lease(tr.app, clinic, at, queue.LeaseOptions{Limit: batch, For: leaseTime, Gateway: tr.gatewayName})
	if err != nil || len(leased.Going) != 2 {
		t.Fatalf("leased %d, %v", len(leased.Going), err)
	}
	accepted, lost := leased.Going[0], leased.Going[1]
	tr.provider.Send(t.Context(), tr.handOver(clinic, accepted))

	tr.dispatch(at.Add(time.Minute))
	if tr.provider.count() != 1 {
		t.Fatal("something was sent while the lease held")
	}
	tr.dispatch(at.Add(leaseTime))
	if tr.provider.count() != 2 || tr.provider.sent[1].ID != lost.ID {
		t.Fatalf("the provider has %d messages; the one it had was to be adopted and the other one sent", tr.provider.count())
	}
	expect(t, tr, log{"booking_confirmation email sent": 1, "booking_confirmation sms sent": 1, "visit_reminder email queued": 1, "visit_reminder sms queued": 1})
}

// where nobody can be asked, a confirmation is left to a person and a visit reminder by e-mail goes once more, never twice.
func TestADeathWithAProviderThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.provider.blind, tr.provider.late = true, true
	tr.visit("2027-03-04 08:15:00.000Z")
	tr.dispatch(monday.Add(5 * time.Minute))
	at := time.Date(2027, 3, 2, 8, 0, 0, 0, time.UTC)
	for minutes := range 20 {
		tr.dispatch(at.Add(time.Duration(minutes) * 3 * time.Minute))
	}
	expect(t, tr, log{"booking_confirmation email unknown not_known": 1, "booking_confirmation sms unknown not_known": 1,
		"visit_reminder email unknown not_known": 1, "visit_reminder sms unknown not_known": 1})
	reminders := 0
	for _, m := range tr.provider.sent {
		if m.Purpose == outbox.VisitReminder && m.Channel == outbox.Email {
			reminders++
		}
	}
	if reminders != 2 {
		t.Fatalf("the reminder by e-mail was handed over %d times, want once and once more", reminders)
	}
	tasks, err := tr.app.FindRecordsByFilter(store.Tasks, "kind = 'message_unknown'", "", 10, 0)
	if err != nil || len(tasks) != 4 {
		t.Fatalf("%d tasks ask a person, %v", len(tasks), err)
	}
}

// temporary failures are tried again, permanent ones end with a task, and a closed account keeps its rows without counting.
func TestFailures(t *testing.T) {
	t.Parallel()
	t.Run("a temporary one is tried again after the provider's wish", func(t *testing.T) {
		t.Parallel()
		tr := newTrial(t)
		tr.provider.answers[tr.client.GetString("email")] = []gateway.Result{{Outcome: outbox.Temporary, RetryAfter: 10 * time.Minute}}
		tr.visit("2027-03-04 08:15:00.000Z")
		at := monday.Add(5 * time.Minute)
		tr.dispatch(at)
		tr.dispatch(at.Add(9 * time.Minute))
		if got := tr.log()["booking_confirmation email queued"]; got != 1 {
			t.Fatal("tried before the provider's wish was over")
		}
		tr.dispatch(at.Add(10 * time.Minute))
		if got := tr.log()["booking_confirmation email sent"]; got != 1 {
			t.Fatalf("not sent after the wait: %v", tr.log())
		}
	})
	t.Run("a permanent one ends at once and a task says so", func(t *testing.T) {
		t.Parallel()
		tr := newTrial(t)
		tr.provider.answers[tr.client.GetString("email")] = []gateway.Result{{Outcome: outbox.Permanent, Reason: outbox.ReasonBadAddress, Detail: "550 5.1.1"}}
		tr.visit("2027-03-04 08:15:00.000Z")
		tr.dispatch(monday.Add(5 * time.Minute))
		if got := tr.log()["booking_confirmation email failed bad_address"]; got != 1 {
			t.Fatalf("%v", tr.log())
		}
		if n, err := tr.app.CountRecords(store.Tasks); err != nil || n != 1 {
			t.Fatalf("%d tasks, %v", n, err)
		}
	})
	t.Run("a closed account keeps its rows, and the other channel goes on", func(t *testing.T) {
		t.Parallel()
		tr := newTrial(t)
		tr.provider.answers[tr.client.GetString("email")] = []gateway.Result{{Outcome: outbox.Stopped, Detail: "535"}}
		tr.visit("2027-03-04 08:15:00.000Z")
		at := monday.Add(5 * time.Minute)
		tr.dispatch(at)
		tr.dispatch(at.Add(time.Minute))
		expect(t, tr, log{"booking_confirmation email queued": 1, "booking_confirmation sms sent": 1, "visit_reminder email queued": 1, "visit_reminder sms queued": 1})
		row, err := tr.app.FindFirstRecordByFilter(store.Messages, "purpose = 'booking_confirmation' && channel = 'email'")
		if err != nil || row.GetInt("attempts") != 0 {
			t.Fatalf("the attempt was counted: %d, %v", row.GetInt("attempts"), err)
		}
		tr.dispatch(at.Add(closedFor))
		if got := tr.log()["booking_confirmation email sent"]; got != 1 {
			t.Fatalf("not sent once the account was open again: %v", tr.log())
		}
	})
}

// Design, law 4: eight dispatchers at once take every message once.
func TestManyDispatchersTakeEachMessageOnce(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	for i := range 40 {
		tr.visit(fmt.Sprintf("2027-03-%02d 08:%02d:00.000Z", 3+i%20, 15*(i/20)), clinictest.Fields{"overbook": true})
	}
	tr.clock = monday.Add(5 * time.Minute)
	var working sync.WaitGroup
	for range 8 {
		other := tr.another()
		working.Go(func() {
			if err := other.Dispatch(context.Background(), tr.clock); err != nil {
				t.Error(err)
			}
		})
	}
	working.Wait()
	seen := map[string]bool{}
	for _, m := range tr.provider.sent {
		if seen[m.ID] {
			t.Fatalf("message %s left twice", m.ID)
		}
		seen[m.ID] = true
	}
	if len(seen) != 80 || tr.events(gateway.EventAttempt) != 80 {
		t.Fatalf("%d of 80 left, %d attempts", len(seen), tr.events(gateway.EventAttempt))
	}
}

// Design, law 8: a job never runs twice at a time, and what happens while it runs is looked at afterwards.
func TestAJobNeverOverlapsItself(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	running, most, runs := 0, 0, 0
	job := once(func(context.Context) {
		mutex.Lock()
		running++
		runs++
		most = max(most, running)
		mutex.Unlock()
		time.Sleep(5 * time.Millisecond)
		mutex.Lock()
		running--
		mutex.Unlock()
	})
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() { job(context.Background()) })
	}
	calls.Wait()
	if most != 1 || runs < 2 || runs > 20 {
		t.Fatalf("%d at a time, %d runs", most, runs)
	}
}

// after an outage a visit's first reminder still goes while it is one; later it would only say what the last one says.
func TestALateFirstReminderDoesNotRepeatTheLast(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]map[string]int{
		"2027-04-28T10:00:00Z": {"visit_reminder email sent": 1, "visit_reminder email queued": 1},
		"2027-04-29T10:00:00Z": {"visit_reminder email skipped duplicate": 1, "visit_reminder email queued": 1},
		"2027-04-30T10:00:00Z": {"visit_reminder email skipped duplicate": 1, "visit_reminder email sent": 1},
	} {
		t.Run("the program starts at "+at, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			visit := tr.visit("2027-05-03 10:00:00.000Z") // reminded of on Monday a week before, and on the Friday before
			start, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			tr.dispatch(start)
			// Planning the visit anew brings nothing back that was held back for that.
			clinictest.Change(t, tr.app, visit, clinictest.Fields{"note": "planned anew"})
			tr.dispatch(start.Add(time.Minute))
			got := tr.log()
			maps.DeleteFunc(got, func(line string, _ int) bool { return !strings.HasPrefix(line, "visit_reminder email") })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

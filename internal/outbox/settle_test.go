package outbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func half() float64 { return 0.5 }

// R-16.
func TestSettle(t *testing.T) {
	t.Parallel()
	now := march(t, "01 09:00")
	row := Row{Purpose: VisitReminder, Channel: SMS, State: Sending, Attempts: 1, SendAt: now, ExpiresAt: march(t, "01 10:00")}
	with := func(change func(*Row)) Row {
		r := row
		change(&r)
		return r
	}
	for _, c := range []struct {
		name   string
		row    Row
		answer Answer
		want   Settlement
	}{
		{"accepted is sent", row, Answer{Outcome: Accepted}, Settlement{State: Sent}},
		{"a temporary failure is tried again", row, Answer{Outcome: Temporary}, Settlement{State: Queued, NextTryAt: now.Add(15 * time.Second)}},
		{"the fourth waits longer", with(func(r *Row) { r.Attempts = 4 }), Answer{Outcome: Temporary}, Settlement{State: Queued, NextTryAt: now.Add(2 * time.Minute)}},
		{"Retry-After is obeyed", row, Answer{Outcome: Temporary, RetryAfter: 7 * time.Minute}, Settlement{State: Queued, NextTryAt: now.Add(7 * time.Minute)}},
		{"Retry-After to the visit's start", row, Answer{Outcome: Temporary, RetryAfter: time.Hour}, Settlement{State: Stale, Reason: ReasonStale}},
		{"Retry-After to a second before", row, Answer{Outcome: Temporary, RetryAfter: time.Hour - time.Second}, Settlement{State: Queued, NextTryAt: now.Add(time.Hour - time.Second)}},
		{"Retry-After to another message's last moment", with(func(r *Row) { r.Purpose = Group }), Answer{Outcome: Temporary, RetryAfter: time.Hour}, Settlement{State: Queued, NextTryAt: now.Add(time.Hour)}},
		{"a lasting failure says why", row, Answer{Outcome: Permanent, Reason: ReasonBadAddress}, Settlement{State: Failed, Reason: ReasonBadAddress}},
		{"a lasting failure without a cause was a refusal", row, Answer{Outcome: Permanent}, Settlement{State: Failed, Reason: ReasonRefused}},
		{"an uncertain one is asked about", row, Answer{Outcome: Uncertain}, Settlement{State: Sending, LookAt: now}},
		{"an answer that means nothing is uncertain", row, Answer{}, Settlement{State: Sending, LookAt: now}},
		{"a stopped gateway keeps the row", row, Answer{Outcome: Stopped}, Settlement{State: Queued, StopGateway: true, Uncounted: true}},

		{"a report overtook the answer", with(func(r *Row) { r.State = Delivered }), Answer{Outcome: Accepted}, Settlement{State: Delivered}},
		{"a report overtook a broken answer", with(func(r *Row) { r.State = Sent }), Answer{Outcome: Temporary}, Settlement{State: Sent}},
		{"a failure was reported before the answer", with(func(r *Row) { r.State, r.Reason = Failed, ReasonBadAddress }), Answer{Outcome: Permanent}, Settlement{State: Failed, Reason: ReasonBadAddress}},
		{"sent was reported before the refusal", with(func(r *Row) { r.State = Sent }), Answer{Outcome: Permanent, Reason: ReasonUnsubscribed}, Settlement{State: Failed, Reason: ReasonUnsubscribed}},
		{"a person settled it meanwhile, and the gateway stops all the same", with(func(r *Row) { r.State = Sent }), Answer{Outcome: Stopped}, Settlement{State: Sent, StopGateway: true}},
	} {
		if diff := cmp.Diff(c.want, Settle(c.row, c.answer, now, half)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// R-15.
func TestSettleLost(t *testing.T) {
	t.Parallel()
	attempted := march(t, "01 09:00")
	const lag = 30 * time.Minute
	for _, c := range []struct {
		name    string
		purpose Purpose
		channel Channel
		look    Look
		after   time.Duration
		want    Settlement
	}{
		{"found is adopted", Group, SMS, Look{Trace: TraceFound, Found: Sent}, time.Minute, Settlement{State: Sent}},
		{"found delivered", VisitReminder, SMS, Look{Trace: TraceFound, Found: Delivered}, 3 * time.Hour, Settlement{State: Delivered}},
		{"found failed", Group, SMS, Look{Trace: TraceFound, Found: Failed}, time.Minute, Settlement{State: Failed, Reason: ReasonRefused}},
		{"absent so far is asked again", Group, SMS, Look{Trace: TraceAbsent}, 0, Settlement{State: Sending, LookAt: attempted.Add(time.Minute)}},
		{"absent after two minutes", Group, SMS, Look{Trace: TraceAbsent}, 2 * time.Minute, Settlement{State: Sending, LookAt: attempted.Add(5 * time.Minute)}},
		{"absent when it is nearly sure", Group, SMS, Look{Trace: TraceAbsent}, lag - time.Second, Settlement{State: Sending, LookAt: attempted.Add(lag)}},
		{"absent at a provider that is quick to list", Group, SMS, Look{Trace: TraceAbsent, Lag: 90 * time.Second}, time.Minute, Settlement{State: Sending, LookAt: attempted.Add(90 * time.Second)}},
		{"surely absent is sent", Group, SMS, Look{Trace: TraceAbsent}, lag, Settlement{State: Queued, NextTryAt: attempted.Add(lag)}},
		{"surely absent, of no more use", VisitReminder, SMS, Look{Trace: TraceAbsent}, 2 * time.Hour, Settlement{State: Stale, Reason: ReasonStale}},
		{"unreachable is asked again", Group, SMS, Look{Trace: TraceUnanswered}, 6 * time.Minute, Settlement{State: Sending, LookAt: attempted.Add(15 * time.Minute)}},
		{"unreachable for hours is asked twice an hour", Group, SMS, Look{Trace: TraceUnanswered}, 6 * time.Hour, Settlement{State: Sending, LookAt: attempted.Add(6*time.Hour + 30*time.Minute)}},
		{"unreachable for a day is for a person", Group, SMS, Look{Trace: TraceUnanswered}, 24 * time.Hour, Settlement{State: Unknown, Reason: ReasonNotKnown}},
		{"cannot be known: a visit reminder by e-mail goes once more", VisitReminder, Email, Look{Trace: TraceNone, Doubts: 1}, time.Minute, Settlement{State: Queued, NextTryAt: attempted.Add(time.Minute)}},
		{"but not a third time", VisitReminder, Email, Look{Trace: TraceNone, Doubts: 2}, time.Minute, Settlement{State: Unknown, Reason: ReasonNotKnown}},
		{"nor after the start", VisitReminder, Email, Look{Trace: TraceNone, Doubts: 1}, time.Hour, Settlement{State: Unknown, Reason: ReasonNotKnown}},
		{"nor by SMS", VisitReminder, SMS, Look{Trace: TraceNone, Doubts: 1}, time.Minute, Settlement{State: Unknown, Reason: ReasonNotKnown}},
		{"nor a recall", Reminder, Email, Look{Trace: TraceNone, Doubts: 1}, time.Minute, Settlement{State: Unknown, Reason: ReasonNotKnown}},
		{"nor a confirmation", BookingConfirmation, Email, Look{Trace: TraceNone, Doubts: 1}, time.Minute, Settlement{State: Unknown, Reason: ReasonNotKnown}},
	} {
		r := Row{Purpose: c.purpose, Channel: c.channel, State: Sending, Attempts: 1, ExpiresAt: attempted.Add(time.Hour)}
		c.look.Attempted = attempted
		if c.look.Lag == 0 {
			c.look.Lag = lag
		}
		if diff := cmp.Diff(c.want, SettleLost(r, c.look, attempted.Add(c.after))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestSettleLostLeavesWhatWasSettledMeanwhile(t *testing.T) {
	t.Parallel()
	r := Row{Purpose: VisitReminder, Channel: Email, State: Delivered, ExpiresAt: march(t, "02 09:00")}
	if got := SettleLost(r, Look{Trace: TraceNone}, march(t, "01 09:00")); got != (Settlement{State: Delivered}) {
		t.Errorf("%+v", got)
	}
}

// No answer may lead to a move that the states do not allow, nor to a next try after the message's use.
func TestEverySettlementIsAnAllowedMove(t *testing.T) {
	t.Parallel()
	start := march(t, "01 09:00")
	rapid.Check(t, func(t *rapid.T) {
		state := rapid.SampledFrom([]State{Sending, Sent, Delivered, Failed, Unknown}).Draw(t, "state")
		r := Row{
			Purpose: rapid.SampledFrom(Purposes()).Draw(t, "purpose"), Channel: rapid.SampledFrom([]Channel{Email, SMS}).Draw(t, "channel"),
			State: state, Attempts: rapid.IntRange(1, 50).Draw(t, "attempts"),
			ExpiresAt: start.Add(time.Duration(rapid.IntRange(-60, 24*60).Draw(t, "useful")) * time.Minute),
		}
		a := Answer{
			Outcome:    rapid.SampledFrom([]Outcome{Accepted, Temporary, Permanent, Uncertain, Stopped, ""}).Draw(t, "outcome"),
			RetryAfter: time.Duration(rapid.IntRange(0, 90000).Draw(t, "retry after")) * time.Second,
		}
		l := Look{
			Trace: rapid.SampledFrom([]Trace{TraceFound, TraceAbsent, TraceUnanswered, TraceNone}).Draw(t, "trace"), Found: Sent,
			Attempted: start.Add(-time.Duration(rapid.IntRange(0, 26*60).Draw(t, "ago")) * time.Minute), Lag: 30 * time.Minute,
			Doubts: rapid.IntRange(1, 3).Draw(t, "doubts"),
		}
		random := func() float64 { return rapid.Float64Range(0, 0.999).Draw(t, "random") }
		for _, s := range []Settlement{Settle(r, a, start, random), SettleLost(r, l, start)} {
			if !Allowed(state, s.State, Machine) {
				t.Fatalf("%s → %s", state, s.State)
			}
			if s.State == Queued && !s.StopGateway && !useful(r, s.NextTryAt) {
				t.Fatalf("next try at %v, useful until %v", s.NextTryAt, r.ExpiresAt)
			}
			if state == Sending && s.State == Sending && s.LookAt.Before(start) {
				t.Fatalf("asks in the past: %v", s.LookAt)
			}
			if s.State != Sent && s.State != Delivered && s.State != Queued && s.State != Sending && s.Reason == "" && state == Sending {
				t.Fatalf("%s without a reason", s.State)
			}
		}
	})
}

// R-16.
func TestBackoffStaysUnderADoublingCeiling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		attempt, part := rapid.IntRange(-1, 1000).Draw(t, "attempt"), rapid.Float64Range(0, 0.999).Draw(t, "random")
		ceiling := min(30*time.Second<<min(max(attempt-1, 0), 20), time.Hour)
		if got := Backoff(attempt, func() float64 { return part }); got < 0 || got > ceiling {
			t.Fatalf("Backoff(%d) = %v, above %v", attempt, got, ceiling)
		}
	})
}

func ExampleBackoff() {
	longest := func() float64 { return 1 }
	for attempt := 1; attempt <= 9; attempt++ {
		fmt.Println("after attempt", attempt, "at most", Backoff(attempt, longest))
	}
	// Output:
	// after attempt 1 at most 30s
	// after attempt 2 at most 1m0s
	// after attempt 3 at most 2m0s
	// after attempt 4 at most 4m0s
	// after attempt 5 at most 8m0s
	// after attempt 6 at most 16m0s
	// after attempt 7 at most 32m0s
	// after attempt 8 at most 1h0m0s
	// after attempt 9 at most 1h0m0s
}

func ExampleSettle() {
	now := time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)
	reminder := Row{Purpose: VisitReminder, Channel: SMS, State: Sending, Attempts: 2, ExpiresAt: now.Add(time.Hour)}
	middle := func() float64 { return 0.5 }
	for _, a := range []Answer{
		{Outcome: Accepted},
		{Outcome: Temporary},
		{Outcome: Temporary, RetryAfter: 2 * time.Hour},
		{Outcome: Permanent, Reason: ReasonBadAddress},
		{Outcome: Stopped},
	} {
		s := Settle(reminder, a, now, middle)
		fmt.Println(strings.TrimSpace(fmt.Sprint(a.Outcome, " → ", s.State, " ", s.Reason.Words())))
	}
	// Output:
	// accepted → sent
	// temporary → queued
	// temporary → stale It was too late to be of use.
	// permanent → failed Nobody can be reached at this address or number.
	// stopped → queued
}

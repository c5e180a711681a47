package outbox

import "time"

// Outcome is what became of one attempt.
type Outcome string

// The outcomes. Anything that is not known to be one of the others is Uncertain once bytes were written, else Temporary.
const (
	Accepted  Outcome = "accepted"  // the provider has it
	Temporary Outcome = "temporary" // surely not sent; try again
	Permanent Outcome = "permanent" // surely not sent, and never will be
	Uncertain Outcome = "uncertain" // perhaps sent; ask before anything else
	Stopped   Outcome = "stopped"   // wrong password, closed account: stop the gateway, keep the rows
)

// Answer is what a gateway said to one attempt.
type Answer struct {
	Outcome    Outcome
	Reason     Reason        // for Permanent
	RetryAfter time.Duration // the provider's wish, 0 = none
}

// Settlement is what an attempt leads to.
type Settlement struct {
	State     State
	Reason    Reason
	NextTryAt time.Time // for Queued: no new attempt before this
	LookAt    time.Time // for Sending: when to ask the provider what became of it; the lease lasts until then
	// StopGateway asks that nothing more goes to this gateway until a person has mended it.
	StopGateway bool
	// Uncounted says that this attempt is not the message's fault and does not raise its count.
	Uncounted bool
}

// Settle answers what becomes of a row after an attempt was answered. r is the row as it is now, Attempts with this attempt in
// it: a report may have overtaken the answer, and is then not undone. random is [Backoff]'s.
func Settle(r Row, a Answer, now time.Time, random func() float64) Settlement {
	if r.State != Sending {
		return overtaken(r, a)
	}
	switch a.Outcome {
	case Accepted:
		return Settlement{State: Sent}
	case Permanent:
		return Settlement{State: Failed, Reason: refusedFor(a)}
	case Temporary:
		return again(r, NextTry(r.Attempts, a.RetryAfter, now, random))
	case Stopped:
		return Settlement{State: Queued, StopGateway: true, Uncounted: true}
	}
	return Settlement{State: Sending, LookAt: now}
}

func overtaken(r Row, a Answer) Settlement {
	s := Settlement{State: r.State, Reason: r.Reason, StopGateway: a.Outcome == Stopped}
	switch a.Outcome {
	case Accepted:
		s.State = After(r.State, Sent)
	case Permanent:
		if s.State = After(r.State, Failed); s.State != r.State {
			s.Reason = refusedFor(a)
		}
	}
	return s
}

func refusedFor(a Answer) Reason {
	if a.Reason == "" {
		return ReasonRefused
	}
	return a.Reason
}

// again puts a row that surely never left back into the queue, if it is still of use at its next try.
func again(r Row, at time.Time) Settlement {
	if !useful(r, at) {
		return Settlement{State: Stale, Reason: ReasonStale}
	}
	return Settlement{State: Queued, NextTryAt: at}
}

// Trace is what a provider knows of an attempt that never got its answer.
type Trace int

// The traces.
const (
	// TraceFound: it has the message.
	TraceFound Trace = iota
	// TraceAbsent: it does not have it, so far.
	TraceAbsent
	// TraceUnanswered: it could not be reached.
	TraceUnanswered
	// TraceNone: it cannot be asked at all.
	TraceNone
)

// Look is one question to a provider about an attempt that never got its answer.
type Look struct {
	Trace     Trace
	Found     State     // for TraceFound: Sent, Delivered or Failed
	Attempted time.Time // when the attempt was written down
	// Lag is how long a message may be with the provider before its list shows it. Absent means surely absent only after that.
	Lag time.Duration
	// Doubts counts the attempts of this message, this one included, of which nobody could ever tell what became of them.
	Doubts int
}

// giveUpAsking is how long a provider that does not answer is asked again.
const giveUpAsking = 24 * time.Hour

// looks are when, after the attempt, a provider is asked about it.
var looks = []time.Duration{0, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}

// SettleLost answers what becomes of a row whose attempt never got an answer, or whose lease ran out in a crash. Found: adopted.
// Surely absent: sent again while of use. Cannot be known: a visit reminder by e-mail goes once more, for the same Message-ID lets
// mailboxes fold the two into one; everything else waits as unknown for a person.
func SettleLost(r Row, l Look, now time.Time) Settlement {
	if r.State != Sending {
		return Settlement{State: r.State, Reason: r.Reason}
	}
	switch l.Trace {
	case TraceFound:
		s := Settlement{State: After(r.State, l.Found)}
		if s.State == Failed {
			s.Reason = ReasonRefused
		}
		return s
	case TraceAbsent:
		if now.Sub(l.Attempted) < l.Lag {
			return Settlement{State: Sending, LookAt: nextLook(l, now)}
		}
		return again(r, now)
	case TraceUnanswered:
		if now.Sub(l.Attempted) < giveUpAsking {
			return Settlement{State: Sending, LookAt: nextLook(l, now)}
		}
	}
	if r.Purpose.Rules().Visit && r.Channel == Email && l.Doubts <= 1 && useful(r, now) {
		return Settlement{State: Queued, NextTryAt: now}
	}
	return Settlement{State: Unknown, Reason: ReasonNotKnown}
}

func nextLook(l Look, now time.Time) time.Time {
	next := now.Add(looks[len(looks)-1])
	for _, after := range looks {
		if at := l.Attempted.Add(after); at.After(now) {
			next = at
			break
		}
	}
	if sure := l.Attempted.Add(l.Lag); l.Trace == TraceAbsent && sure.Before(next) {
		return sure
	}
	return next
}

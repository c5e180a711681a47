package outbox

import "time"

// Step is what the dispatcher does with a row now.
type Step int

// The steps.
const (
	// StepNothing: the row is not waiting to leave.
	StepNothing Step = iota
	// StepSend: hand it over now.
	StepSend
	// StepWait: come back at [Turn.At].
	StepWait
	// StepStale: it is too late to be of use.
	StepStale
)

// Turn is the answer to "is it this message's turn?".
type Turn struct {
	Step Step
	At   time.Time // for StepWait
}

// Due answers what to do with a row at now. visit is the start of the visit it is about, zero if there is none.
//
// A row that is on time was put inside the window when it was planned ([Schedule]). A late one, after an outage or a failed attempt,
// meets the window again: it waits for the next opening if it is still of use then. Only a visit reminder whose window opens at or
// after the visit's start goes outside it, at most an hour before the start.
func Due(r Row, visit time.Time, w Window, now time.Time) Turn {
	if r.State != Queued && r.State != Sending {
		return Turn{}
	}
	if !useful(r, now) {
		return Turn{Step: StepStale}
	}
	if earliest := later(r.SendAt, r.NextTryAt); now.Before(earliest) {
		return Turn{Step: StepWait, At: earliest}
	}
	rules := r.Purpose.Rules()
	binding := rules.Binding(r.Channel)
	if w.Inside(now) || binding == None {
		return Turn{Step: StepSend}
	}
	if rules.AtOnce && !w.Inside(r.SendAt) {
		// Planning never puts a bound message outside the window; a person did, by asking for it at once.
		return Turn{Step: StepSend}
	}
	opening := w.Later(now)
	switch {
	case binding == UnlessSoon && fit(binding, now, visit, w).Equal(now):
		return Turn{Step: StepSend}
	case useful(r, opening):
		return Turn{Step: StepWait, At: opening}
	case !rules.Visit:
		return Turn{Step: StepStale}
	}
	if call := r.ExpiresAt.Add(-lastCall); now.Before(call) {
		return Turn{Step: StepWait, At: call}
	}
	return Turn{Step: StepSend}
}

// useful reports whether a message may still be handed over at t: a visit reminder before the start, any other up to its last moment
//
func useful(r Row, t time.Time) bool {
	if r.Purpose.Rules().Visit {
		return t.Before(r.ExpiresAt)
	}
	return !t.After(r.ExpiresAt)
}

// Overtaken reports whether the first of a visit's two reminders would only repeat the last one on the same channel, for it is as late
// as that: after an outage, or because a setting or an owner's wish asked for it afterwards. last is when the last one leaves or left, zero if
// it does not.
func Overtaken(first Row, last, now time.Time) bool {
	const day = 24 * time.Hour
	switch {
	case last.IsZero():
		return false
	case !now.Before(last):
		return true
	}
	return now.Sub(first.SendAt) >= day && last.Sub(now) < day
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

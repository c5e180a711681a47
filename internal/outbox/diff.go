package outbox

import (
	"slices"
	"strings"
	"time"
)

// Update brings a queued or withdrawn row in line with the plan.
type Update struct {
	ID string
	To Planned
	// KeepText: subject, text, locale, template, encoding and parts stay the row's own, as a person rewrote them.
	KeepText bool
	// KeepAddress: receiver and hidden copies stay as a person wrote them.
	KeepAddress bool
	// KeepTime: the times stay as a person set them, by hurrying the message or by choosing another moment.
	KeepTime bool
}

// Withdrawal takes a queued row out of the queue: its state becomes cancelled.
type Withdrawal struct {
	ID     string
	Reason Reason
}

// Simple reports whether an update changes nothing about a queued row but its words, its times, or both: most updates of many rows at once do,
// and such columns can be written by one statement for all of them.
func (u Update) Simple(r Row) (text, times bool) {
	p := u.To
	if r.State != Queued || p.State != Queued || !sameSubject(r, p) || !u.KeepAddress && !sameAddress(r, p) {
		return false, false
	}
	return !u.KeepText && !sameText(r, p), !u.KeepTime && !sameTimes(r, p)
}

// Diff answers what brings the rows of one subject in line with what the plan wants, by key. unwanted is why rows that the
// plan lacks are withdrawn: ReasonBookingCancelled, or "" for ReasonNotWanted.
//
// A queued row is the plan's to change, even after a failed attempt, for it surely did not leave. A row that the machine withdrew before
// any attempt comes back when it is wanted again, and so does one that could not be written, once it can: somebody has mended its text or
// filled in what it lacked. Nothing else is touched: not what may have left, not what a person withdrew, not what a person wrote or
// asked for.
func Diff(have []Row, want []Planned, unwanted Reason) (insert []Planned, update []Update, withdraw []Withdrawal) {
	if unwanted == "" {
		unwanted = ReasonNotWanted
	}
	rows := make(map[string]Row, len(have))
	for _, r := range have {
		rows[r.Key] = r
	}
	wanted := make(map[string]bool, len(want))
	for _, p := range want {
		if wanted[p.Key] {
			continue
		}
		wanted[p.Key] = true
		r, exists := rows[p.Key]
		if !exists {
			insert = append(insert, p)
			continue
		}
		if to, ok := follow(r, p); ok {
			update = append(update, Update{ID: r.ID, To: to, KeepText: r.Edited, KeepAddress: r.OwnAddress, KeepTime: r.keepsTime()})
		}
	}
	for _, r := range have {
		if r.State == Queued && !wanted[r.Key] && r.fromPlan() {
			withdraw = append(withdraw, Withdrawal{ID: r.ID, Reason: unwanted})
		}
	}
	return insert, update, withdraw
}

// follow is what a row becomes under the plan, and whether that changes anything.
func follow(r Row, p Planned) (Planned, bool) {
	if r.OwnAddress && (p.Reason == ReasonNoAddress || p.Reason == ReasonStoppedAddress) && (r.Edited || p.Text != "") {
		// That is said of an address that this row does not use.
		p.State, p.Reason = Queued, ""
	}
	if p.State == Failed {
		if r.Edited {
			// Only the template's text failed, and this row does not use it.
			p.State, p.Reason, p.Detail = Queued, "", ""
		} else {
			// A row that has not been tried cannot fail; it can be held until the plan has a text again.
			p.State = Skipped
		}
	}
	switch {
	case r.State == Queued && p.State == Queued:
		return p, !same(r, p)
	case r.State == Queued:
		// R-08 is about messages that were never planned in time. This one was: being late does not make it unwanted.
		return p, p.Reason != ReasonBookedInsideLead
	case r.withdrawnByMachine(), r.unwritten():
		return p, p.State == Queued
	}
	return p, false
}

func (r Row) withdrawnByMachine() bool {
	return (r.State == Cancelled || r.State == Skipped) && r.Attempts == 0 && r.Reason != ReasonByPerson && !r.overtaken()
}

// overtaken reports a first reminder that the last one made a repetition ([Overtaken]): planning, which does not know what time it is, would bring it
// back only to be held back once more.
func (r Row) overtaken() bool { return r.Purpose == VisitReminder && r.Reason == ReasonDuplicate }

// unwritten reports a row that failed for want of a text, before anybody could try to send it.
func (r Row) unwritten() bool {
	return r.State == Failed && r.Attempts == 0 && (r.Reason == ReasonEmptyCode || r.Reason == ReasonBadTemplate)
}

// keepsTime reports whether planning leaves the row's times alone. One that was withdrawn meanwhile and is wanted again follows the plan:
// the moment that a person chose was for another turn.
func (r Row) keepsTime() bool { return r.OwnTime && r.State == Queued }

// fromPlan reports whether planning made the row: its key names its purpose. What people write, test or put back is theirs.
func (r Row) fromPlan() bool {
	switch r.Purpose {
	case Personal, Test, Group:
		return false
	}
	return strings.HasPrefix(r.Key, string(r.Purpose)+":")
}

func same(r Row, p Planned) bool {
	return (r.Edited || sameText(r, p)) && (r.OwnAddress || sameAddress(r, p)) && (r.keepsTime() || sameTimes(r, p)) && sameSubject(r, p)
}

func sameSubject(r Row, p Planned) bool {
	return r.Sequence == p.Sequence && slices.Equal(r.Patients, p.Patients) && slices.Equal(r.Reminders, p.Reminders) && slices.Equal(r.Covers, p.Covers)
}

func sameText(r Row, p Planned) bool {
	return r.Subject == p.Subject && r.Text == p.Text && r.Locale == p.Locale && r.Template == p.Template
}

func sameAddress(r Row, p Planned) bool { return r.To == p.To && slices.Equal(r.BCC, p.BCC) }

func sameTimes(r Row, p Planned) bool {
	return sameInstant(r.PlannedAt, p.PlannedAt) && sameInstant(r.SendAt, p.SendAt) && sameInstant(r.ExpiresAt, p.ExpiresAt)
}

// sameInstant compares to the millisecond, which is what the database keeps.
func sameInstant(a, b time.Time) bool {
	return a.Truncate(time.Millisecond).Equal(b.Truncate(time.Millisecond))
}

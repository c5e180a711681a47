package reminder

import "slices"

// State is where a reminder stands, as stored.
type State string

// The states.
const (
	Scheduled State = "scheduled"
	Held      State = "held"
	Sent      State = "sent" // everything went out, the service is still open
	Done      State = "done"
	Cancelled State = "cancelled"
	Stale     State = "stale"
)

// The causes of a state that are no message's, as stored. They are spelled like the reasons of messages, which share them.
const (
	ByPerson    = "by_person"
	Gone        = "gone"
	AlreadyDone = "already_done"
	NotWanted   = "not_wanted"
	Deceased    = "deceased"
	Inactive    = "inactive"
	OptedOut    = "opted_out"
	VisitBooked = "visit_booked"
	EndOfLife   = "end_of_life"
	TooLate     = "stale"
)

// Standing is what decides about a reminder as a whole.
type Standing struct {
	Ended      State // by a person: done or cancelled; "" = it is nobody's decision
	ClientGone bool
	Unwanted   bool // its rule is off or gone, or does not want it any more
	Refused    bool // the client wants no reminders
	// Of its patients, where it has any: how many there are, and for how many it is over, by cause.
	// Parting are those with an end-of-life visit in the book or behind them.
	Patients, Served, Dead, Parting, Away int
}

// Close answers whether a reminder is over, whatever is still to be said, and why; "" where it is not. It is asked anew at every planning, so
// that what a mistake closed is open again once the mistake is undone.
func Close(s Standing) (State, string) {
	over := s.Patients > 0 && s.Served+s.Dead+s.Parting+s.Away >= s.Patients
	switch {
	case s.Ended != "":
		return s.Ended, ByPerson
	case s.ClientGone:
		return Cancelled, Gone
	case over && s.Served > 0:
		return Done, AlreadyDone
	case s.Unwanted:
		return Cancelled, NotWanted
	case over && s.Dead > 0:
		return Cancelled, Deceased
	case over && s.Parting > 0:
		return Cancelled, EndOfLife
	case over:
		return Cancelled, Inactive
	case s.Refused:
		return Cancelled, OptedOut
	}
	return "", ""
}

// Progress counts what became of the sends of a reminder that is not over.
type Progress struct {
	Sent    int // left on one channel at least
	Waiting int // in the queue
	Held    int // held back by a visit, before any that waits
	// Barred are sends whose moment may still come, but which something keeps from leaving as things are; Cause says what.
	Barred int
	Cause  string
	// Lost says why the last of those that never left did not, "" for none.
	Lost string
}

// Judge answers where a reminder stands that is not over, and why.
func Judge(p Progress) (State, string) {
	switch {
	case p.Held > 0:
		return Held, VisitBooked
	case p.Waiting > 0:
		return Scheduled, ""
	case p.Barred > 0:
		return Scheduled, p.Cause
	case p.Sent > 0:
		return Sent, ""
	case p.Lost != "":
		return Stale, p.Lost
	}
	return Stale, TooLate
}

// byPerson are the ends that a person may give a reminder that is still open; the other states follow from what happened.
var byPerson = map[State][]State{
	Scheduled: {Cancelled, Done},
	Held:      {Cancelled, Done},
	Sent:      {Cancelled, Done},
}

// Allowed reports whether a person may take a reminder from one state to another. Staying is no move and always allowed.
func Allowed(from, to State) bool { return from == to || slices.Contains(byPerson[from], to) }

package outbox

import "slices"

// Who moves a message.
type Who int

// The movers.
const (
	Machine Who = iota
	Person
)

// byMachine and byPerson are the whole life of a message: from each state, where it may go. queued → sent is a letter that was printed
// or a message that a third party fetched; cancelled and skipped → queued is a withdrawal that the plan takes back, failed → queued a
// message that could not be written and now can. What was tried and failed stays so.
var (
	byMachine = map[State][]State{
		Queued:    {Sending, Sent, Stale, Cancelled, Skipped},
		Sending:   {Sent, Failed, Queued, Unknown, Stale},
		Sent:      {Delivered, Failed},
		Unknown:   {Sent, Delivered, Failed},
		Failed:    {Queued},
		Cancelled: {Queued},
		Skipped:   {Queued},
	}
	byPerson = map[State][]State{
		Queued:  {Cancelled},
		Unknown: {Sent, Failed},
	}
)

// States lists every state, in the order of a message's life.
func States() []State {
	return []State{Queued, Sending, Sent, Delivered, Failed, Unknown, Stale, Cancelled, Skipped}
}

// Allowed reports whether a message may go from one state to another. Staying is no move and always allowed.
func Allowed(from, to State, who Who) bool {
	if from == to {
		return true
	}
	if who == Person {
		return slices.Contains(byPerson[from], to)
	}
	return slices.Contains(byMachine[from], to)
}

// Final reports whether the message's life is over, as far as anybody can tell: a withdrawn row may still be taken back by the plan.
func (s State) Final() bool {
	switch s {
	case Delivered, Failed, Stale, Cancelled, Skipped:
		return true
	}
	return false
}

// PutBack reports whether a person may have a message in this state sent anew, as a new message that points to it. Most mail
// never gets further than sent, so that counts as an end here.
func (s State) PutBack() bool { return s.Final() || s == Sent || s == Unknown }

// After is the state once a provider reported sent, delivered or failed. Reports come late, twice and out of order, so one that says
// less than is known already changes nothing, and nothing leaves a final state. A row that waits for its next try, or whose answer is
// still on its way, believes the report: the attempt got through after all.
func After(state, reported State) State {
	switch state {
	case Queued, Sending, Unknown:
		if reported == Sent || reported == Delivered || reported == Failed {
			return reported
		}
	case Sent:
		if reported == Delivered || reported == Failed {
			return reported
		}
	}
	return state
}

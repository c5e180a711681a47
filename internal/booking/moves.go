package booking

import (
	"slices"
	"strings"
	"time"
)

// moves is the life of a visit: from each status, where it may go.
var moves = map[Status][]Status{
	Requested: {Booked, Cancelled},
	Booked:    {Confirmed, Arrived, Completed, NoShow, Cancelled},
	Confirmed: {Booked, Arrived, Completed, NoShow, Cancelled},
	Arrived:   {Booked, Completed, Cancelled},
	NoShow:    {Booked, Completed},
	Completed: {Arrived},
	Cancelled: {Booked},
}

// Statuses are all statuses in the order of a visit's life.
func Statuses() []Status {
	return []Status{Requested, Booked, Confirmed, Arrived, Completed, Cancelled, NoShow}
}

// Allowed reports whether a visit may go from one status to another. Staying is no move.
func Allowed(from, to Status) bool { return slices.Contains(moves[from], to) }

// Transition refuses a change of status that the life of a visit does not know, with wrong_transition and both statuses. A visit that
// was called off can stand again only while its start has not passed. Staying is always fine, and a new visit (from empty) may
// begin in any status, as walk-ins and imports need.
func Transition(from, to Status, start, now time.Time) *Refusal {
	if from == to || from == "" && slices.Contains(Statuses(), to) {
		return nil
	}
	message := strings.ReplaceAll("A visit cannot go from "+string(from)+" to "+string(to)+".", "_", "-")
	if Allowed(from, to) {
		if from != Cancelled || !start.Before(now) {
			return nil
		}
		message = "A cancelled visit whose time has passed cannot stand again."
	}
	refusal := refuse("status", "wrong_transition", message)
	refusal.Params = map[string]any{"from": string(from), "to": string(to)}
	return refusal
}

// Standing reports whether a visit in this status holds its time. One that is only requested does.
func Standing(status Status) bool {
	return status != Cancelled && status != NoShow && slices.Contains(Statuses(), status)
}

// Open reports whether a visit is still ahead: it holds its time, nobody has come yet, and its start has not passed.
func Open(status Status, start, now time.Time) bool {
	return ahead(status) && now.Before(start)
}

func ahead(status Status) bool {
	return status == Requested || status == Booked || status == Confirmed
}

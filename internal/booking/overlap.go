package booking

import (
	"slices"
	"time"
)

// BusySpan is the time that a visit holds: the visit itself with the buffers of its reason.
func BusySpan(reason Reason, start, end time.Time) Span {
	return Span{From: start.Add(-reason.BufferBefore), Until: end.Add(reason.BufferAfter)}
}

// Overlaps reports whether two spans share time. Back to back they do not, and an empty span shares none.
func (s Span) Overlaps(other Span) bool {
	return s.From.Before(s.Until) && other.From.Before(other.Until) &&
		s.From.Before(other.Until) && other.From.Before(s.Until)
}

// Overlaps lists the standing visits that a visit would share its practitioner or one of its resources with at the same time, in the
// order given. This is all that binds staff. A visit is never in its own way: one with the same id is passed over.
func Overlaps(visit Visit, standing []Visit) []Visit {
	var found []Visit
	for _, other := range standing {
		if visit.ID != "" && other.ID == visit.ID || !visit.Busy.Overlaps(other.Busy) {
			continue
		}
		sameHands := visit.Practitioner != "" && visit.Practitioner == other.Practitioner
		if sameHands || slices.ContainsFunc(visit.Resources, func(id string) bool {
			return slices.Contains(other.Resources, id)
		}) {
			found = append(found, other)
		}
	}
	return found
}

package booking

import (
	"sort"
	"time"

	"pawbell/internal/calendar"
)

// Earliest is the first instant that may be booked now: the reason's required time before the start, else the location's, and never
// the past.
func Earliest(place Place, reason Reason, now time.Time) time.Time {
	lead := leadOf(&place, &reason)
	switch {
	case lead.Never:
		return now
	case !lead.InDays:
		return now.Add(max(lead.Elapsed, 0))
	}
	// A lead in days closes whole days at once: the first open day is the first whose closing time has not passed.
	day := calendar.On(now, place.Zone).Add(lead.Days - 1)
	for closes(lead, day, place.Zone).Before(now) {
		day = day.Add(1)
	}
	if begins := day.Start(place.Zone); begins.After(now) {
		return begins
	}
	return now
}

// closes is the last instant at which a day can be booked under a lead in days.
func closes(lead calendar.Lead, day calendar.Date, zone *time.Location) time.Time {
	at, _ := day.Add(-lead.Days).At(lead.Clock, zone)
	return at
}

// TooSoon reports whether a start is past or inside the required time before it. A start exactly that far away is not.
func TooSoon(place Place, reason Reason, start, now time.Time) bool {
	return start.Before(Earliest(place, reason, now))
}

// LastDay is the last local day that may be booked: today there plus the horizon, included.
func LastDay(place Place, now time.Time) calendar.Date {
	return calendar.On(now, place.Zone).Add(max(place.HorizonDays, 0))
}

// TooFar reports whether a start lies on a local day after [LastDay].
func TooFar(place Place, start, now time.Time) bool {
	return LastDay(place, now).Before(calendar.On(start, place.Zone))
}

// Bookable is the part of a sorted list of starts that lies within lead and horizon now. It shares the list's memory, so that a
// cached day can be answered from for as long as it holds.
func Bookable(place Place, reason Reason, starts []Start, now time.Time) []Start {
	earliest := Earliest(place, reason, now)
	over := LastDay(place, now).Add(1).Start(place.Zone)
	first := sort.Search(len(starts), func(i int) bool { return !starts[i].At.Before(earliest) })
	last := sort.Search(len(starts), func(i int) bool { return !starts[i].At.Before(over) })
	if first >= last {
		return nil
	}
	return starts[first:last:last]
}

func leadOf(place *Place, reason *Reason) calendar.Lead {
	if reason.Lead != nil {
		return *reason.Lead
	}
	return place.Lead
}

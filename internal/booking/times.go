package booking

import (
	"time"

	"pawbell/internal/calendar"
)

// usualGrid is the distance between starts when the location names none, in minutes.
const usualGrid = 15

// Times lists every start of the day at which the visit could begin, earliest first, each once and with who and what would be booked
// . The before-buffer and the visit lie in one shift and outside every absence; the after-buffer may run past both.
// The answer does not depend on the hour at which it is asked: [Bookable] applies lead and horizon.
func Times(day Day, ask Ask) []Start {
	if refuseAsk(&day, &ask) != nil || dayFull(&day, &ask) {
		return nil
	}
	wall := day.Date.Wall(day.Place.Zone)
	starts, step := grid(&day.Place, wall)
	s := newSurvey(&day, &ask, wall, starts, step)
	if !s.work(false) {
		return nil
	}
	s.hold()
	return s.chosen()
}

// grid lists the offered starts of a day as nanoseconds after its beginning, counted in wall time from local midnight. Wall times
// that do not exist are left out, those that exist twice are meant the first time.
func grid(place *Place, wall calendar.Wall) (starts []int64, step int64) {
	minutes := gridStep(place)
	starts = make([]int64, 0, int(calendar.EndOfDay)/minutes+1)
	for clock := calendar.Clock(0); clock < calendar.EndOfDay; clock += calendar.Clock(minutes) {
		if at, exists := wall.At(clock); exists {
			starts = append(starts, int64(at.Sub(wall.Start())))
		}
	}
	return starts, int64(minutes) * int64(time.Minute)
}

// gridStep is the distance in minutes between offered starts: those of the location's grid that are also half or full hours where
// only such are offered.
func gridStep(place *Place) int {
	minutes := place.GridMinutes
	if minutes <= 0 {
		minutes = usualGrid
	}
	switch place.Offer {
	case HalfHours:
		return leastCommonMultiple(minutes, 30)
	case FullHours:
		return leastCommonMultiple(minutes, 60)
	}
	return minutes
}

func leastCommonMultiple(a, b int) int {
	divisor, rest := a, b
	for rest != 0 {
		divisor, rest = rest, divisor%rest
	}
	return a / divisor * b
}

// dayFull reports whether the reason's limit for the day is used up. Every standing visit with that reason that begins here on that
// local day counts, whatever its source.
func dayFull(day *Day, ask *Ask) bool {
	if ask.Reason.MaxPerDay <= 0 {
		return false
	}
	wall := day.Date.Wall(day.Place.Zone)
	from, until := wall.Start(), wall.End()
	count := 0
	for i := range day.Visits {
		visit := &day.Visits[i]
		if visit.Reason == ask.Reason.ID && visit.Location == day.Place.ID &&
			(ask.Except == "" || visit.ID != ask.Except) &&
			!visit.StartsAt.Before(from) && visit.StartsAt.Before(until) {
			count++
		}
	}
	return count >= ask.Reason.MaxPerDay
}

package booking

import (
	"slices"
	"strings"
	"time"

	"pawbell/internal/calendar"
)

// Check judges one wished start at submit, with the arithmetic of [Times] on the rows as they are now: it accepts what Times
// lists within lead and horizon, and nothing else. What cannot change for the whole form is refused first (location, reason, species,
// practitioner), then what is wrong with the time: too_soon, too_far, off_grid, outside_shift (absences and closures too), day_full,
// and last slot_taken, which carries the nearest other starts of the day.
func Check(day Day, ask Ask, startsAt, now time.Time) (Start, *Refusal) {
	if refusal := refuseAsk(&day, &ask); refusal != nil {
		return Start{}, refusal
	}
	switch {
	case TooSoon(day.Place, ask.Reason, startsAt, now):
		return Start{}, refuse("starts_at", "too_soon", "This time is too soon to be booked online.")
	case TooFar(day.Place, startsAt, now):
		return Start{}, refuse("starts_at", "too_far", "This day cannot be booked yet.")
	case !onGrid(&day, startsAt):
		return Start{}, refuse("starts_at", "off_grid", "Visits do not begin at this time. Choose one of the offered times.")
	}
	wall := day.Date.Wall(day.Place.Zone)
	s := newSurvey(&day, &ask, wall, []int64{int64(startsAt.Sub(wall.Start()))}, 1)
	if !s.work(false) {
		return Start{}, refuse("starts_at", "outside_shift", "Nobody receives visits of this kind at this time.")
	}
	if dayFull(&day, &ask) {
		return Start{}, refuse("starts_at", "day_full", "There are no more visits of this kind on this day.")
	}
	s.hold()
	if starts := s.chosen(); len(starts) > 0 {
		return starts[0], nil
	}
	free := Bookable(day.Place, ask.Reason, Times(day, ask), now)
	return Start{}, SlotTaken(Alternatives(free, startsAt, day.Place.Zone))
}

// refuseAsk finds what no time of the day could mend.
func refuseAsk(day *Day, ask *Ask) *Refusal {
	reason := &ask.Reason
	switch {
	case !day.Place.Enabled:
		return refuse("location", "booking_closed", "Online booking is closed here. Please call us.")
	case reason.Offline || reason.Duration <= 0 || !allows(reason.Locations, day.Place.ID) || !equipped(day, reason):
		return refuse("reason", "wrong_reason", "This cannot be booked online at this location.")
	case day.Place.AskSpecies && ask.Species == "":
		return refuse("species", "required", "Please say what kind of animal it is.")
	case ask.Species != "" && !allows(reason.Species, ask.Species):
		return refuse("species", "wrong_species", "This is not offered for this kind of animal.")
	case ask.Practitioner == "":
		return nil
	case !allows(reason.Practitioners, ask.Practitioner):
		return refuse("reason", "wrong_reason", "The chosen practitioner does not do this.")
	case !slices.ContainsFunc(day.Practitioners, func(p Practitioner) bool {
		return p.ID == ask.Practitioner && allows(p.Locations, day.Place.ID)
	}):
		return refuse("practitioner", "unknown", "The chosen practitioner does not work here.")
	}
	return nil
}

// equipped reports whether the location has something of every kind that the reason needs, busy or not.
func equipped(day *Day, reason *Reason) bool {
	for _, kind := range reason.Kinds {
		if !slices.ContainsFunc(day.Resources, func(r Resource) bool { return r.Kind == kind }) {
			return false
		}
	}
	return true
}

// onGrid reports whether an instant is one of the starts that the day could offer: the second of two equal wall times is none.
func onGrid(day *Day, startsAt time.Time) bool {
	clock := calendar.ClockOn(startsAt, day.Place.Zone)
	at, exists := day.Date.At(clock, day.Place.Zone)
	return exists && at.Equal(startsAt) && int(clock)%gridStep(&day.Place) == 0
}

// Alternative is a free start as the loser of a slot is told about it.
type Alternative struct {
	StartsAt string `json:"starts_at"` // RFC 3339 in UTC
	Local    string `json:"local"`     // wall time at the location, "2027-03-01 09:15"
}

// alternatives is how many other times somebody is offered whose slot is taken.
const alternatives = 3

// Alternatives are the up to three starts nearest to the wished one, nearest first and of two equally near the earlier one.
func Alternatives(starts []Start, wished time.Time, zone *time.Location) []Alternative {
	near := make([]time.Time, 0, alternatives+1)
	for _, start := range starts {
		i, _ := slices.BinarySearchFunc(near, start.At, func(a, b time.Time) int {
			if order := int64(a.Sub(wished).Abs()) - int64(b.Sub(wished).Abs()); order != 0 {
				return int(max(-1, min(1, order)))
			}
			return a.Compare(b)
		})
		if i < alternatives {
			near = slices.Insert(near, i, start.At)
			near = near[:min(len(near), alternatives)]
		}
	}
	list := make([]Alternative, len(near))
	for i, at := range near {
		list[i] = Alternative{
			StartsAt: at.UTC().Format(time.RFC3339),
			Local:    at.In(zone).Format("2006-01-02 15:04"),
		}
	}
	return list
}

// SlotTaken is the refusal of whoever came second, with the times that are left.
func SlotTaken(others []Alternative) *Refusal {
	message := "This time has just been taken."
	if len(others) > 0 {
		local := make([]string, len(others))
		for i, other := range others {
			local[i] = other.Local
		}
		message += " Still free: " + strings.Join(local, ", ") + "."
	} else {
		others = []Alternative{}
	}
	refusal := refuse("starts_at", "slot_taken", message)
	refusal.Params = map[string]any{"alternatives": others}
	return refusal
}

func refuse(field, code, message string) *Refusal {
	return &Refusal{Field: field, Code: code, Message: message}
}

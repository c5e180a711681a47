package booking

import (
	"time"

	"pawbell/internal/calendar"
)

// firstMonday is where shifts that recur every few weeks are counted from when they have no first day of their own.
var firstMonday = calendar.Date{Year: 1970, Month: time.January, Day: 5}

// On reports whether the shift falls on a local day: on its weekdays, between its first and last day (both included), and in one of
// its weeks. Weeks begin on Monday and are counted from the week of the first day.
func (s Shift) On(day calendar.Date) bool {
	switch {
	case !s.Weekdays[day.Weekday()],
		!s.From.IsZero() && day.Before(s.From),
		!s.Until.IsZero() && s.Until.Before(day):
		return false
	case s.EveryWeeks <= 1:
		return true
	}
	first := s.From
	if first.IsZero() {
		first = firstMonday
	}
	weeks := monday(day).Days(monday(first)) / 7
	return weeks%s.EveryWeeks == 0
}

// monday is the first day of a date's week.
func monday(day calendar.Date) calendar.Date {
	return day.Add(-(int(day.Weekday()) + 6) % 7)
}

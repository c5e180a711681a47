// Package reminder answers when a patient is due, what repeats, and what holds a reminder back.
//
// It is pure: a rule, a patient's history and the present moment in, reminders and dates out. Days are those of the clinic's own calendar, so
// that a year after a visit is the same day of the month, whatever the clocks did in between.
package reminder

import "pawbell/internal/calendar"

// Unit is what a length of time is counted in.
type Unit string

// The units, as stored.
const (
	Day   Unit = "day"
	Week  Unit = "week"
	Month Unit = "month"
	Year  Unit = "year"
)

// Span is a length of time as people say it: three weeks, one year. The zero Span is no time at all.
type Span struct {
	Number int
	Unit   Unit // "" is a year
}

// After is the day that lies so much later. Months and years clamp to the month's end: a year after 29 February is 28 February.
func (s Span) After(d calendar.Date) calendar.Date { return s.Times(1, d) }

// Times is the day that lies n times so much later, reckoned at once from d, so that the last of a month stays the last.
func (s Span) Times(n int, d calendar.Date) calendar.Date {
	switch n *= s.Number; s.Unit {
	case Day:
		return d.Add(n)
	case Week:
		return d.Add(7 * n)
	case Month:
		return d.AddMonths(n)
	default:
		return d.AddMonths(12 * n)
	}
}

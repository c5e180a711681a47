// Package calendar answers which instant a clinic means when it says a day and a time on the wall.
//
// A clinic lives by its own clocks: a day is a [Date], a time of day a [Clock], and only together with the location's zone do they
// name an instant. Twice a year some wall times do not exist and others exist twice; this package is the one place that knows.
package calendar

import (
	"fmt"
	"time"
	_ "time/tzdata" // a clinic's machine may lack the zone files
)

// Date is a day without zone, as in "2027-03-01".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Clock is a time on the wall in minutes after midnight; 24:00 (1440) is allowed as an end.
type Clock int

// EndOfDay is 24:00, the latest end a shift or window may have.
const EndOfDay Clock = 24 * 60

// LastYear is the last one in which anything can be planned: instants are stored as text, which sorts by time only while years have four digits,
// and what lies later is a slip of the keyboard.
const LastYear = 2200

// ParseDate reads "YYYY-MM-DD" and refuses days that no calendar has.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf("%q is not a date as in 2027-03-01", s)
	}
	return Date{t.Year(), t.Month(), t.Day()}, nil
}

// ParseClock reads "HH:MM", 00:00 to 24:00.
func ParseClock(s string) (Clock, error) {
	if s == "24:00" {
		return EndOfDay, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("%q is not a time as in 09:15", s)
	}
	return Clock(t.Hour()*60 + t.Minute()), nil
}

// String writes the date as YYYY-MM-DD.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// String writes the time as HH:MM.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// IsZero reports whether no date was given.
func (d Date) IsZero() bool { return d == Date{} }

// Add moves the date by whole days.
func (d Date) Add(days int) Date {
	return dateIn(time.Date(d.Year, d.Month, d.Day+days, 12, 0, 0, 0, time.UTC))
}

// AddMonths moves the date by months and clamps to the month's end: 31 January + 1 is 28 February.
func (d Date) AddMonths(months int) Date {
	first := time.Date(d.Year, d.Month+time.Month(months), 1, 12, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{first.Year(), first.Month(), min(d.Day, last)}
}

// Days is the number of days from other to d, negative when d is earlier.
func (d Date) Days(other Date) int {
	return int((d.noon().Unix() - other.noon().Unix()) / (24 * 60 * 60))
}

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.noon().Before(other.noon()) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.noon().Weekday() }

func (d Date) noon() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

// On is the local day of an instant.
func On(t time.Time, zone *time.Location) Date { return dateIn(t.In(zone)) }

// ClockOn is the wall time of an instant, cut to the minute.
func ClockOn(t time.Time, zone *time.Location) Clock {
	l := t.In(zone)
	return Clock(l.Hour()*60 + l.Minute())
}

func dateIn(t time.Time) Date { return Date{t.Year(), t.Month(), t.Day()} }

// At is the instant of a wall time, in UTC. A time that exists twice means the first; one that does not exist is answered
// with the instant at which the clocks jumped over it, and exists is false.
func (d Date) At(c Clock, zone *time.Location) (at time.Time, exists bool) {
	wall := d.wall(c)
	// time.Date may choose either side of a change, so the stretches of constant offset on both sides are asked as well.
	near := time.Date(d.Year, d.Month, d.Day, 0, int(c), 0, 0, zone)
	from, until := near.ZoneBounds()
	if !from.IsZero() {
		_, offset := from.Add(-time.Second).Zone()
		if early := wall - int64(offset); early < from.Unix() {
			return time.Unix(early, 0).UTC(), true
		}
	}
	_, offset := near.Zone()
	same := wall - int64(offset)
	switch {
	case !from.IsZero() && same < from.Unix():
		return from.UTC(), false
	case until.IsZero() || same < until.Unix():
		return time.Unix(same, 0).UTC(), true
	}
	_, offset = until.Zone()
	if late := wall - int64(offset); late >= until.Unix() {
		return time.Unix(late, 0).UTC(), true
	}
	return until.UTC(), false
}

// wall is the reading of the clock as if the zone were UTC, in seconds since 1970.
func (d Date) wall(c Clock) int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, int(c), 0, 0, time.UTC).Unix()
}

// Start is the instant at which the local day begins. Where midnight does not exist, that is when the clocks jumped.
func (d Date) Start(zone *time.Location) time.Time {
	t, _ := d.At(0, zone)
	return t
}

// Wall is the wall clock of one day in one zone. It answers what [Date.At] answers, and does so cheaply for the many times of a
// day, because the zone's rules are asked once.
type Wall struct {
	date     Date
	zone     *time.Location
	midnight time.Time
	steady   bool // no clock change from midnight to midnight, both included
}

// Wall is the day's clock in a zone.
func (d Date) Wall(zone *time.Location) Wall {
	midnight, exists := d.At(0, zone)
	_, until := midnight.In(zone).ZoneBounds()
	steady := exists && (until.IsZero() || until.After(midnight.Add(24*time.Hour)))
	return Wall{date: d, zone: zone, midnight: midnight, steady: steady}
}

// Start is the instant at which the day begins.
func (w Wall) Start() time.Time { return w.midnight }

// End is the instant at which the next day begins.
func (w Wall) End() time.Time {
	t, _ := w.At(EndOfDay)
	return t
}

// At is the instant of a time of this day, as [Date.At] answers it.
func (w Wall) At(c Clock) (at time.Time, exists bool) {
	if w.steady && c >= 0 && c <= EndOfDay {
		return w.midnight.Add(time.Duration(c) * time.Minute), true
	}
	return w.date.At(c, w.zone)
}

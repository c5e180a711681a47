package year

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// zones are loaded once: the checker asks for them a million times.
var zones sync.Map

func zone(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		panic("year: " + err.Error())
	}
	zones.Store(name, z)
	return z
}

// day is a date on some clock.
type day struct {
	year  int
	month time.Month
	day   int
}

func dayOf(t time.Time, z *time.Location) day {
	y, m, d := t.In(z).Date()
	return day{y, m, d}
}

func (d day) plus(n int) day {
	y, m, dd := time.Date(d.year, d.month, d.day+n, 0, 0, 0, 0, time.UTC).Date()
	return day{y, m, dd}
}

func (d day) weekday() time.Weekday {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Weekday()
}

func (d day) String() string {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Format("2006-01-02")
}

func parseDay(s string) (day, bool) {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return day{}, false
	}
	return day{t.Year(), t.Month(), t.Day()}, true
}

// at is the instant of a time of day, in minutes from midnight: of two the first, and for one that the night skips the moment of the jump.
func (d day) at(minutes int, z *time.Location) time.Time {
	naive := time.Date(d.year, d.month, d.day, 0, minutes, 0, 0, time.UTC)
	offset := func(t time.Time) time.Duration {
		_, seconds := t.In(z).Zone()
		return time.Duration(seconds) * time.Second
	}
	before, after := offset(naive.Add(-24*time.Hour)), offset(naive.Add(24*time.Hour))
	early, late := naive.Add(-max(before, after)), naive.Add(-min(before, after))
	for _, t := range []time.Time{early, late} {
		if naive.Add(-offset(t)).Equal(t) {
			return t
		}
	}
	// Neither: the clocks jump over it, between the two.
	for late.Sub(early) > time.Second {
		middle := early.Add(late.Sub(early) / 2).Truncate(time.Second)
		if offset(middle) == before {
			early = middle
		} else {
			late = middle
		}
	}
	return late
}

// window is when a place may disturb people.
type window struct {
	opens, closes int
	zone          *time.Location
}

func (p Place) window() window { return window{p.Opens, p.Closes, zone(p.Zone)} }

func (w window) inside(t time.Time) bool {
	d := dayOf(t, w.zone)
	return !t.Before(d.at(w.opens, w.zone)) && t.Before(d.at(w.closes, w.zone).Add(time.Minute))
}

// earlier is the end of the last window before t.
func (w window) earlier(t time.Time) time.Time {
	if w.inside(t) {
		return t
	}
	for d := dayOf(t, w.zone); ; d = d.plus(-1) {
		if end := d.at(w.closes, w.zone); !end.After(t) {
			return end
		}
	}
}

// later is the next opening.
func (w window) later(t time.Time) time.Time {
	if w.inside(t) {
		return t
	}
	for d := dayOf(t, w.zone); ; d = d.plus(1) {
		if opening := d.at(w.opens, w.zone); !opening.Before(t) {
			return opening
		}
	}
}

// before is the instant that lies a lead ("12h", "90m", "2d 09:00") before a start; false for none. Hours are elapsed time, days are wall time; a
// day at the weekend is the Friday before.
func before(lead string, start time.Time, z *time.Location) (time.Time, bool) {
	if lead == "none" {
		return time.Time{}, false
	}
	head, clock, days := strings.Cut(lead, " ")
	n, err := strconv.Atoi(head[:len(head)-1])
	if err != nil {
		panic("year: lead " + lead)
	}
	if !days {
		unit := time.Hour
		if strings.HasSuffix(head, "m") {
			unit = time.Minute
		}
		return start.Add(-time.Duration(n) * unit), true
	}
	d := dayOf(start, z).plus(-n)
	switch d.weekday() {
	case time.Saturday:
		d = d.plus(-1)
	case time.Sunday:
		d = d.plus(-2)
	}
	return d.at(minutesOf(clock), z), true
}

// minutesOf reads "09:30".
func minutesOf(clock string) int {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		panic("year: clock " + clock)
	}
	return t.Hour()*60 + t.Minute()
}

// spoken is how a language writes a time of day.
func spoken(t time.Time, z *time.Location, locale string) string {
	local := t.In(z)
	switch locale {
	case "da":
		return local.Format("15.04")
	case "fi":
		return strings.TrimPrefix(local.Format("15.04"), "0")
	}
	return local.Format("15:04")
}

package command

import (
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/calendar"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// demoShift is a stretch of somebody's working week.
type demoShift struct {
	country      string
	weekdays     []string
	starts, ends string
	// every and after say that it is worked every so many weeks, beginning so many weeks after the first one; 0 = every week.
	every, after int
	// reasons are the only ones in it, by name; none = all.
	reasons []string
	offline bool
}

type demoPractitioner struct {
	name, initials, title string
	shifts                []demoShift
}

var (
	workdays = []string{"mon", "tue", "wed", "thu", "fri"}
	midweek  = []string{"tue", "wed", "thu"}
	small    = []string{"Vaccination", "Nail trim", "Follow-up"}
)

// demoTeam is who works in the demo. Two of them swap early and late shifts every other week, one divides her weeks between two places.
var demoTeam = []demoPractitioner{
	{"Ingrid Haugen", "IH", "Veterinary surgeon", []demoShift{
		{country: "NO", weekdays: workdays, starts: "08:00", ends: "12:00"}, {country: "NO", weekdays: workdays, starts: "12:30", ends: "16:00"},
	}},
	{"Sindre Moen", "SM", "Veterinary surgeon", []demoShift{
		{country: "NO", weekdays: workdays, starts: "08:00", ends: "14:00", every: 2}, {country: "NO", weekdays: workdays, starts: "13:00", ends: "19:00", every: 2, after: 1},
	}},
	{"Marte Strand", "MS", "Veterinary nurse", []demoShift{
		{country: "NO", weekdays: midweek, starts: "09:00", ends: "15:00", reasons: small}, {country: "NO", weekdays: []string{"sat"}, starts: "10:00", ends: "14:00", every: 2, reasons: small},
	}},
	{"Freja Kjær", "FK", "Veterinary surgeon", []demoShift{
		{country: "DK", weekdays: workdays, starts: "08:30", ends: "16:30"},
	}},
	{"Magnus Bech", "MB", "Veterinary surgeon", []demoShift{
		{country: "DK", weekdays: []string{"mon", "tue", "thu"}, starts: "09:00", ends: "17:00"}, {country: "DK", weekdays: []string{"wed"}, starts: "12:00", ends: "20:00"},
	}},
	{"Signe Holm", "SH", "Ultrasound", []demoShift{
		{country: "DK", weekdays: workdays, starts: "09:00", ends: "15:00", every: 2}, {country: "DK", weekdays: []string{"mon", "tue"}, starts: "09:00", ends: "15:00", every: 2, after: 1},
		{country: "NO", weekdays: []string{"thu", "fri"}, starts: "10:00", ends: "15:00", every: 2, after: 1},
	}},
	{"Emil Skov", "ES", "Veterinary nurse", []demoShift{
		{country: "DK", weekdays: workdays, starts: "08:00", ends: "13:00", reasons: small}, {country: "DK", weekdays: []string{"sat"}, starts: "09:00", ends: "13:00"},
	}},
	{"Ioana Rusu", "IR", "Veterinary surgeon", []demoShift{
		{country: "RO", weekdays: workdays, starts: "09:00", ends: "13:00"}, {country: "RO", weekdays: workdays, starts: "14:00", ends: "18:00"},
	}},
	{"Radu Câmpean", "RC", "Veterinary surgeon", []demoShift{
		{country: "RO", weekdays: workdays, starts: "08:00", ends: "14:00", every: 2}, {country: "RO", weekdays: workdays, starts: "12:00", ends: "19:00", every: 2, after: 1},
	}},
	{"Diana Lazăr", "DL", "Veterinary surgeon", []demoShift{
		{country: "RO", weekdays: midweek, starts: "09:00", ends: "16:00"}, {country: "RO", weekdays: []string{"sat"}, starts: "09:00", ends: "13:00", offline: true},
	}},
}

// weeksBack is how far back the alternating weeks are counted from: further than the demo's oldest visit.
const weeksBack = 40

// team makes the practitioners, their weeks, and who is away when.
func (d *demoSetUp) team() error {
	d.staff = map[string]*core.Record{}
	for _, p := range demoTeam {
		var places []string
		for _, s := range p.shifts {
			if id := d.places[s.country].Id; len(places) == 0 || places[len(places)-1] != id {
				places = append(places, id)
			}
		}
		r, err := add(d.app, store.Practitioners, fields{"name": p.name, "initials": p.initials, "title": p.title, "locations": places})
		if err != nil {
			return err
		}
		d.staff[p.name] = r
		for _, s := range p.shifts {
			if err := d.shift(r.Id, s); err != nil {
				return err
			}
		}
	}
	return d.absences()
}

func (d *demoSetUp) shift(practitioner string, s demoShift) error {
	var reasons []string
	for _, name := range s.reasons {
		r, err := named(d.app, store.Reasons, name)
		if err != nil {
			return err
		}
		reasons = append(reasons, r.Id)
	}
	values := fields{
		"practitioner": practitioner, "location": d.places[s.country].Id, "weekdays": s.weekdays, "starts": s.starts, "ends": s.ends,
		"every_weeks": s.every, "offline": s.offline, "reasons": reasons,
	}
	if s.every > 1 {
		today, _, err := d.today(s.country)
		if err != nil {
			return err
		}
		values["valid_from_on"] = nextDay(today, time.Monday).Add(7 * (s.after - weeksBack)).String()
	}
	_, err := add(d.app, store.Shifts, values)
	return err
}

// absences puts a sick day, a holiday and a closed afternoon ahead, and a course behind.
func (d *demoSetUp) absences() error {
	for _, a := range []struct {
		who, country string
		weekday      time.Weekday
		weeks, days  int
		from, until  string
		kind, note   string
	}{
		{"Magnus Bech", "DK", time.Tuesday, 0, 1, "00:00", "24:00", "sick", "Called in, back the day after."},
		{"Diana Lazăr", "RO", time.Monday, 2, 7, "00:00", "24:00", "holiday", ""},
		{"Ingrid Haugen", "NO", time.Wednesday, -3, 2, "00:00", "24:00", "other", "Course in dentistry."},
		{"", "NO", time.Friday, 1, 1, "13:00", "24:00", "closed", "The whole team learns first aid."},
	} {
		today, zone, err := d.today(a.country)
		if err != nil {
			return err
		}
		from, err := calendar.ParseClock(a.from)
		if err != nil {
			return err
		}
		until, err := calendar.ParseClock(a.until)
		if err != nil {
			return err
		}
		first := nextDay(today, a.weekday).Add(7 * a.weeks)
		begins, _ := first.At(from, zone)
		ends, _ := first.Add(a.days-1).At(until, zone)
		values := fields{"starts_at": record.Instant(begins), "ends_at": record.Instant(ends), "kind": a.kind, "visits": "keep", "note": a.note}
		if a.who == "" {
			values["location"] = d.places[a.country].Id
		} else {
			values["practitioner"] = d.staff[a.who].Id
		}
		if _, err := add(d.app, store.Absences, values); err != nil {
			return err
		}
	}
	return nil
}

// nextDay is the first day after today that falls on a weekday.
func nextDay(today calendar.Date, weekday time.Weekday) calendar.Date {
	day := today.Add(1)
	for day.Weekday() != weekday {
		day = day.Add(1)
	}
	return day
}

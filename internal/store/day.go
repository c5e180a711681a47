package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/store/record"
)

// LongestBusy is how far back a visit that still touches a day can have begun: 24 h, with buffers generously counted.
const LongestBusy = 36 * time.Hour

// LoadDays reads what is known about each local day from first to last, both included, at one location. It reads by index within that
// time only, so that years of history cost nothing.
func LoadDays(app core.App, clinic *Clinic, location string, first, last calendar.Date) ([]booking.Day, error) {
	at := clinic.Locations[location]
	if at == nil {
		return nil, fmt.Errorf("load days: location %s: %w", location, sql.ErrNoRows)
	}
	zone := at.Place.Zone
	from, until := first.Start(zone).Add(-clinic.Reach), last.Add(1).Start(zone).Add(clinic.Reach)

	shifts, err := shiftsAt(app.DB(), location)
	if err != nil {
		return nil, fmt.Errorf("load shifts: %w", err)
	}
	here := practitionersHere(clinic, location)
	absences, err := absencesIn(app.DB(), location, here, from, until)
	if err != nil {
		return nil, fmt.Errorf("load absences: %w", err)
	}
	visits, err := visitsIn(app.DB(), clinic, location, here, from, until)
	if err != nil {
		return nil, fmt.Errorf("load visits: %w", err)
	}

	days := make([]booking.Day, 0, last.Days(first)+1)
	for date := first; !last.Before(date); date = date.Add(1) {
		day := booking.Day{Date: date, Place: at.Place, Practitioners: here, Resources: clinic.Resources[location]}
		begins, ends := date.Start(zone).Add(-clinic.Reach), date.Add(1).Start(zone).Add(clinic.Reach)
		for _, s := range shifts {
			if s.On(date) {
				day.Shifts = append(day.Shifts, s)
			}
		}
		for _, a := range absences {
			if a.From.Before(ends) && begins.Before(a.Until) {
				day.Absences = append(day.Absences, a)
			}
		}
		for _, v := range visits {
			if v.Busy.From.Before(ends) && begins.Before(v.Busy.Until) {
				day.Visits = append(day.Visits, v)
			}
		}
		days = append(days, day)
	}
	return days, nil
}

// LoadDay reads one local day at one location; see [LoadDays].
func LoadDay(app core.App, clinic *Clinic, location string, date calendar.Date) (booking.Day, error) {
	days, err := LoadDays(app, clinic, location, date, date)
	if err != nil {
		return booking.Day{}, err
	}
	return days[0], nil
}

// practitionersHere lists who may work at a location, by id so that the answer does not depend on map order.
func practitionersHere(clinic *Clinic, location string) []booking.Practitioner {
	var here []booking.Practitioner
	for _, p := range clinic.Practitioners {
		if len(p.Locations) == 0 || slices.Contains(p.Locations, location) {
			here = append(here, p)
		}
	}
	slices.SortFunc(here, func(a, b booking.Practitioner) int { return order(0, 0, a.ID, b.ID) })
	return here
}

func shiftsAt(db dbx.Builder, location string) ([]booking.Shift, error) {
	var rows []struct {
		Practitioner string  `db:"practitioner"`
		Weekdays     string  `db:"weekdays"`
		Starts       string  `db:"starts"`
		Ends         string  `db:"ends"`
		From         string  `db:"valid_from_on"`
		Until        string  `db:"valid_until_on"`
		Every        float64 `db:"every_weeks"`
		Offline      bool    `db:"offline"`
		Reasons      string  `db:"reasons"`
	}
	err := db.Select("practitioner", "weekdays", "starts", "ends", "valid_from_on", "valid_until_on", "every_weeks", "offline", "reasons").
		From(Shifts).Where(dbx.HashExp{"location": location}).OrderBy("id").All(&rows)
	if err != nil {
		return nil, err
	}
	shifts := make([]booking.Shift, 0, len(rows))
	for _, r := range rows {
		s := booking.Shift{Practitioner: r.Practitioner, EveryWeeks: int(r.Every), Offline: r.Offline}
		days, err := record.Texts(r.Weekdays)
		if err != nil {
			return nil, err
		}
		for _, d := range days {
			if i := slices.Index(weekdays, d); i >= 0 {
				s.Weekdays[i] = true
			}
		}
		if s.Starts, err = calendar.ParseClock(r.Starts); err != nil {
			return nil, err
		}
		if s.Ends, err = calendar.ParseClock(r.Ends); err != nil {
			return nil, err
		}
		if s.From, err = optionalDate(r.From); err != nil {
			return nil, err
		}
		if s.Until, err = optionalDate(r.Until); err != nil {
			return nil, err
		}
		if s.Reasons, err = record.Texts(r.Reasons); err != nil {
			return nil, err
		}
		shifts = append(shifts, s)
	}
	return shifts, nil
}

// weekdays are the stored names, in the order of time.Weekday.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func absencesIn(db dbx.Builder, location string, here []booking.Practitioner, from, until time.Time) ([]booking.Absence, error) {
	var rows []struct {
		Practitioner string `db:"practitioner"`
		From         string `db:"starts_at"`
		Until        string `db:"ends_at"`
	}
	// A practitioner's absence holds at every location; a location's closes it for everybody. One that names both keeps the practitioner
	// away from this location alone.
	err := db.Select("practitioner", "starts_at", "ends_at").From(Absences).
		Where(dbx.NewExp("ends_at > {:from} AND starts_at < {:until}", dbx.Params{"from": record.Instant(from), "until": record.Instant(until)})).
		AndWhere(dbx.Or(
			dbx.HashExp{"location": location},
			dbx.And(record.In("practitioner", ids(here)), dbx.HashExp{"location": ""}),
		)).OrderBy("id").All(&rows)
	if err != nil {
		return nil, err
	}
	absences := make([]booking.Absence, len(rows))
	for i, r := range rows {
		absences[i] = booking.Absence{Practitioner: r.Practitioner, Span: booking.Span{From: record.ParseInstant(r.From), Until: record.ParseInstant(r.Until)}}
	}
	return absences, nil
}

// visitsIn reads the standing visits of a stretch of time: all at the location, and those elsewhere of everybody who may work here.
func visitsIn(db dbx.Builder, clinic *Clinic, location string, here []booking.Practitioner, from, until time.Time) ([]booking.Visit, error) {
	const standing = ` AND busy_from >= {:reach} AND busy_from < {:until} AND busy_until > {:from} AND status NOT IN ('cancelled', 'no_show')`
	params := dbx.Params{"location": location, "reach": record.Instant(from.Add(-LongestBusy)), "from": record.Instant(from), "until": record.Instant(until)}
	visits, err := readVisits(db, `location = {:location}`+standing, params)
	if err != nil {
		return nil, err
	}
	if len(clinic.Locations) < 2 {
		return visits, nil
	}
	for _, p := range here {
		params["practitioner"] = p.ID
		elsewhere, err := readVisits(db, `practitioner = {:practitioner} AND location != {:location}`+standing, params)
		if err != nil {
			return nil, err
		}
		visits = append(visits, elsewhere...)
	}
	return visits, nil
}

// readVisits reads the visits that a condition names. They arrive as one text, a line each: a day of a large clinic is hundreds of rows, and
// handing each over on its own costs several times what finding it costs.
func readVisits(db dbx.Builder, condition string, params dbx.Params) ([]booking.Visit, error) {
	var lines sql.NullString
	err := db.NewQuery(`SELECT group_concat(concat_ws('|', id, location, practitioner, reason, starts_at, busy_from, busy_until, resources), char(10))
		FROM bookings WHERE ` + condition).Bind(params).Row(&lines)
	if err != nil {
		return nil, err
	}
	visits := make([]booking.Visit, 0, strings.Count(lines.String, "\n")+1)
	for line := range strings.SplitSeq(lines.String, "\n") {
		var v booking.Visit
		var starts, from, until, resources string
		rest := line
		for _, part := range []*string{&v.ID, &v.Location, &v.Practitioner, &v.Reason, &starts, &from, &until} {
			*part, rest, _ = strings.Cut(rest, "|")
		}
		if resources = rest; v.ID == "" {
			continue
		}
		if v.Resources, err = record.Texts(resources); err != nil {
			return nil, err
		}
		v.StartsAt, v.Busy = record.ParseInstant(starts), booking.Span{From: record.ParseInstant(from), Until: record.ParseInstant(until)}
		visits = append(visits, v)
	}
	return visits, nil
}

func ids(practitioners []booking.Practitioner) []string {
	out := make([]string, len(practitioners))
	for i, p := range practitioners {
		out[i] = p.ID
	}
	return out
}

func optionalDate(s string) (calendar.Date, error) {
	if s == "" {
		return calendar.Date{}, nil
	}
	return calendar.ParseDate(s)
}

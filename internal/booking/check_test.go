package booking_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
)

// monday is 1 March 2027 in Oslo, where wall time is an hour ahead of UTC.
var monday = calendar.Date{Year: 2027, Month: time.March, Day: 1}

func on(clock string) time.Time {
	t, err := time.Parse("2006-01-02T15:04Z07:00", "2027-03-01T"+clock+"+01:00")
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func between(from, until string) booking.Span { return booking.Span{From: on(from), Until: on(until)} }

// ordinary is a day on which Kari works from nine to twelve and has a visit at ten.
func ordinary() (booking.Day, booking.Ask) {
	day := booking.Day{
		Date: monday,
		Place: booking.Place{
			ID: "here", Zone: load("Europe/Oslo"), Enabled: true, HorizonDays: 90, Lead: calendar.Lead{Elapsed: 2 * time.Hour},
		},
		Practitioners: []booking.Practitioner{{ID: "kari", Name: "Kari"}},
		Resources:     []booking.Resource{{ID: "r1", Kind: "room", Name: "Room 1"}},
		Shifts:        []booking.Shift{{Practitioner: "kari", Starts: 9 * 60, Ends: 12 * 60}},
		Visits: []booking.Visit{{
			ID: "v", Location: "here", Practitioner: "kari", Reason: "visit", StartsAt: on("10:00"), Busy: between("10:00", "10:30"),
		}},
	}
	return day, booking.Ask{Reason: booking.Reason{ID: "visit", Duration: 30 * time.Minute}}
}

// each refusal with the field and the code of the HTTP contract, and which of several comes first.
func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	early := on("00:00").Add(-24 * time.Hour)
	for _, c := range []struct {
		name        string
		at          string
		now         time.Time
		change      func(*booking.Day, *booking.Ask)
		field, code string
	}{
		{"a free time", "09:00", early, nil, "", ""},
		{"exactly two hours ahead", "11:00", on("09:00"), nil, "", ""},
		{"a minute less than two hours ahead", "11:00", on("09:01"), nil, "starts_at", "too_soon"},
		{"past, with no required time", "09:00", on("09:01"), func(_ *booking.Day, a *booking.Ask) { a.Reason.Lead = &calendar.Lead{Never: true} }, "starts_at", "too_soon"},
		{"the reason's time goes before the location's", "11:00", on("09:01"), func(_ *booking.Day, a *booking.Ask) { a.Reason.Lead = &calendar.Lead{Elapsed: time.Hour} }, "", ""},
		{"on the last day", "09:00", on("00:00").AddDate(0, 0, -90), nil, "", ""},
		{"a day too far", "09:00", on("23:59").AddDate(0, 0, -91), nil, "starts_at", "too_far"},
		{"between the times of the grid", "09:05", early, nil, "starts_at", "off_grid"},
		{"not a full hour where only those are offered", "09:30", early, func(d *booking.Day, _ *booking.Ask) { d.Place.Offer = booking.FullHours }, "starts_at", "off_grid"},
		{"before the shift", "08:45", early, nil, "starts_at", "outside_shift"},
		{"over the end of the shift", "11:45", early, nil, "starts_at", "outside_shift"},
		{"while away", "11:00", early, func(d *booking.Day, _ *booking.Ask) {
			d.Absences = []booking.Absence{{Practitioner: "kari", Span: between("11:15", "12:00")}}
		}, "starts_at", "outside_shift"},
		{"while closed", "11:00", early, func(d *booking.Day, _ *booking.Ask) {
			d.Absences = []booking.Absence{{Span: between("00:00", "23:00")}}
		}, "starts_at", "outside_shift"},
		{"nobody is there at all", "09:00", early, func(d *booking.Day, _ *booking.Ask) { d.Practitioners = nil }, "starts_at", "outside_shift"},
		{"the day has all it may have", "09:00", early, func(_ *booking.Day, a *booking.Ask) { a.Reason.MaxPerDay = 1 }, "starts_at", "day_full"},
		{"a full day is told before a taken time", "10:00", early, func(_ *booking.Day, a *booking.Ask) { a.Reason.MaxPerDay = 1 }, "starts_at", "day_full"},
		{"taken", "10:00", early, nil, "starts_at", "slot_taken"},
		{"taken in part", "09:45", early, nil, "starts_at", "slot_taken"},
		{"back to back before", "09:30", early, nil, "", ""},
		{"back to back after", "10:30", early, nil, "", ""},
		{"back to back, with a buffer between", "10:30", early, func(_ *booking.Day, a *booking.Ask) { a.Reason.BufferBefore = 5 * time.Minute }, "starts_at", "slot_taken"},
		{"the room is taken", "11:00", early, func(d *booking.Day, a *booking.Ask) {
			a.Reason.Kinds = []string{"room"}
			d.Visits = append(d.Visits, booking.Visit{Practitioner: "ola", Resources: []string{"r1"}, Busy: between("11:00", "11:15")})
		}, "starts_at", "slot_taken"},
		{"nothing of the kind here", "11:00", early, func(_ *booking.Day, a *booking.Ask) { a.Reason.Kinds = []string{"xray"} }, "reason", "wrong_reason"},
		{"another species", "09:00", early, func(_ *booking.Day, a *booking.Ask) { a.Reason.Species, a.Species = []string{"dog"}, "cat" }, "species", "wrong_species"},
		{"the species is asked for", "09:00", early, func(d *booking.Day, _ *booking.Ask) { d.Place.AskSpecies = true }, "species", "required"},
		{"the species is not asked for", "09:00", early, func(_ *booking.Day, a *booking.Ask) { a.Reason.Species = []string{"dog"} }, "", ""},
		{"not bookable online", "09:00", early, func(_ *booking.Day, a *booking.Ask) { a.Reason.Offline = true }, "reason", "wrong_reason"},
		{"a reason of another location", "09:00", early, func(_ *booking.Day, a *booking.Ask) { a.Reason.Locations = []string{"there"} }, "reason", "wrong_reason"},
		{"a wished practitioner who does not do this", "09:00", early, func(_ *booking.Day, a *booking.Ask) {
			a.Reason.Practitioners, a.Practitioner = []string{"ola"}, "kari"
		}, "reason", "wrong_reason"},
		{"a wished practitioner who is not here", "09:00", early, func(_ *booking.Day, a *booking.Ask) { a.Practitioner = "ola" }, "practitioner", "unknown"},
		{"booking is closed", "09:00", early, func(d *booking.Day, _ *booking.Ask) { d.Place.Enabled = false }, "location", "booking_closed"},
		{"closed goes before everything", "09:05", on("10:00"), func(d *booking.Day, a *booking.Ask) {
			d.Place.Enabled, a.Reason.Offline = false, true
		}, "location", "booking_closed"},
		{"another day than the one at hand", "09:00", early, func(d *booking.Day, _ *booking.Ask) { d.Date = monday.Add(1) }, "starts_at", "off_grid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			day, ask := ordinary()
			if c.change != nil {
				c.change(&day, &ask)
			}
			start, refusal := booking.Check(day, ask, on(c.at), c.now)
			if c.code == "" {
				if refusal != nil || !start.At.Equal(on(c.at)) || start.Practitioner != "kari" {
					t.Fatalf("%+v, %v", start, refusal)
				}
				return
			}
			if refusal == nil || refusal.Field != c.field || refusal.Code != c.code || refusal.Message == "" {
				t.Fatalf("%+v, %v, want %s: %s", start, refusal, c.field, c.code)
			}
		})
	}
}

// the loser is told the three nearest times, in the form of the HTTP contract.
func TestSlotTakenNamesTheNearestTimes(t *testing.T) {
	t.Parallel()
	day, ask := ordinary()
	_, refusal := booking.Check(day, ask, on("10:15"), on("06:00"))
	got, err := json.Marshal(refusal.Params)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"alternatives":[` +
		`{"starts_at":"2027-03-01T09:30:00Z","local":"2027-03-01 10:30"},` +
		`{"starts_at":"2027-03-01T09:45:00Z","local":"2027-03-01 10:45"},` +
		`{"starts_at":"2027-03-01T08:30:00Z","local":"2027-03-01 09:30"}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	day.Shifts[0].Ends = 10*60 + 30
	day.Shifts[0].Starts = 10 * 60
	_, refusal = booking.Check(day, ask, on("10:00"), on("06:00"))
	if got, err = json.Marshal(refusal.Params); err != nil || string(got) != `{"alternatives":[]}` {
		t.Errorf("no time is left: %s, %v", got, err)
	}

	day, ask = ordinary()
	_, refusal = booking.Check(day, ask, on("10:00"), on("08:00"))
	if diff := cmp.Diff([]booking.Alternative{
		{StartsAt: "2027-03-01T09:30:00Z", Local: "2027-03-01 10:30"},
		{StartsAt: "2027-03-01T09:45:00Z", Local: "2027-03-01 10:45"},
		{StartsAt: "2027-03-01T10:00:00Z", Local: "2027-03-01 11:00"},
	}, refusal.Params["alternatives"]); diff != "" {
		t.Errorf("times that are too soon are no alternatives: %s", diff)
	}
}

func TestAlternativesOfEquallyNearTimesBeginWithTheEarlier(t *testing.T) {
	t.Parallel()
	var starts []booking.Start
	for _, clock := range []string{"08:00", "09:30", "10:00", "10:30", "12:00"} {
		starts = append(starts, booking.Start{At: on(clock)})
	}
	var got []string
	for _, a := range booking.Alternatives(starts, on("10:00"), time.UTC) {
		got = append(got, a.Local)
	}
	if diff := cmp.Diff([]string{"2027-03-01 09:00", "2027-03-01 08:30", "2027-03-01 09:30"}, got); diff != "" {
		t.Error(diff)
	}
}

// the required time in days closes whole days, and nobody books the past.
func TestEarliest(t *testing.T) {
	t.Parallel()
	oslo := load("Europe/Oslo")
	for _, c := range []struct{ name, lead, now, want string }{
		{"hours", "2h", "2027-03-01T09:10:00+01:00", "2027-03-01T11:10:00+01:00"},
		{"hours over the missing hour", "2h", "2027-03-28T01:30:00+01:00", "2027-03-28T04:30:00+02:00"},
		{"none", "none", "2027-03-01T09:10:00+01:00", "2027-03-01T09:10:00+01:00"},
		{"the day before until nine, at nine", "1d 09:00", "2027-03-01T09:00:00+01:00", "2027-03-02T00:00:00+01:00"},
		{"the day before until nine, after nine", "1d 09:00", "2027-03-01T09:00:01+01:00", "2027-03-03T00:00:00+01:00"},
		{"the same day until nine, before nine", "0d 09:00", "2027-03-01T08:00:00+01:00", "2027-03-01T08:00:00+01:00"},
		{"the same day until nine, after nine", "0d 09:00", "2027-03-01T10:00:00+01:00", "2027-03-02T00:00:00+01:00"},
		{"closing in the missing hour, before", "0d 02:30", "2027-03-28T00:59:59Z", "2027-03-28T00:59:59Z"},
		{"closing in the missing hour, after", "0d 02:30", "2027-03-28T01:00:01Z", "2027-03-29T00:00:00+02:00"},
	} {
		lead, err := calendar.ParseLead(c.lead)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		want, err := time.Parse(time.RFC3339, c.want)
		if err != nil {
			t.Fatal(err)
		}
		place := booking.Place{Zone: oslo, Lead: lead}
		if got := booking.Earliest(place, booking.Reason{}, now); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
		if booking.TooSoon(place, booking.Reason{}, want, now) || !booking.TooSoon(place, booking.Reason{}, want.Add(-time.Second), now) {
			t.Errorf("%s: TooSoon does not turn at %v", c.name, want)
		}
	}
}

// the horizon counts local days, the last one included; 0 is today only.
func TestLastDay(t *testing.T) {
	t.Parallel()
	place := booking.Place{Zone: load("Europe/Oslo"), HorizonDays: 90}
	if got := booking.LastDay(place, time.Date(2027, 2, 28, 23, 30, 0, 0, time.UTC)).String(); got != "2027-05-30" {
		t.Errorf("ninety days after 1 March local: %s", got)
	}
	place.HorizonDays = 0
	if booking.TooFar(place, on("23:45"), on("00:00")) || !booking.TooFar(place, on("23:45").Add(15*time.Minute), on("00:00")) {
		t.Error("a horizon of 0 is today, to its end")
	}
}

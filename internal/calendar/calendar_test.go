package calendar_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pawbell/internal/calendar"
)

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func date(t interface{ Fatal(...any) }, s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func clock(t interface{ Fatal(...any) }, s string) calendar.Clock {
	c, err := calendar.ParseClock(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// R-35: what a time on the wall means in the nights when the clocks change.
func TestAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, date, clock, want string
		missing                       bool
	}{
		{"an ordinary winter morning", "Europe/Oslo", "2027-03-01", "09:15", "2027-03-01T08:15:00Z", false},
		{"an ordinary summer morning", "Europe/Oslo", "2027-07-01", "09:15", "2027-07-01T07:15:00Z", false},
		{"the last minute before the gap", "Europe/Oslo", "2027-03-28", "01:59", "2027-03-28T00:59:00Z", false},
		{"the first minute of the gap", "Europe/Oslo", "2027-03-28", "02:00", "2027-03-28T01:00:00Z", true},
		{"the middle of the gap", "Europe/Copenhagen", "2027-03-28", "02:30", "2027-03-28T01:00:00Z", true},
		{"the first minute after the gap", "Europe/Oslo", "2027-03-28", "03:00", "2027-03-28T01:00:00Z", false},
		{"the evening after the gap", "Europe/Oslo", "2027-03-28", "21:00", "2027-03-28T19:00:00Z", false},
		{"before a doubled hour", "Europe/Oslo", "2027-10-31", "01:59", "2027-10-30T23:59:00Z", false},
		{"a doubled hour means the first", "Europe/Oslo", "2027-10-31", "02:00", "2027-10-31T00:00:00Z", false},
		{"its last minute means the first", "Europe/Oslo", "2027-10-31", "02:59", "2027-10-31T00:59:00Z", false},
		{"after the doubled hour", "Europe/Oslo", "2027-10-31", "03:00", "2027-10-31T02:00:00Z", false},
		{"a gap at three in Helsinki", "Europe/Helsinki", "2027-03-28", "03:15", "2027-03-28T01:00:00Z", true},
		{"a doubled hour in Bucharest", "Europe/Bucharest", "2027-10-31", "03:30", "2027-10-31T00:30:00Z", false},
		{"a gap at one in London", "Europe/London", "2027-03-28", "01:30", "2027-03-28T01:00:00Z", true},
		{"a doubled hour at one in London", "Europe/London", "2027-10-31", "01:00", "2027-10-31T00:00:00Z", false},
		{"a gap at midnight in Beirut", "Asia/Beirut", "2027-03-28", "00:30", "2027-03-27T22:00:00Z", true},
		{"midnight itself is missing in Cairo", "Africa/Cairo", "2027-04-30", "00:00", "2027-04-29T22:00:00Z", true},
		{"the day before ends there", "Africa/Cairo", "2027-04-29", "24:00", "2027-04-29T22:00:00Z", true},
		{"the doubled hour before midnight in Cairo", "Africa/Cairo", "2027-10-28", "23:30", "2027-10-28T20:30:00Z", false},
		{"and midnight after it is the real one", "Africa/Cairo", "2027-10-28", "24:00", "2027-10-28T22:00:00Z", false},
		{"a gap of half an hour", "Australia/Lord_Howe", "2027-10-03", "02:15", "2027-10-02T15:30:00Z", true},
		{"after a gap of half an hour", "Australia/Lord_Howe", "2027-10-03", "02:30", "2027-10-02T15:30:00Z", false},
		{"a doubled half hour", "Australia/Lord_Howe", "2027-04-04", "01:45", "2027-04-03T14:45:00Z", false},
		{"after a doubled half hour", "Australia/Lord_Howe", "2027-04-04", "02:00", "2027-04-03T15:30:00Z", false},
		{"a quarter-hour zone without changes", "Asia/Kathmandu", "2027-04-04", "09:00", "2027-04-04T03:15:00Z", false},
		{"a gap at midnight of São Paulo's past", "America/Sao_Paulo", "2018-11-04", "00:15", "2018-11-04T03:00:00Z", true},
		{"a day that an island left out", "Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00:00Z", true},
		{"UTC knows no changes", "UTC", "2027-03-28", "02:30", "2027-03-28T02:30:00Z", false},
		{"winter time as the exception", "Europe/Dublin", "2027-10-31", "01:30", "2027-10-31T00:30:00Z", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			z, d, at := zone(t, c.zone), date(t, c.date), clock(t, c.clock)
			got, exists := d.At(at, z)
			if got.Format(time.RFC3339) != c.want || exists == c.missing || got.Location() != time.UTC {
				t.Errorf("At = %v, %v, want %s, %v", got, exists, c.want, !c.missing)
			}
			fast, fastExists := d.Wall(z).At(at)
			if !fast.Equal(got) || fastExists != exists {
				t.Errorf("Wall.At = %v, %v, but Date.At = %v, %v", fast, fastExists, got, exists)
			}
		})
	}
}

// R-35: days of 23, 24 and 25 hours, and those that begin or end with a jump.
func TestDayLength(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, date string
		want       time.Duration
	}{
		{"Europe/Oslo", "2027-03-27", 24 * time.Hour},
		{"Europe/Oslo", "2027-03-28", 23 * time.Hour},
		{"Europe/Oslo", "2027-10-31", 25 * time.Hour},
		{"Europe/London", "2027-03-28", 23 * time.Hour},
		{"Asia/Beirut", "2027-03-27", 24 * time.Hour},
		{"Asia/Beirut", "2027-03-28", 23 * time.Hour},
		{"Africa/Cairo", "2027-10-28", 25 * time.Hour},
		{"Australia/Lord_Howe", "2027-10-03", 23*time.Hour + 30*time.Minute},
		{"Australia/Lord_Howe", "2027-04-04", 24*time.Hour + 30*time.Minute},
	} {
		w := date(t, c.date).Wall(zone(t, c.zone))
		if got := w.End().Sub(w.Start()); got != c.want {
			t.Errorf("%s in %s lasts %v, want %v", c.date, c.zone, got, c.want)
		}
	}
}

var zones = []string{
	"Europe/Oslo", "Europe/Copenhagen", "Europe/Helsinki", "Europe/Bucharest", "Europe/London", "Europe/Dublin", "Europe/Stockholm",
	"America/Sao_Paulo", "America/New_York", "America/St_Johns", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Kathmandu",
	"Asia/Tehran", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Atlantic/Azores", "UTC",
}

// R-35: for any wall time of any zone, the answer is the first of all instants that read so, and there is none exactly when the answer
// says that there is none. Every instant within a day and a half is looked at.
func TestAtIsTheFirstInstantThatReadsSo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		d := calendar.Date{Year: 2027, Month: 1, Day: 1}.Add(rapid.IntRange(-7300, 3650).Draw(t, "days"))
		if rapid.Bool().Draw(t, "at a change") {
			if _, next := d.Start(z).In(z).ZoneBounds(); !next.IsZero() {
				d = calendar.On(next.Add(-time.Second), z).Add(rapid.IntRange(0, 1).Draw(t, "day after"))
			}
		}
		c := calendar.Clock(rapid.IntRange(0, 96).Draw(t, "quarter")) * 15
		want := []time.Time{}
		wall := time.Date(d.Year, d.Month, d.Day, 0, int(c), 0, 0, time.UTC)
		for at := wall.Add(-36 * time.Hour); at.Before(wall.Add(36 * time.Hour)); at = at.Add(15 * time.Minute) {
			if at.In(z).Format("2006-01-02 15:04") == wall.Format("2006-01-02 15:04") {
				want = append(want, at)
			}
		}
		got, exists := d.At(c, z)
		if exists != (len(want) > 0) || exists && !got.Equal(want[0]) {
			t.Fatalf("%v %v in %v: %v, %v, want the first of %v", d, c, z, got, exists, want)
		}
		if !exists {
			_, before := got.Add(-time.Second).In(z).Zone()
			_, after := got.In(z).Zone()
			if before == after {
				t.Fatalf("%v %v in %v does not exist, but the clocks do not jump at %v", d, c, z, got)
			}
		}
		if fast, fastExists := d.Wall(z).At(c); !fast.Equal(got) || fastExists != exists {
			t.Fatalf("Wall.At = %v, %v, but Date.At = %v, %v", fast, fastExists, got, exists)
		}
	})
}

func TestDatesThatNoCalendarHasAreRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "2027-02-29", "2027-13-01", "2027-00-10", "2027-04-31", "27-01-01", "2027-1-1", "2027-01-01 ", "0000-01-01", "2027-01-01T00:00:00Z"} {
		if d, err := calendar.ParseDate(s); err == nil {
			t.Errorf("%q was read as %v", s, d)
		}
	}
	if got := date(t, "2028-02-29"); got != (calendar.Date{Year: 2028, Month: time.February, Day: 29}) {
		t.Errorf("leap day = %v", got)
	}
}

func TestClocks(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]calendar.Clock{"00:00": 0, "09:15": 555, "23:59": 1439, "24:00": calendar.EndOfDay} {
		if got := clock(t, s); got != want || got.String() != s {
			t.Errorf("%q was read as %d and written as %q", s, got, got)
		}
	}
	for _, s := range []string{"", "9:15", "24:01", "12:60", "-1:00", "09:15:00", "0915", "09.15", "١٢:٠٠"} {
		if c, err := calendar.ParseClock(s); err == nil {
			t.Errorf("%q was read as %v", s, c)
		}
	}
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	leapDay := date(t, "2028-02-28").Add(1)
	if leapDay.String() != "2028-02-29" || leapDay.Add(-59).String() != "2028-01-01" || leapDay.Weekday() != time.Tuesday {
		t.Errorf("around the leap day: %v, %v, %v", leapDay, leapDay.Add(-59), leapDay.Weekday())
	}
	if got := date(t, "2027-04-01").Days(date(t, "2027-03-01")); got != 31 {
		t.Errorf("March has %d days", got)
	}
	if got := date(t, "2027-03-01").Days(date(t, "0001-01-01")); got != 740040 {
		t.Errorf("days since the first of all: %d", got)
	}
	if !date(t, "2027-03-01").Before(date(t, "2027-03-02")) || date(t, "2027-03-02").Before(date(t, "2027-03-02")) {
		t.Error("a day is before the next and not before itself")
	}
	oslo := zone(t, "Europe/Oslo")
	if got := calendar.On(time.Date(2027, 3, 1, 23, 30, 0, 0, time.UTC), oslo).String(); got != "2027-03-02" {
		t.Errorf("half past eleven in UTC is on %s in Oslo", got)
	}
	if got := calendar.ClockOn(time.Date(2027, 3, 1, 23, 30, 59, 0, time.UTC), oslo).String(); got != "00:30" {
		t.Errorf("half past eleven in UTC is %s in Oslo", got)
	}
	if !(calendar.Date{}).IsZero() || leapDay.IsZero() {
		t.Error("only the empty date is none")
	}
}

// R-40: months clamp to the month's end, counted from the first date.
func TestAddMonths(t *testing.T) {
	t.Parallel()
	var got []string
	for n := range 6 {
		got = append(got, date(t, "2027-01-31").AddMonths(n).String())
	}
	got = append(got, date(t, "2028-01-31").AddMonths(1).String(), date(t, "2027-11-15").AddMonths(14).String(), date(t, "2027-03-31").AddMonths(-1).String())
	want := []string{"2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30", "2028-02-29", "2029-01-15", "2027-02-28"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseLead(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]calendar.Lead{
		"none":        {Never: true},
		"0m":          {},
		"90m":         {Elapsed: 90 * time.Minute},
		" 12h ":       {Elapsed: 12 * time.Hour},
		"2d 09:00":    {InDays: true, Days: 2, Clock: 9 * 60},
		"0d 00:00":    {InDays: true},
		"366d 23:59":  {InDays: true, Days: 366, Clock: 23*60 + 59},
		"14d   18:30": {InDays: true, Days: 14, Clock: 18*60 + 30},
	} {
		got, err := calendar.ParseLead(s)
		if err != nil || got != want {
			t.Errorf("%q was read as %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", " ", "m", "90", "-1h", "+5m", "1.5h", "2d", "2d09:00", "2d 24:00", "2d 9:00", "90m 09:00", "12h x", "9000h", "367d 09:00", "None", "9999999999999m", "2 d 09:00", "é"} {
		if lead, err := calendar.ParseLead(s); err == nil {
			t.Errorf("%q was read as %+v", s, lead)
		}
	}
}

// R-07: hours are elapsed time, days are wall time, over the nights when the clocks change too.
func TestLeadBefore(t *testing.T) {
	t.Parallel()
	oslo := zone(t, "Europe/Oslo")
	for _, c := range []struct{ name, lead, start, want string }{
		{"twelve hours over the gap", "12h", "2027-03-28T09:00:00+02:00", "2027-03-27T20:00:00+01:00"},
		{"twelve hours over the doubled hour", "12h", "2027-10-31T09:00:00+01:00", "2027-10-30T22:00:00+02:00"},
		{"two days over the gap", "2d 09:00", "2027-03-29T15:00:00+02:00", "2027-03-27T09:00:00+01:00"},
		{"two days over the doubled hour", "2d 09:00", "2027-11-01T15:00:00+01:00", "2027-10-30T09:00:00+02:00"},
		{"a wall time that does not exist", "1d 02:30", "2027-03-29T15:00:00+02:00", "2027-03-28T03:00:00+02:00"},
		{"the visit's local day counts, not the one in UTC", "1d 09:00", "2027-03-02T00:30:00+01:00", "2027-03-01T09:00:00+01:00"},
		{"the same day", "0d 07:00", "2027-03-02T10:00:00+01:00", "2027-03-02T07:00:00+01:00"},
	} {
		lead, err := calendar.ParseLead(c.lead)
		if err != nil {
			t.Fatal(err)
		}
		start, err := time.Parse(time.RFC3339, c.start)
		if err != nil {
			t.Fatal(err)
		}
		if got := lead.Before(start, oslo).In(oslo).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func FuzzParseLead(f *testing.F) {
	for _, s := range []string{"none", "90m", "2d 09:00", "", "d", "ø", "1d 24:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lead, err := calendar.ParseLead(s)
		if err == nil && (lead.Elapsed < 0 || lead.Elapsed > 366*24*time.Hour || lead.Days < 0 || lead.Days > 366 || lead.Clock >= calendar.EndOfDay) {
			t.Errorf("%q was read as %+v", s, lead)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2027-03-01", "2028-02-29", "", "2027-02-30", "9999-12-31"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := calendar.ParseDate(s); err == nil && d.String() != s {
			t.Errorf("%q was read as %v", s, d)
		}
	})
}

func ExampleDate_At() {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	fmt.Println(calendar.Date{Year: 2027, Month: time.March, Day: 1}.At(9*60+15, oslo))
	fmt.Println(calendar.Date{Year: 2027, Month: time.March, Day: 28}.At(2*60+30, oslo))
	// Output:
	// 2027-03-01 08:15:00 +0000 UTC true
	// 2027-03-28 01:00:00 +0000 UTC false
}

func BenchmarkWallOfADay(b *testing.B) {
	oslo := zone(b, "Europe/Oslo")
	for b.Loop() {
		w := calendar.Date{Year: 2027, Month: time.March, Day: 1}.Wall(oslo)
		for c := calendar.Clock(0); c < calendar.EndOfDay; c += 15 {
			w.At(c)
		}
	}
}

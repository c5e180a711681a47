package outbox

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pawbell/internal/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func clock(t testing.TB, s string) calendar.Clock {
	t.Helper()
	c, err := calendar.ParseClock(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func window(t testing.TB, from, until string) Window {
	t.Helper()
	return Window{From: clock(t, from), Until: clock(t, until), Zone: zone(t, "Europe/Oslo")}
}

// local reads a wall time in Oslo, with seconds or without.
func local(t testing.TB, s string) time.Time {
	t.Helper()
	layout := "2006-01-02 15:04:05"
	at, err := time.ParseInLocation(layout[:len(s)], s, zone(t, "Europe/Oslo"))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func wall(at time.Time, z *time.Location) string { return at.In(z).Format("2006-01-02 15:04:05") }

// R-02, X-37.
func TestWindowIsClosedAtBothEndsByTheMinute(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, until, at string
		want            bool
	}{
		{"08:00", "21:00", "2027-03-01 07:59:59", false},
		{"08:00", "21:00", "2027-03-01 08:00:00", true},
		{"08:00", "21:00", "2027-03-01 12:00:00", true},
		{"08:00", "21:00", "2027-03-01 21:00:00", true},
		{"08:00", "21:00", "2027-03-01 21:00:59", true},
		{"08:00", "21:00", "2027-03-01 21:01:00", false},
		{"08:00", "21:00", "2027-03-01 00:00:00", false},
		{"00:00", "24:00", "2027-03-01 00:00:00", true},
		{"00:00", "24:00", "2027-03-01 23:59:59", true},
		{"08:00", "24:00", "2027-03-01 23:59:59", true},
		{"08:00", "24:00", "2027-03-02 00:00:59", true},
		{"08:00", "24:00", "2027-03-02 00:01:00", false},
		{"00:00", "06:00", "2027-03-01 00:00:00", true},
		{"00:00", "06:00", "2027-03-01 06:01:00", false},
		{"08:00", "08:01", "2027-03-01 08:01:30", true},
		// The nights on which the clocks change, and a window with an end in the hour that is skipped or comes twice.
		{"08:00", "21:00", "2027-03-28 08:00:00", true},
		{"08:00", "21:00", "2027-03-28 07:59:59", false},
		{"08:00", "21:00", "2027-10-31 21:00:59", true},
		{"02:30", "21:00", "2027-03-28 01:59:59", false},
		{"02:30", "21:00", "2027-03-28 03:00:00", true},
		{"00:30", "02:30", "2027-03-28 03:01:00", false},
	} {
		if got := window(t, c.from, c.until).Inside(local(t, c.at)); got != c.want {
			t.Errorf("%s in %s–%s: %v", c.at, c.from, c.until, got)
		}
	}
}

// R-03, X-38, X-39, X-40, and R-04.
func TestWindowMovesToItsEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, at, earlier, later string }{
		{"the visit at 06:00 with 1 h", "2027-03-02 05:00", "2027-03-01 21:00:00", "2027-03-02 08:00:00"},
		{"the visit at 10:00 with 12 h", "2027-03-01 22:00", "2027-03-01 21:00:00", "2027-03-02 08:00:00"},
		{"a moment inside is kept to the second", "2027-03-01 09:17:23", "2027-03-01 09:17:23", "2027-03-01 09:17:23"},
		{"the last second inside is kept", "2027-03-01 21:00:59", "2027-03-01 21:00:59", "2027-03-01 21:00:59"},
		{"the first second outside", "2027-03-01 21:01:00", "2027-03-01 21:00:00", "2027-03-02 08:00:00"},
		{"midnight", "2027-03-02 00:00:00", "2027-03-01 21:00:00", "2027-03-02 08:00:00"},
		{"over the new year", "2027-01-01 03:00:00", "2026-12-31 21:00:00", "2027-01-01 08:00:00"},
		{"into the night that loses an hour", "2027-03-27 23:00:00", "2027-03-27 21:00:00", "2027-03-28 08:00:00"},
		{"out of the night that loses an hour", "2027-03-28 04:00:00", "2027-03-27 21:00:00", "2027-03-28 08:00:00"},
		{"the night that gains an hour", "2027-10-31 02:30:00", "2027-10-30 21:00:00", "2027-10-31 08:00:00"},
	} {
		w := window(t, "08:00", "21:00")
		if got := wall(w.Earlier(local(t, c.at)), w.Zone); got != c.earlier {
			t.Errorf("%s: earlier %s, want %s", c.name, got, c.earlier)
		}
		if got := wall(w.Later(local(t, c.at)), w.Zone); got != c.later {
			t.Errorf("%s: later %s, want %s", c.name, got, c.later)
		}
	}
}

func TestTheZeroWindowIsAlwaysOpen(t *testing.T) {
	t.Parallel()
	at := local(t, "2027-03-01 03:00")
	if w := (Window{}); !w.Inside(at) || !w.Earlier(at).Equal(at) || !w.Later(at).Equal(at) {
		t.Error("the zero window closed")
	}
}

func TestWindowValidate(t *testing.T) {
	t.Parallel()
	oslo := zone(t, "Europe/Oslo")
	for _, c := range []struct {
		name string
		w    Window
		ok   bool
	}{
		{"the usual one", Window{8 * 60, 21 * 60, oslo}, true},
		{"the whole day", Window{0, calendar.EndOfDay, oslo}, true},
		{"one minute", Window{8 * 60, 8*60 + 1, oslo}, true},
		{"from equal to until", Window{8 * 60, 8 * 60, oslo}, false},
		{"over midnight", Window{21 * 60, 8 * 60, oslo}, false},
		{"past the day's end", Window{8 * 60, calendar.EndOfDay + 1, oslo}, false},
		{"before the day's start", Window{-1, 8 * 60, oslo}, false},
		{"no zone", Window{8 * 60, 21 * 60, nil}, false},
	} {
		if err := c.w.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// R-02 to R-04 for any window, in zones whose clocks change by an hour, by half an hour, at midnight, or over the date line.
func TestWindowMovesAsLittleAsItCan(t *testing.T) {
	t.Parallel()
	var zones []*time.Location
	for _, name := range []string{"Europe/Oslo", "Europe/Bucharest", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "UTC"} {
		zones = append(zones, zone(t, name))
	}
	around := []time.Time{
		time.Date(2027, 3, 28, 1, 0, 0, 0, time.UTC), time.Date(2027, 10, 31, 1, 0, 0, 0, time.UTC), time.Date(2018, 11, 4, 3, 0, 0, 0, time.UTC),
		time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC), time.Date(2027, 4, 3, 15, 0, 0, 0, time.UTC), time.Date(2027, 10, 2, 15, 30, 0, 0, time.UTC),
	}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, 24*60-1).Draw(t, "from")
		w := Window{calendar.Clock(from), calendar.Clock(rapid.IntRange(from+1, 24*60).Draw(t, "until")), rapid.SampledFrom(zones).Draw(t, "zone")}
		at := rapid.SampledFrom(around).Draw(t, "around").Add(time.Duration(rapid.IntRange(-48*3600, 48*3600).Draw(t, "seconds")) * time.Second)
		earlier, later := w.Earlier(at), w.Later(at)
		if !w.Inside(earlier) || !w.Inside(later) {
			t.Fatalf("%v and %v are not inside", earlier, later)
		}
		if w.Inside(at) {
			if !earlier.Equal(at) || !later.Equal(at) {
				t.Fatalf("%v is inside, and moved to %v and %v", at, earlier, later)
			}
			return
		}
		if !earlier.Before(at) || !later.After(at) {
			t.Fatalf("%v moved to %v and %v", at, earlier, later)
		}
		for m := earlier.Add(time.Minute); m.Before(later); m = m.Add(7 * time.Minute) {
			if w.Inside(m) {
				t.Fatalf("%v lies between %v and %v, and is inside", m, earlier, later)
			}
		}
	})
}

func ExampleWindow_Earlier() {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	w := Window{From: 8 * 60, Until: 21 * 60, Zone: oslo}
	for _, planned := range []time.Time{
		time.Date(2027, 3, 2, 5, 0, 0, 0, oslo),  // the visit is at 06:00, the reminder an hour before
		time.Date(2027, 3, 1, 22, 0, 0, 0, oslo), // the visit is at 10:00, the reminder twelve hours before
		time.Date(2027, 3, 1, 9, 15, 0, 0, oslo),
	} {
		fmt.Println(planned.Format("Mon 15:04"), "leaves", w.Earlier(planned).In(oslo).Format("Mon 15:04"))
	}
	// Output:
	// Tue 05:00 leaves Mon 21:00
	// Mon 22:00 leaves Mon 21:00
	// Mon 09:15 leaves Mon 09:15
}

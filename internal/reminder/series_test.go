package reminder_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/calendar"
	"pawbell/internal/reminder"
)

func on(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// PR-12, PR-14, PR-15: when a reminder speaks up.
func TestSends(t *testing.T) {
	t.Parallel()
	month, week, year := reminder.Span{Number: 1, Unit: reminder.Month}, reminder.Span{Number: 1, Unit: reminder.Week}, reminder.Span{Number: 1, Unit: reminder.Year}
	for _, c := range []struct {
		name string
		s    reminder.Series
		due  string
		want string // occasion@day (due), in order
	}{
		{"once, on the due date", reminder.Series{}, "2027-03-01", "1:@2027-03-01"},
		{"once, a week before", reminder.Series{Before: 7}, "2027-03-01", "1:@2027-02-22"},
		{"no interval means once, however often it says", reminder.Series{Times: 5}, "2027-03-01", "1:@2027-03-01"},
		{"an interval without a number means once", reminder.Series{Every: month}, "2027-03-01", "1:@2027-03-01"},
		{"the end of the month stays the end", reminder.Series{Every: month, Times: 4}, "2027-01-31", "1:@2027-01-31 2:@2027-02-28 3:@2027-03-31 4:@2027-04-30"},
		{"before each of them", reminder.Series{Every: month, Times: 2, Before: 30}, "2027-01-31", "1:@2027-01-01 2:@2027-01-29"},
		{"weeks over the summer-time night", reminder.Series{Every: week, Times: 2}, "2027-03-27", "1:@2027-03-27 2:@2027-04-03"},
		{"a leap day", reminder.Series{Every: year, Times: 5}, "2028-02-29", "1:@2028-02-29 2:@2029-02-28 3:@2030-02-28 4:@2031-02-28 5:@2032-02-29"},
		{"steps", reminder.Series{Steps: []int{-30, -7, 0, 30}}, "2027-03-31", "1:-30@2027-03-01 1:-7@2027-03-24 1:@2027-03-31 1:+30@2027-04-30"},
		{"steps of two due dates in the order of their days", reminder.Series{Steps: []int{-7, 40}, Every: month, Times: 2}, "2027-03-31",
			"1:-7@2027-03-24 2:-7@2027-04-23 1:+40@2027-05-10 2:+40@2027-06-09"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.s.DueOn = on(t, c.due)
			var got []string
			for _, s := range c.s.Sends() {
				got = append(got, s.Occasion()+"@"+s.On.String())
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// from 30 days before to 60 days after the due date, and two days after a visit that nobody closed.
func TestHolds(t *testing.T) {
	t.Parallel()
	due := on(t, "2027-05-31")
	for visit, want := range map[string]bool{
		"2027-04-30": false, "2027-05-01": true, "2027-05-31": true, "2027-07-30": true, "2027-07-31": false,
	} {
		if got := reminder.Holds(due, on(t, visit)); got != want {
			t.Errorf("a visit on %s holds: %v, want %v", visit, got, want)
		}
	}
	start := time.Date(2027, 5, 31, 7, 0, 0, 0, time.UTC)
	if got := reminder.HoldEnds(start); !got.Equal(start.Add(48 * time.Hour)) {
		t.Errorf("it ends %s", got)
	}
}

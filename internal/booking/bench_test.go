package booking_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
)

// busyDay is a big clinic's day: everybody on two shifts and with fifteen visits.
func busyDay(people, visits int) (booking.Day, booking.Ask) {
	oslo := load("Europe/Oslo")
	date := calendar.Date{Year: 2027, Month: time.March, Day: 1}
	at := func(clock int) time.Time {
		t, _ := date.At(calendar.Clock(clock), oslo)
		return t
	}
	day := booking.Day{Date: date, Place: booking.Place{ID: "here", Zone: oslo, Enabled: true}}
	for i := range 6 {
		day.Resources = append(day.Resources, booking.Resource{ID: fmt.Sprintf("resource%07d", i), Kind: []string{"room", "xray"}[i%2], Name: fmt.Sprint(i)})
	}
	for p := range people {
		id := "practitioner" + strings.Repeat("0", 2) + string(rune('a'+p))
		day.Practitioners = append(day.Practitioners, booking.Practitioner{ID: id, Name: id})
		day.Shifts = append(day.Shifts,
			booking.Shift{Practitioner: id, Starts: 8 * 60, Ends: 12 * 60},
			booking.Shift{Practitioner: id, Starts: 12*60 + 30, Ends: 17 * 60})
		for v := range visits {
			from := 8*60 + (v*35+p*10)%(9*60)
			day.Visits = append(day.Visits, booking.Visit{
				ID: fmt.Sprint(p, v), Practitioner: id, Location: "here", Reason: "visit", StartsAt: at(from),
				Resources: []string{fmt.Sprintf("resource%07d", p%2)}, Busy: booking.Span{From: at(from - 5), Until: at(from + 10)},
			})
		}
	}
	reason := booking.Reason{ID: "visit", Duration: 15 * time.Minute, BufferAfter: 5 * time.Minute, MaxPerDay: 1000}
	return day, booking.Ask{Reason: reason}
}

// How long does the booking page wait for a day of a big clinic?
func BenchmarkTimes(b *testing.B) {
	day, ask := busyDay(20, 15)
	b.ReportAllocs()
	for b.Loop() {
		booking.Times(day, ask)
	}
}

// And when the visit also needs a room and a machine?
func BenchmarkTimesWithResources(b *testing.B) {
	day, ask := busyDay(20, 15)
	ask.Reason.Kinds = []string{"room", "xray"}
	b.ReportAllocs()
	for b.Loop() {
		booking.Times(day, ask)
	}
}

// How long does the write transaction of a booking wait for the check?
func BenchmarkCheck(b *testing.B) {
	day, ask := busyDay(20, 15)
	day.Place.HorizonDays = 90
	starts := booking.Times(day, ask)
	now := starts[0].At.Add(-24 * time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		booking.Check(day, ask, starts[0].At, now)
	}
}

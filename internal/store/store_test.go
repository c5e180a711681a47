package store

import (
	"testing"
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/clinictest"
	"pawbell/internal/store/record"
)

func TestTheFormOfAnID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"abcdefghij12345": true, "": false, "abcdefghij1234": false, "abcdefghij123456": false, "abcdefghijABCDE": false, "abcdefghij1234'": false,
	} {
		if ValidID(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}

// Design, "what makes it fast": a day is read once, again after a mark, and never believed for longer than a minute, whoever forgot to mark it.
func TestTheDeskReadsADayAgainWhenItMust(t *testing.T) {
	t.Parallel()
	app := clinictest.New(t, nil)
	location := clinictest.Location(t, app)
	vet := clinictest.Practitioner(t, app, location)
	clinictest.Shift(t, app, location, vet)
	reason := clinictest.Reason(t, app)
	owner := clinictest.Client(t, app)
	species := clinictest.Species(t, app, "Dog of the desk")
	desk := NewDesk(app)
	clock := time.Date(2027, 3, 1, 6, 0, 0, 0, time.UTC)
	desk.now = func() time.Time { return clock }

	date := calendar.Date{Year: 2027, Month: time.March, Day: 4}
	free := func() int {
		t.Helper()
		clinic, err := desk.Clinic()
		if err != nil {
			t.Fatal(err)
		}
		ask := booking.Ask{Reason: clinic.Reasons[reason.Id].Rules, Species: species.Id}
		days, err := desk.Starts(clinic, location.Id, ask, date, date)
		if err != nil {
			t.Fatal(err)
		}
		return len(days[0])
	}
	all := free()
	busy := booking.Span{From: time.Date(2027, 3, 4, 8, 0, 0, 0, time.UTC), Until: time.Date(2027, 3, 4, 8, 30, 0, 0, time.UTC)}
	clinictest.Visit(t, app, location, vet, reason, owner, record.Instant(busy.From), clinictest.Fields{
		"ends_at": record.Instant(busy.Until), "busy_from": record.Instant(busy.From), "busy_until": record.Instant(busy.Until),
	})
	if free() != all {
		t.Fatal("an unmarked day was read again")
	}
	desk.VisitChanged(location.Id, vet.Id, busy)
	if got := free(); got != all-3 {
		t.Fatalf("%d starts after the mark, want %d", got, all-3)
	}
	clinictest.Make(t, app, Absences, clinictest.Fields{"practitioner": vet.Id, "starts_at": "2027-03-04 00:00:00.000Z", "ends_at": "2027-03-05 00:00:00.000Z", "kind": "sick"})
	if free() != all-3 {
		t.Fatal("an unmarked day was read again")
	}
	clock = clock.Add(freshFor + time.Second)
	if got := free(); got != 0 {
		t.Fatalf("%d starts a minute later, though nobody is there", got)
	}
	desk.Forget(date.Add(3))
	if len(desk.days) != 0 || len(desk.marks) != 0 {
		t.Fatalf("%d days and %d marks were kept", len(desk.days), len(desk.marks))
	}
}

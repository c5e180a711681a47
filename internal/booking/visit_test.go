package booking_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
)

// Every pair of statuses, in the order of booking.Statuses on both sides: y may, . may not.
func TestEveryPairOfStatuses(t *testing.T) {
	t.Parallel()
	statuses := booking.Statuses()
	table := map[booking.Status]string{
		//                  requested, booked, confirmed, arrived, completed, cancelled, no_show
		booking.Requested: ". y . . . y .",
		booking.Booked:    ". . y y y y y",
		booking.Confirmed: ". y . y y y y",
		booking.Arrived:   ". y . . y y .",
		booking.Completed: ". . . y . . .",
		booking.Cancelled: ". y . . . . .",
		booking.NoShow:    ". y . . y . .",
	}
	if len(table) != len(statuses) {
		t.Fatalf("%d statuses, %d rows", len(statuses), len(table))
	}
	for _, from := range statuses {
		for i, to := range statuses {
			want := table[from][2*i] == 'y'
			if booking.Allowed(from, to) != want {
				t.Errorf("%s to %s: %v, want %v", from, to, !want, want)
			}
			refusal := booking.Transition(from, to, on("10:00"), on("09:00"))
			if (refusal == nil) != (want || from == to) {
				t.Errorf("%s to %s: %v", from, to, refusal)
			}
			if refusal == nil {
				continue
			}
			if diff := cmp.Diff(map[string]any{"from": string(from), "to": string(to)}, refusal.Params); diff != "" || refusal.Field != "status" || refusal.Code != "wrong_transition" {
				t.Errorf("%s to %s: %+v", from, to, refusal)
			}
		}
	}
}

func TestTransitionsAtTheEdges(t *testing.T) {
	t.Parallel()
	start := on("10:00")
	for _, c := range []struct {
		name     string
		from, to booking.Status
		now      time.Time
		allowed  bool
	}{
		{"a cancelled visit stands again before its start", booking.Cancelled, booking.Booked, on("09:59"), true},
		{"and at its start", booking.Cancelled, booking.Booked, start, true},
		{"not after its start", booking.Cancelled, booking.Booked, on("10:01"), false},
		{"a no-show is taken back after the start", booking.NoShow, booking.Completed, on("12:00"), true},
		{"a new walk-in has arrived", "", booking.Arrived, on("10:01"), true},
		{"an imported visit was cancelled", "", booking.Cancelled, on("10:01"), true},
		{"a new visit in a status that nobody knows", "", "lost", on("10:01"), false},
		{"to a status that nobody knows", booking.Booked, "lost", on("09:00"), false},
		{"from a status that nobody knows", "lost", booking.Booked, on("09:00"), false},
	} {
		if refusal := booking.Transition(c.from, c.to, start, c.now); (refusal == nil) != c.allowed {
			t.Errorf("%s: %v", c.name, refusal)
		}
	}
}

// requested visits hold their time; only cancelled ones and no-shows do not.
func TestStanding(t *testing.T) {
	t.Parallel()
	var standing, open []booking.Status
	for _, status := range booking.Statuses() {
		if booking.Standing(status) {
			standing = append(standing, status)
		}
		if booking.Open(status, on("10:00"), on("09:00")) {
			open = append(open, status)
		}
	}
	if diff := cmp.Diff([]booking.Status{booking.Requested, booking.Booked, booking.Confirmed, booking.Arrived, booking.Completed}, standing); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]booking.Status{booking.Requested, booking.Booked, booking.Confirmed}, open); diff != "" {
		t.Error(diff)
	}
	if booking.Standing("") || booking.Open(booking.Booked, on("10:00"), on("10:00")) {
		t.Error("no status stands, and what has begun is not open")
	}
}

// what owners may do alone, and until when.
func TestWhatOwnersMayDo(t *testing.T) {
	t.Parallel()
	start := on("10:00")
	for _, c := range []struct {
		name            string
		status          booking.Status
		cutoff          int
		now             time.Time
		change, confirm bool
	}{
		{"well before the cut-off", booking.Booked, 1440, start.Add(-25 * time.Hour), true, true},
		{"a second before the cut-off", booking.Booked, 1440, start.Add(-24*time.Hour - time.Second), true, true},
		{"at the cut-off", booking.Booked, 1440, start.Add(-24 * time.Hour), false, true},
		{"no cut-off: until the start", booking.Booked, 0, start.Add(-time.Second), true, true},
		{"no cut-off: not from the start on", booking.Booked, 0, start, false, false},
		{"a requested visit", booking.Requested, 60, on("08:00"), true, false},
		{"a confirmed visit", booking.Confirmed, 60, on("08:00"), true, false},
		{"somebody has come", booking.Arrived, 60, on("08:00"), false, false},
		{"completed", booking.Completed, 60, on("08:00"), false, false},
		{"cancelled", booking.Cancelled, 60, on("08:00"), false, false},
		{"a no-show", booking.NoShow, 60, on("08:00"), false, false},
	} {
		if got := booking.CanCancel(c.status, start, c.cutoff, c.now); got != c.change {
			t.Errorf("%s: can cancel %v", c.name, got)
		}
		if got := booking.CanMove(c.status, start, c.cutoff, c.now); got != c.change {
			t.Errorf("%s: can move %v", c.name, got)
		}
		if got := booking.CanConfirm(c.status, start, c.now); got != c.confirm {
			t.Errorf("%s: can confirm %v", c.name, got)
		}
	}
	if got := booking.CutoffAt(start, 90); !got.Equal(on("08:30")) {
		t.Errorf("an hour and a half before ten is %v", got)
	}
	if r := booking.TooLate("+4722334455"); r.Code != "too_late" || r.Message == booking.TooLate("").Message {
		t.Errorf("the number to call is missing: %v", r)
	}
}

// how long a visit lasts.
func TestLength(t *testing.T) {
	t.Parallel()
	reason := booking.Reason{Duration: 30 * time.Minute}
	stored := between("10:00", "10:45")
	for _, c := range []struct {
		name        string
		was, wanted booking.Span
		want        booking.Span
		field, code string
	}{
		{"new, without an end", booking.Span{}, booking.Span{From: on("10:00")}, between("10:00", "10:30"), "", ""},
		{"new, with an end", booking.Span{}, between("10:00", "11:00"), between("10:00", "11:00"), "", ""},
		{"moved: the length is kept", stored, booking.Span{From: on("14:00"), Until: on("10:45")}, between("14:00", "14:45"), "", ""},
		{"moved to earlier", stored, booking.Span{From: on("09:00"), Until: on("10:45")}, between("09:00", "09:45"), "", ""},
		{"moved and its end set", stored, between("14:00", "14:20"), between("14:00", "14:20"), "", ""},
		{"its end alone changed", stored, between("10:00", "11:30"), between("10:00", "11:30"), "", ""},
		{"its end taken away", stored, booking.Span{From: on("10:00")}, between("10:00", "10:30"), "", ""},
		{"nothing changed", stored, stored, stored, "", ""},
		{"five minutes", booking.Span{}, between("10:00", "10:05"), between("10:00", "10:05"), "", ""},
		{"four minutes", booking.Span{}, between("10:00", "10:04"), booking.Span{}, "ends_at", "too_short"},
		{"the end before the start", booking.Span{}, between("10:00", "09:00"), booking.Span{}, "ends_at", "too_short"},
		{"a whole day", booking.Span{}, booking.Span{From: on("10:00"), Until: on("10:00").Add(24 * time.Hour)}, booking.Span{From: on("10:00"), Until: on("10:00").Add(24 * time.Hour)}, "", ""},
		{"more than a day", booking.Span{}, booking.Span{From: on("10:00"), Until: on("10:01").Add(24 * time.Hour)}, booking.Span{}, "ends_at", "too_long"},
		{"no start", booking.Span{}, booking.Span{Until: on("10:00")}, booking.Span{}, "starts_at", "required"},
	} {
		got, refusal := booking.Length(reason, c.was, c.wanted)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if (refusal != nil) != (c.code != "") || refusal != nil && (refusal.Field != c.field || refusal.Code != c.code) {
			t.Errorf("%s: %v", c.name, refusal)
		}
	}
}

// the overlap covers the practitioner and every resource, buffers included, and touching is not overlapping.
func TestOverlaps(t *testing.T) {
	t.Parallel()
	reason := booking.Reason{BufferBefore: 5 * time.Minute, BufferAfter: 10 * time.Minute}
	busy := booking.BusySpan(reason, on("10:00"), on("10:30"))
	if busy != between("09:55", "10:40") {
		t.Fatalf("busy %v", busy)
	}
	visit := booking.Visit{ID: "this", Practitioner: "kari", Resources: []string{"r1", "r2"}, Busy: busy}
	for _, c := range []struct {
		name  string
		other booking.Visit
		want  bool
	}{
		{"the same practitioner", booking.Visit{ID: "o", Practitioner: "kari", Busy: between("10:39", "11:00")}, true},
		{"back to back after", booking.Visit{ID: "o", Practitioner: "kari", Busy: between("10:40", "11:00")}, false},
		{"back to back before", booking.Visit{ID: "o", Practitioner: "kari", Busy: between("09:00", "09:55")}, false},
		{"around it", booking.Visit{ID: "o", Practitioner: "kari", Busy: between("09:00", "12:00")}, true},
		{"within it", booking.Visit{ID: "o", Practitioner: "kari", Busy: between("10:10", "10:15")}, true},
		{"nothing in common", booking.Visit{ID: "o", Practitioner: "ola", Resources: []string{"r3"}, Busy: busy}, false},
		{"the second resource", booking.Visit{ID: "o", Practitioner: "ola", Resources: []string{"r3", "r2"}, Busy: busy}, true},
		{"itself, as it was", booking.Visit{ID: "this", Practitioner: "kari", Busy: busy}, false},
		{"no practitioner on either side", booking.Visit{ID: "o", Busy: busy}, false},
		{"an empty stretch", booking.Visit{ID: "o", Practitioner: "kari", Busy: between("10:10", "10:10")}, false},
	} {
		if got := booking.Overlaps(visit, []booking.Visit{c.other}); (len(got) == 1) != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	visit.ID, visit.Practitioner = "", ""
	if got := booking.Overlaps(visit, []booking.Visit{{Practitioner: "", Busy: busy}, {Resources: []string{"r1"}, Busy: busy}}); len(got) != 1 {
		t.Errorf("a new visit without practitioner overlaps by its resources only: %v", got)
	}
}

// who and what a visit that staff book gets.
func TestChoose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		visit    booking.Span
		overbook bool
		change   func(*booking.Day, *booking.Ask)
		want     booking.Start
		code     string
	}{
		{"at work goes before fewer minutes", between("09:00", "09:30"), false, nil, booking.Start{At: on("09:00"), Practitioner: "kari"}, ""},
		{"busy at work: somebody who is free", between("10:00", "10:30"), false, nil, booking.Start{At: on("10:00"), Practitioner: "anna"}, ""},
		{"nobody at work: the fewest minutes", between("20:00", "20:30"), false, nil, booking.Start{At: on("20:00"), Practitioner: "anna"}, ""},
		{"away is not at work", between("09:00", "09:30"), false, func(d *booking.Day, _ *booking.Ask) {
			d.Absences = []booking.Absence{{Span: between("08:00", "12:00")}}
		}, booking.Start{At: on("09:00"), Practitioner: "anna"}, ""},
		{"an offline shift is work", between("20:00", "20:30"), false, func(d *booking.Day, _ *booking.Ask) {
			d.Shifts = append(d.Shifts, booking.Shift{Practitioner: "kari", Starts: 19 * 60, Ends: calendar.EndOfDay, Offline: true})
		}, booking.Start{At: on("20:00"), Practitioner: "kari"}, ""},
		{"only those who do this", between("10:00", "10:30"), false, func(_ *booking.Day, a *booking.Ask) { a.Reason.Practitioners = []string{"kari"} }, booking.Start{}, "slot_taken"},
		{"knowingly overbooked", between("10:00", "10:30"), true, func(_ *booking.Day, a *booking.Ask) { a.Reason.Practitioners = []string{"kari"} }, booking.Start{At: on("10:00"), Practitioner: "kari"}, ""},
		{"overbooking still takes who is free", between("10:00", "10:30"), true, nil, booking.Start{At: on("10:00"), Practitioner: "anna"}, ""},
		{"a wish is taken as given", between("11:00", "11:30"), false, func(_ *booking.Day, a *booking.Ask) { a.Practitioner = "guest" }, booking.Start{At: on("11:00"), Practitioner: "guest"}, ""},
		{"a wish that is busy", between("10:00", "10:30"), false, func(_ *booking.Day, a *booking.Ask) { a.Practitioner = "kari" }, booking.Start{}, "slot_taken"},
		{"a room too", between("09:00", "09:30"), false, func(_ *booking.Day, a *booking.Ask) { a.Reason.Kinds = []string{"room", "xray"} }, booking.Start{At: on("09:00"), Practitioner: "kari", Resources: []string{"r1"}}, ""},
		{"the room is taken", between("09:00", "09:30"), false, func(d *booking.Day, a *booking.Ask) {
			a.Reason.Kinds = []string{"room"}
			d.Visits = append(d.Visits, booking.Visit{ID: "x", Resources: []string{"r1"}, Busy: between("09:15", "09:20")})
		}, booking.Start{}, "slot_taken"},
		{"the visit that is being moved is not in its own way", between("10:15", "10:45"), false, func(_ *booking.Day, a *booking.Ask) { a.Except = "v" }, booking.Start{At: on("10:15"), Practitioner: "kari"}, ""},
		{"nobody does this", between("09:00", "09:30"), false, func(_ *booking.Day, a *booking.Ask) { a.Reason.Practitioners = []string{"ola"} }, booking.Start{}, "required"},
	} {
		day, ask := ordinary()
		day.Practitioners = append(day.Practitioners, booking.Practitioner{ID: "anna", Name: "Anna"})
		if c.change != nil {
			c.change(&day, &ask)
		}
		got, refusal := booking.Choose(day, ask, c.visit, c.overbook)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if (refusal != nil) != (c.code != "") || refusal != nil && refusal.Code != c.code {
			t.Errorf("%s: %v", c.name, refusal)
		}
	}
}

func TestShiftOn(t *testing.T) {
	t.Parallel()
	date := func(s string) calendar.Date {
		d, err := calendar.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	everyDay := [7]bool{true, true, true, true, true, true, true}
	mondays := [7]bool{time.Monday: true}
	sundays := [7]bool{time.Sunday: true}
	for _, c := range []struct {
		name  string
		shift booking.Shift
		date  string
		want  bool
	}{
		{"its weekday", booking.Shift{Weekdays: mondays}, "2027-03-01", true},
		{"another weekday", booking.Shift{Weekdays: mondays}, "2027-03-02", false},
		{"its first day", booking.Shift{Weekdays: everyDay, From: date("2027-03-01")}, "2027-03-01", true},
		{"the day before its first", booking.Shift{Weekdays: everyDay, From: date("2027-03-01")}, "2027-02-28", false},
		{"its last day", booking.Shift{Weekdays: everyDay, Until: date("2027-03-01")}, "2027-03-01", true},
		{"the day after its last", booking.Shift{Weekdays: everyDay, Until: date("2027-03-01")}, "2027-03-02", false},
		{"every other week, from a Wednesday: that week's Sunday", booking.Shift{Weekdays: sundays, From: date("2027-03-03"), EveryWeeks: 2}, "2027-03-07", true},
		{"every other week, from a Wednesday: next Monday is the week between", booking.Shift{Weekdays: mondays, From: date("2027-03-03"), EveryWeeks: 2}, "2027-03-08", false},
		{"every other week, from a Wednesday: the Monday after", booking.Shift{Weekdays: mondays, From: date("2027-03-03"), EveryWeeks: 2}, "2027-03-15", true},
		{"every other week from a Sunday counts that week from its Monday", booking.Shift{Weekdays: mondays, From: date("2027-03-07"), EveryWeeks: 2}, "2027-03-08", false},
		{"every third week, a year on", booking.Shift{Weekdays: mondays, From: date("2027-03-01"), EveryWeeks: 3}, "2028-02-28", false},
		{"every fourth week, a year on", booking.Shift{Weekdays: mondays, From: date("2027-03-01"), EveryWeeks: 4}, "2028-02-28", true},
		{"every other week over the change of clocks", booking.Shift{Weekdays: mondays, From: date("2027-03-22"), EveryWeeks: 2}, "2027-04-05", true},
		{"every other week without a first day", booking.Shift{Weekdays: mondays, EveryWeeks: 2}, "1970-01-19", true},
		{"once a week", booking.Shift{Weekdays: mondays, EveryWeeks: 1, From: date("2027-03-01")}, "2027-03-08", true},
	} {
		if got := c.shift.On(date(c.date)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// one missed visit may happen to anybody.
func TestTheSecondMissedVisitIsWorthAWord(t *testing.T) {
	t.Parallel()
	for missed, want := range []bool{false, false, true, true} {
		if booking.MissedOften(missed) != want {
			t.Errorf("%d missed: %v, want %v", missed, !want, want)
		}
	}
}

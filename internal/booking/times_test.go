package booking_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
)

func load(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// anyDay draws a day with a few people, rooms, shifts, absences and visits, most often one on which the clocks change.
func anyDay(t *rapid.T) (booking.Day, booking.Ask) {
	zone := load(rapid.SampledFrom([]string{
		"Europe/Oslo", "Europe/Helsinki", "Europe/London", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "UTC",
	}).Draw(t, "zone"))
	date := calendar.Date{Year: 2027, Month: 1, Day: 1}.Add(rapid.IntRange(0, 730).Draw(t, "date"))
	if rapid.Bool().Draw(t, "clocks change") {
		if _, change := date.Start(zone).In(zone).ZoneBounds(); !change.IsZero() {
			date = calendar.On(change.Add(-time.Second), zone).Add(rapid.IntRange(0, 1).Draw(t, "day after"))
		}
	}
	people := []string{"anna", "berit", "cato", "dag"}[:rapid.IntRange(0, 4).Draw(t, "people")]
	someone := func(label string) string {
		return rapid.SampledFrom([]string{"anna", "berit", "cato", "dag", "stranger"}).Draw(t, label)
	}
	sometimes := func(label string, list ...string) []string {
		if rapid.IntRange(0, 3).Draw(t, label+" limited") > 0 {
			return nil
		}
		return rapid.SliceOfNDistinct(rapid.SampledFrom(list), 1, 2, rapid.ID[string]).Draw(t, label)
	}
	minutes := func(label string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most/5).Draw(t, label)*5) * time.Minute
	}
	day := booking.Day{Date: date, Place: booking.Place{
		ID: "here", Zone: zone, Enabled: true, HorizonDays: rapid.IntRange(0, 3).Draw(t, "horizon"),
		Offer:       rapid.SampledFrom([]booking.Offer{booking.EverySlot, booking.HalfHours, booking.FullHours}).Draw(t, "offer"),
		GridMinutes: rapid.SampledFrom([]int{0, 5, 10, 15, 20, 25, 45}).Draw(t, "grid"),
		Lead: rapid.SampledFrom([]calendar.Lead{
			{}, {Never: true}, {Elapsed: 2 * time.Hour}, {InDays: true, Days: 1, Clock: 9 * 60}, {InDays: true, Clock: 2*60 + 30},
		}).Draw(t, "lead"),
	}}
	for _, id := range people {
		day.Practitioners = append(day.Practitioners, booking.Practitioner{
			ID: id, Name: rapid.SampledFrom([]string{"Vet", "Anna", "Å"}).Draw(t, "name"), Locations: sometimes("locations", "here", "there"),
		})
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "resources") {
		day.Resources = append(day.Resources, booking.Resource{
			ID: fmt.Sprint("r", i), Kind: rapid.SampledFrom([]string{"room", "xray"}).Draw(t, "kind"),
			Name: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "resource name"),
		})
	}
	begins := date.Start(zone)
	span := func(label string, longest time.Duration) booking.Span {
		from := begins.Add(-4*time.Hour + minutes(label+" from", 32*60))
		return booking.Span{From: from, Until: from.Add(minutes(label+" for", int(longest/time.Minute)))}
	}
	for range rapid.IntRange(0, 6).Draw(t, "shifts") {
		from := calendar.Clock(rapid.IntRange(0, 288).Draw(t, "shift from") * 5)
		day.Shifts = append(day.Shifts, booking.Shift{
			Practitioner: someone("shift of"), Starts: from,
			Ends:    min(from+calendar.Clock(rapid.IntRange(0, 120).Draw(t, "shift length")*5), calendar.EndOfDay),
			Offline: rapid.IntRange(0, 5).Draw(t, "offline shift") == 0, Reasons: sometimes("shift reasons", "visit", "surgery"),
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "absences") {
		who := someone("absence of")
		if who == "stranger" {
			who = ""
		}
		day.Absences = append(day.Absences, booking.Absence{Practitioner: who, Span: span("absence", 6*time.Hour)})
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "visits") {
		busy := span("visit", 3*time.Hour)
		day.Visits = append(day.Visits, booking.Visit{
			ID: fmt.Sprint("v", i), Practitioner: someone("visit of"), Busy: busy, StartsAt: busy.From,
			Location:  rapid.SampledFrom([]string{"here", "there"}).Draw(t, "visit at"),
			Reason:    rapid.SampledFrom([]string{"visit", "surgery"}).Draw(t, "visit reason"),
			Resources: sometimes("visit with", "r0", "r1", "r2", "r3"),
		})
	}
	ask := booking.Ask{Reason: booking.Reason{
		ID: "visit", Duration: 5*time.Minute + minutes("length", 120), BufferBefore: minutes("before", 30), BufferAfter: minutes("after", 30),
		Practitioners: sometimes("done by", "anna", "berit", "cato"), Kinds: sometimes("needs", "room", "xray"),
		MaxPerDay: rapid.SampledFrom([]int{0, 0, 0, 1, 4}).Draw(t, "max"),
	}}
	if rapid.IntRange(0, 3).Draw(t, "wish") == 0 {
		ask.Practitioner = someone("wished")
	}
	if rapid.IntRange(0, 3).Draw(t, "moving") == 0 {
		ask.Except = "v0"
	}
	return day, ask
}

// slowly answers what Times answers, straight from the words of the rules and one start at a time.
func slowly(day booking.Day, ask booking.Ask) []booking.Start {
	zone, reason := day.Place.Zone, ask.Reason
	listed := func(list []string, id string) bool { return len(list) == 0 || slices.Contains(list, id) }
	next := day.Date.Add(1).Start(zone)
	grid := day.Place.GridMinutes
	if grid == 0 {
		grid = 15
	}
	sameReason := 0
	for _, v := range day.Visits {
		if v.ID != ask.Except && v.Reason == reason.ID && v.Location == day.Place.ID && calendar.On(v.StartsAt, zone) == day.Date {
			sameReason++
		}
	}
	if reason.MaxPerDay > 0 && sameReason >= reason.MaxPerDay {
		return nil
	}
	var starts []booking.Start
	for clock := calendar.Clock(0); clock < calendar.EndOfDay; clock++ {
		minute := int(clock) % 60
		at, exists := day.Date.At(clock, zone)
		if !exists || int(clock)%grid != 0 ||
			day.Place.Offer == booking.HalfHours && minute%30 != 0 || day.Place.Offer == booking.FullHours && minute != 0 {
			continue
		}
		visit := booking.Span{From: at.Add(-reason.BufferBefore), Until: at.Add(reason.Duration)}
		busy := booking.Span{From: visit.From, Until: visit.Until.Add(reason.BufferAfter)}
		var best *booking.Practitioner
		var least time.Duration
		for i, p := range day.Practitioners {
			if ask.Practitioner != "" && p.ID != ask.Practitioner || !listed(reason.Practitioners, p.ID) || !listed(p.Locations, "here") {
				continue
			}
			works := slices.ContainsFunc(day.Shifts, func(s booking.Shift) bool {
				from, _ := day.Date.At(s.Starts, zone)
				until, _ := day.Date.At(s.Ends, zone)
				return s.Practitioner == p.ID && !s.Offline && listed(s.Reasons, reason.ID) && !visit.From.Before(from) && !visit.Until.After(until)
			})
			away := slices.ContainsFunc(day.Absences, func(a booking.Absence) bool {
				return (a.Practitioner == "" || a.Practitioner == p.ID) && a.Span.Overlaps(visit)
			})
			booked := time.Duration(0)
			taken := false
			for _, v := range day.Visits {
				if v.Practitioner != p.ID || v.ID == ask.Except {
					continue
				}
				taken = taken || v.Busy.Overlaps(busy)
				for m := v.Busy.From; m.Before(v.Busy.Until); m = m.Add(5 * time.Minute) {
					if !m.Before(day.Date.Start(zone)) && m.Before(next) {
						booked += 5 * time.Minute
					}
				}
			}
			if !works || away || taken {
				continue
			}
			if best == nil || booked < least || booked == least && (p.Name < best.Name || p.Name == best.Name && p.ID < best.ID) {
				best, least = &day.Practitioners[i], booked
			}
		}
		if best == nil {
			continue
		}
		start := booking.Start{At: at, Practitioner: best.ID}
		for _, kind := range reason.Kinds {
			var room *booking.Resource
			for i, r := range day.Resources {
				taken := slices.ContainsFunc(day.Visits, func(v booking.Visit) bool {
					return v.ID != ask.Except && slices.Contains(v.Resources, r.ID) && v.Busy.Overlaps(busy)
				})
				if r.Kind == kind && !taken && (room == nil || r.Name < room.Name || r.Name == room.Name && r.ID < room.ID) {
					room = &day.Resources[i]
				}
			}
			if room != nil {
				start.Resources = append(start.Resources, room.ID)
			}
		}
		if len(start.Resources) == len(reason.Kinds) {
			starts = append(starts, start)
		}
	}
	return starts
}

// R-33, R-35, R-54: the bits answer exactly what the words of the rules say.
func TestTimesSayWhatTheRulesSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day, ask := anyDay(t)
		if diff := cmp.Diff(slowly(day, ask), booking.Times(day, ask)); diff != "" {
			t.Fatalf("(-rules +Times):\n%s", diff)
		}
	})
}

// R-36: whatever Times lists within lead and horizon is accepted with the same practitioner and resources, and nothing else is.
func TestCheckAcceptsExactlyWhatIsListed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day, ask := anyDay(t)
		begins := day.Date.Start(day.Place.Zone)
		now := begins.Add(time.Duration(rapid.IntRange(-5*24*60, 26*60).Draw(t, "now")) * time.Minute)
		listed := map[time.Time]booking.Start{}
		for _, start := range booking.Bookable(day.Place, ask.Reason, booking.Times(day, ask), now) {
			listed[start.At] = start
		}
		for at := begins.Add(-time.Hour); at.Before(begins.Add(27 * time.Hour)); at = at.Add(5 * time.Minute) {
			got, refusal := booking.Check(day, ask, at, now)
			want, free := listed[at]
			if free != (refusal == nil) {
				t.Fatalf("%v: listed %v, Check says %v", at, free, refusal)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%v (-Times +Check):\n%s", at, diff)
			}
		}
	})
}

// R-33, R-34: in the list no start overlaps a visit of who and what it names, and each lies in a shift of that person.
func TestNoListedStartOverlapsAVisit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day, ask := anyDay(t)
		ask.Except = ""
		for _, start := range booking.Times(day, ask) {
			until := start.At.Add(ask.Reason.Duration)
			visit := booking.Visit{Practitioner: start.Practitioner, Resources: start.Resources, Busy: booking.BusySpan(ask.Reason, start.At, until)}
			if found := booking.Overlaps(visit, day.Visits); len(found) > 0 {
				t.Fatalf("%+v overlaps %+v", start, found)
			}
			if !slices.ContainsFunc(day.Shifts, func(s booking.Shift) bool {
				from, _ := day.Date.At(s.Starts, day.Place.Zone)
				ends, _ := day.Date.At(s.Ends, day.Place.Zone)
				return s.Practitioner == start.Practitioner && !visit.Busy.From.Before(from) && !until.After(ends)
			}) {
				t.Fatalf("%+v lies in no shift of %v", start, day.Shifts)
			}
		}
	})
}

func instants(starts []booking.Start) []time.Time {
	list := make([]time.Time, len(starts))
	for i, s := range starts {
		list[i] = s.At
	}
	return list
}

// A cancelled visit only ever gives time back: no start that was free is lost.
func TestRemovingAVisitLosesNoStart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day, ask := anyDay(t)
		if len(day.Visits) == 0 {
			return
		}
		before := instants(booking.Times(day, ask))
		i := rapid.IntRange(0, len(day.Visits)-1).Draw(t, "cancelled")
		day.Visits = slices.Delete(day.Visits, i, i+1)
		after := instants(booking.Times(day, ask))
		for _, at := range before {
			if !slices.Contains(after, at) {
				t.Fatalf("%v was lost", at)
			}
		}
	})
}

// R-34: a start that is booked is gone for the same person, and what touches it back to back stays.
func TestBookingAStartTakesOnlyWhatOverlaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day, ask := anyDay(t)
		ask.Reason.MaxPerDay = 0
		before := booking.Times(day, ask)
		if len(before) == 0 {
			return
		}
		start := rapid.SampledFrom(before).Draw(t, "booked")
		busy := booking.BusySpan(ask.Reason, start.At, start.At.Add(ask.Reason.Duration))
		day.Visits = append(slices.Clone(day.Visits), booking.Visit{
			ID: "new", Location: "here", Practitioner: start.Practitioner, Resources: start.Resources, StartsAt: start.At, Busy: busy,
		})
		after := booking.Times(day, ask)
		for _, s := range after {
			if s.At.Equal(start.At) && s.Practitioner == start.Practitioner {
				t.Fatalf("%v is still there", s)
			}
		}
		for _, s := range before {
			clear := !booking.BusySpan(ask.Reason, s.At, s.At.Add(ask.Reason.Duration)).Overlaps(busy)
			if clear && !slices.Contains(instants(after), s.At) {
				t.Fatalf("%v does not overlap %v and is gone", s.At, busy)
			}
		}
	})
}

// The order in which the rows were read does not change who is chosen.
func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day, ask := anyDay(t)
		want := booking.Times(day, ask)
		day.Practitioners, day.Resources = slices.Clone(day.Practitioners), slices.Clone(day.Resources)
		slices.Reverse(day.Practitioners)
		slices.Reverse(day.Resources)
		slices.Reverse(day.Shifts)
		slices.Reverse(day.Absences)
		slices.Reverse(day.Visits)
		if diff := cmp.Diff(want, booking.Times(day, ask)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzTimes(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		day, ask := anyDay(t)
		if diff := cmp.Diff(slowly(day, ask), booking.Times(day, ask)); diff != "" {
			t.Fatalf("(-rules +Times):\n%s", diff)
		}
	}))
}

func ExampleTimes() {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	monday := calendar.Date{Year: 2027, Month: time.March, Day: 1}
	at := func(clock calendar.Clock) time.Time {
		t, _ := monday.At(clock, oslo)
		return t
	}
	day := booking.Day{
		Date:          monday,
		Place:         booking.Place{ID: "majorstua", Zone: oslo, Enabled: true, Offer: booking.HalfHours},
		Practitioners: []booking.Practitioner{{ID: "k", Name: "Kari"}, {ID: "o", Name: "Ola"}},
		Shifts: []booking.Shift{
			{Practitioner: "k", Starts: 9 * 60, Ends: 11 * 60},
			{Practitioner: "o", Starts: 10 * 60, Ends: 12 * 60},
		},
		Visits: []booking.Visit{{Practitioner: "k", Busy: booking.Span{From: at(9*60 + 30), Until: at(10 * 60)}}},
	}
	ask := booking.Ask{Reason: booking.Reason{ID: "vaccination", Duration: 30 * time.Minute}}
	for _, start := range booking.Times(day, ask) {
		fmt.Println(start.At.In(oslo).Format("15:04"), start.Practitioner)
	}
	// Output:
	// 09:00 k
	// 10:00 o
	// 10:30 o
	// 11:00 o
	// 11:30 o
}

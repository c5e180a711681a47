package hooks_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

// about asks one of the two questions with the usual parameters, changed where a test wants it; "-" leaves one out.
func (c *clinic) about(question string, changes map[string]string) reply {
	c.t.Helper()
	params := map[string]string{"location": c.location.Id, "reason": c.reason.Id, "species": c.dog.Id}
	if question == "days" {
		params["from"], params["until"] = "2027-03-01", "2027-03-07"
	} else {
		params["date"] = "2027-03-04"
	}
	for name, value := range changes {
		params[name] = value
	}
	var pairs []string
	for name, value := range params {
		if value != "-" {
			pairs = append(pairs, name+"="+value)
		}
	}
	slices.Sort(pairs)
	return c.get("/api/booking/" + question + "?" + strings.Join(pairs, "&"))
}

// PB-11, PB-12, PB-14: the days with time, then the times of one day with the part that the filter goes by.
func TestDaysAndTimesAreAnsweredInOneShape(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"offer": "full_hours"})
	clinictest.Make(t, c.app, "shifts", fields{
		"location": c.location.Id, "practitioner": c.practitioner.Id, "weekdays": []string{"thu"}, "starts": "16:00", "ends": "18:00",
	})
	clinictest.Make(t, c.app, "absences", fields{"location": c.location.Id, "starts_at": "2027-03-02 00:00:00Z", "ends_at": "2027-03-03 23:00:00Z", "kind": "closed"})

	// Today's lead of two hours leaves 10:00 to 15:00; Tuesday and Wednesday are closed.
	if got, want := c.about("days", nil).Body, `{"days":[{"date":"2027-03-01","free":6},{"date":"2027-03-04","free":10},`+
		`{"date":"2027-03-05","free":8},{"date":"2027-03-06","free":8},{"date":"2027-03-07","free":8}]}`; strings.TrimSpace(got) != want {
		t.Errorf("days\n got %s\nwant %s", got, want)
	}
	who := `,"practitioner":{"id":"` + c.practitioner.Id + `","name":"Anna Holm"}}`
	line := func(hour int, part string) string {
		return fmt.Sprintf(`{"starts_at":"2027-03-04T%02d:00:00Z","local":"%02d:00","part":"%s"`, hour-1, hour, part) + who
	}
	lines := []string{line(8, "morning"), line(9, "morning"), line(10, "morning"), line(11, "morning"), line(12, "afternoon"), line(13, "afternoon"),
		line(14, "afternoon"), line(15, "afternoon"), line(16, "afternoon"), line(17, "evening")}
	times := func() string { return strings.TrimSpace(c.about("times", nil).Body) }
	if want := `{"date":"2027-03-04","times":[` + strings.Join(lines, ",") + `],"timezone":"Europe/Copenhagen"}`; times() != want {
		t.Errorf("times\n got %s\nwant %s", times(), want)
	}
	clinictest.BookingSettings(t, c.app, c.location, fields{"hide_practitioner": true})
	if want := `{"date":"2027-03-04","times":[` + strings.ReplaceAll(strings.Join(lines, ","), who, "}") + `],"timezone":"Europe/Copenhagen"}`; times() != want {
		t.Errorf("times without names\n got %s\nwant %s", times(), want)
	}
}

func TestAQuestionThatCannotBeAnsweredSaysWhy(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	closed := clinictest.Location(t, c.app)
	clinictest.BookingSettings(t, c.app, closed, fields{"enabled": false})
	inactive := clinictest.Location(t, c.app, fields{"inactive": true})
	offline := clinictest.Reason(t, c.app, fields{"offline": true})
	elsewhere := clinictest.Reason(t, c.app, fields{"locations": []string{closed.Id}})
	retired := clinictest.Practitioner(t, c.app, c.location, fields{"inactive": true})
	nobody := "aaaaaaaaaaaaaaa"
	both, days, times := []string{"days", "times"}, []string{"days"}, []string{"times"}
	type change = map[string]string
	for _, q := range []struct {
		name        string
		questions   []string
		change      change
		status      int
		field, code string
	}{
		{"no location", both, change{"location": "-"}, 400, "location", "required"},
		{"an empty location", both, change{"location": ""}, 400, "location", "required"},
		{"a location that is no id", both, change{"location": "harbour"}, 400, "location", "invalid_id"},
		{"a location in capitals", both, change{"location": strings.ToUpper(nobody)}, 400, "location", "invalid_id"},
		{"a location that does not exist", both, change{"location": nobody}, 400, "location", "unknown"},
		{"a location that is no longer in use", both, change{"location": inactive.Id}, 400, "location", "unknown"},
		{"a location where online booking is off", both, change{"location": closed.Id}, 403, "location", "booking_closed"},
		{"such a location, however incomplete the rest", both, change{"location": closed.Id, "species": "-", "reason": "-"}, 403, "location", "booking_closed"},
		{"no reason", both, change{"reason": "-"}, 400, "reason", "required"},
		{"a reason that is no id", both, change{"reason": "1%27%20OR%201=1"}, 400, "reason", "invalid_id"},
		{"a reason that does not exist", both, change{"reason": nobody}, 400, "reason", "unknown"},
		{"a reason that staff book", both, change{"reason": offline.Id}, 400, "reason", "not_bookable"},
		{"a reason of another place", both, change{"reason": elsewhere.Id}, 400, "reason", "not_bookable"},
		{"no species where it is asked", both, change{"species": "-"}, 400, "species", "required"},
		{"a species that is no id", both, change{"species": "dog"}, 400, "species", "invalid_id"},
		{"a species that does not exist", both, change{"species": nobody}, 400, "species", "unknown"},
		{"a practitioner that is no id", both, change{"practitioner": "%00"}, 400, "practitioner", "invalid_id"},
		{"a practitioner that does not exist", both, change{"practitioner": nobody}, 400, "practitioner", "unknown"},
		{"a practitioner who has left", both, change{"practitioner": retired.Id}, 400, "practitioner", "unknown"},
		{"no first day", days, change{"from": "-"}, 400, "from", "required"},
		{"no last day", days, change{"until": "-"}, 400, "until", "required"},
		{"a day that does not exist", days, change{"from": "2027-02-29"}, 400, "from", "invalid_date"},
		{"an instant for a day", days, change{"until": "2027-03-07T00:00:00Z"}, 400, "until", "invalid_date"},
		{"a last day before the first", days, change{"until": "2027-02-28"}, 400, "until", "invalid_date"},
		{"93 days", days, change{"until": "2027-06-01"}, 400, "until", "range_too_long"},
		{"no date", times, change{"date": "-"}, 400, "date", "required"},
		{"a date as people write it", times, change{"date": "4.3.2027"}, 400, "date", "invalid_date"},
		{"a date of a 13th month", times, change{"date": "2027-13-01"}, 400, "date", "invalid_date"},
	} {
		for _, question := range q.questions {
			answer := c.about(question, q.change)
			if answer.Status != q.status || answer.code(q.field) != q.code {
				t.Errorf("%s, asking for %s: %d %s, want %d %s on %s", q.name, question, answer.Status, answer.Body, q.status, q.code, q.field)
			}
			if q.code == "booking_closed" && (!strings.Contains(answer.text("message"), "+4533112233") || answer.params("location")["phone"] != "+4533112233") {
				t.Errorf("%s does not give the phone: %s", q.name, answer.Body)
			}
		}
	}
	if answer := c.about("days", change{"until": "2027-05-31"}); answer.Status != http.StatusOK {
		t.Errorf("92 days: %d %s", answer.Status, answer.Body)
	}
	if answer := c.as("", http.MethodPost, "/api/booking/days", "{}"); answer.Status < 400 || answer.Status >= 500 {
		t.Errorf("a POST for days: %d %s", answer.Status, answer.Body)
	}
}

// PB-13, PB-03: the time before the start, the horizon and the past bound what is offered, on both ends to the minute and the day.
func TestOnlyWhatLiesBetweenLeadAndHorizonIsOffered(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"horizon_days": 3})
	c.now = time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC) // 09:00
	if got := c.free("2027-03-01"); got[0] != "11:00" {
		t.Errorf("two hours ahead of 09:00 the first start is %s", got[0])
	}
	c.now = c.now.Add(time.Second)
	if got := c.free("2027-03-01"); got[0] != "11:15" {
		t.Errorf("a second later the first start is %s", got[0])
	}
	if got := c.free("2027-03-04"); len(got) != 31 {
		t.Errorf("on the last day there are %d starts", len(got))
	}
	for _, date := range []string{"2027-02-28", "2027-03-05", "0001-01-01", "9999-12-31"} {
		if got := c.free(date); len(got) != 0 {
			t.Errorf("on %s there is %v", date, got)
		}
	}
	want := `{"days":[{"date":"2027-03-01","free":18},{"date":"2027-03-02","free":31},{"date":"2027-03-03","free":31},{"date":"2027-03-04","free":31}]}`
	if got := c.about("days", map[string]string{"from": "2027-02-20", "until": "2027-03-20"}).Body; strings.TrimSpace(got) != want {
		t.Errorf("the days of a month: %s", got)
	}
	if got := c.about("days", map[string]string{"from": "2027-03-04", "until": "2027-03-04"}).Body; strings.TrimSpace(got) != `{"days":[{"date":"2027-03-04","free":31}]}` {
		t.Errorf("one day: %s", got)
	}
	c.patch(c.superuser, c.reason, fields{"lead": "2d 09:00"})
	if got := c.about("days", nil).JSON["days"].([]any); len(got) != 1 || got[0].(fields)["date"] != "2027-03-04" {
		t.Errorf("with a lead of two days, asked just after nine: %v", got)
	}
}

// PB-02, PB-03: nobody has to wait for the answers to follow what changed.
func TestAnswersFollowEveryChangeAtOnce(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	all := 31
	var visit, absence, closure, shift *core.Record
	settings := clinictest.BookingSettings(t, c.app, c.location, fields{})
	colleague := clinictest.Practitioner(t, c.app, c.location)
	client := clinictest.Client(t, c.app)
	make := func(collection string, values fields) *core.Record {
		answer := c.as(c.superuser, http.MethodPost, "/api/collections/"+collection+"/records", values)
		if answer.Status != http.StatusOK {
			t.Fatalf("make %s: %d %s", collection, answer.Status, answer.Body)
		}
		made, err := c.app.FindRecordById(collection, answer.text("id"))
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	remove := func(r *core.Record) {
		if answer := c.as(c.superuser, http.MethodDelete, "/api/collections/"+r.Collection().Name+"/records/"+r.Id, nil); answer.Status != http.StatusNoContent {
			t.Fatalf("delete: %d %s", answer.Status, answer.Body)
		}
	}
	for _, step := range []struct {
		name string
		do   func()
		want int
	}{
		{"nothing happened", func() {}, all},
		{"an owner booked 09:15", func() { visit, _ = c.booked(thursday) }, all - 3},
		{"it was confirmed", func() { c.patch(c.superuser, visit, fields{"status": "confirmed"}) }, all - 3},
		{"it was moved to the day after", func() { c.patch(c.superuser, visit, fields{"starts_at": "2027-03-05 08:15:00Z"}) }, all},
		{"and back, to the edge", func() { c.patch(c.superuser, visit, fields{"starts_at": "2027-03-04 07:00:00Z"}) }, all - 2},
		{"it got longer", func() { c.patch(c.superuser, visit, fields{"ends_at": "2027-03-04 08:00:00Z"}) }, all - 4},
		{"it was cancelled", func() { c.patch(c.superuser, visit, fields{"status": "cancelled"}) }, all},
		{"it was put back", func() { c.patch(c.superuser, visit, fields{"status": "booked"}) }, all - 4},
		{"it went to the colleague", func() { c.patch(c.superuser, visit, fields{"practitioner": colleague.Id}) }, all},
		{"and came back", func() { c.patch(c.superuser, visit, fields{"practitioner": c.practitioner.Id}) }, all - 4},
		{"it was off again", func() { c.patch(c.superuser, visit, fields{"status": "cancelled"}) }, all},
		{"staff booked the last half hour", func() {
			visit = make("bookings", fields{"location": c.location.Id, "reason": c.reason.Id, "practitioner": c.practitioner.Id, "client": client.Id,
				"starts_at": "2027-03-04 14:30:00Z"})
		}, all - 2},
		{"and nobody came", func() {
			c.now = time.Date(2027, 3, 4, 0, 0, 0, 0, time.UTC)
			c.patch(c.superuser, visit, fields{"status": "no_show"})
		}, all},
		{"somebody is away in the morning", func() {
			absence = make("absences", fields{"practitioner": c.practitioner.Id, "starts_at": "2027-03-04 06:00:00Z", "ends_at": "2027-03-04 11:00:00Z", "kind": "sick"})
		}, 15},
		{"for less long", func() { c.patch(c.superuser, absence, fields{"ends_at": "2027-03-04 10:00:00Z"}) }, 19},
		{"not at all", func() { remove(absence) }, all},
		{"the house is closed", func() {
			closure = make("absences", fields{"location": c.location.Id, "starts_at": "2027-03-03 23:00:00Z", "ends_at": "2027-03-04 23:00:00Z", "kind": "closed"})
		}, 0},
		{"open again", func() { remove(closure) }, all},
		{"the colleague works the first hour", func() {
			shift = make("shifts", fields{"location": c.location.Id, "practitioner": colleague.Id, "weekdays": []string{"thu"}, "starts": "07:00", "ends": "08:00"})
		}, all + 3},
		{"half of it", func() { c.patch(c.superuser, shift, fields{"ends": "07:30"}) }, all + 1},
		{"not online", func() { c.patch(c.superuser, shift, fields{"offline": true}) }, all},
		{"has no such shift", func() { remove(shift) }, all},
		{"full hours only", func() { c.patch(c.superuser, settings, fields{"offer": "full_hours"}) }, 8},
		{"half hours", func() { c.patch(c.superuser, settings, fields{"offer": "half_hours"}) }, 16},
		{"every slot of twenty minutes", func() { c.patch(c.superuser, settings, fields{"offer": "every_slot", "grid_minutes": 20}) }, 23},
		{"the usual slots", func() { c.patch(c.superuser, settings, fields{"grid_minutes": 0}) }, all},
		{"visits take an hour", func() { c.patch(c.superuser, c.reason, fields{"duration_minutes": 60}) }, 29},
		{"with half an hour before", func() { c.patch(c.superuser, c.reason, fields{"buffer_before": 30}) }, 27},
		{"others do this", func() { c.patch(c.superuser, c.reason, fields{"practitioners": []string{colleague.Id}}) }, 0},
		{"everybody does", func() { c.patch(c.superuser, c.reason, fields{"practitioners": []string{}}) }, 27},
		{"for other animals", func() {
			c.patch(c.superuser, c.reason, fields{"species": []string{clinictest.Species(t, c.app, "Newt").Id}})
		}, 0},
		{"for all animals", func() { c.patch(c.superuser, c.reason, fields{"species": []string{}}) }, 27},
		{"the practitioner left", func() { c.patch(c.superuser, c.practitioner, fields{"inactive": true}) }, 0},
	} {
		step.do()
		if got := c.free("2027-03-04"); len(got) != step.want {
			t.Errorf("%s: %d starts, want %d: %v", step.name, len(got), step.want, got)
		}
	}
}

func TestAPersonWhoWorksInTwoPlacesIsInOneAtATime(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	second := clinictest.Location(t, c.app)
	c.patch(c.superuser, c.practitioner, fields{"locations": []string{c.location.Id, second.Id}})
	clinictest.Shift(t, c.app, second, c.practitioner)
	there := func() int {
		return len(c.about("times", map[string]string{"location": second.Id}).JSON["times"].([]any))
	}
	if here, elsewhere := len(c.free("2027-03-04")), there(); here != 31 || elsewhere != 31 {
		t.Fatalf("before anything: %d and %d", here, elsewhere)
	}
	visit, _ := c.booked(thursday)
	if got := there(); got != 28 {
		t.Errorf("booked in the first place, the second offers %d starts", got)
	}
	c.patch(c.superuser, visit, fields{"location": second.Id})
	if here, elsewhere := len(c.free("2027-03-04")), there(); here != 28 || elsewhere != 28 {
		t.Errorf("moved to the second place: %d and %d", here, elsewhere)
	}
	c.patch(c.superuser, visit, fields{"status": "cancelled"})
	if here, elsewhere := len(c.free("2027-03-04")), there(); here != 31 || elsewhere != 31 {
		t.Errorf("cancelled: %d and %d", here, elsewhere)
	}
}

func TestAWishForAPersonShowsThatPersonsTimes(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	colleague := clinictest.Practitioner(t, c.app, c.location, fields{"name": "Bo Berg"})
	clinictest.Shift(t, c.app, c.location, colleague, fields{"starts": "12:00", "ends": "13:00"})
	if diff := cmp.Diff([]string{"12:00", "12:15", "12:30"}, c.free("2027-03-04", "&practitioner="+colleague.Id)); diff != "" {
		t.Error(diff)
	}
	visit, _ := c.booked("2027-03-04T11:15:00Z", fields{"practitioner": colleague.Id})
	if got := visit.GetString("practitioner"); got != colleague.Id {
		t.Errorf("the wish was not followed: %s", got)
	}
	if got := c.free("2027-03-04", "&practitioner="+colleague.Id); len(got) != 0 {
		t.Errorf("after that visit the colleague has %v", got)
	}
}

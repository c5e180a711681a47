package hooks_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

func keys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// PB-21, R-09, R-30: what an owner reads after booking, whoever they are; nothing of it tells whether they were known.
func TestAGuestReadsTheSameAnswerKnownOrNot(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.Client(t, c.app, fields{"first_name": "Known", "last_name": "Owner", "email": "kari@owner.example"})
	for _, name := range []string{"Known", "Unknown"} {
		answer := c.post(c.form(thursday, fields{"first_name": name, "last_name": "Owner", "email": "Kari@Owner.example "}))
		if answer.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, answer.Status, answer.Body)
		}
		request, err := c.app.FindRecordById(store.BookingRequests, answer.text("id"))
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]string{"Known": "matched", "Unknown": "new"}[name]; request.GetString("match") != want {
			t.Errorf("%s is %s", name, request.GetString("match"))
		}
		visit := c.visitOf(answer)
		want := map[string]any{
			"id": request.Id, "collectionName": "booking_requests", "reference": visit.GetString("reference"), "status": "booked",
			"location": c.location.Id, "reason": c.reason.Id, "species": c.dog.Id, "starts_at": thursday, "ends_at": "2027-03-04T08:45:00Z",
			"local": "2027-03-04 09:15", "timezone": "Europe/Copenhagen",
			"practitioner": map[string]any{"id": c.practitioner.Id, "name": "Anna Holm"}, "manage_url": answer.text("manage_url"),
			"messages": []any{
				map[string]any{"channel": "email", "to_masked": "K…@owner.example"}, map[string]any{"channel": "sms", "to_masked": "+45•••••456"},
			},
		}
		if diff := cmp.Diff(want, answer.JSON); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if base := c.app.Settings().Meta.AppURL + "/manage/"; !strings.HasPrefix(answer.text("manage_url"), base) {
			t.Errorf("the link is %s", answer.text("manage_url"))
		}
		if length := len(visit.GetString("reference")); length != 8 {
			t.Errorf("the reference has %d letters", length)
		}
		c.patch(c.superuser, visit, fields{"status": "cancelled"})
	}
}

func TestWhatTheClinicHidesIsNotAnswered(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"hide_duration": true, "hide_practitioner": true, "hide_species": true})
	clinictest.MessageSettings(t, c.app, c.location, fields{"sms_enabled": false})
	answer := c.post(c.form(thursday, fields{"species": nil}))
	want := []string{"collectionName", "id", "local", "location", "manage_url", "messages", "reason", "reference", "species", "starts_at", "status", "timezone"}
	if diff := cmp.Diff(want, keys(answer.JSON)); diff != "" || answer.JSON["species"] != "" {
		t.Errorf("%s\n%s", diff, answer.Body)
	}
	if got := asJSON(t, answer.JSON["messages"]); got != `[{"channel":"email","to_masked":"k…@owner.example"}]` {
		t.Errorf("promised: %s", got)
	}
	again := c.post(c.form("2027-03-04T09:15:00Z", fields{"email": nil}))
	if got := asJSON(t, again.JSON["messages"]); got != "[]" {
		t.Errorf("promised without any way: %s", got)
	}
}

// Staff read whom the visit is for; an account of another place, or one that was switched off, is a guest like any other.
func TestStaffReadWhoWasMatched(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"hide_duration": true, "hide_practitioner": true})
	own := clinictest.Account(t, c.app, "reception", c.location)
	stranger := clinictest.Account(t, c.app, "reception", clinictest.Location(t, c.app))
	left := clinictest.Account(t, c.app, "manager")
	token := clinictest.Token(t, left)
	clinictest.Change(t, c.app, left, fields{"inactive": true})
	for i, who := range []struct {
		name, token string
		sees        bool
	}{
		{"staff of the location", clinictest.Token(t, own), true},
		{"a superuser", c.superuser, true},
		{"staff of another location", clinictest.Token(t, stranger), false},
		{"an account that was switched off", token, false},
	} {
		answer := c.as(who.token, http.MethodPost, requestsPath, c.form(fmt.Sprintf("2027-03-04T%02d:15:00Z", 8+i), fields{"email": fmt.Sprintf("kari%d@owner.example", i), "phone": nil}))
		if answer.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", who.name, answer.Status, answer.Body)
		}
		visit := c.visitOf(answer)
		for _, field := range []string{"booking", "client", "patient", "match", "ends_at", "practitioner"} {
			if _, sent := answer.JSON[field]; sent != who.sees {
				t.Errorf("%s sees %s: %v", who.name, field, sent)
			}
		}
		if who.sees && (answer.text("booking") != visit.Id || answer.text("client") != visit.GetString("client") || answer.text("patient") != visit.GetString("patient")) {
			t.Errorf("%s: %s", who.name, answer.Body)
		}
		if want := map[bool]string{true: "staff", false: "online"}[who.sees]; visit.GetString("source") != want {
			t.Errorf("%s: the visit's source is %s", who.name, visit.GetString("source"))
		}
	}
}

// staff who write down a request on the phone are bound by the overlap alone, and need no key and no contact.
func TestStaffAreBoundByTheOverlapAlone(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"enabled": false})
	phoned := func(startsAt string) reply {
		return c.as(c.superuser, http.MethodPost, requestsPath, fields{
			"location": c.location.Id, "reason": c.reason.Id, "species": c.dog.Id, "starts_at": startsAt, "last_name": "Nordmann",
		})
	}
	for _, startsAt := range []string{"2027-03-01T06:11:00Z", "2027-12-24T21:07:00Z", thursday} {
		if answer := phoned(startsAt); answer.Status != http.StatusOK {
			t.Errorf("%s: %d %s", startsAt, answer.Status, answer.Body)
		}
	}
	again := phoned("2027-03-04T08:30:00Z")
	if again.Status != http.StatusBadRequest || again.code("starts_at") != "slot_taken" {
		t.Fatalf("over another visit: %d %s", again.Status, again.Body)
	}
	if got := len(again.params("starts_at")["alternatives"].([]any)); got != 3 {
		t.Errorf("%d alternatives", got)
	}
	past := phoned("2027-02-28T09:00:00Z")
	if past.Status != http.StatusOK {
		t.Fatalf("a walk-in written down later: %d %s", past.Status, past.Body)
	}
	c.queued(c.visitOf(past))
}

// every refusal, on its field.
func TestARequestThatCannotBeMetSaysWhatToMend(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	// Until noon on Friday somebody is away; on Saturday the house is closed; a visit a day of the scarce kind.
	clinictest.Make(t, c.app, "absences", fields{"practitioner": c.practitioner.Id, "starts_at": "2027-03-05 00:00:00Z", "ends_at": "2027-03-05 11:00:00Z", "kind": "sick"})
	clinictest.Make(t, c.app, "absences", fields{"location": c.location.Id, "starts_at": "2027-03-05 23:00:00Z", "ends_at": "2027-03-06 23:00:00Z", "kind": "closed"})
	scarce := clinictest.Reason(t, c.app, fields{"max_per_day": 1})
	forCats := clinictest.Reason(t, c.app, fields{"species": []string{clinictest.Species(t, c.app, "Test cat").Id}})
	offline := clinictest.Reason(t, c.app, fields{"offline": true})
	shelved := clinictest.Reason(t, c.app, fields{"inactive": true})
	group := clinictest.Make(t, c.app, "reason_groups", fields{"name": "Shelved", "inactive": true})
	grouped := clinictest.Reason(t, c.app, fields{"group": group.Id})
	second := clinictest.Location(t, c.app)
	elsewhere := clinictest.Reason(t, c.app, fields{"locations": []string{second.Id}})
	others := clinictest.Reason(t, c.app, fields{"practitioners": []string{clinictest.Practitioner(t, c.app, c.location).Id}})
	stranger := clinictest.Practitioner(t, c.app, second)
	extinct := clinictest.Make(t, c.app, "species", fields{"name": "Dodo", "inactive": true})
	gone := clinictest.Location(t, c.app, fields{"inactive": true})
	closed := clinictest.Location(t, c.app)
	clinictest.BookingSettings(t, c.app, closed, fields{"enabled": false})
	c.booked("2027-03-09T08:00:00Z", fields{"reason": scarce.Id})
	c.booked("2027-03-10T08:15:00Z", fields{"email": "first@owner.example", "phone": nil})
	const nobody = "aaaaaaaaaaaaaaa"

	for _, r := range []struct {
		name        string
		change      fields
		field, code string
	}{
		{"no location", fields{"location": nil}, "location", "required"},
		{"a location that is no id", fields{"location": "here"}, "location", "invalid_id"},
		{"a location that does not exist", fields{"location": nobody}, "location", "unknown"},
		{"a location that is not in use", fields{"location": gone.Id}, "location", "unknown"},
		{"no reason", fields{"reason": ""}, "reason", "required"},
		{"a reason that is no id", fields{"reason": "Check-up"}, "reason", "invalid_id"},
		{"a reason that does not exist", fields{"reason": nobody}, "reason", "unknown"},
		{"a reason that is not in use", fields{"reason": shelved.Id}, "reason", "unknown"},
		{"a reason that staff book", fields{"reason": offline.Id}, "reason", "wrong_reason"},
		{"a reason of a group that is not in use", fields{"reason": grouped.Id}, "reason", "wrong_reason"},
		{"a reason of another place", fields{"reason": elsewhere.Id}, "reason", "wrong_reason"},
		{"a reason that the wished person does not do", fields{"reason": others.Id, "practitioner": c.practitioner.Id}, "reason", "wrong_reason"},
		{"a person who does not exist", fields{"practitioner": nobody}, "practitioner", "unknown"},
		{"a person of another place", fields{"practitioner": stranger.Id}, "practitioner", "unknown"},
		{"no species", fields{"species": nil}, "species", "required"},
		{"a species that does not exist", fields{"species": nobody}, "species", "unknown"},
		{"a species that is not in use", fields{"species": extinct.Id}, "species", "unknown"},
		{"a species that the reason is not for", fields{"reason": forCats.Id}, "species", "wrong_species"},
		{"no time", fields{"starts_at": nil}, "starts_at", "required"},
		{"a time that is none", fields{"starts_at": "tomorrow"}, "starts_at", "invalid_date"},
		{"a day that does not exist", fields{"starts_at": "2027-02-30T08:15:00Z"}, "starts_at", "invalid_date"},
		{"the past", fields{"starts_at": "2027-02-26T08:15:00Z"}, "starts_at", "too_soon"},
		{"less than two hours ahead", fields{"starts_at": "2027-03-01T08:00:00Z"}, "starts_at", "too_soon"},
		{"the day after the horizon", fields{"starts_at": "2027-05-31T08:15:00Z"}, "starts_at", "too_far"},
		{"between two slots", fields{"starts_at": "2027-03-04T08:20:00Z"}, "starts_at", "off_grid"},
		{"half a minute late", fields{"starts_at": "2027-03-04T08:15:30Z"}, "starts_at", "off_grid"},
		{"before the shift", fields{"starts_at": "2027-03-04T06:45:00Z"}, "starts_at", "outside_shift"},
		{"past its end", fields{"starts_at": "2027-03-04T14:45:00Z"}, "starts_at", "outside_shift"},
		{"in an absence", fields{"starts_at": "2027-03-05T10:45:00Z"}, "starts_at", "outside_shift"},
		{"on a closed day", fields{"starts_at": "2027-03-06T10:45:00Z"}, "starts_at", "outside_shift"},
		{"one more than the day takes", fields{"reason": scarce.Id, "starts_at": "2027-03-09T12:00:00Z"}, "starts_at", "day_full"},
		{"over another visit", fields{"starts_at": "2027-03-10T08:30:00Z"}, "starts_at", "slot_taken"},
		{"no first name", fields{"first_name": " "}, "first_name", "required"},
		{"no last name", fields{"last_name": nil}, "last_name", "required"},
		{"no pet's name", fields{"pet_name": nil}, "pet_name", "required"},
		{"no way to answer", fields{"email": nil, "phone": ""}, "email", "required"},
		{"an address without a dot", fields{"email": "kari@owner"}, "email", "invalid_email"},
		{"two addresses", fields{"email": "a@owner.example, b@owner.example"}, "email", "invalid_email"},
		{"an address that ends a header", fields{"email": "a@owner.example\r\nBcc: b@owner.example"}, "email", "invalid_email"},
		{"a number that is none", fields{"phone": "20 12"}, "phone", "invalid_phone"},
		{"a number with a word in it", fields{"phone": "call me"}, "phone", "invalid_phone"},
		{"a name of 101 letters", fields{"first_name": strings.Repeat("å", 101)}, "first_name", "too_long"},
		{"a note of 2001 letters", fields{"note": strings.Repeat("n", 2001)}, "note", "too_long"},
		{"a birthday that does not exist", fields{"pet_born_on": "2026-02-29"}, "pet_born_on", "invalid_date"},
		{"a birthday in two million years", fields{"pet_born_on": "9999-01-01"}, "pet_born_on", "invalid_date"},
		{"no key", fields{"idempotency_key": nil}, "idempotency_key", "required"},
		{"a short key", fields{"idempotency_key": "short"}, "idempotency_key", "invalid_key"},
		{"a key with spaces", fields{"idempotency_key": "twenty letters, no more"}, "idempotency_key", "invalid_key"},
	} {
		c.unchanged(func() {
			answer := c.post(c.form(thursday, fields{"email": "other@owner.example"}, r.change))
			if answer.Status != http.StatusBadRequest || answer.code(r.field) != r.code {
				t.Errorf("%s: %d %s, want %s on %s", r.name, answer.Status, answer.Body, r.code, r.field)
			}
		})
	}
	c.unchanged(func() {
		answer := c.post(c.form(thursday, fields{"location": closed.Id, "species": nil}))
		if answer.Status != http.StatusForbidden || answer.code("location") != "booking_closed" || !strings.Contains(answer.text("message"), "+4533112233") {
			t.Errorf("where booking is switched off: %d %s", answer.Status, answer.Body)
		}
	})
	if answer := c.post(c.form("2027-05-30T08:15:00Z", fields{"first_name": strings.Repeat("å", 100), "note": strings.Repeat("n", 2000)})); answer.Status != http.StatusOK {
		t.Errorf("the last day and the longest texts: %d %s", answer.Status, answer.Body)
	}
}

func TestEveryProblemIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	answer := c.post(c.form("soon", fields{"first_name": "", "phone": "12", "email": "x", "pet_name": nil}))
	if answer.code("starts_at") != "invalid_date" {
		t.Errorf("%s", answer.Body)
	}
	answer = c.post(c.form(thursday, fields{"first_name": "", "phone": "12", "email": "x", "pet_name": nil, "reason": "x"}))
	for field, code := range map[string]string{"first_name": "required", "phone": "invalid_phone", "email": "invalid_email", "pet_name": "required", "reason": "invalid_id"} {
		if answer.code(field) != code {
			t.Errorf("%s: %q in %s", field, answer.code(field), answer.Body)
		}
	}
}

// PB-17: each location says what it must know.
func TestALocationAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	all := []string{"first_name", "last_name", "contact", "email", "phone", "address", "postcode", "city", "pet_name", "pet_breed", "pet_born_on", "note"}
	clinictest.BookingSettings(t, c.app, c.location, fields{"required": all})
	answer := c.post(fields{"location": c.location.Id, "reason": c.reason.Id, "species": c.dog.Id, "starts_at": thursday, "idempotency_key": "nothing-but-a-time"})
	for _, field := range all {
		want := "required"
		if field == "contact" {
			want = "" // the two fields themselves say it
		}
		if answer.code(field) != want {
			t.Errorf("%s: %q", field, answer.code(field))
		}
	}
	full := fields{"address": "Gata 1", "postcode": "0150", "city": "Oslo", "pet_breed": "Mix", "pet_born_on": "2020-02-29", "note": "Shy"}
	visit, _ := c.booked(thursday, full)
	if visit.GetString("owner_note") != "Shy" {
		t.Errorf("the note reads %q (PB-19)", visit.GetString("owner_note"))
	}

	clinictest.BookingSettings(t, c.app, c.location, fields{"required": []string{}})
	for i, left := range []fields{
		{"first_name": nil, "last_name": nil, "email": nil, "phone": nil, "pet_name": nil},
		{"email": nil}, {"phone": nil},
	} {
		if answer := c.post(c.form(fmt.Sprintf("2027-03-05T%02d:15:00Z", 8+i), left)); answer.Status != http.StatusOK {
			t.Errorf("without %v: %d %s", keys(left), answer.Status, answer.Body)
		}
	}
}

func TestTheSameRequestAgainGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	form := c.form(thursday)
	first := c.post(form)
	visit := c.visitOf(first)
	again := func(when string) {
		t.Helper()
		c.unchanged(func() {
			if got := c.post(form); got.Status != http.StatusOK || cmp.Diff(first.JSON, got.JSON) != "" {
				t.Errorf("%s: %d\n%s", when, got.Status, cmp.Diff(first.JSON, got.JSON))
			}
		})
	}
	again("at once")
	c.unchanged(func() {
		answer := c.post(c.form("2027-03-04T12:15:00Z", fields{"idempotency_key": form["idempotency_key"]}))
		if answer.Status != http.StatusBadRequest || answer.code("idempotency_key") != "reused" {
			t.Errorf("other content: %d %s", answer.Status, answer.Body)
		}
	})
	colleague := clinictest.Practitioner(t, c.app, c.location)
	c.patch(c.superuser, visit, fields{"starts_at": "2027-03-05 09:15:00Z", "practitioner": colleague.Id})
	again("after it was moved to somebody else")
	c.patch(c.superuser, visit, fields{"status": "cancelled"})
	again("after it was cancelled")
	c.booked(thursday, fields{"email": "next@owner.example", "phone": nil})
	again("after somebody else took the time")
	c.now = c.now.AddDate(0, 0, 10)
	again("after its day")
	clinictest.BookingSettings(t, c.app, c.location, fields{"mode": "request"})
	again("after the clinic wanted to approve")
}

func TestTheSameRequestSentAtOnceIsOneVisit(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	form := asJSON(t, c.form(thursday))
	var group sync.WaitGroup
	answers := make([]reply, 12)
	for i := range answers {
		group.Go(func() { answers[i] = c.post(form) })
	}
	group.Wait()
	for _, answer := range answers {
		if answer.Status != http.StatusOK || answer.text("id") != answers[0].text("id") || answer.text("manage_url") != answers[0].text("manage_url") {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	}
	if n := c.rows()[store.Bookings]; n != 1 {
		t.Errorf("%d visits", n)
	}
}

// a robot learns nothing and leaves nothing.
func TestARobotIsThankedAndForgotten(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	honest := c.post(c.form(thursday))
	for name, trapped := range map[string]fields{
		"a complete form": c.form("2027-03-05T08:15:00Z", fields{"website": "https://spam.example"}),
		"a taken time":    c.form(thursday, fields{"website": "x"}),
		"a list":          c.form(thursday, fields{"website": []any{"x"}}),
	} {
		c.unchanged(func() {
			answer := c.post(trapped)
			if diff := cmp.Diff(keys(honest.JSON), keys(answer.JSON)); answer.Status != http.StatusOK || diff != "" {
				t.Errorf("%s: %d %s\n%s", name, answer.Status, answer.Body, diff)
			}
			if len(answer.text("manage_url")) != len(honest.text("manage_url")) || len(answer.text("reference")) != 8 || len(answer.text("id")) != 15 {
				t.Errorf("%s: %s", name, answer.Body)
			}
		})
	}
	trapped := c.post(c.form("2027-03-05T08:15:00Z", fields{"website": "x"})).JSON
	for _, field := range []string{"location", "reason", "species", "timezone", "status", "messages", "practitioner"} {
		if diff := cmp.Diff(honest.JSON[field], trapped[field]); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
	if trapped["starts_at"] != "2027-03-05T08:15:00Z" || trapped["ends_at"] != "2027-03-05T08:45:00Z" || trapped["local"] != "2027-03-05 09:15" {
		t.Errorf("times: %v", trapped)
	}
	c.unchanged(func() {
		for _, odd := range []string{`{"website":"x"}`, `{"website":1,"starts_at":"soon","location":7,"phone":{}}`, `{"website":true,"location":"aaaaaaaaaaaaaaa"}`} {
			if answer := c.post(odd); answer.Status != http.StatusOK || answer.text("reference") == "" {
				t.Errorf("%s: %d %s", odd, answer.Status, answer.Body)
			}
		}
	})
	if answer := c.post(c.form("2027-03-08T08:15:00Z", fields{"website": "  ", "email": "b@owner.example", "phone": nil})); c.visitOf(answer) == nil {
		t.Errorf("white space alone is no trap: %s", answer.Body)
	}
}

func TestARequestWaitsForStaffWhereTheyApprove(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"mode": "request"})
	answer := c.post(c.form(thursday))
	if answer.text("status") != "requested" {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
	visit := c.visitOf(answer)
	c.queued(visit, "booking_received email kari@owner.example: queued 03-01 07:10", "booking_received sms +4520123456: queued 03-01 07:10")
	tasks, err := c.app.FindAllRecords(store.Tasks, dbx.HashExp{"booking": visit.Id, "kind": "request_waiting", "done": false})
	if err != nil || len(tasks) != 1 || tasks[0].GetString("client") != visit.GetString("client") {
		t.Errorf("tasks: %v %v", tasks, err)
	}
	if got := c.free("2027-03-04"); len(got) != 28 {
		t.Errorf("a request holds its time: %d starts are left", len(got))
	}
}

// three open visits are enough for one address or number, in whatever case and form they are typed.
func TestOneOwnerHasThreeOpenVisits(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	var visits []string
	for day := range 3 {
		visit, _ := c.booked(fmt.Sprintf("2027-03-%02dT08:15:00Z", 4+day), fields{"phone": nil})
		visits = append(visits, visit.Id)
	}
	fourth := func(change fields) reply { return c.post(c.form("2027-03-10T08:15:00Z", change)) }
	for name, change := range map[string]fields{"the address": {}, "in other letters": {"email": "KARI@Owner.Example"}, "another name": {"last_name": "Svensson", "phone": nil}} {
		c.unchanged(func() {
			if answer := fourth(change); answer.code("email") != "too_many_open" {
				t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
			}
		})
	}
	if answer := c.as(c.superuser, http.MethodPost, requestsPath, c.form("2027-03-11T08:15:00Z")); answer.Status != http.StatusOK {
		t.Errorf("staff: %d %s", answer.Status, answer.Body)
	}
	clinictest.Change(t, c.app, c.mustFind(store.Bookings, visits[0]), fields{"status": "cancelled"})
	clinictest.Change(t, c.app, c.mustFind(store.Bookings, visits[1]), fields{"status": "cancelled"})
	if answer := fourth(fields{"phone": nil}); answer.Status != http.StatusOK {
		t.Errorf("after one was cancelled: %d %s", answer.Status, answer.Body)
	}
	for i := range 3 {
		c.booked(fmt.Sprintf("2027-03-%02dT11:15:00Z", 15+i), fields{"email": fmt.Sprintf("other%d@owner.example", i), "phone": "+45 31 12 34 56"})
	}
	if answer := c.post(c.form("2027-03-20T08:15:00Z", fields{"email": nil, "phone": "0045 31123456"})); answer.code("phone") != "too_many_open" {
		t.Errorf("by phone: %d %s", answer.Status, answer.Body)
	}
	clinictest.BookingSettings(t, c.app, c.location, fields{"max_open": 0})
	if answer := c.post(c.form("2027-03-20T08:15:00Z", fields{"email": nil, "phone": "31123456"})); answer.Status != http.StatusOK {
		t.Errorf("without a limit: %d %s", answer.Status, answer.Body)
	}
}

// R-38, as the first start sets it: the 21st booking in a minute from one place is turned away, staff are not.
func TestGuestsBookTwentyTimesAMinute(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.app.Settings().RateLimits.ExcludedIPs = nil
	clinictest.BookingSettings(t, c.app, c.location, fields{"max_open": 0})
	for i := range 21 {
		start := time.Date(2027, 3, 4, 7, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		answer := c.post(c.form(start.Format(time.RFC3339)))
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[i < 20]; answer.Status != want {
			t.Fatalf("booking %d: %d %s", i+1, answer.Status, answer.Body)
		}
	}
	if answer := c.as(c.superuser, http.MethodPost, requestsPath, c.form(thursday)); answer.Status == http.StatusTooManyRequests {
		t.Errorf("staff: %d %s", answer.Status, answer.Body)
	}
	for i := range 301 {
		answer := c.get("/api/booking/manage/nothing")
		if want := map[bool]int{true: http.StatusNotFound, false: http.StatusTooManyRequests}[i < 300]; answer.Status != want {
			t.Fatalf("question %d: %d", i+1, answer.Status)
		}
	}
}

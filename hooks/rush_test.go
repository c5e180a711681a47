package hooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// rush posts the bodies all at once over real connections and answers what came of each.
func (c *clinic) rush(calls []call) []reply {
	c.t.Helper()
	server := httptest.NewServer(c.handler)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	replies := make([]reply, len(calls))
	start := make(chan struct{})
	var group sync.WaitGroup
	for i, what := range calls {
		group.Go(func() {
			<-start
			got, err := what.over(c.t.Context(), client, server.URL)
			if err != nil {
				c.t.Errorf("%s %s: %v", what.method, what.path, err)
			}
			replies[i] = got
		})
	}
	close(start)
	group.Wait()
	return replies
}

// call is one request of a rush.
type call struct {
	method, path, token, body string
}

func (k call) over(ctx context.Context, client *http.Client, base string) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, k.method, base+k.path, strings.NewReader(k.body))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", k.token)
	got, err := client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{Status: got.StatusCode, Body: string(body)}
	if strings.HasPrefix(r.Body, "[") { // a batch that went through
		return r, nil
	}
	return r, json.Unmarshal(body, &r.JSON)
}

// stranger is a form by somebody of their own.
func (c *clinic) stranger(n int, startsAt string, changes ...fields) string {
	return asJSON(c.t, c.form(startsAt, append(changes, fields{
		"first_name": fmt.Sprintf("Owner %d", n), "email": fmt.Sprintf("owner%d@owner.example", n), "phone": nil,
	})...))
}

// apart fails the test if two standing visits share a person or a thing at one time.
func (c *clinic) apart() []booking.Visit {
	c.t.Helper()
	rows, err := c.app.FindAllRecords(store.Bookings)
	if err != nil {
		c.t.Fatal(err)
	}
	var standing []booking.Visit
	for _, r := range rows {
		if !booking.Standing(booking.Status(r.GetString("status"))) || r.GetBool("overbook") {
			continue
		}
		standing = append(standing, booking.Visit{
			ID: r.Id, Practitioner: r.GetString("practitioner"), Resources: r.GetStringSlice("resources"),
			Busy: booking.Span{From: r.GetDateTime("busy_from").Time(), Until: r.GetDateTime("busy_until").Time()},
		})
	}
	for _, visit := range standing {
		if shared := booking.Overlaps(visit, standing); len(shared) > 0 {
			c.t.Errorf("%v shares its time with %v", visit, shared)
		}
	}
	return standing
}

// however many want one time, as many get it as there are people, and the others hear of three times that are free.
func TestARushForOneTime(t *testing.T) {
	t.Parallel()
	for _, r := range []struct {
		name                string
		posts, people, want int
		oneRoom             bool
	}{
		{"two hundred for one practitioner", 200, 1, 1, false},
		{"sixty for three practitioners", 60, 3, 3, false},
		{"forty for three practitioners who share a room", 40, 3, 1, true},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			for range r.people - 1 {
				clinictest.Shift(t, c.app, c.location, clinictest.Practitioner(t, c.app, c.location))
			}
			if r.oneRoom {
				room := clinictest.Make(t, c.app, "resources", fields{"location": c.location.Id, "kind": "operating room", "name": "One"})
				c.reason = clinictest.Reason(t, c.app, fields{"resources": []string{room.Id}})
			}
			calls := make([]call, r.posts)
			for i := range calls {
				calls[i] = call{http.MethodPost, requestsPath, "", c.stranger(i, thursday)}
			}
			made := 0
			for _, answer := range c.rush(calls) {
				if answer.Status == http.StatusOK {
					made++
					continue
				}
				if answer.Status != http.StatusBadRequest || answer.code("starts_at") != "slot_taken" {
					t.Fatalf("%d %s", answer.Status, answer.Body)
				}
				others := answer.params("starts_at")["alternatives"].([]any)
				if len(others) != 3 {
					t.Fatalf("alternatives: %v", others)
				}
				for _, other := range others {
					other := other.(map[string]any)
					local := other["local"].(string)
					if !slices.Contains(c.free("2027-03-04"), strings.TrimPrefix(local, "2027-03-04 ")) || other["starts_at"] == thursday {
						t.Fatalf("%v is offered and not free", other)
					}
				}
			}
			if made != r.want || len(c.apart()) != r.want {
				t.Errorf("%d were told that they have it, want %d", made, r.want)
			}
			if n := c.rows(); n[store.Clients] != int64(r.want) || n[store.BookingRequests] != int64(r.want) {
				t.Errorf("of those who did not get it something stayed: %v", n)
			}
		})
	}
}

// owners, staff, other programs, batches, moves and approvals, all at once and over one another.
func TestEverybodyBooksAtOnce(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.Shift(t, c.app, c.location, clinictest.Practitioner(t, c.app, c.location))
	room := clinictest.Make(t, c.app, "resources", fields{"location": c.location.Id, "kind": "room", "name": "One"})
	clinictest.Make(t, c.app, "resources", fields{"location": c.location.Id, "kind": "room", "name": "Two"})
	c.reason = clinictest.Reason(t, c.app, fields{"resources": []string{room.Id}, "buffer_after": 10})
	clinictest.BookingSettings(t, c.app, c.location, fields{"max_open": 0})
	staff := clinictest.Token(t, clinictest.Account(t, c.app, "vet", c.location))
	client := clinictest.Client(t, c.app)
	var visits []*core.Record
	for i := range 6 {
		visit, _ := c.booked(fmt.Sprintf("2027-03-%02dT08:15:00Z", 10+i))
		visits = append(visits, visit)
	}
	cancelled := clinictest.Change(t, c.app, visits[5], fields{"status": "cancelled", "starts_at": "2027-03-04 08:30:00Z"})

	at := func(i int) string {
		return time.Date(2027, 3, 4, 8, 0, 0, 0, time.UTC).Add(time.Duration(i%5) * 15 * time.Minute).Format(time.RFC3339)
	}
	record := func(i int) fields {
		return fields{"location": c.location.Id, "reason": c.reason.Id, "client": client.Id, "starts_at": at(i), "practitioner": map[bool]string{true: c.practitioner.Id}[i%2 == 0]}
	}
	const bookings = "/api/collections/bookings/records"
	var calls []call
	for i := range 12 {
		calls = append(calls,
			call{http.MethodPost, requestsPath, "", c.stranger(i, at(i))},
			call{http.MethodPost, bookings, staff, asJSON(t, record(i))},
			call{http.MethodPost, "/api/batch", c.superuser, asJSON(t, fields{"requests": []any{
				fields{"method": "POST", "url": bookings, "body": record(i)}, fields{"method": "POST", "url": bookings, "body": record(i + 2)},
			}})},
			call{http.MethodPatch, bookings + "/" + visits[i%5].Id, staff, asJSON(t, fields{"starts_at": at(i)})},
			call{http.MethodPatch, bookings + "/" + cancelled.Id, staff, asJSON(t, fields{"status": "booked"})},
		)
	}
	made := 0
	for i, answer := range c.rush(calls) {
		switch {
		case answer.Status == http.StatusOK:
			made++
		case answer.Status != http.StatusBadRequest || !strings.Contains(answer.Body, "slot_taken"):
			t.Errorf("%s %s: %d %s", calls[i].method, calls[i].path, answer.Status, answer.Body)
		}
	}
	c.apart()
	if made < 2 || made == len(calls) {
		t.Errorf("%d of %d were let in", made, len(calls))
	}

	// Whoever may overbook does so knowingly; a guest never does.
	over := record(0)
	over["overbook"] = true
	if answer := c.as(staff, http.MethodPost, bookings, over); answer.Status != http.StatusOK {
		t.Errorf("overbooking: %d %s", answer.Status, answer.Body)
	}
	if answer := c.post(c.stranger(99, c.reload(visits[0]).GetDateTime("starts_at").Time().Format(time.RFC3339), fields{"overbook": true, "practitioner": visits[0].GetString("practitioner")})); answer.Status != http.StatusBadRequest {
		t.Errorf("a guest overbooks: %d %s", answer.Status, answer.Body)
	}
}

// back to back is allowed, buffers of both neighbours add up, and a request holds its time like a visit.
func TestNeighboursDoNotTouch(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	buffered := clinictest.Reason(t, c.app, fields{"buffer_before": 15, "buffer_after": 15})
	client := clinictest.Client(t, c.app)
	staffBooks := func(reason *core.Record, startsAt string) reply {
		return c.as(c.superuser, http.MethodPost, "/api/collections/bookings/records", fields{
			"location": c.location.Id, "reason": reason.Id, "practitioner": c.practitioner.Id, "client": client.Id, "starts_at": startsAt, "status": "requested",
		})
	}
	for _, step := range []struct {
		reason   *core.Record
		startsAt string
		fits     bool
	}{
		{c.reason, "2027-03-04 09:00:00Z", true},
		{c.reason, "2027-03-04 09:30:00Z", true},
		{c.reason, "2027-03-04 08:45:00Z", false},
		{c.reason, "2027-03-04 08:30:00Z", true},
		{buffered, "2027-03-04 10:00:00Z", false}, // its buffer begins with the visit before it still there
		{buffered, "2027-03-04 10:15:00Z", true},
		{buffered, "2027-03-04 11:00:00Z", false}, // two buffers need half an hour
		{buffered, "2027-03-04 11:15:00Z", true},
		{c.reason, "2027-03-04 11:45:00Z", false},
		{c.reason, "2027-03-04 12:00:00Z", true},
	} {
		answer := staffBooks(step.reason, step.startsAt)
		if (answer.Status == http.StatusOK) != step.fits {
			t.Fatalf("%s: %d %s", step.startsAt, answer.Status, answer.Body)
		}
		if !step.fits && (answer.code("starts_at") != "slot_taken" || len(answer.params("starts_at")["alternatives"].([]any)) != 3) {
			t.Errorf("%s: %s", step.startsAt, answer.Body)
		}
	}
	c.apart()
}

// without a wish, whoever has the least to do that day, then by name; and one free thing of each kind.
func TestWithoutAWishTheLeastBusyIsChosen(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	zoe := clinictest.Practitioner(t, c.app, c.location, fields{"name": "Zoe"})
	bo := clinictest.Practitioner(t, c.app, c.location, fields{"name": "Bo"})
	clinictest.Shift(t, c.app, c.location, zoe)
	clinictest.Shift(t, c.app, c.location, bo)
	thing := func(kind, name string) string {
		return clinictest.Make(t, c.app, "resources", fields{"location": c.location.Id, "kind": kind, "name": name}).Id
	}
	two, one, scanner := thing("room", "2"), thing("room", "1"), thing("scanner", "S")
	thing("garden", "G")
	roomy := clinictest.Reason(t, c.app, fields{"resources": []string{two, scanner}})
	names := map[string]string{c.practitioner.Id: "Anna", zoe.Id: "Zoe", bo.Id: "Bo"}
	things := map[string]string{one: "1", two: "2", scanner: "S"}
	for i, step := range []struct {
		startsAt string
		reason   *core.Record
		wish     string
		want     string
	}{
		{"2027-03-04T08:00:00Z", c.reason, "", "Anna"},
		{"2027-03-04T08:00:00Z", c.reason, "", "Bo"},
		{"2027-03-04T10:00:00Z", c.reason, "", "Zoe"},
		{"2027-03-04T11:00:00Z", c.reason, bo.Id, "Bo"},
		{"2027-03-04T12:00:00Z", c.reason, "", "Anna"},
		{"2027-03-04T13:00:00Z", c.reason, "", "Zoe"},
		{"2027-03-05T08:00:00Z", roomy, "", "Anna 1 S"},
		{"2027-03-05T12:00:00Z", roomy, "", "Bo 1 S"},
	} {
		answer := c.post(c.stranger(i, step.startsAt, fields{"reason": step.reason.Id, "practitioner": step.wish}))
		if answer.Status != http.StatusOK {
			t.Fatalf("%d: %d %s", i, answer.Status, answer.Body)
		}
		visit := c.visitOf(answer)
		got := names[visit.GetString("practitioner")]
		taken := []string{}
		for _, id := range visit.GetStringSlice("resources") {
			taken = append(taken, things[id])
		}
		slices.Sort(taken)
		if got = strings.TrimSpace(got + " " + strings.Join(taken, " ")); got != step.want {
			t.Errorf("visit %d got %s, want %s", i, got, step.want)
		}
	}
	staffs := clinictest.Make(t, c.app, store.Bookings, fields{
		"location": c.location.Id, "reason": roomy.Id, "client": clinictest.Client(t, c.app).Id, "starts_at": "2027-03-05 20:00:00Z",
	})
	if names[staffs.GetString("practitioner")] != "Zoe" || len(staffs.GetStringSlice("resources")) != 2 {
		t.Errorf("staff without a wish, out of hours: %s with %v", names[staffs.GetString("practitioner")], staffs.GetStringSlice("resources"))
	}
}

//
func TestHowLongAVisitLasts(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	book := func(more fields) reply {
		body := fields{"location": c.location.Id, "reason": c.reason.Id, "practitioner": c.practitioner.Id, "client": client.Id, "starts_at": "2027-03-04 08:15:00Z"}
		for field, value := range more {
			body[field] = value
		}
		return c.as(c.superuser, http.MethodPost, "/api/collections/bookings/records", body)
	}
	for _, r := range []struct{ end, code string }{
		{"2027-03-04 08:19:59Z", "too_short"}, {"2027-03-04 08:15:00Z", "too_short"}, {"2027-03-04 08:00:00Z", "too_short"}, {"2027-03-05 08:15:01Z", "too_long"},
	} {
		c.unchanged(func() {
			if answer := book(fields{"ends_at": r.end}); answer.code("ends_at") != r.code {
				t.Errorf("until %s: %d %s", r.end, answer.Status, answer.Body)
			}
		})
	}
	visit := c.mustFind(store.Bookings, book(nil).text("id"))
	until := func(want string) {
		t.Helper()
		if got := c.reload(visit); got.GetString("ends_at") != want+":00.000Z" || got.GetString("busy_until") != want+":00.000Z" {
			t.Errorf("it ends %s and holds until %s, want %s", got.GetString("ends_at"), got.GetString("busy_until"), want)
		}
	}
	until("2027-03-04 08:45")
	c.patch(c.superuser, visit, fields{"ends_at": "2027-03-04 09:15:00Z"})
	until("2027-03-04 09:15")
	c.patch(c.superuser, visit, fields{"starts_at": "2027-03-04 12:00:00Z"})
	until("2027-03-04 13:00")
	if got := c.reload(visit).GetString("local_start"); got != "Thu 2027-03-04 13:00" {
		t.Errorf("on the clinic's clock it begins %s", got)
	}
	c.patch(c.superuser, visit, fields{"starts_at": "2027-03-04 12:30:00Z", "ends_at": "2027-03-04 12:40:00Z"})
	until("2027-03-04 12:40")
	c.patch(c.superuser, visit, fields{"ends_at": ""})
	until("2027-03-04 13:00")

	past := book(fields{"starts_at": "2027-02-26 09:00:00Z", "status": "completed"})
	if past.Status != http.StatusOK {
		t.Fatalf("a walk-in: %d %s", past.Status, past.Body)
	}
	c.queued(c.mustFind(store.Bookings, past.text("id")))
	now := book(fields{"starts_at": "2027-03-01 06:10:00Z", "status": "arrived"})
	if now.Status != http.StatusOK {
		t.Fatalf("a walk-in of this minute: %d %s", now.Status, now.Body)
	}
	c.queued(c.mustFind(store.Bookings, now.text("id")))
}

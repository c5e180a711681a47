package hooks_test

import (
	"net/http"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

func (c *clinic) warnings() []string {
	c.t.Helper()
	tasks, err := c.app.FindAllRecords(store.Tasks, dbx.HashExp{"kind": "no_show_warning"})
	if err != nil {
		c.t.Fatal(err)
	}
	titles := []string{}
	for _, task := range tasks {
		titles = append(titles, task.GetString("title"))
	}
	return titles
}

// a client's missed visits are counted from the visits as they are marked, taken back, given to somebody else or deleted, and the number is
// nobody's to write. From the second on, every visit that is booked says so, once.
func TestMissedVisitsAreCountedAndTheNextBookingSaysSo(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app, fields{"first_name": "Anna", "last_name": "Berg"})
	other := clinictest.Client(t, c.app)
	visit := func(startsAt string, more ...fields) *core.Record {
		return clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, startsAt, more...)
	}
	missed := func(of *core.Record, want int) {
		t.Helper()
		if got := c.reload(of).GetInt("no_shows"); got != want {
			t.Errorf("%d missed visits, want %d", got, want)
		}
	}
	first, second := visit("2027-02-01 09:00:00.000Z"), visit("2027-02-08 09:00:00.000Z")
	missed(client, 0)
	c.patch(c.superuser, first, fields{"status": "no_show"})
	missed(client, 1)
	visit("2027-03-02 09:00:00.000Z")
	c.same("after one", nil, c.warnings())
	c.patch(c.superuser, second, fields{"status": "no_show"})
	missed(client, 2)
	next := visit("2027-03-04 08:15:00.000Z")
	visit("2027-02-15 09:00:00.000Z") // a walk-in written down later warns of nothing
	want := []string{"Anna Berg has missed 2 visits and is booked for Thursday 4 March 2027 09:15"}
	c.same("after two", want, c.warnings())
	c.patch(c.superuser, next, fields{"note": "Ring the day before"})
	c.same("once for each visit", want, c.warnings())

	if answer := c.as(c.superuser, http.MethodPatch, "/api/collections/clients/records/"+client.Id, fields{"no_shows": 0}); answer.code("no_shows") != "read_only" {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
	c.patch(c.superuser, second, fields{"client": other.Id})
	missed(client, 1)
	missed(other, 1)
	c.patch(c.superuser, first, fields{"status": "booked"})
	missed(client, 0)
	if answer := c.as(c.superuser, http.MethodDelete, "/api/collections/bookings/records/"+second.Id, nil); answer.Status != http.StatusNoContent {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	missed(other, 0)
}

// staff may book over a visit knowingly. The one beneath keeps its time, and can still be confirmed, marked and annotated.
func TestAVisitThatWasBookedOverCanStillBeMarked(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	beneath := c.owned("2027-03-04 08:15:00.000Z", fields{})
	above := c.owned("2027-03-04 08:15:00.000Z", fields{}, fields{"overbook": true})
	c.patch(c.superuser, beneath, fields{"status": "confirmed", "note": "Bites"})
	answer := c.as(c.superuser, http.MethodPatch, "/api/collections/bookings/records/"+beneath.Id, fields{"starts_at": "2027-03-04 08:30:00.000Z"})
	if answer.code("starts_at") != "slot_taken" {
		t.Errorf("moved within the other: %d %s", answer.Status, answer.Body)
	}
	c.patch(c.superuser, beneath, fields{"status": "cancelled"})
	answer = c.as(c.superuser, http.MethodPatch, "/api/collections/bookings/records/"+beneath.Id, fields{"status": "booked"})
	if answer.code("starts_at") != "slot_taken" {
		t.Errorf("put back where another stands: %d %s", answer.Status, answer.Body)
	}
	c.patch(c.superuser, above, fields{"overbook": false})
}

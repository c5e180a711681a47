package hooks_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// staffBooks makes a visit over REST as staff do.
func (c *clinic) staffBooks(more fields) reply {
	c.t.Helper()
	body := fields{"location": c.location.Id, "reason": c.reason.Id, "practitioner": c.practitioner.Id, "starts_at": "2027-03-04 08:15:00Z"}
	for field, value := range more {
		if body[field] = value; value == nil {
			delete(body, field)
		}
	}
	return c.as(c.superuser, http.MethodPost, "/api/collections/bookings/records", body)
}

func TestABookingWithoutItsPartsIsRefused(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	c.unchanged(func() {
		for _, r := range []struct {
			change      fields
			field, code string
		}{
			{fields{"location": nil}, "location", "required"},
			{fields{"location": "aaaaaaaaaaaaaaa"}, "location", "required"},
			{fields{"reason": nil}, "reason", "required"},
			{fields{"starts_at": nil}, "starts_at", "required"},
			{fields{"client": nil}, "client", "validation_required"},
			{fields{"status": "lost"}, "status", "wrong_transition"},
		} {
			change := fields{"client": client.Id}
			for field, value := range r.change {
				change[field] = value
			}
			if answer := c.staffBooks(change); answer.Status != http.StatusBadRequest || answer.code(r.field) != r.code {
				t.Errorf("%v: %d %s", r.change, answer.Status, answer.Body)
			}
		}
	})
}

// nobody is told of the visit of an animal that is not theirs. One that was sold after it was booked keeps its visit, and the visit can go to whoever
// has it now.
func TestAVisitIsForAPatientOfTheClient(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	owner, other := clinictest.Client(t, c.app), clinictest.Client(t, c.app, fields{"email": "other@owner.example"})
	patient, theirs := clinictest.Patient(t, c.app, owner), clinictest.Patient(t, c.app, other)
	refused := func(what string, answer reply) {
		t.Helper()
		if answer.Status != http.StatusBadRequest || answer.code("patient") != "unknown" {
			t.Errorf("%s: %d %s", what, answer.Status, answer.Body)
		}
	}
	c.unchanged(func() { refused("a new visit", c.staffBooks(fields{"client": owner.Id, "patient": theirs.Id})) })
	answer := c.staffBooks(fields{"client": owner.Id, "patient": patient.Id})
	if answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	visit := c.mustFind(store.Bookings, answer.text("id"))
	c.unchanged(func() {
		refused("another patient", c.dashboard(visit, fields{"patient": theirs.Id}))
		refused("another client", c.dashboard(visit, fields{"client": other.Id}))
	})
	clinictest.Change(t, c.app, patient, fields{"client": other.Id})
	c.patch(c.superuser, visit, fields{"note": "Sold on Monday."})
	c.patch(c.superuser, visit, fields{"client": other.Id})
}

// What is made in one batch can be booked in the same batch.
func TestABatchMakesAPlaceAndItsFirstVisit(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	id := func(n string) string { return "batch" + strings.Repeat(n, 10) }
	made := func(collection string, body fields) fields {
		return fields{"method": "POST", "url": "/api/collections/" + collection + "/records", "body": body}
	}
	answer := c.as(c.superuser, http.MethodPost, "/api/batch", fields{"requests": []any{
		made("locations", fields{"id": id("l"), "name": "Pop-up Vets", "country": "DK", "timezone": "Europe/Copenhagen", "locale": "da"}),
		made("reasons", fields{"id": id("r"), "group": c.reason.GetString("group"), "name": "Opening day", "duration_minutes": 20}),
		made("practitioners", fields{"id": id("p"), "name": "Iben", "locations": []string{id("l")}}),
		made("clients", fields{"id": id("c"), "first_name": "Ole", "last_name": "Lund", "email": "ole@owner.example", "location": id("l")}),
		made("bookings", fields{"id": id("b"), "location": id("l"), "reason": id("r"), "practitioner": id("p"), "client": id("c"), "starts_at": thursday}),
	}})
	if answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	visit := c.mustFind(store.Bookings, id("b"))
	if visit.GetString("ends_at") != "2027-03-04 08:35:00.000Z" || len(c.queue(visit)) == 0 {
		t.Errorf("%v\n%v", visit.PublicExport(), c.queue(visit))
	}
}

func TestAVisitThatIsDeletedLeavesItsTime(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"visit_channels": []string{}, "confirmation_channels": []string{}})
	answer := c.staffBooks(fields{"client": clinictest.Client(t, c.app).Id})
	if got := c.free("2027-03-04"); len(got) != 28 {
		t.Fatalf("booked: %d starts", len(got))
	}
	if gone := c.as(c.superuser, http.MethodDelete, "/api/collections/bookings/records/"+answer.text("id"), nil); gone.Status != http.StatusNoContent {
		t.Fatalf("%d %s", gone.Status, gone.Body)
	}
	if got := c.free("2027-03-04"); len(got) != 31 {
		t.Errorf("deleted: %d starts", len(got))
	}
	// One that its owner was told of stays in the book.
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}})
	visit, _ := c.booked(thursday)
	if kept := c.as(c.superuser, http.MethodDelete, "/api/collections/bookings/records/"+visit.Id, nil); kept.code("id") != "in_use" {
		t.Errorf("%d %s", kept.Status, kept.Body)
	}
}

// rooms belong to a place and a reason, and change with them.
func TestAnotherReasonOrPlaceTakesOtherRooms(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	room := clinictest.Make(t, c.app, "resources", fields{"location": c.location.Id, "kind": "room", "name": "One"})
	second := clinictest.Location(t, c.app)
	there := clinictest.Make(t, c.app, "resources", fields{"location": second.Id, "kind": "room", "name": "Far"})
	surgery := clinictest.Reason(t, c.app, fields{"resources": []string{room.Id}})
	c.patch(c.superuser, c.practitioner, fields{"locations": []string{}})
	visit, _ := c.booked(thursday)
	for _, step := range []struct {
		change fields
		want   []string
	}{
		{fields{"note": "x"}, nil},
		{fields{"reason": surgery.Id}, []string{room.Id}},
		{fields{"location": second.Id}, []string{there.Id}},
		{fields{"reason": c.reason.Id}, nil},
		{fields{"reason": surgery.Id, "location": c.location.Id, "resources": []string{room.Id}}, []string{room.Id}},
		{fields{"starts_at": "2027-03-05 08:15:00Z"}, []string{room.Id}},
	} {
		c.patch(c.superuser, visit, step.change)
		if got := c.reload(visit).GetStringSlice("resources"); !slices.Equal(got, step.want) && len(got)+len(step.want) > 0 {
			t.Errorf("%v: %v, want %v", step.change, got, step.want)
		}
	}
}

// the price and its deadline come with the reason, and follow the visit.
func TestWhatAVisitCosts(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.reason = clinictest.Reason(t, c.app, fields{"price": 500, "payment_due": "1d 12:00"})
	client := clinictest.Client(t, c.app)
	show := func(r *core.Record) string {
		return r.GetString("price") + " " + r.GetString("payment") + " " + r.GetString("payment_due_at") + " " + r.GetString("paid_at")
	}
	visit, _ := c.booked(thursday)
	expect := func(when, want string) {
		t.Helper()
		if got := strings.TrimSpace(show(c.reload(visit))); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	expect("booked", "500 unpaid 2027-03-03 11:00:00.000Z")
	c.patch(c.superuser, visit, fields{"starts_at": "2027-03-05 08:15:00Z"})
	expect("moved", "500 unpaid 2027-03-04 11:00:00.000Z")
	c.patch(c.superuser, visit, fields{"payment": "paid"})
	expect("paid", "500 paid 2027-03-04 11:00:00.000Z 2027-03-01 06:10:00.000Z")
	c.patch(c.superuser, visit, fields{"payment": "unpaid"})
	expect("not paid after all", "500 unpaid 2027-03-04 11:00:00.000Z")
	c.patch(c.superuser, visit, fields{"payment_due_at": "2027-03-02 11:00:00Z"})
	c.patch(c.superuser, visit, fields{"starts_at": "2027-03-08 08:15:00Z"})
	expect("with a deadline of its own", "500 unpaid 2027-03-02 11:00:00.000Z")

	for _, r := range []struct {
		sent any
		want string
	}{{0, "0 none"}, {nil, "500 unpaid 2027-03-09 11:00:00.000Z"}, {120.5, "120.5 unpaid 2027-03-09 11:00:00.000Z"}} {
		answer := c.staffBooks(fields{"client": client.Id, "starts_at": "2027-03-10 08:15:00Z", "price": r.sent, "overbook": true})
		if got := strings.TrimSpace(show(c.mustFind(store.Bookings, answer.text("id")))); got != r.want {
			t.Errorf("price %v: %q, want %q", r.sent, got, r.want)
		}
	}
}

// Every link begins with the address that the clinic gave PocketBase, from the next message on.
func TestLinksBeginWithTheApplicationURL(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	answer := c.as(c.superuser, http.MethodPatch, "/api/settings", fields{"meta": fields{"appName": "Vets", "appURL": "https://vets.example/", "senderName": "Vets", "senderAddress": "vets@vets.example"}})
	if answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	c.app.Settings().RateLimits.ExcludedIPs = []string{"192.0.2.1"}
	booked := c.post(c.form(thursday))
	if !strings.HasPrefix(booked.text("manage_url"), "https://vets.example/manage/") {
		t.Errorf("%s", booked.Body)
	}
	message, err := c.app.FindFirstRecordByFilter(store.Messages, "booking = {:id} && purpose = 'booking_confirmation' && channel = 'email'", map[string]any{"id": c.visitOf(booked).Id})
	if err != nil || !strings.Contains(message.GetString("text"), booked.text("manage_url")) {
		t.Errorf("%v %s", err, message.GetString("text"))
	}
}

// a stop belongs to the address, whoever books with it.
func TestNobodyWritesToAStoppedAddress(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.Make(t, c.app, "stopped_addresses", fields{"channel": "email", "address": "kari@owner.example", "cause": "stop"})
	clinictest.Make(t, c.app, "stopped_addresses", fields{"channel": "sms", "address": "+4520123456", "cause": "unsubscribed", "purpose": "group"})
	visit, _ := c.booked(thursday, fields{"email": "Kari@Owner.Example"})
	c.queued(visit, "booking_confirmation email Kari@owner.example: skipped stopped_address 03-01 07:10", "booking_confirmation sms +4520123456: queued 03-01 07:10",
		"visit_reminder email Kari@owner.example: skipped stopped_address 03-02 09:00", "visit_reminder sms +4520123456: queued 03-02 09:00")
}

// the owner of a last visit gets no reminder and few words, and a person calls where something has to be said.
func TestALastVisitIsSpokenOfSoftly(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.reason = clinictest.Reason(t, c.app, fields{"end_of_life": true, "name": "A last goodbye"})
	visit, _ := c.booked(thursday)
	c.queued(visit, "booking_confirmation email kari@owner.example: queued 03-01 07:10", "booking_confirmation sms +4520123456: queued 03-01 07:10")
	rows, err := c.app.FindRecordsByFilter(store.Messages, "booking = {:id}", "", 0, 0, map[string]any{"id": visit.Id})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if text := r.GetString("subject") + r.GetString("text"); strings.Contains(text, "goodbye") || strings.Contains(text, "look forward") {
			t.Errorf("it reads %s", text)
		}
	}
	c.sent(visit)
	c.patch(c.superuser, visit, fields{"status": "cancelled"})
	tasks, err := c.app.FindRecordsByFilter(store.Tasks, "booking = {:id} && kind = 'call_owner'", "", 0, 0, map[string]any{"id": visit.Id})
	if err != nil || len(tasks) != 1 || !strings.Contains(tasks[0].GetString("title"), "+4520123456") {
		t.Errorf("%d tasks: %v", len(tasks), err)
	}
	for _, line := range c.queue(visit) {
		if !strings.Contains(line, ": sent ") {
			t.Errorf("and yet: %s", line)
		}
	}
}

// a message about a visit that could not be written fails and names the code; once the record says what was missing, it is written after
// all, under its own key.
func TestAMessageThatCouldNotBeWrittenIsWrittenOnceItCan(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	words := clinictest.Make(t, c.app, store.Templates, fields{"code": "passport", "name": "Passport", "purpose": "visit_reminder", "locale": "en",
		"subject": "Passport", "email_text": "Bring the passport of your {{ patient.species }}."})
	c.reason = clinictest.Reason(t, c.app, fields{"reminder_template": words.Id, "visit_lead": "1d 09:00"})
	client, pet := c.petOwner(fields{"species": ""})
	visit := c.mustFind(store.Bookings, c.staffBooks(fields{"client": client.Id, "patient": pet.Id}).text("id"))
	reminder := func() *core.Record {
		t.Helper()
		rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id, "purpose": "visit_reminder", "channel": "email"})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		return rows[0]
	}
	broken := reminder()
	if broken.GetString("state") != "failed" || broken.GetString("reason") != "empty_code" || broken.GetString("detail") != "patient.species" {
		t.Fatalf("%s %s %s", broken.GetString("state"), broken.GetString("reason"), broken.GetString("detail"))
	}
	c.patch(c.superuser, pet, fields{"species": c.dog.Id})
	mended := reminder()
	if mended.Id != broken.Id || mended.GetString("state") != "queued" || mended.GetString("reason")+mended.GetString("detail") != "" ||
		mended.GetString("text") != "Bring the passport of your Dog of tests." {
		t.Errorf("%s %s: %q", mended.GetString("state"), mended.GetString("reason"), mended.GetString("text"))
	}
}

package hooks_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// ways are the three ways in which a person changes a visit: each must lead to the same queue.
func ways(c *clinic) map[string]func(visit *core.Record, change fields) reply {
	staff := clinictest.Token(c.t, clinictest.Account(c.t, c.app, "vet", c.location))
	return map[string]func(visit *core.Record, change fields) reply{
		"the dashboard sends the whole record": c.dashboard,
		"staff send the fields that change": func(visit *core.Record, change fields) reply {
			return c.as(staff, http.MethodPatch, "/api/collections/bookings/records/"+visit.Id, change)
		},
		"a program sends a batch": func(visit *core.Record, change fields) reply {
			answer := c.as(staff, http.MethodPost, "/api/batch", fields{"requests": []any{
				fields{"method": "PATCH", "url": "/api/collections/bookings/records/" + visit.Id, "body": change},
			}})
			return answer
		},
	}
}

var wayNames = []string{"the dashboard sends the whole record", "staff send the fields that change", "a program sends a batch"}

// clock sets the clinic's clock to a time of the first days of March 2027, "03-01 07:10".
func (c *clinic) clock(local string) {
	c.t.Helper()
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		c.t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", "2027-"+local, zone)
	if err != nil {
		c.t.Fatal(err)
	}
	c.now = at.UTC()
}

// before anything left, the queue is what the visit is now, there and back again.
func TestTheQueueFollowsAVisitBeforeAnythingLeft(t *testing.T) {
	t.Parallel()
	for _, way := range wayNames {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			visit, _ := c.booked(thursday, fields{"phone": nil})
			change := ways(c)[way]
			const confirmation, reminder = "booking_confirmation email kari@owner.example: ", "visit_reminder email kari@owner.example: "
			sms := []string{"booking_confirmation sms : skipped no_address 03-01 07:10"}
			thursdays, fridays := "visit_reminder sms : skipped no_address 03-02 09:00", "visit_reminder sms : skipped no_address 03-03 09:00"
			for _, step := range []struct {
				name     string
				change   fields
				sequence int
				local    string
				want     []string
			}{
				{"nothing", fields{"note": "bites"}, 0, "Thu 2027-03-04 09:15", []string{confirmation + "queued 03-01 07:10", reminder + "queued 03-02 09:00", thursdays}},
				{"moved to Friday", fields{"starts_at": "2027-03-05 08:15:00.000Z"}, 1, "Fri 2027-03-05 09:15", []string{
					confirmation + "queued 03-01 07:15", reminder + "cancelled not_wanted 03-02 09:00", reminder + "queued 03-03 09:00", thursdays, fridays}},
				{"and back", fields{"starts_at": "2027-03-04 08:15:00.000Z"}, 2, "Thu 2027-03-04 09:15", []string{
					confirmation + "queued 03-01 07:15", reminder + "queued 03-02 09:00", reminder + "cancelled not_wanted 03-03 09:00", thursdays, fridays}},
				{"confirmed", fields{"status": "confirmed"}, 2, "Thu 2027-03-04 09:15", []string{
					confirmation + "queued 03-01 07:15", reminder + "queued 03-02 09:00", reminder + "cancelled not_wanted 03-03 09:00", thursdays, fridays}},
				{"cancelled", fields{"status": "cancelled"}, 3, "Thu 2027-03-04 09:15", []string{
					confirmation + "cancelled booking_cancelled 03-01 07:15", reminder + "cancelled booking_cancelled 03-02 09:00",
					reminder + "cancelled not_wanted 03-03 09:00", thursdays, fridays}},
				{"restored", fields{"status": "booked"}, 4, "Thu 2027-03-04 09:15", []string{
					confirmation + "queued 03-01 07:15", reminder + "queued 03-02 09:00", reminder + "cancelled not_wanted 03-03 09:00", thursdays, fridays}},
				{"without e-mail", fields{"no_email": true}, 4, "Thu 2027-03-04 09:15", []string{
					confirmation + "skipped opted_out 03-01 07:15", reminder + "skipped opted_out 03-02 09:00", reminder + "cancelled not_wanted 03-03 09:00", thursdays, fridays}},
				{"with e-mail again", fields{"no_email": false}, 4, "Thu 2027-03-04 09:15", []string{
					confirmation + "queued 03-01 07:15", reminder + "queued 03-02 09:00", reminder + "cancelled not_wanted 03-03 09:00", thursdays, fridays}},
			} {
				rung := c.rung.Load()
				if answer := change(visit, step.change); answer.Status != http.StatusOK {
					t.Fatalf("%s: %d %s", step.name, answer.Status, answer.Body)
				}
				t.Run(step.name, func(t *testing.T) {
					inner := *c
					inner.t = t
					inner.queued(visit, append(slices.Clone(sms), step.want...)...)
				})
				now := c.reload(visit)
				if got := now.GetInt("sequence"); got != step.sequence || now.GetString("local_start") != step.local {
					t.Errorf("%s: sequence %d, %s", step.name, got, now.GetString("local_start"))
				}
				if c.rung.Load() == rung {
					t.Errorf("%s: the dispatcher was not told", step.name)
				}
			}
		})
	}
}

// what has left is never touched; what is true now is said anew.
func TestTheQueueFollowsAVisitThatItsOwnerKnowsOf(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}, "visit_channels": []string{"email"}})
	visit, _ := c.booked(thursday)
	told := []string{}
	tell := func(lines ...string) {
		t.Helper()
		c.queued(visit, append(slices.Clone(told), lines...)...)
	}
	const kari = " email kari@owner.example: "
	c.sent(visit)
	told = append(told, "booking_confirmation"+kari+"sent 03-01 07:10")
	tell("visit_reminder" + kari + "queued 03-02 09:00")

	c.clock("03-01 10:00")
	c.patch(c.superuser, visit, fields{"starts_at": "2027-03-05 08:15:00Z"})
	tell("booking_change"+kari+"queued 03-01 10:05", "visit_reminder"+kari+"cancelled not_wanted 03-02 09:00", "visit_reminder"+kari+"queued 03-03 09:00")

	// Taken back before the five minutes were over: the owner knows what is true, and hears nothing more of Friday.
	c.clock("03-01 10:02")
	c.patch(c.superuser, visit, fields{"starts_at": "2027-03-08 08:15:00Z"})
	tell("booking_change"+kari+"cancelled not_wanted 03-01 10:05", "booking_change"+kari+"queued 03-01 10:07",
		"visit_reminder"+kari+"cancelled not_wanted 03-02 09:00", "visit_reminder"+kari+"cancelled not_wanted 03-03 09:00", "visit_reminder"+kari+"queued 03-05 09:00")
	c.clock("03-01 10:10")
	c.sent(visit)
	told = append(told, "booking_change"+kari+"cancelled not_wanted 03-01 10:05", "booking_change"+kari+"sent 03-01 10:07",
		"visit_reminder"+kari+"cancelled not_wanted 03-02 09:00", "visit_reminder"+kari+"cancelled not_wanted 03-03 09:00")

	c.clock("03-02 23:00")
	c.patch(c.superuser, visit, fields{"status": "cancelled", "cancel_note": "The vet is ill."})
	tell("booking_cancellation"+kari+"queued 03-02 23:00", "visit_reminder"+kari+"cancelled booking_cancelled 03-05 09:00")
	if got := c.reload(visit); got.GetString("cancelled_by") != "staff" || !got.GetDateTime("cancelled_at").Time().Equal(c.now) {
		t.Errorf("cancelled by %s at %s", got.GetString("cancelled_by"), got.GetString("cancelled_at"))
	}
	c.sent(visit)
	told = append(told, "booking_cancellation"+kari+"sent 03-02 23:00")

	c.clock("03-03 08:30")
	c.patch(c.superuser, visit, fields{"status": "booked"})
	tell("booking_change"+kari+"queued 03-03 08:35", "visit_reminder"+kari+"queued 03-05 09:00")
	if got := c.reload(visit); got.GetString("cancelled_by")+got.GetString("cancelled_at") != "" {
		t.Errorf("restored, and yet cancelled by %s", got.GetString("cancelled_by"))
	}
	if refused := c.as(c.superuser, http.MethodPatch, "/api/collections/bookings/records/"+visit.Id, fields{"status": "no_such"}); refused.Status != http.StatusBadRequest {
		t.Errorf("%d %s", refused.Status, refused.Body)
	}
}

func TestARequestIsApprovedOrDeclined(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"mode": "request"})
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}, "visit_channels": []string{"email"}})
	const kari = " email kari@owner.example: "
	approved, _ := c.booked(thursday)
	declined, _ := c.booked("2027-03-05T08:15:00Z")
	c.sent(approved)
	c.sent(declined)
	c.clock("03-01 09:00")
	c.patch(c.superuser, approved, fields{"status": "booked"})
	c.queued(approved, "booking_received"+kari+"sent 03-01 07:10", "booking_confirmation"+kari+"queued 03-01 09:05", "visit_reminder"+kari+"queued 03-02 09:00")
	c.patch(c.superuser, declined, fields{"status": "cancelled"})
	c.queued(declined, "booking_received"+kari+"sent 03-01 07:10", "booking_declined"+kari+"queued 03-01 09:00")
	if got := c.free("2027-03-05"); len(got) != 31 {
		t.Errorf("declined, and %d starts are free", len(got))
	}
}

// a client's new address, language and wishes, and a pet's death, reach what is still queued.
func TestTheQueueFollowsTheClientAndThePet(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}})
	client := clinictest.Client(t, c.app, fields{"email": "old@owner.example", "phone": "+4520000001", "sms_phone": "+4520000001"})
	pet := clinictest.Patient(t, c.app, client)
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-04 08:15:00.000Z", fields{"patient": pet.Id})
	past := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-02-04 08:15:00.000Z", fields{"patient": pet.Id})
	lines := func(mail, number, confirmation, reminder, text string) []string {
		return []string{"booking_confirmation email " + mail + ": " + confirmation + " 03-01 07:15", "visit_reminder email " + mail + ": " + reminder + " 03-02 09:00",
			"visit_reminder sms " + number + ": " + text + " 03-02 09:00"}
	}
	const q, out, dead = "queued", "skipped opted_out", "skipped deceased"
	for _, step := range []struct {
		name   string
		record *core.Record
		change fields
		want   []string
	}{
		{"nothing", client, fields{"note": "x"}, lines("old@owner.example", "+4520000001", q, q, q)},
		{"another address", client, fields{"email": "new@owner.example"}, lines("new@owner.example", "+4520000001", q, q, q)},
		{"another number for texts", client, fields{"sms_phone": "20 12 34 02"}, lines("new@owner.example", "+4520123402", q, q, q)},
		{"another number for calls", client, fields{"phone": "+4533000000"}, lines("new@owner.example", "+4520123402", q, q, q)},
		{"no texts", client, fields{"no_sms": true}, lines("new@owner.example", "+4520123402", q, q, out)},
		{"texts again", client, fields{"no_sms": false}, lines("new@owner.example", "+4520123402", q, q, q)},
		{"nothing about visits", client, fields{"refused": []string{"visit"}}, lines("new@owner.example", "+4520123402", out, out, out)},
		{"no offers only", client, fields{"refused": []string{"group"}}, lines("new@owner.example", "+4520123402", q, q, q)},
		{"no number", client, fields{"sms_phone": ""}, lines("new@owner.example", "", q, q, "skipped no_address")},
		{"a number again", client, fields{"sms_phone": "+4520000003"}, lines("new@owner.example", "+4520000003", q, q, q)},
		{"the pet died", pet, fields{"deceased_on": "2027-03-01"}, lines("new@owner.example", "+4520000003", q, dead, dead)},
		{"the wrong pet", pet, fields{"deceased_on": ""}, lines("new@owner.example", "+4520000003", q, q, q)},
		{"the pet comes no more", pet, fields{"inactive": true}, lines("new@owner.example", "+4520000003", q, "skipped inactive", "skipped inactive")},
		{"it does", pet, fields{"inactive": false}, lines("new@owner.example", "+4520000003", q, q, q)},
	} {
		before := len(c.queue(past))
		c.patch(c.superuser, step.record, step.change)
		slices.Sort(step.want)
		if diff := cmp.Diff(step.want, c.queue(visit)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if len(c.queue(past)) != before {
			t.Errorf("%s: a past visit has %v", step.name, c.queue(past))
		}
	}
	c.patch(c.superuser, client, fields{"locale": "da"})
	c.patch(c.superuser, pet, fields{"name": "Pluto"})
	rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.GetString("channel") == "email" && !strings.Contains(r.GetString("text"), "Pluto") || r.GetString("locale") != "da" {
			t.Errorf("%s in %s: %s", r.GetString("key"), r.GetString("locale"), r.GetString("text"))
		}
	}
}

// R-31, RO-03, RO-05, RO-07, RO-08, RO-16: the institution's own addresses, each kind for itself.
func TestTheClinicIsTold(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}, "visit_channels": []string{"email"}})
	for address, kinds := range map[string][]string{
		"desk@clinic.example": {"booking", "cancellation"}, "boss@clinic.example": {"booking"}, "copy@clinic.example": {"bcc"}, "archive@clinic.example": {"bcc"},
		"late@clinic.example": {"cancellation"}, "money@clinic.example": {"payment"},
	} {
		clinictest.Make(t, c.app, "notification_addresses", fields{"location": c.location.Id, "email": address, "kinds": kinds})
	}
	clinictest.Make(t, c.app, "notification_addresses", fields{"location": c.location.Id, "email": "off@clinic.example", "kinds": []string{"booking", "bcc"}, "inactive": true})
	clinictest.Make(t, c.app, "notification_addresses", fields{"location": clinictest.Location(t, c.app).Id, "email": "other@clinic.example", "kinds": []string{"booking"}})

	visit, _ := c.booked(thursday)
	sortedBCC := func(lines []string) []string {
		for i, line := range lines {
			lines[i] = strings.ReplaceAll(line, "bcc copy@clinic.example, archive@clinic.example", "bcc archive@clinic.example, copy@clinic.example")
		}
		slices.Sort(lines)
		return lines
	}
	const owner = " email kari@owner.example bcc archive@clinic.example, copy@clinic.example: "
	check := func(when string, want ...string) {
		t.Helper()
		slices.Sort(want)
		if diff := cmp.Diff(want, sortedBCC(c.queue(visit))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	check("booked", "booking_confirmation"+owner+"queued 03-01 07:10", "visit_reminder"+owner+"queued 03-02 09:00",
		"notice_booking email boss@clinic.example: queued 03-01 07:10", "notice_booking email desk@clinic.example: queued 03-01 07:10")
	notice, err := c.app.FindFirstRecordByData(store.Messages, "to", "boss@clinic.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"Kari", "Nordmann", "Bella", "Check-up", "Anna Holm", visit.GetString("reference"), "kari@owner"} {
		if !strings.Contains(notice.GetString("text"), part) {
			t.Errorf("the notice lacks %q:\n%s", part, notice.GetString("text"))
		}
	}
	c.sent(visit)
	c.clock("03-02 10:00")
	c.sent(visit)
	c.patch(c.superuser, visit, fields{"status": "cancelled"})
	const sent = "sent 03-01 07:10"
	left := []string{"booking_confirmation" + owner + sent, "visit_reminder" + owner + "sent 03-02 09:00",
		"notice_booking email boss@clinic.example: " + sent, "notice_booking email desk@clinic.example: " + sent}
	check("cancelled", append(slices.Clone(left), "booking_cancellation"+owner+"queued 03-02 10:00",
		"notice_cancellation email desk@clinic.example: queued 03-03 09:15", "notice_cancellation email late@clinic.example: queued 03-03 09:15")...)
	c.sent(visit)
	left = append(left, "booking_cancellation"+owner+"sent 03-02 10:00")
	c.clock("03-02 11:00")
	c.patch(c.superuser, visit, fields{"status": "booked"})
	check("restored", append(slices.Clone(left), "booking_change"+owner+"queued 03-02 11:05",
		"notice_cancellation email desk@clinic.example: cancelled not_wanted 03-03 09:15", "notice_cancellation email late@clinic.example: cancelled not_wanted 03-03 09:15")...)
	c.sent(visit)
	c.clock("03-04 08:00")
	c.patch(c.superuser, visit, fields{"status": "cancelled"})
	late := 0
	for _, line := range c.queue(visit) {
		if strings.HasPrefix(line, "notice_cancellation") && strings.HasSuffix(line, "queued 03-04 08:00") {
			late++
		}
	}
	if late != 2 {
		t.Errorf("a cancellation on the day is told at once: %v", c.queue(visit))
	}
}

// through the API, to the minute.
func TestAReminderOutsideTheWindowLeavesEarlier(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	hour := clinictest.Reason(t, c.app, fields{"visit_lead": "1h"})
	clinictest.MessageSettings(t, c.app, c.location, fields{"visit_lead": "12h", "visit_channels": []string{"sms"}, "confirmation_channels": []string{}})
	client := clinictest.Client(t, c.app, fields{"sms_phone": "+4520000001"})
	pet := clinictest.Patient(t, c.app, client)
	for _, r := range []struct{ reason, startsAt, want string }{
		{hour.Id, "2027-03-05 05:00:00Z", "03-04 21:00"},     // 06:00
		{c.reason.Id, "2027-03-05 09:00:00Z", "03-04 21:00"}, // 10:00
		{hour.Id, "2027-03-05 08:30:00Z", "03-05 08:30"},     // 09:30
		{c.reason.Id, "2027-03-05 19:00:00Z", "03-05 08:00"}, // 20:00
		{c.reason.Id, "2027-03-05 18:59:00Z", "03-04 21:00"}, // 19:59
		{c.reason.Id, "2027-03-06 08:00:00Z", "03-05 21:00"}, // 09:00, planned 21:00
		{c.reason.Id, "2027-03-06 08:01:00Z", "03-05 21:00"}, // 09:01, planned 21:01
		{c.reason.Id, "2027-03-29 08:15:00Z", "03-28 21:00"}, // the first Monday of summer time
		{c.reason.Id, "2027-03-28 18:00:00Z", "03-28 08:00"}, // its Sunday, 20:00: twelve hours of elapsed time
	} {
		answer := c.as(c.superuser, http.MethodPost, "/api/collections/bookings/records", fields{
			"location": c.location.Id, "reason": r.reason, "practitioner": c.practitioner.Id, "client": client.Id, "patient": pet.Id,
			"starts_at": r.startsAt, "overbook": true,
		})
		if answer.Status != http.StatusOK {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		c.queued(c.mustFind(store.Bookings, answer.text("id")), "visit_reminder sms +4520000001: queued "+r.want)
	}
}

// A visit and its messages are kept together or not at all.
func TestAMessageThatCannotBeStoredTakesTheVisitAlong(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	visit, door := c.booked(thursday)
	client := c.mustFind(store.Clients, visit.GetString("client"))
	stands, queue := asJSON(t, c.reload(visit).PublicExport()), c.queue(visit)
	bookings, clients := "/api/collections/bookings/records/", "/api/collections/clients/records/"
	move := fields{"starts_at": "2027-03-05 08:15:00Z"}
	attempt := map[string]func() reply{
		"a booking": func() reply { return c.post(c.form("2027-03-08T08:15:00Z")) },
		"a move":    func() reply { return c.as(c.superuser, http.MethodPatch, bookings+visit.Id, move) },
		"an owner's": func() reply {
			return c.as("", http.MethodPost, door+"/move", fields{"starts_at": "2027-03-05T08:15:00Z"})
		},
		"a cancellation": func() reply { return c.as("", http.MethodPost, door+"/cancel", fields{}) },
		"an address":     func() reply { return c.as(c.superuser, http.MethodPatch, clients+client.Id, fields{"locale": "da"}) },
		"a batch": func() reply {
			return c.as(c.superuser, http.MethodPost, "/api/batch", fields{"requests": []any{
				fields{"method": "PATCH", "url": clients + client.Id, "body": fields{"note": "batched"}},
				fields{"method": "PATCH", "url": bookings + visit.Id, "body": move},
			}})
		},
	}
	for event, broken := range map[string][]string{
		"INSERT": {"a booking", "a move", "an owner's", "a batch"},
		"UPDATE": {"a move", "an owner's", "a cancellation", "an address", "a batch"},
	} {
		statement := "CREATE TRIGGER broken BEFORE " + event + " ON messages BEGIN SELECT RAISE(ABORT, 'no room for Kari'); END"
		if _, err := c.app.NonconcurrentDB().NewQuery(statement).Execute(); err != nil {
			t.Fatal(err)
		}
		for _, name := range broken {
			c.unchanged(func() {
				if answer := attempt[name](); answer.Status < 400 || strings.Contains(answer.Body, "Kari") {
					t.Errorf("%s while no %s works: %d %s", name, event, answer.Status, answer.Body)
				}
			})
			if now := c.reload(client); now.GetString("locale") == "da" || now.GetString("note") != "" {
				t.Errorf("%s while no %s works: the client was changed", name, event)
			}
			if now := asJSON(t, c.reload(visit).PublicExport()); now != stands || !slices.Equal(c.queue(visit), queue) {
				t.Errorf("%s while no %s works: the visit or its queue was changed", name, event)
			}
		}
		if _, err := c.app.NonconcurrentDB().NewQuery("DROP TRIGGER broken").Execute(); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a move", "an owner's", "an address", "a batch", "a booking", "a cancellation"} {
		if answer := attempt[name](); answer.Status != http.StatusOK {
			t.Errorf("%s when all works: %d %s", name, answer.Status, answer.Body)
		}
	}
}

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

// address makes one of the clinic's own addresses.
func (c *clinic) address(email string, kinds ...string) *core.Record {
	c.t.Helper()
	return clinictest.Make(c.t, c.app, store.NotificationAddresses, fields{"location": c.location.Id, "email": email, "kinds": kinds})
}

// notices lists the lines of a visit's queue about a purpose.
func (c *clinic) notices(visit *core.Record, purpose string) []string {
	c.t.Helper()
	return slices.DeleteFunc(c.queue(visit), func(line string) bool { return !strings.HasPrefix(line, purpose+" ") })
}

// RO-01, RO-03, RO-04, R-31: every booking is told at once, with all that is known of it, whoever made it and however: on the page, at the desk, by
// another program, or as a request.
func TestEveryBookingIsToldToTheClinic(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.address("desk@clinic.example", "booking")
	client := c.odense("Kari", fields{"last_name": "Nordmann", "email": "kari@owner.example"}, "Bella")
	pet, err := c.app.FindFirstRecordByData(store.Patients, "client", client.Id)
	if err != nil {
		t.Fatal(err)
	}
	byStaff := func(startsAt, source, status string) *core.Record {
		return clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, startsAt, fields{"patient": pet.Id, "source": source, "status": status, "owner_note": "Limps"})
	}
	online, _ := c.booked(thursday, fields{"note": "Limps"})
	clinictest.BookingSettings(t, c.app, c.location, fields{"mode": "request"})
	asked, _ := c.booked("2027-03-05T08:15:00Z", fields{"note": "Limps"})
	for name, visit := range map[string]*core.Record{
		"online": online, "a request": asked, "staff": byStaff("2027-03-08 08:15:00.000Z", "staff", "booked"), "another program": byStaff("2027-03-09 08:15:00.000Z", "api", "confirmed"),
	} {
		c.same(name, []string{"notice_booking email desk@clinic.example: queued 03-01 07:10"}, c.notices(visit, "notice_booking"))
		rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id, "purpose": "notice_booking"})
		if err != nil {
			t.Fatal(err)
		}
		text := rows[0].GetString("text")
		for _, part := range []string{"Kari", "Nordmann", "Bella", "Check-up", "Anna Holm", "Limps", "Harbour Vets", visit.GetString("reference"), "kari@owner"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: the notice lacks %q:\n%s", name, part, text)
			}
		}
	}
}

// RO-05, RO-06, RO-12, RO-16, R-31: each kind has a list of its own, of as many addresses as the clinic likes, and what is added or taken away there holds for
// the next booking. One address hears of one event once, however often and in whatever letters it was entered.
func TestEachKindOfNoticeHasItsOwnAddresses(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}, "visit_channels": []string{}})
	paid := clinictest.Reason(t, c.app, fields{"price": 500, "payment_due": "24h"})
	lists := map[string]string{"booking": "notice_booking", "cancellation": "notice_cancellation", "payment": "notice_payment"}
	for kind := range lists {
		c.address(kind+"-a@clinic.example", kind)
		c.address(kind+"-b@clinic.example", kind)
	}
	c.address("copy-a@clinic.example", "bcc")
	removed := c.address("copy-b@clinic.example", "bcc")
	c.address("Booking-A@Clinic.example", "booking")
	told := func(visit *core.Record, purpose string) (to []string) {
		for _, line := range c.notices(visit, purpose) {
			address, _, _ := strings.Cut(strings.TrimPrefix(line, purpose+" email "), ":")
			to = append(to, address)
		}
		return to
	}
	visit := c.owned("2027-03-04 08:15:00.000Z", fields{"email": "anna@owner.example"}, fields{"reason": paid.Id})
	c.same("bookings", []string{"booking-a@clinic.example", "booking-b@clinic.example"}, told(visit, "notice_booking"))
	c.same("payments", []string{"payment-a@clinic.example", "payment-b@clinic.example"}, told(visit, "notice_payment"))
	copies := func(visit *core.Record) []string {
		row, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id, "purpose": "booking_confirmation", "channel": "email"})
		if err != nil || len(row) != 1 {
			t.Fatalf("%d confirmations, %v", len(row), err)
		}
		// The owner reads neither who else gets it nor that somebody does.
		if said := row[0].GetString("to") + row[0].GetString("subject") + row[0].GetString("text"); strings.Contains(said, "copy-") {
			t.Error(said)
		}
		list := strings.Split(row[0].GetString("bcc"), ", ")
		slices.Sort(list)
		return list
	}
	c.same("hidden copies", []string{"copy-a@clinic.example", "copy-b@clinic.example"}, copies(visit))
	c.patch(c.superuser, visit, fields{"status": "cancelled"})
	c.same("cancellations", []string{"cancellation-a@clinic.example", "cancellation-b@clinic.example"}, told(visit, "notice_cancellation"))

	manager := clinictest.Token(t, clinictest.Account(t, c.app, "manager", c.location))
	if answer := c.as(manager, http.MethodDelete, "/api/collections/notification_addresses/records/"+removed.Id, nil); answer.Status != http.StatusNoContent {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	answer := c.as(manager, http.MethodPost, "/api/collections/notification_addresses/records", fields{"location": c.location.Id, "email": "copy-c@clinic.example", "kinds": []string{"bcc", "booking"}})
	if answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	next := c.owned("2027-03-05 08:15:00.000Z", fields{"email": "bo@owner.example"})
	c.same("hidden copies since", []string{"copy-a@clinic.example", "copy-c@clinic.example"}, copies(next))
	c.same("bookings since", []string{"booking-a@clinic.example", "booking-b@clinic.example", "copy-c@clinic.example"}, told(next, "notice_booking"))
}

// RO-07, RO-08, R-31: a cancellation is told so many hours before the visit, at once where it comes later or the hours are none, and not at all where
// the visit stands again by then.
func TestACancellationIsToldInTime(t *testing.T) {
	t.Parallel()
	for _, r := range []struct {
		hours    int
		at, want string
	}{
		{24, "03-01 10:00", "03-03 09:15"},
		{24, "03-04 08:00", "03-04 08:00"},
		{0, "03-01 10:00", "03-01 10:00"},
		{72, "03-01 10:00", "03-01 10:00"},
	} {
		c := newClinic(t)
		clinictest.MessageSettings(t, c.app, c.location, fields{"cancellation_notice_hours": r.hours})
		c.address("late@clinic.example", "cancellation")
		visit := c.owned("2027-03-04 08:15:00.000Z", fields{})
		c.clock(r.at)
		c.patch(c.superuser, visit, fields{"status": "cancelled"})
		c.same("told", []string{"notice_cancellation email late@clinic.example: queued " + r.want}, c.notices(visit, "notice_cancellation"))
		c.patch(c.superuser, visit, fields{"status": "booked"})
		c.same("stands again", []string{"notice_cancellation email late@clinic.example: cancelled not_wanted " + r.want}, c.notices(visit, "notice_cancellation"))
	}
}

// RO-09, RO-10, RO-11, RO-12, R-32: 48 hours before its deadline a visit that is not paid is told to the owner, where they get theirs, and to each of the
// clinic's addresses for it; paid, waived or cancelled, nobody hears of it. Unpaid again, they do.
func TestAnUnpaidVisitIsToldBeforeItsDeadline(t *testing.T) {
	t.Parallel()
	for name, settle := range map[string]fields{"paid": {"payment": "paid"}, "waived": {"payment": "waived"}, "cancelled": {"status": "cancelled"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email", "sms"}, "visit_channels": []string{}})
			c.address("money@clinic.example", "payment")
			c.address("boss@clinic.example", "payment", "booking")
			c.address("copy@clinic.example", "bcc")
			reason := clinictest.Reason(t, c.app, fields{"price": 500, "payment_due": "24h"})
			visit := c.owned("2027-03-05 08:15:00.000Z", fields{"email": "anna@owner.example", "sms_phone": "+4520000001"}, fields{"reason": reason.Id})
			const when = "03-02 09:15"
			told := func(state string) {
				t.Helper()
				c.same(state+", the clinic", []string{"notice_payment email boss@clinic.example: " + state + " " + when, "notice_payment email money@clinic.example: " + state + " " + when}, c.notices(visit, "notice_payment"))
				c.same(state+", the owner", []string{"payment_due email anna@owner.example bcc copy@clinic.example: " + state + " " + when, "payment_due sms +4520000001: " + state + " " + when}, c.notices(visit, "payment_due"))
			}
			told("queued")
			rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id, "purpose": "notice_payment"})
			if err != nil || !strings.Contains(rows[0].GetString("text"), "500") || !strings.Contains(rows[0].GetString("text"), "4 March 2027 09:15") {
				t.Errorf("%v: amount and deadline are missing", err)
			}
			c.patch(c.superuser, visit, settle)
			if name == "cancelled" {
				told("cancelled booking_cancelled")
				c.patch(c.superuser, visit, fields{"status": "booked"})
			} else {
				told("cancelled not_wanted")
				c.patch(c.superuser, visit, fields{"payment": "unpaid"})
			}
			told("queued")
		})
	}
}

// RO-14, R-31: who is told needs no account and can read nothing else; where the clinic wants it so, a notice holds only what finds the visit in the book.
func TestWhoIsToldNeedsNoAccount(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"minimal_notices": true})
	c.address("outside@elsewhere.example", "booking")
	visit := c.owned("2027-03-04 08:15:00.000Z", fields{"first_name": "Secretive", "email": "anna@owner.example"})
	rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id, "purpose": "notice_booking"})
	if err != nil || len(rows) != 1 || rows[0].GetString("to") != "outside@elsewhere.example" {
		t.Fatalf("%d notices, %v", len(rows), err)
	}
	text := rows[0].GetString("text")
	if !strings.Contains(text, visit.GetString("reference")) {
		t.Errorf("nobody finds the visit by\n%s", text)
	}
	for _, kept := range []string{"Secretive", "Bella", "anna@owner", "/manage/", "http"} {
		if strings.Contains(text, kept) {
			t.Errorf("a minimal notice says %q:\n%s", kept, text)
		}
	}
	if accounts, err := c.app.CountRecords(store.Staff); err != nil || accounts != 0 {
		t.Errorf("%d accounts were made", accounts)
	}
}

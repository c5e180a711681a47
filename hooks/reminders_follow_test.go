package hooks_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/recalls"
)

// vaccination is an active rule that names the clinic's reason, so that its visits keep the group of that name up to date.
func (c *clinic) vaccination() *core.Record {
	c.t.Helper()
	return clinictest.Make(c.t, c.app, store.ReminderRules, fields{
		"name": "Vaccination", "trigger": "visit_completed", "reasons": []string{c.reason.Id}, "due_number": 1, "due_unit": "year", "reminder_group": "vaccination",
	})
}

// stands demands where a reminder stands, as its state with the reason behind it.
func (c *clinic) stands(reminder *core.Record, want string) {
	c.t.Helper()
	r := c.reload(reminder)
	got := r.GetString("state")
	if reason := r.GetString("reason"); reason != "" {
		got += " " + reason
	}
	if got != want {
		c.t.Errorf("the reminder is %q, want %q", got, want)
	}
}

const bella = "2027-03-29 09:00 email "

// a coming visit of the group holds a reminder back; called off, the reminder comes back; over, it is done.
func TestAComingVisitHoldsAReminderBack(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.vaccination()
	client := clinictest.Client(t, c.app)
	pet := clinictest.Patient(t, c.app, client)
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-29", "reminder_group": "vaccination"})
	plain := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-12-24"})
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-10 09:00:00.000Z", fields{"patient": pet.Id})
	c.stands(r, "held visit_booked")
	c.stands(plain, "scheduled")
	withdrawn := bella + "cancelled visit_booked: Time for Bella to see us again"
	later := "2027-12-24 09:00 email queued: Time for Bella to see us again"
	c.recalled(client, withdrawn, later)
	if held := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"send_now": true}); held.code("send_now") != "visit_booked" {
		t.Errorf("send now: %s", held.Body)
	}
	if held := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"requeue": true}); held.code("requeue") != "visit_booked" {
		t.Errorf("put back: %s", held.Body)
	}

	clinictest.Change(t, c.app, visit, fields{"status": "cancelled"})
	c.stands(r, "scheduled")
	c.recalled(client, bella+"queued: Time for Bella to see us again", later)

	clinictest.Change(t, c.app, visit, fields{"status": "booked"})
	c.stands(r, "held visit_booked")
	c.now = time.Date(2027, 3, 10, 10, 0, 0, 0, time.UTC)
	clinictest.Change(t, c.app, visit, fields{"status": "completed"})
	c.stands(r, "done already_done")
	clinictest.Change(t, c.app, visit, fields{"status": "arrived"})
	c.stands(r, "held visit_booked")
	c.stands(plain, "scheduled")
}

// the visits that hold back lie between 30 days before and 60 days after the due date, and are of the reminder's own patient and group.
func TestOnlyVisitsNearTheDueDateHoldAReminderBack(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.vaccination()
	other := clinictest.Reason(t, c.app)
	client := clinictest.Client(t, c.app)
	pet := clinictest.Patient(t, c.app, client)
	max := clinictest.Patient(t, c.app, client, fields{"name": "Max"})
	r := c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-05-31", "reminder_group": "vaccination"})
	for _, visit := range []struct {
		name, at, want string
		reason, pet    *core.Record
	}{
		{"31 days before", "2027-04-30 09:00:00.000Z", "scheduled", c.reason, pet},
		{"30 days before", "2027-05-01 09:00:00.000Z", "held visit_booked", c.reason, pet},
		{"60 days after", "2027-07-30 09:00:00.000Z", "held visit_booked", c.reason, pet},
		{"61 days after", "2027-07-31 09:00:00.000Z", "scheduled", c.reason, pet},
		{"for something else", "2027-05-20 09:00:00.000Z", "scheduled", other, pet},
		{"of another pet", "2027-05-20 09:00:00.000Z", "scheduled", c.reason, max},
	} {
		made := clinictest.Visit(t, c.app, c.location, c.practitioner, visit.reason, client, visit.at, fields{"patient": visit.pet.Id})
		if got := c.reload(r); visit.want != "scheduled" && got.GetString("state") != "held" || visit.want == "scheduled" && got.GetString("state") != "scheduled" {
			t.Errorf("%s: %s, want %s", visit.name, got.GetString("state"), visit.want)
		}
		clinictest.Change(t, c.app, made, fields{"status": "cancelled"})
	}
}

// death, opt-out and a wrong address end or bar a reminder in the transaction that learns of them, and undone they bring it back.
func TestAMistakeThatIsUndoneBringsTheReminderBack(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	pet := clinictest.Patient(t, c.app, client)
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-29"})
	queued := bella + "queued: Time for Bella to see us again"
	for _, mistake := range []struct {
		record     *core.Record
		made, mend fields
		want, row  string
	}{
		{pet, fields{"deceased_on": "2027-02-28"}, fields{"deceased_on": ""}, "cancelled deceased", "cancelled deceased"},
		{pet, fields{"inactive": true}, fields{"inactive": false}, "cancelled inactive", "cancelled inactive"},
		{client, fields{"refused": []string{"reminder"}}, fields{"refused": []string{}}, "cancelled opted_out", "cancelled opted_out"},
		{client, fields{"no_email": true}, fields{"no_email": false}, "scheduled opted_out", "skipped opted_out"},
	} {
		clinictest.Change(t, c.app, mistake.record, mistake.made)
		c.stands(r, mistake.want)
		c.recalled(client, bella+mistake.row+": Time for Bella to see us again")
		clinictest.Change(t, c.app, mistake.record, mistake.mend)
		c.stands(r, "scheduled")
		c.recalled(client, queued)
	}
	clinictest.Change(t, c.app, client, fields{"email": "new@owner.example"})
	if got := c.reload(r).GetString("to_email"); got != "new@owner.example" {
		t.Errorf("the address filled in from the record is still %s", got)
	}
	row, err := c.app.FindFirstRecordByFilter(store.Messages, "purpose = 'reminder'")
	if err != nil || row.GetString("to") != "new@owner.example" {
		t.Errorf("it would go to %v, %v", row, err)
	}
}

// one message for the pets that are due within 30 days, and one recall per patient in 30 days; death of one leaves the others named.
func TestPetsOfOneOwnerAreRemindedOfTogether(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	pet := clinictest.Patient(t, c.app, client)
	max := clinictest.Patient(t, c.app, client, fields{"name": "Max"})
	first := c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-03-29"})
	second := c.remind(fields{"client": client.Id, "patients": []string{max.Id}, "location": c.location.Id, "due_on": "2027-04-20"})
	third := c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-04-10", "own_text": true,
		"subject": "Bella's teeth", "email_text": "Time for the dentist."})
	duplicate := "2027-04-10 09:00 email skipped duplicate: Bella's teeth"
	c.recalled(client, bella+"queued: Time for Bella and Max to see us again", duplicate)
	c.stands(third, "scheduled duplicate")
	if got := c.reload(second).GetString("next_send_at"); got != "2027-03-29 07:00:00.000Z" {
		t.Errorf("the second pet's is sent %s, want with the first", got)
	}
	clinictest.Change(t, c.app, pet, fields{"deceased_on": "2027-03-02"})
	c.recalled(client, bella+"cancelled deceased: Time for Bella and Max to see us again", "2027-04-20 09:00 email queued: Time for Max to see us again",
		"2027-04-10 09:00 email skipped duplicate: Bella's teeth")
	c.stands(first, "cancelled deceased")
	c.stands(third, "cancelled deceased")
	clinictest.Change(t, c.app, pet, fields{"deceased_on": ""})
	c.now = time.Date(2027, 3, 29, 8, 0, 0, 0, time.UTC)
	c.recallsSent()
	c.stands(first, "sent")
	c.stands(second, "sent")
	if got := c.reload(second).GetInt("sent_count"); got != 1 {
		t.Errorf("the second was sent %d times", got)
	}
	c.now = time.Date(2027, 4, 12, 8, 0, 0, 0, time.UTC)
	c.replanned()
	c.stands(third, "stale duplicate")
}

// what a person ends stays ended, and their hand on one message counts for the reminder.
func TestAPersonsEndStands(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	pet := clinictest.Patient(t, c.app, client)
	cancelled := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-29"})
	done := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-06-29"})
	withdrawn := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-09-29"})
	c.patch(c.superuser, cancelled, fields{"state": "cancelled"})
	c.patch(c.superuser, done, fields{"state": "done"})
	message, err := c.app.FindFirstRecordByFilter(store.Messages, "planned_at > '2027-09-01'")
	if err != nil {
		t.Fatal(err)
	}
	c.patch(c.superuser, message, fields{"state": "cancelled"})
	clinictest.Change(t, c.app, pet, fields{"deceased_on": "2027-03-01"})
	clinictest.Change(t, c.app, pet, fields{"deceased_on": ""})
	c.stands(cancelled, "cancelled by_person")
	c.stands(done, "done by_person")
	c.stands(withdrawn, "stale by_person")
	c.recalled(client, bella+"cancelled by_person: Time for Bella to see us again", "2027-06-29 09:00 email cancelled already_done: Time for Bella to see us again",
		"2027-09-29 09:00 email cancelled by_person: Time for Bella to see us again")
	if back := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+cancelled.Id, fields{"state": "scheduled"}); back.code("state") != "wrong_transition" {
		t.Errorf("opened again by hand: %s", back.Body)
	}
	c.patch(c.superuser, cancelled, fields{"requeue": true})
	if again, err := c.app.FindFirstRecordByFilter(store.Messages, "resend_of != '' && state = 'queued'"); err != nil || again.GetString("text") == "" {
		t.Errorf("put back: %v, %v", again, err)
	}
}

// nobody is asked to come with a pet that they are about to part with, or have parted with while the record does not say so yet. Called
// off, the reminder comes back.
func TestAGoodbyeEndsAReminder(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	pet := clinictest.Patient(t, c.app, client)
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-29"})
	goodbye := clinictest.Reason(t, c.app, fields{"end_of_life": true, "name": "A quiet goodbye"})
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, goodbye, client, "2027-03-10 09:00:00.000Z", fields{"patient": pet.Id})
	c.stands(r, "cancelled end_of_life")
	c.recalled(client, bella+"cancelled end_of_life: Time for Bella to see us again")
	if refused := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"send_now": true}); refused.code("send_now") != "end_of_life" {
		t.Errorf("send now: %s", refused.Body)
	}
	clinictest.Change(t, c.app, visit, fields{"status": "completed"})
	c.stands(r, "cancelled end_of_life")
	clinictest.Change(t, c.app, visit, fields{"status": "arrived"})
	clinictest.Change(t, c.app, visit, fields{"status": "cancelled"})
	c.stands(r, "scheduled")
	c.recalled(client, bella+"queued: Time for Bella to see us again")
	clinictest.Change(t, c.app, visit, fields{"status": "booked"})
	clinictest.Change(t, c.app, visit, fields{"reason": c.reason.Id})
	c.stands(r, "scheduled")

	// The reason is marked as such a one only now, and then it was a slip.
	for _, step := range []struct {
		marked bool
		want   string
	}{{true, "cancelled end_of_life"}, {false, "scheduled"}} {
		c.now = c.now.Add(time.Minute)
		clinictest.Change(t, c.app, c.reason, fields{"end_of_life": step.marked})
		if due, err := recalls.Due(c.app, c.now, 10); err != nil || !slices.Equal(due, []string{client.Id}) {
			t.Fatalf("planned anew: %v, %v", due, err)
		}
		c.replanned()
		c.stands(r, step.want)
	}
}

// lifting a stop brings back the reminders that it had kept.
func TestALiftedStopBringsRemindersBack(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app, fields{"email": "stop@owner.example"})
	clinictest.Patient(t, c.app, client)
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-29"})
	stop := clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "email", "address": "stop@owner.example", "cause": "complaint", "note": "They rang."})
	c.replanned()
	c.stands(r, "scheduled stopped_address")
	if err := c.app.Delete(stop); err != nil {
		t.Fatal(err)
	}
	c.stands(r, "scheduled")
	c.recalled(client, bella+"queued: Time for Bella to see us again")
}

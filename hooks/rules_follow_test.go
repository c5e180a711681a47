package hooks_test

import (
	"fmt"
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
	"pawbell/internal/store/runs"
)

// carryOut does what the job does with the runs of rules that wait, a few things at a time, and answers what they say they did.
func (c *clinic) carryOut() []string {
	c.t.Helper()
	var notes []string
	for {
		open, err := runs.Open(c.app)
		if err != nil {
			c.t.Fatal(err)
		}
		open = slices.DeleteFunc(open, func(run *runs.Run) bool { return !strings.HasPrefix(run.Scope, "rule:") })
		if len(open) == 0 {
			return notes
		}
		run := open[0]
		write, err := runs.StepOfRule(c.app, run, 5, c.now)
		if err != nil {
			c.t.Fatal(err)
		}
		err = c.app.RunInTransaction(func(tx core.App) error {
			run.State = runs.Running
			more, err := write(tx, run)
			if err != nil {
				return err
			}
			if !more {
				run.State = runs.Done
				notes = append(notes, run.Note)
			}
			return runs.Save(tx, run, c.now)
		})
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

// ofRules lists the reminders that rules made for a client, as a person reads them: due date, state with its reason.
func (c *clinic) ofRules(client *core.Record) []string {
	c.t.Helper()
	rows, err := c.app.FindAllRecords(store.Reminders, dbx.HashExp{"client": client.Id}, dbx.NewExp("origin != ''"))
	if err != nil {
		c.t.Fatal(err)
	}
	lines := []string{}
	for _, r := range rows {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.GetString("due_on"), r.GetString("state"), r.GetString("reason"))))
	}
	slices.Sort(lines)
	return lines
}

func (c *clinic) madeByRules(client *core.Record, want ...string) {
	c.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), c.ofRules(client)); diff != "" {
		c.t.Errorf("the reminders of rules (-want +got):\n%s", diff)
	}
}

// visited is a visit of a pet that took place.
func (c *clinic) visited(client, pet *core.Record, startsAt string, changes ...fields) *core.Record {
	c.t.Helper()
	visit := clinictest.Visit(c.t, c.app, c.location, c.practitioner, c.reason, client, startsAt, append([]fields{{"patient": pet.Id}}, changes...)...)
	c.patch(c.superuser, visit, fields{"status": "completed"})
	return visit
}

// petOwner is a client with a pet.
func (c *clinic) petOwner(changes ...fields) (client, pet *core.Record) {
	c.t.Helper()
	client = clinictest.Client(c.t, c.app)
	return client, clinictest.Patient(c.t, c.app, client, append([]fields{{"species": c.dog.Id}}, changes...)...)
}

// R-42, PC-03, PC-05: a completed visit makes a reminder, with its message, in the transaction that completes it.
func TestACompletedVisitMakesItsReminder(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	rule := c.rule(fields{"steps": []int{-30, 7}, "methods": []string{"email", "sms"}, "species": []string{c.dog.Id}})
	client, pet := c.petOwner()
	visit := c.visited(client, pet, "2027-03-01 05:00:00.000Z")
	c.madeByRules(client, "2028-03-01 scheduled")
	c.recalled(client,
		"2028-01-31 09:00 email queued: Time for Bella to see us again",
		"2028-01-31 09:00 sms queued: Hi Maja, Bella is due to see us again around 1 March 2028. Call +4533112233 for a time. Harbour Vets",
		"2028-03-08 09:00 email queued: Time for Bella to see us again",
		"2028-03-08 09:00 sms queued: Hi Maja, Bella is due to see us again around 1 March 2028. Call +4533112233 for a time. Harbour Vets",
	)
	made, err := c.app.FindFirstRecordByData(store.Reminders, "booking", visit.Id)
	if err != nil {
		t.Fatal(err)
	}
	want := fields{"rule": rule.Id, "origin": "rule:" + rule.Id + ":" + visit.Id, "location": c.location.Id, "reminder_group": "check-up"}
	for field, value := range want {
		if made.GetString(field) != value {
			t.Errorf("%s is %q", field, made.GetString(field))
		}
	}
	if !slices.Equal(made.GetStringSlice("patients"), []string{pet.Id}) || !made.GetDateTime("made_at").Time().Equal(c.now) {
		t.Errorf("it is of %v, made at %v", made.GetStringSlice("patients"), made.GetDateTime("made_at"))
	}

	cat, kitten := c.petOwner(fields{"species": clinictest.Species(t, c.app, "Cat").Id})
	c.visited(cat, kitten, "2027-02-28 05:00:00.000Z")
	c.madeByRules(cat)
	dead, gone := c.petOwner(fields{"deceased_on": "2027-02-28"})
	c.visited(dead, gone, "2027-02-27 05:00:00.000Z")
	c.madeByRules(dead)
	c.patch(c.superuser, gone, fields{"deceased_on": ""})
	c.madeByRules(dead, "2028-02-27 scheduled")
}

// a newer service of the same group completes older open reminders of that patient, and of no other.
func TestANewerServiceClosesTheOlderReminder(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.rule()
	client, pet := c.petOwner()
	other := clinictest.Patient(t, c.app, client, fields{"name": "Max", "species": c.dog.Id})
	c.visited(client, pet, "2026-04-01 08:00:00.000Z")
	c.visited(client, other, "2026-04-02 08:00:00.000Z")
	c.madeByRules(client, "2027-04-01 scheduled", "2027-04-02 scheduled")
	newer := c.visited(client, pet, "2027-02-01 08:00:00.000Z")
	c.madeByRules(client, "2027-04-01 done already_done", "2027-04-02 scheduled", "2028-02-01 scheduled")

	// taken back, what it closed is open again, and what it made is not wanted any more.
	c.patch(c.superuser, newer, fields{"status": "arrived"})
	c.madeByRules(client, "2027-04-01 scheduled", "2027-04-02 scheduled", "2028-02-01 cancelled not_wanted")
	c.patch(c.superuser, newer, fields{"status": "booked"})
	c.patch(c.superuser, newer, fields{"status": "no_show"})
	c.madeByRules(client, "2027-04-01 scheduled", "2027-04-02 scheduled", "2028-02-01 cancelled not_wanted")
	c.patch(c.superuser, newer, fields{"status": "completed"})
	c.madeByRules(client, "2027-04-01 done already_done", "2027-04-02 scheduled", "2028-02-01 scheduled")
}

// R-43, PN-20: a visit in the book that any rule of the group names holds the reminder back, and its cancellation lets it go.
func TestAComingVisitHoldsTheRulesReminderBack(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	rule := c.rule()
	client, pet := c.petOwner()
	c.visited(client, pet, "2026-04-01 08:00:00.000Z")
	coming := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-20 08:00:00.000Z", fields{"patient": pet.Id})
	c.madeByRules(client, "2027-04-01 held visit_booked")
	c.patch(c.superuser, coming, fields{"status": "cancelled"})
	c.madeByRules(client, "2027-04-01 scheduled")
	c.patch(c.superuser, coming, fields{"status": "booked"})
	c.madeByRules(client, "2027-04-01 held visit_booked")
	c.patch(c.superuser, rule, fields{"always_send": true})
	c.carryOut()
	c.madeByRules(client, "2027-04-01 scheduled")
}

// A visit that was entered for the wrong pet, or the wrong reason, takes its reminder along.
func TestAReminderFollowsTheVisitThatMadeIt(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.rule()
	client, pet := c.petOwner()
	right, hers := c.petOwner()
	visit := c.visited(client, pet, "2027-02-01 08:00:00.000Z")
	c.patch(c.superuser, visit, fields{"client": right.Id, "patient": hers.Id})
	c.madeByRules(client)
	c.madeByRules(right, "2028-02-01 scheduled")
	c.recalled(client)
	c.recalled(right, "2028-02-01 09:00 email queued: Time for Bella to see us again")
	c.patch(c.superuser, visit, fields{"reason": clinictest.Reason(t, c.app).Id})
	c.madeByRules(right, "2028-02-01 cancelled not_wanted")
	c.patch(c.superuser, visit, fields{"reason": c.reason.Id, "starts_at": "2027-02-03 08:00:00.000Z"})
	c.madeByRules(right, "2028-02-03 scheduled")
	c.patch(c.superuser, visit, fields{"patient": ""})
	c.madeByRules(right, "2028-02-03 cancelled not_wanted")
}

// off means off at once, on again brings back what is still ahead, deleting is off for good.
func TestOffMeansOff(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	rule := c.rule()
	client, pet := c.petOwner()
	c.visited(client, pet, "2026-04-01 08:00:00.000Z")
	answer := c.patch(c.superuser, rule, fields{"inactive": true})
	follow := answer.JSON["follow"].(fields)
	if follow["run"] == "" || follow["followed"] != 1.0 || follow["kept"] != 0.0 {
		t.Errorf("the answer says %v", follow)
	}
	if diff := cmp.Diff([]string{"0 reminders added, 0 moved, 1 cancelled."}, c.carryOut()); diff != "" {
		t.Error(diff)
	}
	c.madeByRules(client, "2027-04-01 cancelled not_wanted")
	c.recalled(client, "2027-04-01 09:00 email cancelled not_wanted: Time for Bella to see us again")
	missed, hers := c.petOwner()
	c.visited(missed, hers, "2026-05-01 08:00:00.000Z")
	c.madeByRules(missed)

	c.now = c.now.AddDate(0, 0, 7)
	c.patch(c.superuser, rule, fields{"inactive": false})
	if diff := cmp.Diff([]string{"2 reminders added, 0 moved, 0 cancelled."}, c.carryOut()); diff != "" {
		t.Error(diff)
	}
	c.madeByRules(client, "2027-04-01 scheduled")
	c.madeByRules(missed, "2027-05-01 scheduled")
	c.recalled(client, "2027-04-01 09:00 email queued: Time for Bella to see us again")

	if answer := c.as(c.superuser, http.MethodDelete, rulesPath+"/"+rule.Id, nil); answer.Status != http.StatusNoContent {
		t.Fatalf("delete: %d %s", answer.Status, answer.Body)
	}
	if diff := cmp.Diff([]string{"0 reminders added, 0 moved, 2 cancelled."}, c.carryOut()); diff != "" {
		t.Error(diff)
	}
	c.madeByRules(client, "2027-04-01 cancelled not_wanted")
	c.madeByRules(missed, "2027-05-01 cancelled not_wanted")
}

// a rule names reasons by their groups, as these are now.
func TestARuleFollowsTheGroupsOfReasons(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	elsewhere := clinictest.Reason(t, c.app).GetString("group")
	home := c.reason.GetString("group")
	rule := c.rule(fields{"reasons": nil, "groups": []string{home}})
	client, pet := c.petOwner()
	visit := c.visited(client, pet, "2026-04-01 08:00:00.000Z")
	c.madeByRules(client, "2027-04-01 scheduled")
	c.carryOut()
	for _, step := range []struct {
		change fields
		want   string
	}{
		{fields{"group": elsewhere}, "2027-04-01 cancelled not_wanted"},
		{fields{"group": home}, "2027-04-01 scheduled"},
		{fields{"end_of_life": true}, "2027-04-01 cancelled not_wanted"},
		{fields{"end_of_life": false}, "2027-04-01 scheduled"},
		{fields{"inactive": true}, "2027-04-01 scheduled"},
	} {
		c.patch(c.superuser, c.reason, step.change)
		c.carryOut()
		c.madeByRules(client, step.want)
	}
	// PN-20: a change of what keeps a group up to date reaches what other rules of the group have made.
	other := c.rule(fields{"name": "Puppies", "reasons": []string{clinictest.Reason(t, c.app).Id}, "due_number": 3})
	coming := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-20 08:00:00.000Z", fields{"patient": pet.Id, "reason": other.GetStringSlice("reasons")[0]})
	c.madeByRules(client, "2027-04-01 held visit_booked")
	c.patch(c.superuser, other, fields{"inactive": true})
	c.carryOut()
	c.madeByRules(client, "2027-04-01 scheduled")
	c.patch(c.superuser, other, fields{"inactive": false})
	c.carryOut()
	c.madeByRules(client, "2027-04-01 held visit_booked")
	c.patch(c.superuser, other, fields{"reminder_group": "puppies"})
	c.carryOut()
	c.madeByRules(client, "2027-04-01 scheduled")
	c.patch(c.superuser, coming, fields{"reason": c.reason.Id})
	c.madeByRules(client, "2027-04-01 held visit_booked")
	c.patch(c.superuser, coming, fields{"status": "cancelled"})
	c.madeByRules(client, "2027-04-01 scheduled")
	if answer := c.as(c.superuser, http.MethodDelete, "/api/collections/bookings/records/"+visit.Id, nil); answer.Status == http.StatusNoContent {
		c.madeByRules(client, "2027-04-01 cancelled not_wanted")
	}
	c.patch(c.superuser, rule, fields{"name": "Only another name"})
	if open, err := runs.Open(c.app); err != nil || slices.ContainsFunc(open, func(r *runs.Run) bool { return r.Scope == "rule:"+rule.Id }) {
		t.Errorf("a name is followed by a run, or %v", err)
	}
}

// a person's word outlives every change of the rule.
func TestWhatAPersonDecidedStays(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	rule := c.rule()
	client, pet := c.petOwner()
	c.visited(client, pet, "2026-04-01 08:00:00.000Z")
	other, hers := c.petOwner()
	c.visited(other, hers, "2026-05-01 08:00:00.000Z")
	c.patch(c.superuser, c.onlyReminder(client), fields{"state": "cancelled"})
	c.patch(c.superuser, c.onlyReminder(other), fields{"due_on": "2027-05-20"})
	answer := c.patch(c.superuser, rule, fields{"due_number": 14, "due_unit": "month"})
	if got := answer.JSON["follow"].(fields)["kept"]; got != 1.0 {
		t.Errorf("%v kept", got)
	}
	c.carryOut()
	c.madeByRules(client, "2027-04-01 cancelled by_person")
	c.madeByRules(other, "2027-05-20 scheduled")
	c.patch(c.superuser, rule, fields{"inactive": true})
	c.carryOut()
	c.patch(c.superuser, rule, fields{"inactive": false})
	c.carryOut()
	c.madeByRules(client, "2027-04-01 cancelled by_person")
	c.madeByRules(other, "2027-05-20 scheduled")
}

// ways and texts of a rule reach what it has made and what has not left yet; what somebody chose for one reminder stays.
func TestWaysAndTextsFollowTheRule(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	rule := c.rule()
	client, pet := c.petOwner()
	c.visited(client, pet, "2026-04-01 08:00:00.000Z")
	other, hers := c.petOwner()
	c.visited(other, hers, "2026-05-01 08:00:00.000Z")
	c.patch(c.superuser, c.onlyReminder(other), fields{"methods": []string{"sms"}})
	friendly := clinictest.Make(t, c.app, store.Templates, fields{"code": "friendly", "name": "Friendly", "purpose": "reminder", "locale": "en",
		"subject": "{{ patient.name }} misses us", "email_text": "Come and see us.", "sms_text": "{{ patient.name }} misses us"})
	c.patch(c.superuser, rule, fields{"template": friendly.Id, "methods": []string{"email", "sms"}, "steps": []int{-7, 0}})
	c.carryOut()
	c.recalled(client,
		"2027-03-25 09:00 email queued: Bella misses us", "2027-03-25 09:00 sms queued: Bella misses us",
		"2027-04-01 09:00 email queued: Bella misses us", "2027-04-01 09:00 sms queued: Bella misses us")
	c.recalled(other,
		"2027-04-24 09:00 sms queued: Bella misses us", "2027-05-01 09:00 email cancelled not_wanted: Time for Bella to see us again",
		"2027-05-01 09:00 sms queued: Bella misses us")
}

func (c *clinic) onlyReminder(client *core.Record) *core.Record {
	c.t.Helper()
	r, err := c.app.FindFirstRecordByData(store.Reminders, "client", client.Id)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// what goes by age follows the pet: its birthday, its kind, its life and its owner.
func TestAReminderOfAnAgeFollowsThePet(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.rule(fields{"trigger": "age_reached", "reasons": nil, "age_number": 7, "due_number": 0, "species": []string{c.dog.Id}})
	c.carryOut()
	client, pet := c.petOwner(fields{"born_on": "2020-04-01"})
	c.madeByRules(client, "2027-04-01 scheduled")
	c.patch(c.superuser, pet, fields{"born_on": "2020-04-11"})
	c.madeByRules(client, "2027-04-11 scheduled")
	c.patch(c.superuser, pet, fields{"deceased_on": "2027-02-28"})
	c.madeByRules(client, "2027-04-11 cancelled deceased")
	c.patch(c.superuser, pet, fields{"deceased_on": ""})
	c.madeByRules(client, "2027-04-11 scheduled")
	c.patch(c.superuser, pet, fields{"species": clinictest.Species(t, c.app, "Cat").Id})
	c.madeByRules(client, "2027-04-11 cancelled not_wanted")
	c.patch(c.superuser, pet, fields{"species": c.dog.Id})
	c.madeByRules(client, "2027-04-11 scheduled")
	buyer := clinictest.Client(t, c.app)
	c.patch(c.superuser, pet, fields{"client": buyer.Id})
	c.madeByRules(client)
	c.madeByRules(buyer, "2027-04-11 scheduled")
	c.patch(c.superuser, pet, fields{"born_on": ""})
	c.madeByRules(buyer, "2027-04-11 cancelled not_wanted")

	young, puppy := c.petOwner(fields{"born_on": "2026-04-01"})
	c.madeByRules(young)
	c.patch(c.superuser, puppy, fields{"born_on": "2020-05-01"})
	c.madeByRules(young)
	c.now = c.now.Add(24 * time.Hour)
	c.patch(c.superuser, puppy, fields{"born_on": "2020-04-30"})
	c.madeByRules(young, "2027-04-30 scheduled")
}

// a reminder that a rule made and whose text has nothing to say for this patient never leaves half: the row names the code, a person is
// asked, and once the record says what was missing, the message is whole again.
func TestARulesTextWithNothingToSayAsksAPerson(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	words := clinictest.Make(t, c.app, store.Templates, fields{"code": "by_kind", "name": "By kind", "purpose": "reminder", "locale": "en",
		"subject": "Time again", "email_text": "Your {{ patient.species }} is due around {{ reminder.due_date }}."})
	c.rule(fields{"template": words.Id})
	client, pet := c.petOwner(fields{"species": ""})
	c.visited(client, pet, "2027-02-26 09:00:00.000Z")
	row := func() *core.Record {
		t.Helper()
		rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"client": client.Id, "purpose": "reminder"})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		return rows[0]
	}
	if r := row(); r.GetString("state") != "skipped" || r.GetString("reason") != "empty_code" || r.GetString("detail") != "patient.species" || r.GetString("text") != "" {
		t.Errorf("%s %s %s: %q", r.GetString("state"), r.GetString("reason"), r.GetString("detail"), r.GetString("text"))
	}
	tasks, err := c.app.FindAllRecords(store.Tasks, dbx.HashExp{"kind": "message_failed", "message": row().Id, "done": false})
	if err != nil || len(tasks) != 1 || tasks[0].GetString("location") != c.location.Id {
		t.Errorf("tasks of the place: %s, %v", asJSON(t, tasks), err)
	}
	c.patch(c.superuser, pet, fields{"species": c.dog.Id})
	if r := row(); r.GetString("state") != "queued" || r.GetString("text") != "Your Dog of tests is due around 26 February 2028." {
		t.Errorf("%s %s: %q", r.GetString("state"), r.GetString("reason"), r.GetString("text"))
	}
}

package hooks_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// raw changes rows past every hook, as jobs do that have tests of their own.
func (c *clinic) raw(statement string) {
	c.t.Helper()
	if _, err := c.app.NonconcurrentDB().NewQuery(statement).Execute(); err != nil {
		c.t.Fatal(err)
	}
}

// R-45, PC-24: a step that left does not keep a person from moving those that are still to come.
func TestAReminderWithStepsMovesAfterOneOfThemLeft(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.rule(fields{"steps": []int{-7, 7}})
	client, pet := c.petOwner()
	c.visited(client, pet, "2026-03-10 08:00:00.000Z")
	r := c.onlyReminder(client)
	c.now = time.Date(2027, 3, 3, 10, 0, 0, 0, time.UTC)
	c.recallsSent()
	if answer := c.patch(c.superuser, r, fields{"due_on": "2027-03-20"}); answer.text("next_send_at") != "2027-03-27 08:00:00.000Z" {
		t.Errorf("moved: %s", answer.Body)
	}
	c.now = time.Date(2027, 3, 27, 10, 0, 0, 0, time.UTC)
	c.recallsSent()
	if over := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"due_on": "2027-05-20"}); over.code("due_on") != "over" {
		t.Errorf("moved when all of it was sent: %s", over.Body)
	}
}

// what went out of date, or was withdrawn by hand, never leaves under its own name again, so a new day for it is refused instead of doing
// nothing. What only waits to be tried once more can be moved.
func TestWhatHadItsTurnIsNotMoved(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct{ statement, want string }{
		"went out of date":       {"UPDATE messages SET state = 'stale', reason = 'stale'", "over"},
		"withdrawn by hand":      {"UPDATE messages SET state = 'cancelled', reason = 'by_person'", "over"},
		"could not be delivered": {"UPDATE messages SET state = 'failed', reason = 'bad_address', attempts = 1", "over"},
		"tried, and waits":       {"UPDATE messages SET attempts = 1, next_try_at = '2027-03-02 09:00:00.000Z'", ""},
		"held back":              {"UPDATE messages SET state = 'cancelled', reason = 'visit_booked'", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			client, _ := c.petOwner()
			r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-02"})
			c.raw(of.statement)
			c.now = time.Date(2027, 3, 2, 8, 30, 0, 0, time.UTC)
			c.replanned()
			moved := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"due_on": "2027-03-29"})
			if moved.code("due_on") != of.want || of.want == "" && moved.text("next_send_at") != "2027-03-29 07:00:00.000Z" {
				t.Errorf("%d %s", moved.Status, moved.Body)
			}
		})
	}
}

// what another reminder's message said for this one has had its turn as well.
func TestWhatWasSaidTogetherHadItsTurn(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.petOwner()
	max := clinictest.Patient(t, c.app, client, fields{"name": "Max"})
	luna := clinictest.Patient(t, c.app, client, fields{"name": "Luna"})
	c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-03-02"})
	series := c.remind(fields{"client": client.Id, "patients": []string{max.Id}, "location": c.location.Id, "due_on": "2027-03-03",
		"repeat_number": 1, "repeat_unit": "week", "repeat_count": 3})
	once := c.remind(fields{"client": client.Id, "patients": []string{luna.Id}, "location": c.location.Id, "due_on": "2027-03-04"})
	c.now = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)
	c.recallsSent()
	c.now = time.Date(2027, 3, 5, 9, 0, 0, 0, time.UTC)
	c.replanned()
	c.stands(once, "sent")
	more := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+series.Id, fields{"repeat_count": 4})
	if diff := cmp.Diff([]any{"2027-03-10T08:00:00Z", "2027-03-17T08:00:00Z", "2027-03-24T08:00:00Z"}, more.JSON["coming"]); diff != "" {
		t.Errorf("once more: %s %s", diff, more.Body)
	}
	if over := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+once.Id, fields{"due_on": "2027-05-04"}); over.code("due_on") != "over" {
		t.Errorf("moved after it was said: %s", over.Body)
	}
}

// of a series whose first turn was held back until it had passed, the rest can still be changed.
func TestASeriesIsChangedThoughItsFirstTurnPassed(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.vaccination()
	client, pet := c.petOwner()
	clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-10 09:00:00.000Z", fields{"patient": pet.Id})
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-03", "repeat_number": 6, "repeat_unit": "week", "repeat_count": 3,
		"reminder_group": "vaccination"})
	c.stands(r, "held visit_booked")
	c.now = time.Date(2027, 3, 13, 9, 0, 0, 0, time.UTC)
	c.replanned()
	c.stands(r, "scheduled")
	fewer := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"repeat_count": 2})
	if diff := cmp.Diff([]any{"2027-04-14T07:00:00Z"}, fewer.JSON["coming"]); diff != "" {
		t.Errorf("less often: %s %s", diff, fewer.Body)
	}
	if past := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"due_on": "2027-01-03"}); past.code("due_on") != "in_the_past" {
		t.Errorf("into the past: %s", past.Body)
	}
}

// put back, a reminder speaks of those of its pets that live.
func TestAReminderPutBackSpeaksOfThePetsThatLive(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.petOwner()
	max := clinictest.Patient(t, c.app, client, fields{"name": "Max"})
	r := c.remind(fields{"client": client.Id, "patients": []string{pet.Id, max.Id}, "location": c.location.Id, "due_on": "2027-03-02"})
	c.now = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)
	c.recallsSent()
	c.patch(c.superuser, pet, fields{"deceased_on": "2027-03-02"})
	c.patch(c.superuser, r, fields{"requeue": true})
	again, err := c.app.FindFirstRecordByFilter(store.Messages, "state = 'queued' && resend_of != ''")
	if err != nil || again.GetString("subject") != "Time for Max to see us again" || !slices.Equal(again.GetStringSlice("patients"), []string{max.Id}) {
		t.Errorf("put back: %v %v", again, err)
	}
	if twice := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"requeue": true}); twice.code("requeue") != "wrong_transition" {
		t.Errorf("put back twice: %s", twice.Body)
	}
	c.patch(c.superuser, max, fields{"inactive": true})
	c.raw("UPDATE messages SET state = 'sent' WHERE state = 'queued'")
	if gone := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"requeue": true}); gone.code("requeue") != "inactive" && gone.code("requeue") != "deceased" {
		t.Errorf("with nobody left: %s", gone.Body)
	}
}

// R-17, PC-24: a reminder that the service closed before it ever spoke can be sent all the same.
func TestAReminderThatNeverSpokeIsPutBack(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.vaccination()
	client, pet := c.petOwner()
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-10 09:00:00.000Z", fields{"patient": pet.Id})
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-29", "reminder_group": "vaccination"})
	c.now = time.Date(2027, 3, 10, 11, 0, 0, 0, time.UTC)
	c.patch(c.superuser, visit, fields{"status": "completed"})
	c.stands(r, "done already_done")
	next := "2028-03-10 09:00 email queued: Time for Bella to see us again"
	c.recalled(client, next)
	c.patch(c.superuser, r, fields{"requeue": true})
	c.recalled(client, "2027-03-10 12:00 email queued: Time for Bella to see us again", next)
}

// R-14, PC-17: an address that was filled in from the client's record follows the record, however it is written there and whatever the reminder waits
// for.
func TestAnAddressFromTheRecordFollowsIt(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app, fields{"email": "Maja@Owner.example"})
	pet := clinictest.Patient(t, c.app, client)
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-29"})
	goesTo := func(want string) {
		t.Helper()
		row, err := c.app.FindFirstRecordByFilter(store.Messages, "purpose = 'reminder'")
		if err != nil || row.GetString("state") != "queued" || row.GetString("to") != want || c.reload(r).GetString("to_email") != want {
			t.Errorf("%s to %s, %v; the reminder says %s", row.GetString("state"), row.GetString("to"), err, c.reload(r).GetString("to_email"))
		}
	}
	goesTo("Maja@owner.example")
	c.patch(c.superuser, client, fields{"email": "maja@New.example"})
	goesTo("maja@new.example")
	c.patch(c.superuser, client, fields{"refused": []string{"reminder"}})
	c.patch(c.superuser, client, fields{"refused": []string{}, "email": "maja@newer.example"})
	goesTo("maja@newer.example")
	c.patch(c.superuser, pet, fields{"deceased_on": "2027-03-01"})
	c.patch(c.superuser, client, fields{"email": "maja@newest.example"})
	c.patch(c.superuser, pet, fields{"deceased_on": ""})
	goesTo("maja@newest.example")
}

// what a rule says and what a person says to the same address are one message, and so are those of before and after the owner had a number.
func TestRemindersToOneAddressAreSaidTogether(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.rule()
	client := clinictest.Client(t, c.app, fields{"email": "Maja@Owner.example", "phone": "", "sms_phone": ""})
	pet := clinictest.Patient(t, c.app, client)
	max := clinictest.Patient(t, c.app, client, fields{"name": "Max"})
	luna := clinictest.Patient(t, c.app, client, fields{"name": "Luna"})
	c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-03-29"})
	c.visited(client, max, "2026-04-05 08:00:00.000Z")
	c.recalled(client, bella+"queued: Time for Bella and Max to see us again")
	c.patch(c.superuser, client, fields{"sms_phone": "+4520123456"})
	c.remind(fields{"client": client.Id, "patients": []string{luna.Id}, "location": c.location.Id, "due_on": "2027-04-06"})
	c.recalled(client, bella+"queued: Time for Bella, Max and Luna to see us again")
}

// a pet that somebody added to what a rule made stays, unless the reminder goes to another owner.
func TestAPetAddedByHandStays(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	rule := c.rule()
	client, pet := c.petOwner()
	max := clinictest.Patient(t, c.app, client, fields{"name": "Max", "species": c.dog.Id})
	c.visited(client, pet, "2026-04-01 08:00:00.000Z")
	c.patch(c.superuser, c.onlyReminder(client), fields{"patients": []string{pet.Id, max.Id}})
	both := "2027-04-01 09:00 email queued: Time for Bella and Max to see us again"
	c.recalled(client, both)
	c.patch(c.superuser, pet, fields{"inactive": true})
	c.patch(c.superuser, pet, fields{"inactive": false})
	c.recalled(client, both)
	c.patch(c.superuser, rule, fields{"due_number": 53, "due_unit": "week"})
	c.carryOut()
	c.recalled(client, "2027-04-07 09:00 email queued: Time for Bella and Max to see us again")
	buyer := clinictest.Client(t, c.app)
	c.patch(c.superuser, pet, fields{"client": buyer.Id})
	c.recalled(buyer, "2027-04-07 09:00 email queued: Time for Bella to see us again")
}

// a reminder of an age comes from the owner's place, also when they move to another.
func TestAReminderOfAnAgeComesFromTheOwnersPlace(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.rule(fields{"trigger": "age_reached", "reasons": nil, "age_number": 7, "due_number": 0})
	c.carryOut()
	second := clinictest.Location(t, c.app, fields{"name": "Hill Vets"})
	client := clinictest.Client(t, c.app, fields{"location": c.location.Id})
	clinictest.Patient(t, c.app, client, fields{"born_on": "2020-04-01"})
	c.patch(c.superuser, client, fields{"location": second.Id})
	row, err := c.app.FindFirstRecordByFilter(store.Messages, "purpose = 'reminder' && state = 'queued'")
	if err != nil || row.GetString("location") != second.Id || c.onlyReminder(client).GetString("location") != second.Id {
		t.Errorf("it comes from %v, %v", row, err)
	}
}

// a rule knows no better than the book. Where the last visit of a pet was its farewell, no age that it would have reached is written about,
// unless it was seen since.
func TestAnAgeIsNotWrittenAboutAfterTheFarewell(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.rule(fields{"trigger": "age_reached", "reasons": nil, "age_number": 7, "due_number": 0})
	c.carryOut()
	client, pet := c.petOwner()
	goodbye := clinictest.Reason(t, c.app, fields{"end_of_life": true, "name": "A quiet goodbye"})
	c.visited(client, pet, "2027-02-20 09:00:00.000Z", fields{"reason": goodbye.Id})
	c.patch(c.superuser, pet, fields{"born_on": "2020-04-01"})
	c.madeByRules(client, "2027-04-01 cancelled end_of_life")
	c.replanned()
	c.madeByRules(client, "2027-04-01 cancelled end_of_life")
	c.visited(client, pet, "2027-02-25 09:00:00.000Z")
	c.madeByRules(client, "2027-04-01 scheduled")
}

// a rule whose reasons have all left its groups can still be switched off.
func TestARuleWithNothingLeftToNameIsSwitchedOff(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	rule := c.rule(fields{"reasons": nil, "groups": []string{c.reason.GetString("group")}})
	c.patch(c.superuser, c.reason, fields{"group": clinictest.Reason(t, c.app).GetString("group")})
	c.patch(c.superuser, rule, fields{"inactive": true})
	if on := c.as(c.superuser, http.MethodPatch, rulesPath+"/"+rule.Id, fields{"inactive": false}); on.code("reasons") != "required" {
		t.Errorf("switched on again: %d %s", on.Status, on.Body)
	}
}

// two rules without a group overlap where they send the same text, whichever of its languages each of them names.
func TestRulesWithTheSameTextOverlap(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	text := func(locale string) string {
		t.Helper()
		found, err := c.app.FindAllRecords(store.Templates, dbx.HashExp{"code": "reminder", "locale": locale, "location": ""})
		if err != nil || len(found) != 1 {
			t.Fatalf("%d texts, %v", len(found), err)
		}
		return found[0].Id
	}
	c.rule(fields{"reminder_group": ""})
	for _, named := range []string{text("en"), text("da")} {
		answer := c.as(c.superuser, http.MethodPost, rulesPath, c.yearly(fields{"reminder_group": "", "template": named}))
		if answer.code("reminder_group") != "overlapping_rules" {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	}
	other := clinictest.Make(t, c.app, store.Templates, fields{"code": "teeth", "name": "Teeth", "purpose": "reminder", "locale": "en", "subject": "Teeth", "email_text": "Teeth of {{ patient.name }}."})
	c.rule(fields{"reminder_group": "", "template": other.Id})
}

// PC-24: who sends a reminder now sends it with what it is said together with, and not the one that another pet was to hear of first.
func TestWhatIsSaidTogetherIsHurriedTogether(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.petOwner()
	max := clinictest.Patient(t, c.app, client, fields{"name": "Max"})
	first := c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-03-29"})
	second := c.remind(fields{"client": client.Id, "patients": []string{max.Id}, "location": c.location.Id, "due_on": "2027-04-20"})
	c.now = c.now.Add(3 * time.Hour)
	c.patch(c.superuser, second, fields{"send_now": true})
	c.recalled(client, "2027-03-01 10:10 email queued: Time for Bella and Max to see us again")
	c.recallsSent()
	c.stands(first, "sent")
	c.stands(second, "sent")
}

// R-43, PC-24: of a series that a visit holds back, send now does not send the turn after, which is for another time; and the preview tells.
func TestAHeldSeriesIsNotHurried(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.vaccination()
	client, pet := c.petOwner()
	clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-10 09:00:00.000Z", fields{"patient": pet.Id})
	body := fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-29", "repeat_number": 1, "repeat_unit": "year", "repeat_count": 2, "reminder_group": "vaccination"}
	body["preview"] = true
	asked := c.as(c.superuser, http.MethodPost, remindersPath, body)
	problem, _ := asked.JSON["data"].(map[string]any)["preview"].(map[string]any)
	want := "It would be sent on Wednesday 29 March 2028 at 09:00. What is due before is held back. A visit for this is booked already."
	if problem["message"] != want {
		t.Errorf("the preview says %v", problem["message"])
	}
	delete(body, "preview")
	r := c.remind(body)
	c.now = c.now.Add(3 * time.Hour)
	if held := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"send_now": true}); held.code("send_now") != "visit_booked" {
		t.Errorf("send now: %s", held.Body)
	}
	c.recalled(client, "2028-03-29 09:00 email queued: Time for Bella to see us again")
}

// a rule that is changed counts nothing as added that went out of date before: it will not be sent.
func TestWhatWentOutOfDateIsNotCountedAsAdded(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	rule := c.rule()
	client, pet := c.petOwner()
	c.visited(client, pet, "2026-03-02 08:00:00.000Z")
	c.raw("UPDATE messages SET state = 'stale', reason = 'stale'")
	c.now = time.Date(2027, 3, 4, 9, 0, 0, 0, time.UTC)
	c.replanned()
	c.carryOut()
	later := fields{"due_number": 14, "due_unit": "month", "preview": true}
	if asked := c.as(c.superuser, http.MethodPatch, rulesPath+"/"+rule.Id, later); asked.params("preview")["adds"] != 0.0 {
		t.Errorf("the preview says %s", asked.Body)
	}
	later["preview"] = false
	c.patch(c.superuser, rule, later)
	if diff := cmp.Diff([]string{"0 reminders added, 0 moved, 0 cancelled."}, c.carryOut()); diff != "" {
		t.Error(diff)
	}
	c.madeByRules(client, "2027-05-02 stale stale")
}

// R-17, PC-24: put back, a series that was called off repeats what was sent last, and not what it would have said some day; one of which nothing was sent
// says what it would have said first.
func TestASeriesThatWasCalledOffRepeatsWhatWasSent(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		sent int
		want string
	}{"one was sent": {1, "2 March 2027"}, "two were sent": {2, "9 March 2027"}, "none was sent": {0, "2 March 2027"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			client, _ := c.petOwner()
			r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-02", "repeat_number": 1, "repeat_unit": "week", "repeat_count": 4})
			for n := range of.sent {
				c.now = time.Date(2027, 3, 2+7*n, 9, 0, 0, 0, time.UTC)
				c.recallsSent()
			}
			c.patch(c.superuser, r, fields{"state": "cancelled"})
			c.patch(c.superuser, r, fields{"requeue": true})
			again, err := c.app.FindFirstRecordByFilter(store.Messages, "resend_of != ''")
			if err != nil || !strings.Contains(again.GetString("text"), of.want) {
				t.Errorf("put back: %v %v", again, err)
			}
			if twice := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"requeue": true}); twice.Status != http.StatusBadRequest {
				t.Errorf("put back twice: %s", twice.Body)
			}
		})
	}
}

// a pet that is sold takes its reminder along, and nothing of what was written for its former owner.
func TestASoldPetsReminderGoesToItsNewOwnerAlone(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.rule()
	client, pet := c.petOwner()
	c.visited(client, pet, "2026-04-01 08:00:00.000Z")
	r := c.onlyReminder(client)
	c.patch(c.superuser, r, fields{"to_email": "at-work@owner.example"})
	row, err := c.app.FindFirstRecordByFilter(store.Messages, "purpose = 'reminder'")
	if err != nil || row.GetString("to") != "at-work@owner.example" {
		t.Fatalf("%v %v", row, err)
	}
	c.patch(c.superuser, row, fields{"to": "holiday@owner.example", "text": "Dear Maja, as we said.", "edited": true})
	buyer := clinictest.Client(t, c.app, fields{"first_name": "Kim"})
	c.patch(c.superuser, pet, fields{"client": buyer.Id})
	row = c.reload(row)
	if row.GetString("client") != buyer.Id || row.GetString("to") != buyer.GetString("email") || !strings.Contains(row.GetString("text"), "Kim") {
		t.Errorf("it goes to %s and says %s", row.GetString("to"), row.GetString("text"))
	}
	if got := c.reload(r).GetString("to_email"); got != "" {
		t.Errorf("the reminder goes to %s", got)
	}
}

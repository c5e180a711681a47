package hooks_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// PC-04, PC-17, PR-01, PR-02, PR-07, R-23: what is left out is filled in from the client's record, their only pet, and the template in their language,
// and all of it stands on the record.
func TestWhatAReminderLeavesOutIsFilledIn(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app, fields{"email": "Maja@Owner.example", "sms_phone": "20 12 34 56", "phone": "20 12 34 56", "locale": "da", "location": c.location.Id})
	pet := clinictest.Patient(t, c.app, client)
	clinictest.Patient(t, c.app, client, fields{"name": "Old Max", "deceased_on": "2026-01-01"})
	r := c.remind(fields{"client": client.Id, "due_on": "2027-06-01", "methods": []string{"email", "sms"}})
	template, err := c.app.FindFirstRecordByFilter(store.Templates, "code = 'reminder' && locale = 'da'")
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"location": c.location.Id, "to_email": "Maja@owner.example", "to_phone": "+4520123456", "template": template.Id, "state": "scheduled",
		"subject": template.GetString("subject"), "email_text": template.GetString("email_text"), "sms_text": template.GetString("sms_text"),
	} {
		if got := r.GetString(field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if diff := cmp.Diff([]string{pet.Id}, r.GetStringSlice("patients")); diff != "" {
		t.Errorf("patients: %s", diff)
	}
	fromPatient := c.remind(fields{"patients": []string{pet.Id}, "due_on": "2027-09-01", "methods": []string{"post"}})
	if got := fromPatient.GetString("client"); got != client.Id {
		t.Errorf("the client of the patient is %q", got)
	}
}

// PC-18, PC-19, PC-20, PR-03, PR-04, PR-08, PR-09, R-18, R-19, R-21, R-39, R-40, R-41, PR-13: everything that could not be sent as it stands is refused
// beside its field.
func TestARemindersProblemsAreSaidBesideTheirFields(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	pet := clinictest.Patient(t, c.app, client)
	stranger := clinictest.Patient(t, c.app, clinictest.Client(t, c.app))
	nobody := clinictest.Client(t, c.app, fields{"email": "", "sms_phone": "", "phone": ""})
	silent := clinictest.Client(t, c.app, fields{"no_email": true, "no_sms": true})
	unwilling := clinictest.Client(t, c.app, fields{"refused": []string{"reminder"}})
	bounced := clinictest.Client(t, c.app, fields{"email": "gone@owner.example"})
	clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "email", "address": "gone@owner.example", "cause": "bounce"})
	clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "sms", "address": "+4520777777", "cause": "stop"})
	dead := clinictest.Patient(t, c.app, client, fields{"name": "Max", "deceased_on": "2026-12-01"})
	long := strings.Repeat("All work and no play makes Bella a dull dog. ", 5)
	for _, problem := range []struct {
		name string
		body fields
		want string
		// params of the refusal, nil where it has none that matter
		params map[string]any
	}{
		{"due the day before yesterday", fields{"due_on": "2027-02-27"}, "due_on in_the_past", nil},
		{"due today, while reminders leave at nine and it is past seven", fields{"due_on": "2027-03-01"}, "", nil},
		{"due tomorrow and five days before: one day before leaves this morning and works", fields{"due_on": "2027-03-02", "send_before_days": 5}, "send_before_days in_the_past", map[string]any{"latest": 1.0}},
		{"the latest value that works", fields{"due_on": "2027-03-02", "send_before_days": 1}, "", nil},
		{"several times without an interval", fields{"repeat_count": 3}, "repeat_number required", nil},
		{"a series that never ends", fields{"repeat_number": 50, "repeat_unit": "year", "repeat_count": 5}, "repeat_count too_far", map[string]any{"latest": 4.0}},
		{"as much of it as works", fields{"repeat_number": 50, "repeat_unit": "year", "repeat_count": 4}, "", nil},
		{"another client's pet", fields{"patients": []string{stranger.Id}}, "patients unknown", nil},
		{"a pet that died", fields{"patients": []string{dead.Id}}, "patients deceased", nil},
		{"no e-mail address", fields{"client": nobody.Id, "patients": nil}, "methods no_address", map[string]any{"method": "email"}},
		{"no number", fields{"client": nobody.Id, "patients": nil, "methods": []string{"sms"}}, "methods no_address", map[string]any{"method": "sms"}},
		{"a letter needs neither", fields{"client": nobody.Id, "patients": nil, "methods": []string{"post"}, "own_text": true, "email_text": "Time to come."}, "", nil},
		{"e-mail switched off by the client", fields{"client": silent.Id, "patients": nil}, "methods opted_out", nil},
		{"SMS switched off by the client", fields{"client": silent.Id, "patients": nil, "methods": []string{"sms"}}, "methods opted_out", nil},
		{"no reminders, whatever the channel", fields{"client": unwilling.Id, "patients": nil, "methods": []string{"external"}}, "methods opted_out", nil},
		{"an address that bounced", fields{"client": bounced.Id, "patients": nil}, "to_email stopped_address", nil},
		{"a number that said stop", fields{"methods": []string{"sms"}, "to_phone": "+4520777777"}, "to_phone stopped_address", nil},
		{"the same by another service", fields{"methods": []string{"external"}, "to_phone": "+4520777777"}, "to_phone stopped_address", nil},
		{"an address that is none", fields{"to_email": "maja at home"}, "to_email invalid_email", nil},
		{"a number that is none", fields{"to_phone": "ask her"}, "to_phone invalid_phone", nil},
		{"own words without any", fields{"own_text": true}, "email_text required", nil},
		{"own words without a subject", fields{"own_text": true, "email_text": "Time to come."}, "subject required", nil},
		{"own words without a text message", fields{"own_text": true, "methods": []string{"sms"}}, "sms_text required", nil},
		{"a code that does not exist", fields{"email_text": "Dear {{ client.frist_name }}"}, "email_text unknown_code", map[string]any{"name": "client.frist_name", "nearest": "client.first_name"}},
		{"a code that has nothing to say", fields{"email_text": "With {{ practitioner.name }}"}, "email_text empty_code", nil},
		{"a text message that is too long", fields{"methods": []string{"sms"}, "sms_text": long}, "sms_text too_long", nil},
		{"the same text where no text message is sent", fields{"sms_text": long}, "", nil},
		{"older merge codes", fields{"email_text": "Dear <KliFornavn>, come!"}, "", nil},
	} {
		t.Run(problem.name, func(t *testing.T) {
			t.Parallel()
			body := fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-06-01", "preview": true}
			for name, value := range problem.body {
				body[name] = value
			}
			answer := c.as(c.superuser, http.MethodPost, remindersPath, body)
			field, code, _ := strings.Cut(problem.want, " ")
			if problem.want == "" {
				field, code = "preview", "preview"
			}
			if answer.Status != http.StatusBadRequest || answer.code(field) != code {
				t.Fatalf("got %d %s", answer.Status, answer.Body)
			}
			for name, want := range problem.params {
				if got := answer.params(field)[name]; got != want {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
			}
		})
	}
}

// a preview says which sends another reminder of the same pet leaves out, and why.
func TestThePreviewSaysWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.owner()
	words := fields{"own_text": true, "subject": "Tablets", "email_text": "It is time for the tablets."}
	body := fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-03-20"}
	c.remind(body)
	maps.Copy(body, words)
	maps.Copy(body, fields{"due_on": "2027-03-31", "repeat_number": 1, "repeat_unit": "month", "repeat_count": 2, "preview": true})
	answer := c.as(c.superuser, http.MethodPost, remindersPath, body)
	problem, _ := answer.JSON["data"].(map[string]any)["preview"].(map[string]any)
	want := "It would be sent on Friday 30 April 2027 at 09:00. One more is left out. The owner hears of it already: the same message goes to this address, or the patient has another reminder within 30 days."
	if problem["message"] != want {
		t.Errorf("%v: %s", problem["message"], answer.Body)
	}
}

// R-39, PR-11 to PR-15: the coming dates can be seen before anything is saved, by a tick on the form or over HTTP, and a preview keeps nothing.
func TestThePreviewShowsWhatWouldBeSentAndKeepsNothing(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	clinictest.Patient(t, c.app, client)
	body := fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-31", "send_before_days": 1, "repeat_number": 1, "repeat_unit": "month", "repeat_count": 3}
	c.unchanged(func() {
		want := []any{"2027-03-30T07:00:00Z", "2027-04-29T07:00:00Z", "2027-05-30T07:00:00Z"}
		answer := c.as(c.superuser, http.MethodPost, "/api/reminders/preview", body)
		var dates []any
		for _, date := range answer.JSON["dates"].([]any) {
			dates = append(dates, date.(map[string]any)["sends_at"])
		}
		if diff := cmp.Diff(want, dates); diff != "" || answer.JSON["dates"].([]any)[1].(map[string]any)["due_on"] != "2027-04-30" {
			t.Errorf("over HTTP: %s %s", diff, answer.Body)
		}
		body["preview"] = true
		ticked := c.as(c.superuser, http.MethodPost, remindersPath, body)
		if diff := cmp.Diff(want, ticked.params("preview")["dates"]); diff != "" {
			t.Errorf("on the form: %s %s", diff, ticked.Body)
		}
		body["send_before_days"] = 500
		refused := c.as(c.superuser, http.MethodPost, "/api/reminders/preview", body)
		problems := refused.JSON["problems"].([]any)
		if len(problems) != 1 || problems[0].(map[string]any)["code"] != "in_the_past" || len(refused.JSON["dates"].([]any)) != 0 {
			t.Errorf("with a problem: %s", refused.Body)
		}
	})
	if got := c.as("", http.MethodPost, "/api/reminders/preview", body).Status; got != http.StatusUnauthorized {
		t.Errorf("a guest got %d", got)
	}
	elsewhere := clinictest.Token(t, clinictest.Account(t, c.app, "reception", clinictest.Location(t, c.app)))
	if got := c.as(elsewhere, http.MethodPost, "/api/reminders/preview", body); !strings.Contains(got.Body, `"unknown"`) {
		t.Errorf("staff of another place got %s", got.Body)
	}
}

// PC-24: an edited reminder moves what waits, and what was sent stays.
func TestAnEditedReminderMovesWhatWaits(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	clinictest.Patient(t, c.app, client)
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-03-01", "repeat_number": 1, "repeat_unit": "week", "repeat_count": 2})
	c.now = c.now.Add(2 * time.Hour)
	c.recallsSent()
	c.recalled(client, "2027-03-01 09:00 email sent: Time for Bella to see us again", "2027-03-08 09:00 email queued: Time for Bella to see us again")
	answer := c.patch(c.superuser, r, fields{"due_on": "2027-03-03", "methods": []string{"email", "sms"}, "sms_text": "Come, {{ client.first_name }}!"})
	if diff := cmp.Diff([]any{"2027-03-10T08:00:00Z"}, answer.JSON["coming"]); diff != "" || answer.JSON["sent_count"] != 1.0 {
		t.Errorf("%s, sent %v", diff, answer.JSON["sent_count"])
	}
	c.recalled(client, "2027-03-01 09:00 email sent: Time for Bella to see us again", "2027-03-10 09:00 email queued: Time for Bella to see us again",
		"2027-03-10 09:00 sms queued: Come, Maja!")
	if refused := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"due_on": "2027-02-01"}); refused.code("due_on") != "in_the_past" {
		t.Errorf("into the past: %s", refused.Body)
	}
	if refused := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"client": clinictest.Client(t, c.app).Id}); refused.code("client") != "read_only" {
		t.Errorf("to another client: %s", refused.Body)
	}
}

// PC-24, R-17: send now hurries the next send on every channel; put back makes new messages that point to the old ones; deleting withdraws.
func TestARemindersRowActions(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	clinictest.Patient(t, c.app, client)
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-06-01", "methods": []string{"email", "sms"}})
	if early := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"requeue": true}); early.code("requeue") != "wrong_transition" {
		t.Errorf("put back before it was sent: %s", early.Body)
	}
	c.now = c.now.Add(3 * time.Hour)
	answer := c.patch(c.superuser, r, fields{"send_now": true})
	if answer.JSON["send_now"] != false || answer.text("next_send_at") != "2027-03-01 09:10:00.000Z" {
		t.Errorf("hurried: %s", answer.Body)
	}
	c.recallsSent()
	if got := c.reload(r); got.GetString("state") != "sent" || got.GetInt("sent_count") != 1 || got.GetString("next_send_at") != "" {
		t.Errorf("after it left: %v", got)
	}
	if late := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"send_now": true}); late.code("send_now") != "wrong_transition" {
		t.Errorf("send now with nothing left: %s", late.Body)
	}
	if answer := c.patch(c.superuser, r, fields{"requeue": true}); answer.text("next_send_at") != "2027-03-01 09:10:00.000Z" || answer.text("state") != "sent" {
		t.Errorf("put back: %s", answer.Body)
	}
	c.recalled(client, "2027-03-01 10:10 email sent: Time for Bella to see us again", "2027-03-01 10:10 email queued: Time for Bella to see us again",
		"2027-03-01 10:10 sms sent: Hi Maja, Bella is due to see us again around 1 June 2027. Call +4533112233 for a time. Harbour Vets",
		"2027-03-01 10:10 sms queued: Hi Maja, Bella is due to see us again around 1 June 2027. Call +4533112233 for a time. Harbour Vets")
	again, err := c.app.FindFirstRecordByFilter(store.Messages, "resend_of != '' && channel = 'sms'")
	if err != nil || again.GetStringSlice("reminders")[0] != r.Id {
		t.Errorf("put back: %v %v", again, err)
	}
	other := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-09-01"})
	if gone := c.as(c.superuser, http.MethodDelete, remindersPath+"/"+other.Id, nil); gone.Status != http.StatusNoContent {
		t.Errorf("delete: %d %s", gone.Status, gone.Body)
	}
	withdrawn, err := c.app.FindFirstRecordByFilter(store.Messages, "state = 'cancelled'")
	if err != nil || withdrawn.GetString("reason") != "gone" {
		t.Errorf("withdrawn: %v %v", withdrawn, err)
	}
}

// PC-03, PC-04, PC-22, PR-16: a saved reminder is in the list of the client's and of the patient's, and dashboards write the whole record back.
func TestRemindersAreListedByClientAndPatient(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	pet := clinictest.Patient(t, c.app, client)
	other := clinictest.Patient(t, c.app, client, fields{"name": "Max"})
	r := c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-06-01"})
	reception := clinictest.Token(t, clinictest.Account(t, c.app, "reception", c.location))
	for filter, want := range map[string]float64{"client='" + client.Id + "'": 1, "patients.id?='" + pet.Id + "'": 1, "patients.id?='" + other.Id + "'": 0} {
		answer := c.as(reception, http.MethodGet, remindersPath+"?filter="+url.QueryEscape(filter), nil)
		if answer.JSON["totalItems"] != want {
			t.Errorf("%s: %s", filter, answer.Body)
		}
	}
	if answer := c.dashboard(r, fields{"due_on": "2027-07-01"}); answer.Status != http.StatusOK || answer.text("next_send_at") != "2027-07-01 07:00:00.000Z" {
		t.Errorf("from the dashboard: %d %s", answer.Status, answer.Body)
	}
	// The answer carries the revision that the row has, so that the next save on the same form goes through.
	saved := c.dashboard(r, fields{"send_before_days": 3})
	again := c.as(c.superuser, http.MethodPatch, remindersPath+"/"+r.Id, fields{"send_before_days": 4, "revision": saved.JSON["revision"]})
	if again.Status != http.StatusOK {
		t.Errorf("saved again: %d %s", again.Status, again.Body)
	}
}

// PC-17: who works at one place alone reminds from there, and from nowhere else.
func TestAReminderComesFromThePlaceOfWhoMakesIt(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	second := clinictest.Location(t, c.app)
	client := clinictest.Client(t, c.app)
	clinictest.Patient(t, c.app, client)
	reception := clinictest.Token(t, clinictest.Account(t, c.app, "reception", second))
	answer := c.as(reception, http.MethodPost, remindersPath, fields{"client": client.Id, "due_on": "2027-06-01"})
	if answer.Status != http.StatusOK || answer.text("location") != second.Id {
		t.Errorf("left out: %d %s", answer.Status, answer.Body)
	}
	if elsewhere := c.as(reception, http.MethodPost, remindersPath, fields{"client": client.Id, "due_on": "2027-06-01", "location": c.location.Id}); elsewhere.Status != http.StatusBadRequest {
		t.Errorf("elsewhere: %d %s", elsewhere.Status, elsewhere.Body)
	}
	vet := clinictest.Token(t, clinictest.Account(t, c.app, "vet"))
	if open := c.as(vet, http.MethodPost, remindersPath, fields{"client": client.Id, "due_on": "2027-06-01"}); open.code("location") != "validation_required" {
		t.Errorf("who works everywhere has to say: %s", open.Body)
	}
}

// PR-08, PC-19, R-22: a reminder takes another template's words unless somebody wrote their own, and keeps them when its template is deleted.
func TestAnotherTemplateBringsItsWords(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	clinictest.Patient(t, c.app, client)
	teeth := clinictest.Make(t, c.app, store.Templates, fields{"code": "teeth", "name": "Teeth", "purpose": "reminder", "locale": "en", "subject": "Teeth", "email_text": "Teeth of {{ patient.name }}."})
	r := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-06-01"})
	edited := c.remind(fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-09-01", "email_text": "Come, {{ client.first_name }}."})
	for reminder, want := range map[*core.Record]string{r: "Teeth of {{ patient.name }}.", edited: "Come, {{ client.first_name }}."} {
		if answer := c.patch(c.superuser, reminder, fields{"template": teeth.Id}); answer.text("email_text") != want {
			t.Errorf("after choosing another template it says %q, want %q", answer.text("email_text"), want)
		}
	}
	if err := c.app.Delete(teeth); err != nil {
		t.Fatalf("delete the template: %v", err)
	}
	if got := c.reload(r); got.GetString("email_text") != "Teeth of {{ patient.name }}." || got.GetString("template") != "" {
		t.Errorf("without its template: %v", got)
	}
	c.recalled(client, "2027-06-01 09:00 email queued: Teeth", "2027-09-01 09:00 email queued: Teeth")
	silent := c.as(c.superuser, http.MethodPost, remindersPath, fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-06-01", "methods": []string{"sms"}, "template": teeth.Id})
	if silent.Status != http.StatusBadRequest {
		t.Errorf("a template that is gone: %s", silent.Body)
	}
}

// what comes back after a mistake was undone says what the texts say by then, and each of its ways follows for itself: an e-mail that somebody
// rewrote keeps no text message from following.
func TestAReminderThatComesBackSaysTheNewWords(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.petOwner()
	text := c.templateOf("reminder")
	r := c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-06-01", "methods": []string{"email", "sms"}})
	edited := c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-09-01", "methods": []string{"email", "sms"},
		"subject": "Come", "email_text": "Come, {{ client.first_name }}."})
	c.patch(c.superuser, pet, fields{"deceased_on": "2027-02-28"})
	if state := c.reload(r).GetString("state") + " " + c.reload(r).GetString("reason"); state != "cancelled deceased" {
		t.Fatalf("it is %s", state)
	}
	c.patch(c.superuser, text, fields{"subject": "New", "email_text": "New {{ patient.name }}", "sms_text": "Newer {{ patient.name }}"})
	c.patch(c.superuser, pet, fields{"deceased_on": ""})
	name := pet.GetString("name")
	c.recalled(client, "2027-06-01 09:00 email queued: New", "2027-06-01 09:00 sms queued: Newer "+name,
		"2027-09-01 09:00 email queued: Come", "2027-09-01 09:00 sms queued: Newer "+name)
	if got := c.reload(edited); got.GetString("sms_text") != "Newer {{ patient.name }}" || got.GetString("email_text") != "Come, {{ client.first_name }}." {
		t.Errorf("it says %q and %q", got.GetString("sms_text"), got.GetString("email_text"))
	}
}

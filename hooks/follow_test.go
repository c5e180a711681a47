package hooks_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// planned is a clinic with one visit ahead, whose messages wait.
func planned(t *testing.T) (*clinic, *core.Record) {
	t.Helper()
	c := newClinic(t)
	client := clinictest.Client(t, c.app, fields{"location": c.location.Id})
	bella := clinictest.Patient(t, c.app, client, fields{"species": c.dog.Id})
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-10 08:15:00.000Z", fields{"patient": bella.Id})
	c.forgetRuns()
	return c, visit
}

// forgetRuns takes away what making the clinic has started.
func (c *clinic) forgetRuns() {
	c.t.Helper()
	if _, err := c.app.NonconcurrentDB().NewQuery("DELETE FROM runs").Execute(); err != nil {
		c.t.Fatal(err)
	}
}

// waitingRuns are the scopes of the runs that wait.
func (c *clinic) waitingRuns() []string {
	c.t.Helper()
	var scopes []string
	err := c.app.DB().Select("scope").From(store.Runs).Where(dbx.HashExp{"kind": "sync_messages", "state": "queued", "dry": false}).OrderBy("scope").Column(&scopes)
	if err != nil {
		c.t.Fatal(err)
	}
	return scopes
}

func (c *clinic) settingsOf(collection string) *core.Record {
	c.t.Helper()
	r, err := c.app.FindFirstRecordByData(collection, "location", c.location.Id)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *clinic) templateOf(code string) *core.Record {
	c.t.Helper()
	r, err := c.app.FindFirstRecordByFilter(store.Templates, "code = '"+code+"' && locale = 'en' && location = ''")
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// what a clinic sets up and planned messages hang on is followed by exactly one waiting run over what it concerns, made together with the
// change; what they do not hang on is followed by nothing.
func TestAChangeOfTheSetUpIsFollowedByARun(t *testing.T) {
	t.Parallel()
	c, _ := planned(t)
	address := clinictest.Make(t, c.app, store.NotificationAddresses, fields{"location": c.location.Id, "email": "desk@harbour.example", "kinds": []string{"booking"}})
	location := "location:" + c.location.Id
	reminder := c.templateOf("visit_reminder")
	for name, try := range map[string]struct {
		record *core.Record
		change fields
		want   string // "" for none
	}{
		"a location's phone":              {c.location, fields{"phone": "+4533445566"}, location},
		"a location's company":            {c.location, fields{"legal_name": "Vets ApS"}, ""},
		"the way of booking":              {c.settingsOf(store.BookingSettings), fields{"mode": "request"}, location},
		"the colour of the page":          {c.settingsOf(store.BookingSettings), fields{"accent": "#0f6b5c"}, ""},
		"the lead of reminders":           {c.settingsOf(store.MessageSettings), fields{"visit_lead": "1d 10:00"}, location},
		"the channels of reminders":       {c.settingsOf(store.MessageSettings), fields{"visit_channels": []string{"email"}}, location},
		"e-mail switched off":             {c.settingsOf(store.MessageSettings), fields{"email_enabled": false}, location},
		"the window":                      {c.settingsOf(store.MessageSettings), fields{"window_until": "20:00"}, location},
		"the price of a text":             {c.settingsOf(store.MessageSettings), fields{"sms_price": 2}, ""},
		"a notification address":          {address, fields{"email": "front@harbour.example"}, location},
		"a reason's name":                 {c.reason, fields{"name": "Check-up of the year"}, "reason:" + c.reason.Id},
		"a reason's lead":                 {c.reason, fields{"visit_lead": "12h"}, "reason:" + c.reason.Id},
		"a reason's length":               {c.reason, fields{"duration_minutes": 45}, ""},
		"a practitioner's name":           {c.practitioner, fields{"name": "Anna Holm-Berg"}, "practitioner:" + c.practitioner.Id},
		"a practitioner's initials":       {c.practitioner, fields{"initials": "AB"}, ""},
		"the name of a kind of animal":    {c.dog, fields{"name": "Hound of tests"}, "species:" + c.dog.Id},
		"a text":                          {reminder, fields{"sms_text": "{{ client.first_name }}: {{ booking.date }} {{ booking.time }}"}, "template:visit_reminder"},
		"what staff call a text":          {reminder, fields{"description": "Ours"}, ""},
		"a text that is not used anymore": {c.templateOf("payment_due"), fields{"inactive": true}, ""},
		"nothing":                         {c.location, fields{}, ""},
	} {
		c.forgetRuns()
		answer := c.as(c.superuser, http.MethodPatch, "/api/collections/"+try.record.Collection().Name+"/records/"+try.record.Id, try.change)
		if answer.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, answer.Status, answer.Body)
		}
		if got := strings.Join(c.waitingRuns(), " "); got != try.want {
			t.Errorf("%s: the runs that wait are %q, want %q", name, got, try.want)
		}
		follow, answered := answer.JSON["follow"].(map[string]any)
		if answered != (try.want != "") {
			t.Errorf("%s: answered %s", name, answer.Body)
		}
		if answered && (follow["run"] == "" || follow["followed"] == nil || follow["kept"] == nil) {
			t.Errorf("%s: follow is %v", name, follow)
		}
	}
}

// an address that is added or taken away, and a text in a language that had none, are followed as well.
func TestWhatIsAddedToTheSetUpIsFollowed(t *testing.T) {
	t.Parallel()
	c, _ := planned(t)
	address := c.as(c.superuser, http.MethodPost, "/api/collections/notification_addresses/records",
		fields{"location": c.location.Id, "email": "desk@harbour.example", "kinds": []string{"booking"}})
	if address.Status != http.StatusOK || address.JSON["follow"] == nil || strings.Join(c.waitingRuns(), " ") != "location:"+c.location.Id {
		t.Errorf("an address: %d %s, %v", address.Status, address.Body, c.waitingRuns())
	}
	c.forgetRuns()
	if gone := c.as(c.superuser, http.MethodDelete, "/api/collections/notification_addresses/records/"+address.text("id"), nil); gone.Status != http.StatusNoContent {
		t.Fatalf("%d %s", gone.Status, gone.Body)
	}
	if got := strings.Join(c.waitingRuns(), " "); got != "location:"+c.location.Id {
		t.Errorf("an address that is gone: %q", got)
	}
	c.forgetRuns()
	text := c.as(c.superuser, http.MethodPost, "/api/collections/templates/records",
		fields{"code": "visit_reminder", "name": "Reminder", "purpose": "visit_reminder", "locale": "de", "sms_text": "Bis morgen"})
	if text.Status != http.StatusOK || strings.Join(c.waitingRuns(), " ") != "template:visit_reminder" {
		t.Errorf("a text: %d %s, %v", text.Status, text.Body, c.waitingRuns())
	}
	// what was written with a text that is deleted stays as it was written.
	c.forgetRuns()
	if gone := c.as(c.superuser, http.MethodDelete, "/api/collections/templates/records/"+text.text("id"), nil); gone.Status != http.StatusNoContent || len(c.waitingRuns()) != 0 {
		t.Errorf("%d %s, %v", gone.Status, gone.Body, c.waitingRuns())
	}
}

// every link in a message begins with the Application URL.
func TestANewApplicationURLIsFollowed(t *testing.T) {
	t.Parallel()
	c, _ := planned(t)
	settings, err := c.app.Settings().Clone()
	if err != nil {
		t.Fatal(err)
	}
	settings.Meta.AppName = "Pawbell of tests"
	if err := c.app.Save(settings); err != nil || len(c.waitingRuns()) != 0 {
		t.Fatalf("%v, %v", err, c.waitingRuns())
	}
	settings.Meta.AppURL = "https://harbour.example"
	if err := c.app.Save(settings); err != nil {
		t.Fatal(err)
	}
	if got := c.waitingRuns(); len(got) != 1 || got[0] != "" {
		t.Errorf("the runs that wait are %q", got)
	}
}

// A change that is refused, or undone with the batch around it, starts nothing.
func TestWhatIsNotSavedIsNotFollowed(t *testing.T) {
	t.Parallel()
	c, _ := planned(t)
	settings := c.settingsOf(store.MessageSettings)
	if answer := c.as(c.superuser, http.MethodPatch, "/api/collections/message_settings/records/"+settings.Id, fields{"window_from": "22:00"}); answer.Status != http.StatusBadRequest {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	if got := c.waitingRuns(); len(got) != 0 {
		t.Errorf("the runs that wait are %q", got)
	}
}

// the answer to a new text counts what follows it and what keeps the words that somebody wrote, and with the command all of it follows.
func TestANewTextIsAnsweredWithWhatFollows(t *testing.T) {
	t.Parallel()
	c, visit := planned(t)
	second := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, clinictest.Client(t, c.app, fields{"location": c.location.Id}), "2027-03-11 08:15:00.000Z")
	words := "Remember {{ patient.name }}" // what both a visit and a reminder made by hand can say
	text := clinictest.Change(t, c.app, c.templateOf("visit_reminder"), fields{"subject": "Reminder", "email_text": words, "sms_text": words})
	path := "/api/collections/templates/records/" + text.Id
	rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id, "purpose": "visit_reminder", "channel": "sms"})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d reminders, %v", len(rows), err)
	}
	clinictest.Change(t, c.app, rows[0], fields{"text": "Bring the cat", "edited": true})
	mine := func(words string, more ...fields) *core.Record {
		client := clinictest.Client(t, c.app, fields{"location": c.location.Id})
		pet := clinictest.Patient(t, c.app, client)
		return clinictest.Make(t, c.app, "reminders", append([]fields{{"client": client.Id, "location": c.location.Id, "patients": []string{pet.Id},
			"due_on": "2027-06-01", "methods": []string{"sms"}, "template": text.Id, "sms_text": words}}, more...)...)
	}
	mine(text.GetString("sms_text"))
	mine("Something of our own for {{ patient.name }}")
	mine("Nothing to do with it", fields{"own_text": true})
	c.forgetRuns()
	follow := func(change fields) map[string]any {
		t.Helper()
		answer := c.as(c.superuser, http.MethodPatch, path, change)
		got, _ := answer.JSON["follow"].(map[string]any)
		if answer.Status != http.StatusOK || got == nil || answer.JSON["replace_edited"] != false {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		return got
	}
	// Three reminders of visits (an e-mail each, and the other visit's text) and one made by hand still say what the text says.
	if got := follow(fields{"sms_text": "Soon: {{ patient.name }}"}); got["followed"] != 4.0 || got["kept"] != 2.0 {
		t.Errorf("follow is %v", got)
	}
	if got := follow(fields{"replace_edited": true}); got["kept"] != 0.0 || got["run"] == "" {
		t.Errorf("with the command, follow is %v", got)
	}
	if got := clinictest.Reload(t, c.app, rows[0]); got.GetBool("edited") || second.Id == "" {
		t.Error("the message that was rewritten is still kept apart")
	}
}

// reminders that rules made have no words of their own and follow a new text as well, so they count. What was written to one owner, to
// many, or about a day was settled when it was queued: it neither follows nor is it rewritten with the command.
func TestWhatFollowsANewTextIsCountedAsItFollows(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	text := c.templateOf("reminder")
	client := clinictest.Client(t, c.app, fields{"location": c.location.Id})
	pet := clinictest.Patient(t, c.app, client)
	for i := range 3 {
		made := clinictest.Make(t, c.app, "reminders", fields{"client": client.Id, "location": c.location.Id, "patients": []string{pet.Id}, "due_on": "2027-06-01", "methods": []string{"email"}})
		words := dbx.Params{"subject": "", "email_text": "", "sms_text": ""}
		if i == 2 {
			words = dbx.Params{"subject": "Ours", "email_text": "Our own words", "sms_text": ""}
		}
		if _, err := c.app.NonconcurrentDB().Update("reminders", words, dbx.HashExp{"id": made.Id}).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	group := c.templateOf("group")
	for _, words := range []any{nil, "What I wrote myself"} {
		c.wrote(c.superuser, fields{"client": client.Id, "location": c.location.Id, "channel": "sms", "template": group.Id, "text": words, "planned_at": "2027-03-05 10:00:00.000Z"})
	}
	follow := func(template *core.Record, change fields) map[string]any {
		t.Helper()
		answer := c.as(c.superuser, http.MethodPatch, "/api/collections/templates/records/"+template.Id, change)
		got, _ := answer.JSON["follow"].(map[string]any)
		if answer.Status != http.StatusOK || got == nil {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		return got
	}
	if got := follow(text, fields{"email_text": "Soon: {{ patient.name }}"}); got["followed"] != 2.0 || got["kept"] != 1.0 {
		t.Errorf("the text of reminders: %v", got)
	}
	if got := follow(group, fields{"sms_text": "Other news", "replace_edited": true}); got["followed"] != 0.0 || got["kept"] != 0.0 {
		t.Errorf("the text of messages to many: %v", got)
	}
	rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"purpose": "personal", "edited": true})
	if err != nil || len(rows) != 1 {
		t.Errorf("%d messages are marked as somebody's own words, %v", len(rows), err)
	}
}

package hooks_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// reminderOf is the queued visit reminder by e-mail of a visit.
func (c *clinic) reminderOf(visit *core.Record) *core.Record {
	c.t.Helper()
	found, err := c.app.FindFirstRecordByFilter(store.Messages, "booking = {:id} && purpose = 'visit_reminder' && channel = 'email'", dbx.Params{"id": visit.Id})
	if err != nil {
		c.t.Fatal(err)
	}
	return found
}

func (c *clinic) patchMessage(r *core.Record, change fields) reply {
	c.t.Helper()
	return c.as(c.superuser, http.MethodPatch, messagesPath+"/"+r.Id, change)
}

// ends brings a message to a state, as the machine would.
func (c *clinic) ends(r *core.Record, change dbx.Params) {
	c.t.Helper()
	change["revision"] = dbx.NewExp("revision + 1")
	if _, err := c.app.NonconcurrentDB().Update(store.Messages, change, dbx.HashExp{"id": r.Id}).Execute(); err != nil {
		c.t.Fatal(err)
	}
}

// resent is the new message that a message was put back as.
func (c *clinic) resent(r *core.Record) *core.Record {
	c.t.Helper()
	again, err := c.app.FindFirstRecordByData(store.Messages, "resend_of", r.Id)
	if err != nil {
		c.t.Fatal(err)
	}
	return again
}

// PC-24, R-17: a person hurries a reminder; planning anew does not take that back, and still follows everything else.
func TestAHurriedMessageStaysHurried(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{}, "visit_channels": []string{"email"}})
	client, pet := c.owner()
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-04 08:15:00.000Z", fields{"patient": pet.Id})
	row := c.reminderOf(visit)
	c.clock("03-01 22:00")
	rung := c.rung.Load()
	answer := c.patchMessage(row, fields{"send_now": true})
	if answer.Status != http.StatusOK || answer.JSON["send_now"] != false || answer.JSON["own_time"] != true || answer.text("send_at") != "2027-03-01 21:00:00.000Z" {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	if c.rung.Load() == rung {
		t.Error("the dispatcher was not told")
	}
	c.clock("03-01 22:05")
	c.patch(c.superuser, pet, fields{"name": "Pluto"})
	c.queued(visit, "visit_reminder email kari@owner.example: queued 03-01 22:00")
	if now := c.reload(row); !strings.Contains(now.GetString("text"), "Pluto") || now.GetString("expires_at") != "2027-03-04 08:15:00.000Z" {
		t.Errorf("after planning anew: %s", asJSON(t, now.PublicExport()))
	}
	// Withdrawn and wanted again, it is the plan's.
	c.patch(c.superuser, client, fields{"no_email": true})
	c.queued(visit, "visit_reminder email kari@owner.example: skipped opted_out 03-01 22:00")
	c.patch(c.superuser, client, fields{"no_email": false})
	c.queued(visit, "visit_reminder email kari@owner.example: queued 03-02 09:00")
	if c.reload(row).GetBool("own_time") {
		t.Error("a moment that is over is still kept")
	}
	c.sent(visit)
	c.ends(row, dbx.Params{"state": "sent"})
	if answer := c.patchMessage(row, fields{"send_now": true}); answer.code("send_now") != "wrong_transition" || answer.params("send_now")["from"] != "sent" {
		t.Errorf("one that was sent: %d %s", answer.Status, answer.Body)
	}
}

// what came to an end is put back as a new message that says the same, once, with its own key.
func TestAMessageIsPutBackAsANewOne(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.owner()
	c.clock("03-01 22:00")
	for _, state := range []string{"sent", "delivered", "failed", "unknown", "stale", "cancelled", "skipped"} {
		row := c.wrote(c.superuser, fields{"client": client.Id, "patients": []string{pet.Id}, "channel": "sms", "text": state + ", {{ client.first_name }}"})
		c.ends(row, dbx.Params{"state": state, "attempts": 1, "gateway": "sandbox", "gateway_id": "SM-" + state, "reason": "refused", "cost": 0.99})
		answer := c.patchMessage(row, fields{"requeue": true})
		if answer.Status != http.StatusOK || answer.JSON["requeue"] != false || answer.text("state") != state {
			t.Fatalf("%s: %d %s", state, answer.Status, answer.Body)
		}
		again, err := c.app.FindFirstRecordByData(store.Messages, "resend_of", row.Id)
		if err != nil {
			t.Fatal(err)
		}
		if again.GetString("key") != "resend:"+again.Id || again.GetString("text") != state+", Kari" || again.GetString("state") != "queued" ||
			again.GetString("to") != "+4520123456" || again.GetInt("attempts") != 0 || again.GetString("gateway_id")+again.GetString("reason") != "" ||
			again.GetFloat("cost") != 0 || again.GetString("send_at") != "2027-03-02 07:00:00.000Z" || len(again.GetStringSlice("patients")) != 1 {
			t.Errorf("%s: %s", state, asJSON(t, again.PublicExport()))
		}
		c.unchanged(func() {
			if answer := c.patchMessage(row, fields{"requeue": true}); answer.code("requeue") != "duplicate" {
				t.Errorf("%s, twice: %d %s", state, answer.Status, answer.Body)
			}
			if answer := c.patchMessage(again, fields{"requeue": true}); answer.code("requeue") != "wrong_transition" {
				t.Errorf("one that waits: %d %s", answer.Status, answer.Body)
			}
		})
	}
}

// putting back runs the last check again, and says on the command what stands in its way.
func TestPuttingBackRunsTheLastCheck(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}, "visit_channels": []string{"email"}})
	client, pet := c.owner()
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-04 08:15:00.000Z", fields{"patient": pet.Id})
	row := c.reminderOf(visit)
	c.clock("03-02 10:00")
	c.sent(visit)
	stop := func() *core.Record {
		return clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "email", "address": "kari@owner.example", "cause": "bounce"})
	}
	for _, step := range []struct {
		code     string
		do, undo func()
	}{
		{"opted_out", func() { c.patch(c.superuser, client, fields{"no_email": true}) }, func() { c.patch(c.superuser, client, fields{"no_email": false}) }},
		{"opted_out", func() { c.patch(c.superuser, client, fields{"refused": []string{"visit"}}) }, func() { c.patch(c.superuser, client, fields{"refused": []string{}}) }},
		{"deceased", func() { c.patch(c.superuser, pet, fields{"deceased_on": "2027-03-01"}) }, func() { c.patch(c.superuser, pet, fields{"deceased_on": ""}) }},
		{"inactive", func() { c.patch(c.superuser, pet, fields{"inactive": true}) }, func() { c.patch(c.superuser, pet, fields{"inactive": false}) }},
		{"channel_off", func() { clinictest.MessageSettings(t, c.app, c.location, fields{"email_enabled": false}) },
			func() { clinictest.MessageSettings(t, c.app, c.location, fields{"email_enabled": true}) }},
		{"stopped_address", func() { stop() }, func() {
			if _, err := c.app.NonconcurrentDB().Delete(store.StoppedAddresses, nil).Execute(); err != nil {
				t.Fatal(err)
			}
		}},
		{"booking_cancelled", func() { c.patch(c.superuser, visit, fields{"status": "cancelled"}) }, func() { c.patch(c.superuser, visit, fields{"status": "booked"}) }},
		{"stale", func() { c.clock("03-04 09:15") }, func() { c.clock("03-02 10:00") }},
	} {
		step.do()
		c.unchanged(func() {
			if answer := c.patchMessage(row, fields{"requeue": true}); answer.code("requeue") != step.code {
				t.Errorf("want %s: %d %s", step.code, answer.Status, answer.Body)
			}
		})
		step.undo()
	}
	if answer := c.patchMessage(row, fields{"requeue": true}); answer.Status != http.StatusOK {
		t.Fatalf("when all is well: %d %s", answer.Status, answer.Body)
	}
	// Planning knows nothing of it: its key is no plan's.
	again, err := c.app.FindFirstRecordByData(store.Messages, "resend_of", row.Id)
	if err != nil {
		t.Fatal(err)
	}
	c.patch(c.superuser, pet, fields{"name": "Pluto"})
	if now := c.reload(again); now.GetString("state") != "queued" || strings.Contains(now.GetString("text"), "Pluto") {
		t.Errorf("planning touched it: %s", asJSON(t, now.PublicExport()))
	}
	empty := c.wrote(c.superuser, fields{"client": client.Id, "channel": "sms", "text": "x"})
	c.ends(empty, dbx.Params{"state": "failed", "text": "", "reason": "empty_code"})
	if answer := c.patchMessage(empty, fields{"requeue": true}); answer.code("requeue") != "empty_code" {
		t.Errorf("nothing to say: %d %s", answer.Status, answer.Body)
	}
	addressed := c.wrote(c.superuser, fields{"client": client.Id, "channel": "sms", "text": "x"})
	c.ends(addressed, dbx.Params{"state": "skipped", "to": "", "reason": "no_address"})
	if answer := c.patchMessage(addressed, fields{"requeue": true}); answer.Status != http.StatusOK {
		t.Errorf("with a number by now: %d %s", answer.Status, answer.Body)
	} else if again, err := c.app.FindFirstRecordByData(store.Messages, "resend_of", addressed.Id); err != nil || again.GetString("to") != "+4520123456" {
		t.Errorf("%v: %v", err, again)
	}
}

// what the plan addressed is put back to where its client is reached by now, since the old number may be somebody else's; a client's new
// address is free of the old one's stop. What a person addressed goes there again.
func TestAMessageIsPutBackToWhereItsClientIsNow(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{}, "visit_channels": []string{"email"}})
	client, pet := c.owner()
	visit := func(at string) *core.Record {
		v := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, at, fields{"patient": pet.Id})
		return c.reminderOf(v)
	}
	planned, readdressed := visit("2027-03-04 08:15:00.000Z"), visit("2027-03-05 08:15:00.000Z")
	c.patch(c.superuser, readdressed, fields{"to": "wife@owner.example"})
	reminder := clinictest.Make(t, c.app, store.Reminders, fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-03-03", "methods": []string{"sms"}})
	recall, err := c.app.FindFirstRecordByFilter(store.Messages, "purpose = 'reminder' && client = {:id}", dbx.Params{"id": client.Id})
	if err != nil {
		t.Fatal(err)
	}
	written := c.wrote(c.superuser, fields{"client": client.Id, "channel": "email", "subject": "Hej", "text": "Hej"})
	for _, row := range []*core.Record{planned, readdressed, recall, written} {
		c.ends(row, dbx.Params{"state": "sent", "attempts": 1, "sent_at": record.Instant(c.now)})
	}
	clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "email", "address": "kari@owner.example", "cause": "bounce"})
	c.patch(c.superuser, client, fields{"email": "new@owner.example", "sms_phone": "+4520000009"})
	for _, try := range []struct {
		name     string
		row      *core.Record
		to, code string
	}{
		{"a visit's", planned, "new@owner.example", ""},
		{"one that somebody addressed", readdressed, "wife@owner.example", ""},
		{"a reminder's", recall, "+4520000009", ""},
		{"one written by hand", written, "", "stopped_address"},
	} {
		answer := c.patchMessage(try.row, fields{"requeue": true})
		if answer.code("requeue") != try.code {
			t.Errorf("%s: %d %s", try.name, answer.Status, answer.Body)
			continue
		}
		if try.code == "" && c.resent(try.row).GetString("to") != try.to {
			t.Errorf("%s goes to %s", try.name, c.resent(try.row).GetString("to"))
		}
	}
	// A reminder that is over is put back as a whole.
	for _, r := range []string{recall.Id, c.resent(recall).Id} {
		c.ends(c.mustFind(store.Messages, r), dbx.Params{"state": "delivered"})
	}
	c.patch(c.superuser, reminder, fields{"state": "done"})
	c.patch(c.superuser, client, fields{"sms_phone": "+4520000008"})
	c.patch(c.superuser, reminder, fields{"requeue": true})
	if n, err := c.app.CountRecords(store.Messages, dbx.HashExp{"client": client.Id, "to": "+4520000008", "state": "queued"}); err != nil || n != 1 {
		t.Errorf("of a reminder that is over %d messages wait for the new number, %v", n, err)
	}
	c.patch(c.superuser, client, fields{"email": ""})
	c.ends(c.resent(planned), dbx.Params{"state": "failed"})
	if answer := c.patchMessage(planned, fields{"requeue": true}); answer.code("requeue") != "no_address" {
		t.Errorf("without an address: %d %s", answer.Status, answer.Body)
	}
}

// what a person corrects about a queued message is measured, marked and left alone by planning, each part for itself.
func TestACorrectedMessageStaysCorrected(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{}, "visit_channels": []string{"sms"}})
	client, pet := c.owner()
	visit := func(at string) *core.Record {
		v := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, at, fields{"patient": pet.Id})
		found, err := c.app.FindFirstRecordByData(store.Messages, "booking", v.Id)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	worded, addressed, timed := visit("2027-03-04 08:15:00.000Z"), visit("2027-03-04 09:15:00.000Z"), visit("2027-03-04 10:15:00.000Z")
	c.patch(c.superuser, worded, fields{"text": "Kære {{ client.first_name }}, husk {{ patient.name }} 🐶"})
	c.patch(c.superuser, addressed, fields{"to": "20 99 88 77"})
	c.patch(c.superuser, timed, fields{"planned_at": "2027-03-03 05:00:00Z"})
	c.patch(c.superuser, pet, fields{"name": "Pluto"})
	c.patch(c.superuser, client, fields{"sms_phone": "+4520000009"})
	for _, want := range []struct {
		row                   *core.Record
		to, send              string
		own                   string
		pluto, edited, ownAdd bool
	}{
		{worded, "+4520000009", "2027-03-02 08:00:00.000Z", "Kære Kari, husk Bella 🐶", false, true, false},
		{addressed, "+4520998877", "2027-03-02 08:00:00.000Z", "", true, false, true},
		{timed, "+4520000009", "2027-03-02 20:00:00.000Z", "", true, false, false},
	} {
		now := c.reload(want.row)
		text := now.GetString("text")
		if now.GetString("to") != want.to || now.GetString("send_at") != want.send || strings.Contains(text, "Pluto") != want.pluto ||
			now.GetBool("edited") != want.edited || now.GetBool("own_address") != want.ownAdd || want.own != "" && text != want.own {
			t.Errorf("after planning anew: %s", asJSON(t, now.PublicExport()))
		}
	}
	if now := c.reload(worded); now.GetString("encoding") != "ucs2" || now.GetInt("parts") != 1 {
		t.Errorf("measured as %s in %d", now.GetString("encoding"), now.GetInt("parts"))
	}
	for _, r := range []struct {
		change      fields
		field, code string
	}{
		{fields{"text": strings.Repeat("x", 161)}, "text", "too_long"},
		{fields{"text": strings.Repeat("ș🐶", 24)}, "text", "too_long"},
		{fields{"text": "{{ client.firstname }}"}, "text", "unknown_code"},
		{fields{"text": "{{ reminder.due_date }}"}, "text", "empty_code"},
		{fields{"text": ""}, "text", "required"},
		{fields{"text": " \n"}, "text", "required"},
		{fields{"to": ""}, "to", "no_address"},
		{fields{"to": "20 12"}, "to", "invalid_phone"},
		{fields{"to": "+4520998877, +4520998878"}, "to", "too_many"},
		{fields{"planned_at": "2027-03-04 08:15:00Z"}, "planned_at", "stale"},
		{fields{"send_at": "2027-03-03 08:15:00Z"}, "send_at", "read_only"},
		{fields{"channel": "email"}, "channel", "read_only"},
		{fields{"purpose": "personal"}, "purpose", "read_only"},
		{fields{"client": c.mustFind(store.Clients, client.Id).Id, "booking": ""}, "booking", "read_only"},
	} {
		before := asJSON(t, c.reload(worded).PublicExport())
		if answer := c.patchMessage(worded, r.change); answer.Status != http.StatusBadRequest || answer.code(r.field) != r.code {
			t.Errorf("%v: %d %s", r.change, answer.Status, answer.Body)
		}
		if asJSON(t, c.reload(worded).PublicExport()) != before {
			t.Errorf("%v was stored", r.change)
		}
	}
	long := c.patchMessage(worded, fields{"text": strings.Repeat("x", 161)})
	if p := long.params("text"); p["characters"] != 161.0 || p["parts"] != 2.0 || p["limit"] != 1.0 {
		t.Errorf("the count is %v", p)
	}
	c.patch(c.superuser, worded, fields{"state": "cancelled"})
	c.patch(c.superuser, pet, fields{"name": "Max"})
	if now := c.reload(worded); now.GetString("state") != "cancelled" || now.GetString("reason") != "by_person" {
		t.Errorf("withdrawn by a person, and %s %s", now.GetString("state"), now.GetString("reason"))
	}
}

// a change that withdraws a message changes nothing else about it. What is not read and measured any more would leave as it stands once
// the message is put back: raw codes, to anybody, for whatever purpose.
func TestAMessageIsNotRewrittenWhileItIsWithdrawn(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner()
	other, _ := c.owner(fields{"email": "other@owner.example"})
	row := c.wrote(c.superuser, fields{"client": client.Id, "channel": "sms", "text": "Hej"})
	c.unchanged(func() {
		for field, value := range map[string]any{
			"text": "Hej {{ client.first_name }}", "to": "nobody", "purpose": "booking_confirmation", "channel": "email", "client": other.Id, "planned_at": "2027-03-09 09:00:00Z",
		} {
			if answer := c.patchMessage(row, fields{"state": "cancelled", field: value}); answer.code(field) != "read_only" {
				t.Errorf("%s: %d %s", field, answer.Status, answer.Body)
			}
		}
	})
	if answer := c.dashboard(row, fields{"state": "cancelled"}); answer.Status != http.StatusOK || answer.text("reason") != "by_person" {
		t.Errorf("the whole form, withdrawn: %d %s", answer.Status, answer.Body)
	}
}

// PC-12, PC-16: the patients of a message that waits are still the client's own, and one in a text.
func TestAMessageKeepsToTheClientsPatients(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.owner()
	second := clinictest.Patient(t, c.app, client, fields{"name": "Max"})
	_, stranger := c.owner(fields{"email": "other@owner.example"})
	mail := c.wrote(c.superuser, fields{"client": client.Id, "channel": "email", "subject": "News", "text": "Fine.", "patients": []string{pet.Id}})
	text := c.wrote(c.superuser, fields{"client": client.Id, "channel": "sms", "text": "Fine.", "patients": []string{pet.Id}})
	test := c.wrote(c.superuser, fields{"purpose": "test", "channel": "email", "to": "me@clinic.example", "subject": "News", "text": "Fine."})
	c.unchanged(func() {
		for _, try := range []struct {
			name   string
			row    *core.Record
			change fields
			code   string
		}{
			{"somebody else's pet", mail, fields{"patients": []string{stranger.Id}}, "unknown"},
			{"somebody else's pet as well", mail, fields{"patients+": stranger.Id}, "unknown"},
			{"two in a text", text, fields{"patients+": second.Id}, "too_many"},
			{"a pet in a test", test, fields{"patients": []string{pet.Id}}, "unknown"},
		} {
			if answer := c.patchMessage(try.row, try.change); answer.code("patients") != try.code {
				t.Errorf("%s: %d %s", try.name, answer.Status, answer.Body)
			}
		}
	})
	for row, change := range map[*core.Record]fields{mail: {"patients+": second.Id}, text: {"patients": []string{}}} {
		if answer := c.patchMessage(row, change); answer.Status != http.StatusOK {
			t.Errorf("%v: %d %s", change, answer.Status, answer.Body)
		}
	}
}

// Law 7: a form that was opened before the machine moved on undoes nothing and repeats nothing, in the dashboard, over REST and in a batch.
func TestAStaleFormNeitherCommandsNorCorrects(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner()
	row := c.wrote(c.superuser, fields{"client": client.Id, "channel": "sms", "text": "Hej"})
	form := c.as(c.superuser, http.MethodGet, messagesPath+"/"+row.Id, nil).JSON
	c.ends(row, dbx.Params{"state": "sent", "attempts": 1, "sent_at": record.Instant(c.now)})
	c.unchanged(func() {
		for _, change := range []fields{{"text": "Hej igen"}, {"send_now": true}, {"requeue": true}, {"state": "cancelled"}} {
			whole := fields{}
			for field, value := range form {
				whole[field] = value
			}
			for field, value := range change {
				whole[field] = value
			}
			if answer := c.patchMessage(row, whole); answer.code("revision") != "changed_meanwhile" {
				t.Errorf("%v: %d %s", change, answer.Status, answer.Body)
			}
			batch := fields{"requests": []any{fields{"method": "PATCH", "url": messagesPath + "/" + row.Id, "body": whole}}}
			if answer := c.as(c.superuser, http.MethodPost, "/api/batch", batch); answer.Status != http.StatusBadRequest {
				t.Errorf("%v in a batch: %d %s", change, answer.Status, answer.Body)
			}
		}
	})
	if now := c.reload(row); now.GetString("state") != "sent" || now.GetString("text") != "Hej" {
		t.Errorf("%s", asJSON(t, now.PublicExport()))
	}
	if answer := c.dashboard(row, fields{"requeue": true}); answer.Status != http.StatusOK {
		t.Errorf("a fresh form: %d %s", answer.Status, answer.Body)
	}
	batch := fields{"requests": []any{
		fields{"method": "POST", "url": messagesPath, "body": fields{"client": client.Id, "channel": "sms", "text": "one"}},
		fields{"method": "POST", "url": messagesPath, "body": fields{"client": client.Id, "channel": "sms", "text": "{{ nothing }}"}},
	}}
	c.unchanged(func() {
		if answer := c.as(c.superuser, http.MethodPost, "/api/batch", batch); answer.Status != http.StatusBadRequest {
			t.Errorf("half a batch: %d %s", answer.Status, answer.Body)
		}
	})
}

// Law 1: the commands are carried out for programs too, which save records without asking over HTTP.
func TestCommandsAreForProgramsToo(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner()
	c.clock("03-01 22:00")
	row := c.wrote(c.superuser, fields{"client": client.Id, "channel": "sms", "text": "Hej"})
	if now := clinictest.Change(t, c.app, row, fields{"send_now": true}); now.GetString("send_at") != "2027-03-01 21:00:00.000Z" || c.reload(row).GetBool("send_now") {
		t.Errorf("hurried: %s", asJSON(t, now.PublicExport()))
	}
	c.ends(row, dbx.Params{"state": "failed"})
	clinictest.Change(t, c.app, row, fields{"requeue": true})
	if again, err := c.app.FindFirstRecordByData(store.Messages, "resend_of", row.Id); err != nil || again.GetInt("revision") != 1 || c.reload(row).GetBool("requeue") {
		t.Errorf("put back: %v, %v", again, err)
	}
}

// Two presses at once, without a revision, are one new message.
func TestPressingTwiceAtOnceIsPressingOnce(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner()
	row := c.wrote(c.superuser, fields{"client": client.Id, "channel": "sms", "text": "Hej"})
	c.ends(row, dbx.Params{"state": "delivered"})
	var presses sync.WaitGroup
	for range 8 {
		presses.Go(func() { c.patchMessage(row, fields{"requeue": true}) })
	}
	presses.Wait()
	again, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"resend_of": row.Id})
	if err != nil || len(again) != 1 {
		t.Errorf("%d new messages, %v", len(again), err)
	}
}

// file is what somebody attaches.
type file struct {
	name    string
	content []byte
}

func (c *clinic) upload(method, target string, values map[string]string, files ...file) reply {
	c.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for field, value := range values {
		if err := w.WriteField(field, value); err != nil {
			c.t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile("attachments", f.name)
		if err != nil {
			c.t.Fatal(err)
		}
		if _, err := part.Write(f.content); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		c.t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(c.t.Context(), method, target, &form)
	request.Header.Set("Content-Type", w.FormDataContentType())
	request.Header.Set("Authorization", c.superuser)
	recorded := httptest.NewRecorder()
	c.handler.ServeHTTP(recorded, request)
	return heard(c.t, method+" "+target, recorded)
}

func (c *clinic) stored(r *core.Record) []string {
	c.t.Helper()
	files, err := c.app.NewFilesystem()
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() {
		if err := files.Close(); err != nil {
			c.t.Error(err)
		}
	}()
	var contents []string
	for _, name := range r.GetStringSlice("attachments") {
		reader, err := files.GetReader(r.BaseFilesPath() + "/" + name)
		if err != nil {
			c.t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			c.t.Fatal(err)
		}
		if err := reader.Close(); err != nil {
			c.t.Error(err)
		}
		contents = append(contents, string(content))
	}
	return contents
}

// PC-13: files go with e-mails, to every address and again when put back; what no mail server takes is refused.
func TestFilesGoWithEMails(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner()
	mail := map[string]string{"client": client.Id, "channel": "email", "subject": "Plan", "text": "See the files.", "to": "a@owner.example, b@owner.example"}
	plan, picture := file{"plan.txt", []byte("Eat less.")}, file{"bella.png", []byte("\x89PNG\r\n\x1a\n0000")}
	answer := c.upload(http.MethodPost, messagesPath, mail, plan, picture)
	if answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	first := c.mustFind(store.Messages, answer.text("id"))
	second, err := c.app.FindFirstRecordByData(store.Messages, "sibling_of", first.Id)
	if err != nil {
		t.Fatal(err)
	}
	c.ends(second, dbx.Params{"state": "failed"})
	c.patch(c.superuser, second, fields{"requeue": true})
	third, err := c.app.FindFirstRecordByData(store.Messages, "resend_of", second.Id)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*core.Record{first, second, third} {
		if got := c.stored(r); fmt.Sprint(got) != fmt.Sprint([]string{"Eat less.", string(picture.content)}) {
			t.Errorf("%s has %q", r.GetString("to"), got)
		}
	}
	large := bytes.Repeat([]byte("a"), 8<<20)
	c.unchanged(func() {
		for name, try := range map[string]struct {
			values map[string]string
			files  []file
		}{
			"a program":           {mail, []file{{"run.exe", []byte("MZ\x90\x00\x03\x00\x00\x00")}}},
			"16 MB in all":        {mail, []file{{"a.txt", large}, {"b.txt", large}}},
			"with a text message": {map[string]string{"client": client.Id, "channel": "sms", "text": "Hej"}, []file{plan}},
		} {
			if answer := c.upload(http.MethodPost, messagesPath, try.values, try.files...); answer.Status != http.StatusBadRequest || answer.code("attachments") == "" {
				t.Errorf("%s: %d %.300s", name, answer.Status, answer.Body)
			}
		}
	})
	if answer := c.upload(http.MethodPatch, messagesPath+"/"+first.Id, nil, file{"a.txt", large}, file{"b.txt", large}); answer.code("attachments") != "too_large" {
		t.Errorf("added later: %d %.300s", answer.Status, answer.Body)
	}
}

package hooks_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

const broadcastsPath = "/api/collections/broadcasts/records"

// draft writes a message to many as an account, and answers what came of it.
func (c *clinic) draft(token string, changes ...fields) reply {
	c.t.Helper()
	form := fields{"kind": "group", "location": c.location.Id, "filter": "city = 'Odense'", "own_text": true, "subject": "News",
		"email_text": "Dear {{ client.first_name }}, news!", "sms_text": "News for {{ client.first_name }}!"}
	for _, change := range changes {
		for field, value := range change {
			if form[field] = value; value == nil {
				delete(form, field)
			}
		}
	}
	return c.as(token, http.MethodPost, broadcastsPath, form)
}

// drafted is a draft that was saved.
func (c *clinic) drafted(token string, changes ...fields) *core.Record {
	c.t.Helper()
	answer := c.draft(token, changes...)
	if answer.Status != http.StatusOK {
		c.t.Fatalf("draft: %d %s", answer.Status, answer.Body)
	}
	return c.mustFind(store.Broadcasts, answer.text("id"))
}

func (c *clinic) previewed(token string, broadcast *core.Record) reply {
	c.t.Helper()
	answer := c.as(token, http.MethodPost, "/api/broadcasts/"+broadcast.Id+"/preview", nil)
	if answer.Status != http.StatusOK {
		c.t.Fatalf("preview: %d %s", answer.Status, answer.Body)
	}
	return answer
}

// odense makes a client of that town, with pets: "Bella", or "Bella dead", "Bella inactive".
func (c *clinic) odense(first string, owner fields, pets ...string) *core.Record {
	c.t.Helper()
	client := clinictest.Client(c.t, c.app, fields{"first_name": first, "city": "Odense"}, owner)
	for _, pet := range pets {
		name, state, _ := strings.Cut(pet, " ")
		change := fields{"name": name, "species": c.dog.Id}
		switch state {
		case "dead":
			change["deceased_on"] = "2026-01-01"
		case "inactive":
			change["inactive"] = true
		}
		clinictest.Patient(c.t, c.app, client, change)
	}
	return client
}

// a preview says how many people it goes to, which addresses are written to already, who is left out and why, and what it costs; the
// draft shows the same numbers.
func TestThePreviewOfAGroupMessage(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	mail := func(name string) fields { return fields{"email": name + "@owner.example", "sms_phone": ""} }
	c.odense("Anna", mail("anna"), "Bella", "Max")
	c.odense("Texted", fields{"email": "", "sms_phone": "+4520000001"}, "Bella")
	c.odense("Petless", mail("petless"))
	c.odense("Double", fields{"email": "ANNA@owner.example", "sms_phone": ""}, "Bella")
	c.odense("Refusing", fields{"email": "no@owner.example", "refused": []string{"group"}}, "Bella")
	c.odense("Switched", fields{"email": "off@owner.example", "no_email": true, "sms_phone": ""}, "Bella")
	c.odense("Nowhere", fields{"email": "", "sms_phone": ""}, "Bella")
	c.odense("Stopped", mail("stopped"), "Bella")
	c.odense("Gone", mail("gone"), "Bella dead")
	c.odense("Half", mail("half"), "Old dead", "Young")
	c.odense("Inactive", mail("inactive"), "Bella inactive")
	c.odense("Parting", mail("parting"), "Bella")
	clinictest.Client(t, c.app, fields{"city": "Aarhus"})
	clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "email", "address": "stopped@owner.example", "cause": "unsubscribed", "purpose": "group"})
	clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "email", "address": "anna@owner.example", "cause": "unsubscribed", "purpose": "reminder"})
	last := clinictest.Reason(t, c.app, fields{"end_of_life": true})
	parting, err := c.app.FindFirstRecordByData(store.Clients, "first_name", "Parting")
	if err != nil {
		t.Fatal(err)
	}
	clinictest.Visit(t, c.app, c.location, c.practitioner, last, parting, "2027-03-04 08:15:00.000Z")

	draft := c.drafted(c.superuser)
	got := c.previewed(c.superuser, draft).JSON
	want := fields{
		"recipients": 4.0, "duplicates": 1.0, "parts": 1.0, "cost": 0.99, "currency": "DKK", "to_phone": []any{},
		"skipped": fields{"opted_out": 2.0, "no_address": 1.0, "stopped_address": 1.0, "deceased": 1.0, "inactive": 1.0, "end_of_life": 1.0},
		"sample": []any{
			fields{"to": "anna@owner.example", "text": got["sample"].([]any)[0].(map[string]any)["text"]},
			fields{"to": "+4520000001", "text": "News for Texted!"},
			fields{"to": "petless@owner.example", "text": got["sample"].([]any)[2].(map[string]any)["text"]},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// what goes to many shows the way out of it.
	if text := fmt.Sprint(want["sample"].([]any)[0]); !strings.Contains(text, "Dear Anna, news!") || !strings.Contains(text, "[I would rather not hear such news](http") || !strings.Contains(text, "/unsubscribe/") {
		t.Error(text)
	}
	shown := fields{"recipients": draft.GetInt("recipients"), "duplicates": draft.GetInt("duplicates"), "parts": draft.GetInt("parts"), "cost": draft.GetFloat("cost"), "state": draft.GetString("state")}
	if diff := cmp.Diff(fields{"recipients": 4, "duplicates": 1, "parts": 1, "cost": 0.99, "state": "draft"}, shown); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(asJSON(t, got["skipped"]), draft.GetString("skipped")); diff != "" {
		t.Error(diff)
	}
	// PR-like honesty of texts: a code that has nothing to say for somebody leaves them out by name.
	c.patch(c.superuser, draft, fields{"sms_text": "Hello {{ patient.name }}", "email_text": "Hello {{ patient.name }}", "subject": "News", "channel_mode": "every", "channels": []string{"sms", "email"}})
	got = c.previewed(c.superuser, draft).JSON
	if skipped := got["skipped"].(map[string]any); skipped["empty_code"] != 1.0 || got["recipients"] != 3.0 {
		t.Errorf("%v", got)
	}
}

// the search is a PocketBase filter over clients, back-relations included.
func TestAGroupIsFoundByAnySearch(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	cat := clinictest.Species(t, c.app, "Cat of tests")
	anna := c.odense("Anna", fields{}, "Bella", "Max")
	bo := c.odense("Bo", fields{})
	clinictest.Patient(t, c.app, bo, fields{"name": "Mis", "species": cat.Id})
	c.odense("Cleo", fields{"city": "Aarhus", "note": "pays late"}, "Bella")
	long := c.odense("Dora", fields{"city": "Vejle"}, "Bella")
	clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, anna, "2027-02-01 09:00:00.000Z")
	clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, anna, "2025-02-02 09:00:00.000Z")
	clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, long, "2025-02-03 09:00:00.000Z")
	vet := clinictest.Token(t, clinictest.Account(t, c.app, "vet", c.location))
	for filter, want := range map[string]int{
		"city = 'Odense'": 2,
		"patients_via_client.species.name ?= 'Dog of tests'":          3,
		"patients_via_client.species.name ?= 'Cat of tests'":          1,
		"bookings_via_client.starts_at ?> '2027-01-31 00:00:00.000Z'": 1,
		"patients_via_client.species.name ?= 'Dog of tests' && (bookings_via_client.id = '' || bookings_via_client.starts_at < '2026-03-01 00:00:00.000Z')": 2,
		"note ~ 'pays'":    1,
		"city = 'Nowhere'": 0,
	} {
		for name, token := range map[string]string{"a superuser": c.superuser, "a vet": vet} {
			answer := c.draft(token, fields{"filter": filter})
			if got, _ := answer.JSON["recipients"].(float64); answer.Status != http.StatusOK || int(got) != want {
				t.Errorf("%s, %s: %d people, want %d: %s", name, filter, int(got), want, answer.Body)
			}
		}
	}
}

// the search runs with the rights of whoever asked: hidden fields, other places' visits and other collections are out of reach of staff, and
// whoever changes the search asks anew.
func TestTheSearchRunsWithTheAskersRights(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	elsewhere := clinictest.Location(t, c.app)
	anna := c.odense("Anna", fields{}, "Bella")
	clinictest.Visit(t, c.app, elsewhere, c.practitioner, c.reason, anna, "2027-02-01 09:00:00.000Z")
	account := clinictest.Account(t, c.app, "manager", c.location)
	manager := clinictest.Token(t, account)
	const visits = "bookings_via_client.starts_at ?> '2027-01-01 00:00:00.000Z'"
	for filter, want := range map[string][2]string{ // superuser, manager
		visits:                            {"1", "0"},
		"match_email ~ 'owner'":           {"1", "invalid_filter"},
		"@collection.staff.name ?~ 'Sam'": {"1", "invalid_filter"},
		"@request.auth.id != ''":          {"1", "invalid_filter"},
		"audit_via_record.id != ''":       {"invalid_filter", "invalid_filter"},
		"no_such_field = 1":               {"invalid_filter", "invalid_filter"},
		"city = 'Odense":                  {"invalid_filter", "invalid_filter"},
		"city = 'Odense') || (1 = 1":      {"invalid_filter", "invalid_filter"},
		"":                                {"required", "required"},
		"   ":                             {"required", "required"},
	} {
		for i, token := range []string{c.superuser, manager} {
			answer := c.draft(token, fields{"filter": filter})
			got := answer.code("filter")
			if answer.Status == http.StatusOK {
				got = fmt.Sprint(answer.JSON["recipients"])
			}
			if got != want[i] {
				t.Errorf("%q as %d: %s, want %s: %s", filter, i, got, want[i], answer.Body)
			}
		}
	}
	draft := c.drafted(c.superuser, fields{"filter": visits})
	c.patch(manager, draft, fields{"subject": "Other news"})
	if now := c.reload(draft); now.GetInt("recipients") != 1 || now.GetString("asked_by") == account.Id {
		t.Errorf("another subject: %d people, asked by %s", now.GetInt("recipients"), now.GetString("asked_by"))
	}
	c.patch(manager, draft, fields{"filter": visits + " && city != ''"})
	if now := c.reload(draft); now.GetInt("recipients") != 0 || now.GetString("asked_by") != account.Id {
		t.Errorf("another search: %d people, asked by %s", now.GetInt("recipients"), now.GetString("asked_by"))
	}
	if got := c.previewed(c.superuser, draft).JSON["recipients"]; got != 0.0 {
		t.Errorf("a superuser who looks sees what the manager would reach: %v", got)
	}
	stranger := clinictest.Token(t, clinictest.Account(t, c.app, "manager", elsewhere))
	for token, want := range map[string]int{"": http.StatusUnauthorized, stranger: http.StatusNotFound} {
		if answer := c.as(token, http.MethodPost, "/api/broadcasts/"+draft.Id+"/preview", nil); answer.Status != want {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	}
}

// words that could not be sent are refused when the draft is saved, beside the field that holds them.
func TestTheWordsOfADraftAreJudged(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	day := fields{"kind": "day", "from_at": "2027-03-01 00:00:00.000Z", "until_at": "2027-03-02 00:00:00.000Z"}
	group := c.template("group")
	for name, refused := range map[string]struct {
		change      fields
		field, code string
	}{
		"an unknown code":                    {fields{"sms_text": "Hi {{ client.nickname }}"}, "sms_text", "unknown_code"},
		"broken braces":                      {fields{"email_text": "Hi {{ client.first_name"}, "email_text", "bad_syntax"},
		"a visit that a group has not":       {fields{"email_text": "On {{ booking.date }}"}, "email_text", "empty_code"},
		"a visit in the subject":             {fields{"subject": "On {{ booking.date }}"}, "subject", "empty_code"},
		"a text that is too long":            {fields{"sms_text": strings.Repeat("long ", 31) + "{{ client.first_name }}"}, "sms_text", "too_long"},
		"a template about visits":            {fields{"own_text": false, "template": c.template("day_notice").Id}, "template", "empty_code"},
		"a template that is not there":       {fields{"template": "nosuchtemplate0"}, "template", "validation_missing_rel_records"},
		"a day without its beginning":        {fields{"kind": "day", "until_at": "2027-03-02 00:00:00.000Z"}, "from_at", "required"},
		"a day that nobody can read":         {fields{"kind": "day", "from_at": "tomorrow", "until_at": "2027-03-02 00:00:00.000Z"}, "from_at", "invalid_date"},
		"a day without its end":              {fields{"kind": "day", "from_at": "2027-03-02 00:00:00.000Z"}, "until_at", "required"},
		"a day that ends before it starts":   {fields{"kind": "day", "from_at": "2027-03-02 00:00:00.000Z", "until_at": "2027-03-01 00:00:00.000Z"}, "until_at", "ends_before_start"},
		"a way out of mail that is no group": {fields{"kind": "day", "from_at": day["from_at"], "until_at": day["until_at"], "email_text": "{{ unsubscribe_url }}"}, "email_text", "empty_code"},
	} {
		if answer := c.draft(c.superuser, refused.change); answer.Status != http.StatusBadRequest || answer.code(refused.field) != refused.code {
			t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
		}
	}
	for name, change := range map[string]fields{
		"a template":              {"own_text": false, "template": group.Id},
		"the day's own codes":     {"kind": "day", "from_at": day["from_at"], "until_at": day["until_at"], "email_text": "{{ patient.name }} on {{ booking.date }} with {{ practitioner.name }}"},
		"words that are not used": {"own_text": false, "template": group.Id, "sms_text": "{{ nothing }}"},
		"no words yet":            {"own_text": false},
	} {
		if answer := c.draft(c.superuser, change); answer.Status != http.StatusOK {
			t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
		}
	}
}

// everybody reads it in their own language, and at places that say it in their own words, in those.
func TestAGroupMessageSpeaksEverybodysLanguage(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.odense("Anna", fields{"locale": "da", "email": "anna@owner.example"}, "Bella")
	c.odense("Bob", fields{"locale": "en", "email": "bob@owner.example"}, "Bella")
	c.odense("Cai", fields{"locale": "de", "email": "cai@owner.example"}, "Bella")
	draft := c.drafted(c.superuser, fields{"own_text": false, "template": c.template("group").Id})
	texts := map[string]string{}
	for _, sample := range c.previewed(c.superuser, draft).JSON["sample"].([]any) {
		sample := sample.(map[string]any)
		texts[sample["to"].(string)], _, _ = strings.Cut(sample["text"].(string), ",")
	}
	if diff := cmp.Diff(map[string]string{"anna@owner.example": "Hej Anna", "bob@owner.example": "Hi Bob", "cai@owner.example": "Hi Cai"}, texts); diff != "" {
		t.Error(diff)
	}
}

// everybody with a visit in a stretch of time, each once; end-of-life visits and whom nothing reaches are for the phone.
func TestADaysOwnersAreWrittenTo(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	farewell := clinictest.Reason(t, c.app, fields{"end_of_life": true})
	colleague := clinictest.Practitioner(t, c.app, c.location)
	owner := func(first string, more ...fields) fields {
		out := fields{"first_name": first, "last_name": "Berg", "email": strings.ToLower(first) + "@owner.example", "phone": "+4533000000", "sms_phone": ""}
		for _, change := range more {
			for field, value := range change {
				out[field] = value
			}
		}
		return out
	}
	anna := c.owned("2027-03-01 13:00:00.000Z", owner("Anna"))
	twice := c.mustFind(store.Clients, anna.GetString("client"))
	clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, twice, "2027-03-01 14:00:00.000Z", fields{"patient": clinictest.Patient(t, c.app, twice, fields{"name": "Max"}).Id})
	c.owned("2027-03-01 10:00:00.000Z", owner("Parting"), fields{"reason": farewell.Id})
	c.owned("2027-03-01 10:30:00.000Z", owner("Nowhere", fields{"email": ""}))
	c.owned("2027-03-01 11:00:00.000Z", owner("Colleague"), fields{"practitioner": colleague.Id})
	c.owned("2027-03-01 06:00:00.000Z", owner("Over"))
	c.owned("2027-03-01 12:00:00.000Z", owner("Cancelled"), fields{"status": "cancelled"})
	c.owned("2027-03-02 10:00:00.000Z", owner("Tomorrow"))
	c.owned("2027-03-01 12:30:00.000Z", owner("Requested"), fields{"status": "requested"})
	day := fields{"kind": "day", "filter": nil, "practitioner": c.practitioner.Id, "from_at": "2027-02-28 23:00:00.000Z", "until_at": "2027-03-01 23:00:00.000Z",
		"email_text": "{{ patient.name }} at {{ booking.time }}", "sms_text": "Late"}
	draft := c.drafted(c.superuser, day)
	got := c.previewed(c.superuser, draft).JSON
	want := fields{
		"recipients": 2.0, "duplicates": 0.0, "parts": 0.0, "cost": 0.0, "currency": "DKK", "skipped": fields{"end_of_life": 1.0, "no_address": 1.0},
		"to_phone": []any{
			fields{"client": got["to_phone"].([]any)[0].(map[string]any)["client"], "name": "Parting Berg", "phone": "+4533000000", "local": "2027-03-01 11:00"},
			fields{"client": got["to_phone"].([]any)[1].(map[string]any)["client"], "name": "Nowhere Berg", "phone": "+4533000000", "local": "2027-03-01 11:30"},
		},
		"sample": []any{fields{"to": "requested@owner.example", "text": "Bella at 13:30"}, fields{"to": "anna@owner.example", "text": "Bella and Max at 14:00"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if everybody := c.previewed(c.superuser, c.drafted(c.superuser, day, fields{"practitioner": ""})).JSON["recipients"]; everybody != 3.0 {
		t.Errorf("everybody's: %v", everybody)
	}
	c.patch(c.superuser, draft, fields{"send": true})
	c.same("calls", []string{
		"Call Nowhere Berg, +4533000000: they could not be written to about it (Bella, Monday 1 March 2027 11:30)",
		"Call Parting Berg, +4533000000: they could not be written to about it (Bella, Monday 1 March 2027 11:00)",
	}, c.calls())
}

// above fifty people, whoever sends is a manager and gives the number that the preview showed. Nothing is sent meanwhile.
func TestManyPeopleAreConfirmedByTheirNumber(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	for range 50 {
		clinictest.Client(t, c.app, fields{"city": "Odense"})
	}
	vet := clinictest.Token(t, clinictest.Account(t, c.app, "vet", c.location))
	manager := clinictest.Token(t, clinictest.Account(t, c.app, "manager", c.location))
	fifty := c.drafted(vet)
	c.patch(vet, fifty, fields{"send": true})
	if now := c.reload(fifty); now.GetString("state") != "sending" || now.GetBool("send") {
		t.Fatalf("fifty people: %s", now.GetString("state"))
	}
	clinictest.Client(t, c.app, fields{"city": "Odense"})
	many := c.drafted(vet)
	send := func(token string, confirm any) reply {
		return c.as(token, http.MethodPatch, broadcastsPath+"/"+many.Id, fields{"send": true, "confirm_count": confirm})
	}
	for _, refused := range []struct {
		name, token string
		confirm     any
		status      int
		field, code string
	}{
		{"a vet", vet, 51, http.StatusForbidden, "send", "needs_manager"},
		{"no number", manager, 0, http.StatusBadRequest, "confirm_count", "required"},
		{"no number, as a superuser", c.superuser, nil, http.StatusBadRequest, "confirm_count", "required"},
		{"another number", manager, 50, http.StatusBadRequest, "confirm_count", "count_changed"},
	} {
		answer := send(refused.token, refused.confirm)
		if answer.Status != refused.status || answer.code(refused.field) != refused.code || answer.params(refused.field)["count"] != 51.0 {
			t.Errorf("%s: %d %s", refused.name, answer.Status, answer.Body)
		}
	}
	if now := c.reload(many); now.GetString("state") != "draft" || now.GetString("chosen") != "" {
		t.Errorf("refused, and yet %s", now.GetString("state"))
	}
	// Somebody comes to live in Odense between the preview and the sending.
	clinictest.Client(t, c.app, fields{"city": "Odense"})
	if answer := send(manager, 51); answer.code("confirm_count") != "count_changed" || answer.params("confirm_count")["count"] != 52.0 {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
	if answer := send(manager, 52); answer.Status != http.StatusOK {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
	runs, err := c.app.FindAllRecords(store.Runs, dbx.HashExp{"kind": "broadcast"})
	if err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// a message that was sent cannot be rewritten, deleted or sent again; it can be stopped and sent on. The machine's numbers are nobody's to
// write.
func TestASentMessageIsOnlyStoppedAndSentOn(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	manager := clinictest.Token(t, clinictest.Account(t, c.app, "manager", c.location))
	c.odense("Anna", fields{}, "Bella")
	draft := c.drafted(manager)
	change := func(token string, body fields) reply {
		return c.as(token, http.MethodPatch, broadcastsPath+"/"+draft.Id, body)
	}
	machines := fields{"state": "sent", "asked_by": "somebody", "recipients": 7, "duplicates": 7, "skipped": fields{"gone": 1}, "parts": 7, "cost": 7}
	for field, value := range machines {
		if answer := change(c.superuser, fields{field: value}); answer.code(field) != "read_only" {
			t.Errorf("%s: %d %s", field, answer.Status, answer.Body)
		}
	}
	if answer := change(manager, fields{"stop": true}); answer.code("stop") != "wrong_transition" {
		t.Errorf("stop a draft: %d %s", answer.Status, answer.Body)
	}
	if answer := change(manager, fields{"stop": true, "send": true}); answer.code("stop") != "wrong_command" {
		t.Errorf("both: %d %s", answer.Status, answer.Body)
	}
	c.patch(manager, draft, fields{"send": true})
	for name, refused := range map[string]struct {
		body        fields
		field, code string
	}{
		"another text":   {fields{"email_text": "Other news"}, "email_text", "read_only"},
		"other people":   {fields{"filter": "city = 'Aarhus'"}, "filter", "read_only"},
		"sent once more": {fields{"send": true}, "send", "wrong_transition"},
	} {
		for _, token := range []string{manager, c.superuser} {
			if answer := change(token, refused.body); answer.Status != http.StatusBadRequest || answer.code(refused.field) != refused.code {
				t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
			}
		}
	}
	if answer := c.as(c.superuser, http.MethodDelete, broadcastsPath+"/"+draft.Id, nil); answer.Status != http.StatusBadRequest {
		t.Errorf("deleted: %d %s", answer.Status, answer.Body)
	}
	if answer := c.dashboard(draft, fields{"stop": true}); answer.Status != http.StatusOK || c.reload(draft).GetString("state") != "stopped" {
		t.Errorf("stopped in the dashboard: %d %s", answer.Status, answer.Body)
	}
	if answer := c.dashboard(draft, fields{"send": true}); answer.Status != http.StatusOK || c.reload(draft).GetString("state") != "sending" {
		t.Errorf("sent on in the dashboard: %d %s", answer.Status, answer.Body)
	}
	other := c.drafted(manager)
	if answer := c.as(manager, http.MethodDelete, broadcastsPath+"/"+other.Id, nil); answer.Status != http.StatusNoContent {
		t.Errorf("a draft: %d %s", answer.Status, answer.Body)
	}
}

// nothing goes to nobody, or without words.
func TestAMessageNeedsPeopleAndWords(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	if answer := c.draft(c.superuser, fields{"send": true}); answer.code("send") != "nobody" {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
	c.odense("Anna", fields{}, "Bella")
	if answer := c.draft(c.superuser, fields{"send": true, "own_text": false}); answer.code("template") != "required" {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
	// A draft that is made and sent in one request is sent.
	if answer := c.draft(c.superuser, fields{"send": true}); answer.Status != http.StatusOK || answer.text("state") != "sending" {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
}

// however often and at once somebody presses send, it is sent once.
func TestSendingTwiceAtOnceSendsOnce(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.odense("Anna", fields{}, "Bella")
	draft := c.drafted(c.superuser)
	var group sync.WaitGroup
	answers := make([]reply, 8)
	for i := range answers {
		group.Go(func() {
			answers[i] = c.as(c.superuser, http.MethodPatch, broadcastsPath+"/"+draft.Id, fields{"send": true})
		})
	}
	group.Wait()
	sent := 0
	for _, answer := range answers {
		switch {
		case answer.Status == http.StatusOK:
			sent++
		case answer.code("send") != "wrong_transition":
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	}
	if runs, err := c.app.CountRecords(store.Runs, dbx.HashExp{"kind": "broadcast"}); err != nil || sent != 1 || runs != 1 {
		t.Errorf("sent %d times, %d runs, %v", sent, runs, err)
	}
}

// a second message to the same day's owners is another occasion to phone those whom it does not reach, though they were phoned about the first.
// Whose name has a comma in it keeps it.
func TestEachMessageToADayAsksForItsOwnCalls(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.owned("2027-03-01 10:30:00.000Z", fields{"first_name": "Nora", "last_name": "Berg, MD", "email": "", "phone": "+4533000000", "sms_phone": ""})
	day := fields{"kind": "day", "filter": nil, "from_at": "2027-02-28 23:00:00.000Z", "until_at": "2027-03-01 23:00:00.000Z", "email_text": "Late", "sms_text": "Late"}
	first := c.drafted(c.superuser, day)
	call := c.previewed(c.superuser, first).JSON["to_phone"].([]any)[0].(map[string]any)
	if call["name"] != "Nora Berg, MD" || call["phone"] != "+4533000000" {
		t.Errorf("%v", call)
	}
	c.patch(c.superuser, first, fields{"send": true})
	want := []string{"Call Nora Berg, MD, +4533000000: they could not be written to about it (Bella, Monday 1 March 2027 11:30)"}
	c.same("the first", want, c.calls())
	task, err := c.app.FindFirstRecordByData(store.Tasks, "kind", "call_owner")
	if err != nil {
		t.Fatal(err)
	}
	c.patch(c.superuser, task, fields{"done": true})
	c.drafted(c.superuser, day, fields{"send": true})
	c.same("the second", want, c.calls())
}

// R-46, law 7: what was counted is what is sent, and what is sent stays. A draft that somebody else gives other people, or sends, while a request is on its
// way is neither sent to those nor deleted.
func TestADraftThatChangesMeanwhileIsNotSentOrDeleted(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.odense("Anna", fields{}, "Bella")
	draft := c.drafted(c.superuser)
	meanwhile := dbx.Params{}
	between := func() error {
		if len(meanwhile) == 0 {
			return nil
		}
		_, err := c.app.NonconcurrentDB().Update(store.Broadcasts, meanwhile, dbx.HashExp{"id": draft.Id}).Execute()
		return err
	}
	// The first hooks run when the request has loaded the row, and before anything else is asked.
	c.app.OnRecordUpdateRequest(store.Broadcasts).Bind(&hook.Handler[*core.RecordRequestEvent]{Priority: -1, Func: func(e *core.RecordRequestEvent) error {
		if err := between(); err != nil {
			return err
		}
		return e.Next()
	}})
	c.app.OnRecordDeleteRequest(store.Broadcasts).Bind(&hook.Handler[*core.RecordRequestEvent]{Priority: -1, Func: func(e *core.RecordRequestEvent) error {
		if err := between(); err != nil {
			return err
		}
		return e.Next()
	}})
	meanwhile = dbx.Params{"filter": "city = 'Aarhus'"}
	answer := c.as(c.superuser, http.MethodPatch, broadcastsPath+"/"+draft.Id, fields{"send": true})
	if answer.code("revision") != "changed_meanwhile" || c.reload(draft).GetString("state") != "draft" {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
	meanwhile = dbx.Params{"state": "sending"}
	if answer := c.as(c.superuser, http.MethodDelete, broadcastsPath+"/"+draft.Id, nil); answer.Status != http.StatusBadRequest {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
}

// To say that a new message to many is a draft is to say nothing; that it is on its way is the program's to say.
func TestADraftMayCallItselfOne(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	if answer := c.draft(c.superuser, fields{"state": "draft"}); answer.Status != http.StatusOK || answer.text("state") != "draft" {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
	if answer := c.draft(c.superuser, fields{"state": "sending"}); answer.Status != http.StatusBadRequest {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
}

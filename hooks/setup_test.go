package hooks_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// a new location has its settings from the first moment, with what is usual.
func TestALocationIsBornWithItsSettings(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	place := fields{"name": "Ny", "country": "DK", "timezone": "Europe/Copenhagen", "locale": "da", "email": "ny@clinic.example"}
	made := c.as(c.superuser, http.MethodPost, "/api/collections/locations/records", place)
	if made.Status != http.StatusOK {
		t.Fatalf("%d %s", made.Status, made.Body)
	}
	if made.text("currency") != "DKK" {
		t.Errorf("the price of its texts is in %q", made.text("currency"))
	}
	for collection, want := range map[string]fields{
		"booking_settings": {
			"enabled": false, "mode": "instant", "offer": "every_slot", "grid_minutes": 15.0, "lead": "2h", "horizon_days": 90.0, "cancel_cutoff_minutes": 1440.0,
			"max_open": 3.0, "auto_complete_hours": 24.0, "required": []any{"first_name", "last_name", "pet_name", "contact"},
			"hide_species": false, "hide_duration": false, "hide_practitioner": false,
		},
		"message_settings": {
			"sms_enabled": false, "email_enabled": true, "window_from": "08:00", "window_until": "21:00", "reminder_time": "09:00", "visit_lead": "2d 09:00",
			"sms_charset": "gsm7", "sms_max_parts": 1.0, "sms_price": 0.99, "cancellation_notice_hours": 24.0, "payment_notice_hours": 48.0,
			"visit_channels": []any{"email", "sms"}, "confirmation_channels": []any{"email", "sms"}, "email_from_name": "Ny", "reply_to": "ny@clinic.example",
			"no_early_reminder": false, "minimal_notices": false,
		},
	} {
		list := c.as(c.superuser, http.MethodGet, "/api/collections/"+collection+"/records?filter=location='"+made.text("id")+"'", nil).JSON["items"].([]any)
		if len(list) != 1 {
			t.Fatalf("%s: %d", collection, len(list))
		}
		for field, value := range want {
			if got := list[0].(fields)[field]; asJSON(t, got) != asJSON(t, value) {
				t.Errorf("%s.%s is %v, want %v", collection, field, got, value)
			}
		}
		settings := c.mustFind(collection, list[0].(fields)["id"].(string))
		second := c.as(c.superuser, http.MethodPost, "/api/collections/"+collection+"/records", fields{"location": made.text("id")})
		if second.Status != http.StatusBadRequest || second.code("location") == "" {
			t.Errorf("a second %s: %d %s", collection, second.Status, second.Body)
		}
		// What is emptied shows the default again; a 0 that was sent is a 0.
		cleared := fields{"lead": "", "offer": "", "cancel_cutoff_minutes": 0, "max_open": 0, "horizon_days": 0}
		shown := fields{"lead": "2h", "offer": "every_slot", "cancel_cutoff_minutes": 0.0, "max_open": 0.0, "horizon_days": 0.0}
		if collection == "message_settings" {
			cleared = fields{"window_from": "", "window_until": "", "reminder_time": "", "visit_lead": "", "sms_charset": "", "cancellation_notice_hours": 0, "visit_channels": []string{}}
			shown = fields{"window_from": "08:00", "window_until": "21:00", "reminder_time": "09:00", "visit_lead": "2d 09:00", "sms_charset": "gsm7", "cancellation_notice_hours": 0.0, "visit_channels": []any{}}
		}
		saved := c.patch(c.superuser, settings, cleared).JSON
		for field, value := range shown {
			if asJSON(t, saved[field]) != asJSON(t, value) {
				t.Errorf("cleared, %s.%s is %v, want %v", collection, field, saved[field], value)
			}
		}
	}
	maps.Copy(place, fields{"name": "Oslo", "country": "NO"})
	abroad := c.as(c.superuser, http.MethodPost, "/api/collections/locations/records", place)
	list := c.as(c.superuser, http.MethodGet, "/api/collections/message_settings/records?filter=location='"+abroad.text("id")+"'", nil).JSON["items"].([]any)
	if got := list[0].(fields)["sms_price"]; got != 0.0 {
		t.Errorf("abroad a text costs %v", got)
	}
}

func TestWhatCannotWorkIsNotSaved(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	settings := clinictest.BookingSettings(t, c.app, c.location, fields{})
	messages := clinictest.MessageSettings(t, c.app, c.location, fields{})
	shift := clinictest.Shift(t, c.app, c.location, c.practitioner)
	absence := clinictest.Make(t, c.app, "absences", fields{"practitioner": c.practitioner.Id, "starts_at": "2027-05-01 00:00:00Z", "ends_at": "2027-05-02 00:00:00Z", "kind": "holiday"})
	group := c.mustFind("reason_groups", c.reason.GetString("group"))
	for _, r := range []struct {
		name        string
		record      *core.Record
		change      fields
		field, code string
	}{
		{"a zone that is none", c.location, fields{"timezone": "Europe/Atlantis"}, "timezone", "invalid_timezone"},
		{"the machine's own zone", c.location, fields{"timezone": "Local"}, "timezone", "invalid_timezone"},
		{"a zone out of the folder", c.location, fields{"timezone": "../../etc/passwd"}, "timezone", "invalid_timezone"},
		{"slots of four minutes", settings, fields{"grid_minutes": 4}, "grid_minutes", "invalid_grid"},
		{"pale yellow", settings, fields{"accent": "#ffe066"}, "accent", "low_contrast"},
		{"a grey just too pale", settings, fields{"accent": "#777777"}, "accent", "low_contrast"},
		{"an origin with a path", settings, fields{"embed_origins": "https://clinic.example/page"}, "embed_origins", "invalid_origin"},
		{"an origin with a question", settings, fields{"embed_origins": "https://clinic.example?x"}, "embed_origins", "invalid_origin"},
		{"an origin that ends the policy", settings, fields{"embed_origins": "https://clinic.example;script-src"}, "embed_origins", "invalid_origin"},
		{"every origin", settings, fields{"embed_origins": "https://a.example *"}, "embed_origins", "invalid_origin"},
		{"a script for an origin", settings, fields{"embed_origins": "javascript:alert(1)"}, "embed_origins", "invalid_origin"},
		{"a window that never opens", messages, fields{"window_from": "21:00", "window_until": "08:00"}, "window_until", "invalid_window"},
		{"a window of no length", messages, fields{"window_from": "08:00", "window_until": "08:00"}, "window_until", "invalid_window"},
		{"a shift past midnight", shift, fields{"starts": "22:00", "ends": "06:00"}, "ends", "ends_before_start"},
		{"every other week from nowhere", shift, fields{"every_weeks": 2}, "valid_from_on", "required"},
		{"a last day before the first", shift, fields{"valid_from_on": "2027-03-02", "valid_until_on": "2027-03-01"}, "valid_until_on", "ends_before_start"},
		{"an absence of nobody", absence, fields{"practitioner": ""}, "practitioner", "required"},
		{"an absence of no time", absence, fields{"ends_at": "2027-05-01 00:00:00Z"}, "ends_at", "ends_before_start"},
		{"a visit of four minutes", c.reason, fields{"duration_minutes": 4}, "duration_minutes", "invalid_length"},
		{"a buffer of a day", c.reason, fields{"buffer_after": 361}, "buffer_after", "too_long"},
		{"a list of translations", c.reason, fields{"translations": []any{"x"}}, "translations", "invalid_translations"},
		{"translations without fields", group, fields{"translations": fields{"da": "Besøg"}}, "translations", "invalid_translations"},
		{"translations that are no text", c.dog, fields{"translations": fields{"da": fields{"name": 1}}}, "translations", "invalid_translations"},
		{"a text for translations", settings, fields{"translations": `"da"`}, "translations", "invalid_translations"},
	} {
		before := asJSON(t, c.reload(r.record).PublicExport())
		answer := c.as(c.superuser, http.MethodPatch, "/api/collections/"+r.record.Collection().Name+"/records/"+r.record.Id, r.change)
		if answer.Status != http.StatusBadRequest || answer.code(r.field) != r.code {
			t.Errorf("%s: %d %s, want %s on %s", r.name, answer.Status, answer.Body, r.code, r.field)
		}
		if after := asJSON(t, c.reload(r.record).PublicExport()); after != before {
			t.Errorf("%s was saved", r.name)
		}
	}
	for name, r := range map[string]struct {
		record *core.Record
		change fields
	}{
		"a colour just dark enough": {settings, fields{"accent": "#767676"}},
		"no colour":                 {settings, fields{"accent": ""}},
		"two origins":               {settings, fields{"embed_origins": "https://a.example/  http://b.example:8080"}},
		"the longest window":        {messages, fields{"window_from": "00:00", "window_until": "24:00"}},
		"until midnight":            {shift, fields{"starts": "16:00", "ends": "24:00"}},
		"every other week":          {shift, fields{"every_weeks": 2, "valid_from_on": "2027-03-01"}},
		"a visit of five minutes":   {c.reason, fields{"duration_minutes": 5, "buffer_before": 360}},
		"translations":              {c.reason, fields{"translations": fields{"da-DK": fields{"name": "Tjek"}}}},
		"no translations":           {group, fields{"translations": nil}},
		"both a person and a place": {absence, fields{"location": c.location.Id}},
	} {
		if answer := c.as(c.superuser, http.MethodPatch, "/api/collections/"+r.record.Collection().Name+"/records/"+r.record.Id, r.change); answer.Status != http.StatusOK {
			t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
		}
	}
	if menu := c.get("/api/booking/menu?locale=da"); menu.Status != http.StatusOK || !strings.Contains(menu.Body, `"Tjek"`) {
		t.Errorf("%d %s", menu.Status, menu.Body)
	}
}

// a text that could not be sent cannot be saved, and the refusal says what was meant.
func TestATextThatCouldNotBeSentIsNotSaved(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	save := func(text fields) reply {
		body := fields{"code": "mine", "name": "Mine", "purpose": "personal", "locale": "en", "description": "10"}
		maps.Copy(body, text)
		return c.as(c.superuser, http.MethodPost, "/api/collections/templates/records", body)
	}
	for _, r := range []struct {
		name                       string
		text                       fields
		field, code, said, nearest string
	}{
		{"an unknown code", fields{"sms_text": "Hi {{ client.firstname }}"}, "sms_text", "unknown_code", "client.firstname", "client.first_name"},
		{"an unknown code in the subject", fields{"subject": "{{ pet.name }}"}, "subject", "unknown_code", "pet.name", "patient.name"},
		{"an unknown code in the e-mail", fields{"email_text": "Dear {{ owner.first_name }}"}, "email_text", "unknown_code", "owner.first_name", ""},
		{"an old code that never was", fields{"sms_text": "Hi <KliFornam>"}, "sms_text", "unknown_code", "KliFornam", ""},
		{"braces that do not close", fields{"email_text": "Hi {{ client.first_name }"}, "email_text", "bad_syntax", "", ""},
		{"braces that were never opened", fields{"email_text": "Hi client.first_name }}"}, "email_text", "bad_syntax", "", ""},
		{"a loop", fields{"sms_text": "{{# client.first_name }}x{{/ client.first_name }}"}, "sms_text", "bad_syntax", "", ""},
		{"another file", fields{"sms_text": "{{> secret }}"}, "sms_text", "bad_syntax", "", ""},
		{"a name in a link", fields{"email_text": "[x](https://clinic.example/{{ client.first_name }})"}, "email_text", "code_in_link", "client.first_name", ""},
		{"161 letters", fields{"sms_text": strings.Repeat("a", 161)}, "sms_text", "too_long", "161", ""},
		{"71 letters with one of another alphabet", fields{"sms_text": strings.Repeat("a", 70) + "ж"}, "sms_text", "too_long", "71", ""},
		{"long only once it is merged", fields{"sms_text": strings.Repeat("a", 140) + " {{ client.first_name }} {{ patient.name }}"}, "sms_text", "too_long", "164", ""},
	} {
		c.unchanged(func() {
			answer := save(r.text)
			if answer.Status != http.StatusBadRequest || answer.code(r.field) != r.code || !strings.Contains(answer.Body, r.said) {
				t.Errorf("%s: %d %s, want %s on %s", r.name, answer.Status, answer.Body, r.code, r.field)
			}
			if r.nearest != "" && (answer.params(r.field)["nearest"] != r.nearest || !strings.Contains(answer.Body, "{{ "+r.nearest+" }}")) {
				t.Errorf("%s: %s does not name %s", r.name, answer.Body, r.nearest)
			}
		})
	}
	old := "Kære <KliFornavn>, husk tid <AftDato> kl. <AftTid> hos <BehNavn>. <FirmaNavn>"
	saved := save(fields{"sms_text": old, "email_text": old, "subject": "<FirmaNavn>"})
	ours := "Kære {{ client.first_name }}, husk tid {{ booking.date }} kl. {{ booking.time }} hos {{ practitioner.name }}. {{ location.name }}"
	if saved.Status != http.StatusOK || saved.text("sms_text") != ours || saved.text("email_text") != ours || saved.text("subject") != "{{ location.name }}" {
		t.Errorf("%d %s", saved.Status, saved.Body)
	}
	template := c.mustFind("templates", saved.text("id"))
	if again := c.patch(c.superuser, template, fields{"sms_text": "Hej <KliFornavn>"}); again.text("sms_text") != "Hej {{ client.first_name }}" {
		t.Errorf("changed: %s", again.Body)
	}
	// 160 letters are one part, where two are allowed 161 are saved, and a text for one place is judged by that place.
	for name, text := range map[string]fields{"160 letters": {"sms_text": strings.Repeat("a", 160)}, "only an e-mail": {"sms_text": "", "email_text": strings.Repeat("a", 3000)}} {
		if answer := c.as(c.superuser, http.MethodPatch, "/api/collections/templates/records/"+template.Id, text); answer.Status != http.StatusOK {
			t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
		}
	}
	roomy := clinictest.Location(t, c.app)
	clinictest.MessageSettings(t, c.app, roomy, fields{"sms_max_parts": 2})
	long := fields{"sms_text": strings.Repeat("a", 161)}
	if answer := save(fields{"code": "long", "location": roomy.Id, "sms_text": long["sms_text"]}); answer.Status != http.StatusOK {
		t.Errorf("where two parts are allowed: %d %s", answer.Status, answer.Body)
	}
	if answer := save(fields{"code": "long", "sms_text": long["sms_text"]}); answer.code("sms_text") != "too_long" {
		t.Errorf("for every place: %d %s", answer.Status, answer.Body)
	}
}

// PN-09: a first start has texts that can be used at once, and a reason may name its own.
func TestAReasonNamesItsOwnText(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	if n, err := c.app.CountRecords("templates"); err != nil || n < 5 {
		t.Fatalf("%d texts: %v", n, err)
	}
	own := clinictest.Make(t, c.app, "templates", fields{
		"code": "teeth", "name": "Teeth", "purpose": "visit_reminder", "locale": "en", "subject": "Teeth", "email_text": "Do not brush {{ patient.name }}.", "sms_text": "Teeth of {{ patient.name }} at {{ booking.time }}",
	})
	c.patch(c.superuser, c.reason, fields{"reminder_template": own.Id})
	visit, _ := c.booked(thursday)
	texts := []string{}
	rows, err := c.app.FindRecordsByFilter("messages", "booking = {:id} && purpose = 'visit_reminder'", "channel", 0, 0, map[string]any{"id": visit.Id})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		texts = append(texts, strings.TrimSpace(r.GetString("text")))
	}
	if want := []string{"Do not brush Bella.", "Teeth of Bella at 09:15"}; !slices.Equal(texts, want) {
		t.Errorf("%q", texts)
	}
}

// a rule for cats does not become one for all animals, nor a visit that one vet does everybody's, because somebody deletes the one that is named.
// Where others are named as well, it goes.
func TestTheOnlyOneOfAListIsNotDeleted(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	owner := clinictest.Client(t, c.app)
	vet, second := clinictest.Practitioner(t, c.app, c.location), clinictest.Practitioner(t, c.app, c.location, fields{"name": "Second"})
	room := clinictest.Make(t, c.app, store.Resources, fields{"location": c.location.Id, "kind": "room", "name": "One"})
	cat, dog, owl := clinictest.Species(t, c.app, "Lynx"), clinictest.Species(t, c.app, "Wolf"), clinictest.Species(t, c.app, "Owl")
	done := clinictest.Reason(t, c.app)
	reason := func(field string, named *core.Record) *core.Record {
		return clinictest.Reason(t, c.app, fields{field: []string{named.Id}})
	}
	for _, r := range []struct {
		name  string
		named *core.Record
		field string
		by    *core.Record
	}{
		{"the species of a rule", cat, "species", c.rule(fields{"species": []string{cat.Id}})},
		{"the species of a reason", owl, "species", reason("species", owl)},
		{"the species of an animal", dog, "species", clinictest.Patient(t, c.app, owner, fields{"species": dog.Id})},
		{"the vet of a reason", vet, "practitioners", reason("practitioners", vet)},
		{"the room of a reason", room, "resources", reason("resources", room)},
		{"the reason of working time", done, "reasons", clinictest.Shift(t, c.app, c.location, second, fields{"reasons": []string{done.Id}})},
	} {
		c.unchanged(func() {
			kept := c.as(c.superuser, http.MethodDelete, "/api/collections/"+r.named.Collection().Name+"/records/"+r.named.Id, nil)
			if kept.Status != http.StatusBadRequest || kept.code("id") != "in_use" || !strings.Contains(kept.Body, `"collection":"`+r.by.Collection().Name) {
				t.Errorf("%s: %d %s", r.name, kept.Status, kept.Body)
			}
		})
		c.patch(c.superuser, r.by, fields{r.field: nil})
	}
	rule := c.rule(fields{"reminder_group": "wild", "reasons": []string{done.Id}, "species": []string{cat.Id, dog.Id}})
	if gone := c.as(c.superuser, http.MethodDelete, "/api/collections/species/records/"+cat.Id, nil); gone.Status != http.StatusNoContent {
		t.Errorf("one of two: %d %s", gone.Status, gone.Body)
	}
	if got := c.reload(rule).GetStringSlice("species"); !slices.Equal(got, []string{dog.Id}) {
		t.Errorf("the rule is for %v", got)
	}
}

// Who works at one place does not work everywhere when it is deleted, and what is done there alone is not done everywhere.
func TestWhatIsAtOnePlaceAloneClosesWithIt(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	place := clinictest.Location(t, c.app)
	all := func(at ...*core.Record) []*core.Record {
		var ids []string
		for _, place := range at {
			ids = append(ids, place.Id)
		}
		return []*core.Record{
			clinictest.Reason(t, c.app, fields{"locations": ids}), clinictest.Account(t, c.app, "reception", at...),
			clinictest.Make(t, c.app, store.Practitioners, fields{"name": "Ane", "locations": ids}),
		}
	}
	alone, besides, everywhere := all(place), all(place, c.location), all()
	if gone := c.as(c.superuser, http.MethodDelete, "/api/collections/locations/records/"+place.Id, nil); gone.Status != http.StatusNoContent {
		t.Fatalf("%d %s", gone.Status, gone.Body)
	}
	for _, r := range alone {
		if !c.reload(r).GetBool("inactive") {
			t.Errorf("%s is still open", r.Collection().Name)
		}
	}
	for _, r := range append(besides, everywhere...) {
		if c.reload(r).GetBool("inactive") {
			t.Errorf("%s at %v was closed", r.Collection().Name, r.GetStringSlice("locations"))
		}
	}
}

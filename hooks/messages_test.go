package hooks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

const messagesPath = "/api/collections/messages/records"

// owner is a client of the clinic with one pet.
func (c *clinic) owner(change ...fields) (client, pet *core.Record) {
	c.t.Helper()
	client = clinictest.Client(c.t, c.app, append([]fields{{
		"first_name": "Kari", "last_name": "Nordmann", "email": "kari@owner.example", "phone": "+4533000000", "sms_phone": "+4520123456", "location": c.location.Id,
	}}, change...)...)
	return client, clinictest.Patient(c.t, c.app, client)
}

// wrote sends a message as an account and demands that it is taken.
func (c *clinic) wrote(token string, message fields) *core.Record {
	c.t.Helper()
	answer := c.as(token, http.MethodPost, messagesPath, message)
	if answer.Status != http.StatusOK {
		c.t.Fatalf("write %v: %d %s", message, answer.Status, answer.Body)
	}
	return c.mustFind(store.Messages, answer.text("id"))
}

// template finds one of the first texts, in English.
func (c *clinic) template(code string) *core.Record {
	c.t.Helper()
	found, err := c.app.FindFirstRecordByFilter(store.Templates, "code = {:code} && locale = 'en' && location = ''", dbx.Params{"code": code})
	if err != nil {
		c.t.Fatal(err)
	}
	return found
}

// said are the fields of a message that a reader of the log looks at.
func said(r *core.Record) fields {
	f := fields{}
	for _, name := range []string{"purpose", "channel", "to", "subject", "text", "locale", "state", "location"} {
		f[name] = r.GetString(name)
	}
	return f
}

// PC-09, PC-10, PC-16: a person gives the client, the channel and the words; everything else is filled in.
func TestAMessageToOneOwnerIsCompleted(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.owner()
	reception := clinictest.Token(t, clinictest.Account(t, c.app, "reception", c.location))
	rung := c.rung.Load()
	c.clock("03-01 10:00")
	text := c.wrote(reception, fields{"client": client.Id, "channel": "sms", "patients": []string{pet.Id},
		"text": "Hej <KliFornavn>, {{ patient.name }} is fine. “See” you – {{ location.name }}"})
	want := fields{"purpose": "personal", "channel": "sms", "to": "+4520123456", "subject": "", "locale": "en", "state": "queued", "location": c.location.Id,
		"text": `Hej Kari, Bella is fine. "See" you - Harbour Vets`}
	if diff := cmp.Diff(want, said(text)); diff != "" {
		t.Errorf("the text message (-want +got):\n%s", diff)
	}
	if text.GetString("key") != "personal:"+text.Id || text.GetString("encoding") != "gsm7" || text.GetInt("parts") != 1 || text.GetInt("priority") != 2 || text.GetInt("revision") != 1 {
		t.Errorf("the row: %s", asJSON(t, text.PublicExport()))
	}
	for field, at := range map[string]time.Time{"planned_at": c.now, "send_at": c.now, "expires_at": c.now.Add(24 * time.Hour)} {
		if got := text.GetDateTime(field).Time(); !got.Equal(at) {
			t.Errorf("%s is %s", field, got)
		}
	}
	if c.rung.Load() == rung {
		t.Error("the dispatcher was not told")
	}

	mail := c.wrote(reception, fields{"client": client.Id, "channel": "email", "template": c.template("normal").Id})
	if got := said(mail); got["subject"] != "A message from Harbour Vets" || got["to"] != "kari@owner.example" || !strings.HasPrefix(mail.GetString("text"), "Hi Kari,\n\nplease call us") {
		t.Errorf("from a text: %v", got)
	}
	own := c.wrote(reception, fields{"client": client.Id, "channel": "email", "template": c.template("normal").Id, "text": "Dear {{ client.full_name }}", "subject": "For {{ client.first_name }}"})
	if got := said(own); got["subject"] != "For Kari" || got["text"] != "Dear Kari Nordmann" || !own.GetBool("edited") || mail.GetBool("edited") {
		t.Errorf("a text rewritten: %v", got)
	}
}

// the client's language, unless the writer chooses one: by night a text waits for the opening, a mail does not.
func TestAMessageFollowsTheClientsLanguageAndTheWindow(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner(fields{"locale": "da"})
	c.clock("03-01 22:30")
	for _, m := range []struct {
		name   string
		more   fields
		locale string
		leaves string
	}{
		{"a text", fields{"channel": "sms"}, "da", "2027-03-02 07:00:00.000Z"},
		{"a mail", fields{"channel": "email"}, "da", "2027-03-01 21:30:00.000Z"},
		{"in English", fields{"channel": "email", "locale": "en"}, "en", "2027-03-01 21:30:00.000Z"},
		{"in a language without a text", fields{"channel": "sms", "locale": "de"}, "en", "2027-03-02 07:00:00.000Z"},
		{"for tomorrow night", fields{"channel": "sms", "planned_at": "2027-03-02 22:00:00Z"}, "da", "2027-03-03 07:00:00.000Z"},
		{"a text at once", fields{"channel": "sms", "send_now": true}, "da", "2027-03-01 21:30:00.000Z"},
	} {
		message := fields{"client": client.Id, "template": c.template("normal").Id}
		for field, value := range m.more {
			message[field] = value
		}
		row := c.wrote(c.superuser, message)
		if got := row.GetString("locale"); got != m.locale {
			t.Errorf("%s is in %s", m.name, got)
		}
		if got := row.GetString("send_at"); got != m.leaves || row.GetBool("send_now") {
			t.Errorf("%s leaves %s", m.name, got)
		}
		if danish := strings.HasPrefix(row.GetString("text"), "Hej Kari"); danish != (m.locale == "da") {
			t.Errorf("%s: %s", m.name, row.GetString("text"))
		}
	}
}

// PC-10: several addresses are several messages, each with a life of its own, and all of them or none.
func TestSeveralAddressesAreSeveralMessages(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner()
	first := c.wrote(c.superuser, fields{"client": client.Id, "channel": "email", "subject": "Bella", "text": "Fine.", "to": "kari@owner.example, Ola@Owner.example;kari@OWNER.example\n"})
	siblings, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"sibling_of": first.Id})
	if err != nil {
		t.Fatal(err)
	}
	if len(siblings) != 1 || siblings[0].GetString("to") != "Ola@owner.example" || first.GetString("to") != "kari@owner.example" ||
		siblings[0].GetString("key") != "personal:"+siblings[0].Id || siblings[0].GetString("text") != "Fine." || siblings[0].GetString("client") != client.Id {
		t.Errorf("siblings of %s: %s", first.GetString("to"), asJSON(t, siblings))
	}
	copied := c.wrote(c.superuser, fields{"client": client.Id, "channel": "email", "subject": "Bella", "text": "Fine.", "to": "kari@owner.example, ola@owner.example", "bcc": "vet@clinic.example"})
	if second, err := c.app.FindFirstRecordByData(store.Messages, "sibling_of", copied.Id); err != nil || copied.GetString("bcc") != "vet@clinic.example" || second.GetString("bcc") != "" {
		t.Errorf("a hidden copy is not one: %v, %v", second, err)
	}
	var many []string
	for i := range 11 {
		many = append(many, fmt.Sprintf("a%d@owner.example", i))
	}
	c.unchanged(func() {
		for to, code := range map[string]string{strings.Join(many, ","): "too_many", "kari@owner.example, nobody": "invalid_email", "+4520123456": "invalid_email"} {
			answer := c.as(c.superuser, http.MethodPost, messagesPath, fields{"client": client.Id, "channel": "email", "subject": "Bella", "text": "Fine.", "to": to})
			if answer.code("to") != code {
				t.Errorf("%s: %d %s", to, answer.Status, answer.Body)
			}
			if code == "invalid_email" && !strings.Contains(answer.params("to")["address"].(string), strings.TrimSpace(to[strings.LastIndex(to, ",")+1:])) {
				t.Errorf("the wrong one is not named: %s", answer.Body)
			}
		}
	})
	c.wrote(c.superuser, fields{"client": client.Id, "channel": "email", "subject": "Bella", "text": "Fine.", "to": strings.Join(many[:10], ",")})
}

// PC-01, PC-08: what cannot be sent is refused beside the field that says why, and nothing is stored.
func TestAMessageThatCannotBeSentIsRefused(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.owner()
	mute, _ := c.owner(fields{"no_sms": true, "no_email": true, "email": "mute@owner.example"})
	unknown, _ := c.owner(fields{"email": "", "sms_phone": "ask his wife"})
	gone, _ := c.owner(fields{"merge_into": client.Id})
	second := clinictest.Patient(t, c.app, client)
	_, stranger := c.owner()
	silent := clinictest.Location(t, c.app)
	clinictest.MessageSettings(t, c.app, silent, fields{"sms_enabled": false, "email_enabled": false})
	clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "sms", "address": "+4520999999", "cause": "stop"})
	clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "email", "address": "news@owner.example", "cause": "unsubscribed", "purpose": "group"})
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-04 08:15:00.000Z", fields{"patient": pet.Id})
	other := clinictest.Token(t, clinictest.Account(t, c.app, "reception", silent))
	nobody := "aaaaaaaaaaaaaaa"
	c.unchanged(func() {
		for _, m := range []struct {
			name        string
			token       string
			change      fields
			field, code string
		}{
			{"no texts, please", "", fields{"client": mute.Id}, "channel", "opted_out"},
			{"no mail, please", "", fields{"client": mute.Id, "channel": "email", "subject": "x"}, "channel", "opted_out"},
			{"no number", "", fields{"client": unknown.Id}, "to", "no_address"},
			{"no mail address", "", fields{"client": unknown.Id, "channel": "email", "subject": "x"}, "to", "no_address"},
			{"no such number", "", fields{"to": "20 12"}, "to", "invalid_phone"},
			{"a stopped number", "", fields{"to": "+4520999999"}, "to", "stopped_address"},
			{"a place without texts", "", fields{"location": silent.Id}, "channel", "channel_off"},
			{"a place without mail", "", fields{"location": silent.Id, "channel": "email", "subject": "x"}, "channel", "channel_off"},
			{"another place's account", other, fields{"location": c.location.Id}, "", ""},
			{"another place's visit", other, fields{"booking": visit.Id}, "booking", "unknown"},
			{"a visit of somebody else", "", fields{"client": mute.Id, "booking": visit.Id}, "booking", "unknown"},
			{"a visit at another place", "", fields{"booking": visit.Id, "location": silent.Id}, "location", "wrong_location"},
			{"nobody", "", fields{"client": nil}, "client", "required"},
			{"a client who is another now", "", fields{"client": gone.Id}, "client", "unknown"},
			{"a client who never was", "", fields{"client": nobody}, "client", "unknown"},
			{"somebody else's pet", "", fields{"patients": []string{stranger.Id}}, "patients", "unknown"},
			{"two pets in a text", "", fields{"patients": []string{pet.Id, second.Id}}, "patients", "too_many"},
			{"no channel", "", fields{"channel": nil}, "channel", "required"},
			{"a purpose of the plan", "", fields{"purpose": "visit_reminder"}, "purpose", "wrong_purpose"},
			{"no words", "", fields{"text": ""}, "text", "required"},
			{"nothing but space", "", fields{"text": " \n\t "}, "text", "required"},
			{"nothing that anybody sees", "", fields{"text": "\u200b\u00ad"}, "text", "required"},
			{"a code that has nothing to say and may", "", fields{"text": "{{ booking.instructions }}"}, "text", "required"},
			{"no subject", "", fields{"channel": "email"}, "subject", "required"},
			{"nothing but space for a subject", "", fields{"channel": "email", "subject": "  "}, "subject", "required"},
			{"an unknown code", "", fields{"text": "Hej {{ client.firstname }}"}, "text", "unknown_code"},
			{"an unknown code in the subject", "", fields{"channel": "email", "subject": "{{ nothing }}"}, "subject", "unknown_code"},
			{"a code with nothing to say", "", fields{"text": "{{ patient.name }} is fine"}, "text", "empty_code"},
			{"a text for a visit", "", fields{"text": "", "template": c.template("booking_change").Id}, "template", "empty_code"},
			{"a text without words for it", "", fields{"text": "", "template": c.template("notice_booking").Id}, "template", "no_text"},
			{"no such text", "", fields{"text": "", "template": nobody}, "template", "unknown"},
			{"too long", "", fields{"text": strings.Repeat("abcde ", 30)}, "text", "too_long"},
			{"too long once merged", "", fields{"text": strings.Repeat("x", 150) + " {{ client.full_name }}"}, "text", "too_long"},
			{"a group of the plan", "", fields{"key": "visit_reminder:x"}, "key", "read_only"},
			{"the day before yesterday", "", fields{"planned_at": "2027-02-27 05:00:00Z"}, "planned_at", "stale"},
			{"hidden copies of a text", "", fields{"bcc": "a@b.example"}, "bcc", "wrong_channel"},
		} {
			message := fields{"client": client.Id, "channel": "sms", "text": "Hej"}
			for field, value := range m.change {
				if message[field] = value; value == nil {
					delete(message, field)
				}
			}
			token := c.superuser
			if m.token != "" {
				token = m.token
			}
			if answer := c.as(token, http.MethodPost, messagesPath, message); answer.Status != http.StatusBadRequest || m.code != "" && answer.code(m.field) != m.code {
				t.Errorf("%s: %d %s, want %s on %s", m.name, answer.Status, answer.Body, m.code, m.field)
			}
		}
	})
	long := c.as(c.superuser, http.MethodPost, messagesPath, fields{"client": client.Id, "channel": "sms", "text": strings.Repeat("x", 150) + " {{ client.full_name }}"})
	if p := long.params("text"); p["characters"] != 164.0 || p["parts"] != 2.0 || p["limit"] != 1.0 {
		t.Errorf("the count is %v", p)
	}
	empty := c.as(c.superuser, http.MethodPost, messagesPath, fields{"client": client.Id, "channel": "sms", "text": "{{ patient.name }} is fine"})
	if !strings.Contains(empty.Body, "{{ patient.name }} has nothing to say") || empty.params("text")["name"] != "patient.name" {
		t.Errorf("the code is not named: %s", empty.Body)
	}
	// A stop of group mail does not stop a word to one owner, nor does "nothing about visits".
	c.wrote(c.superuser, fields{"client": client.Id, "channel": "email", "to": "news@owner.example", "subject": "x", "text": "y"})
}

// by hand a letter or another service's message is queued like any other; what a letter needs is a postal address.
func TestALetterOrAnotherServicesMessageIsWrittenByHand(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	homeless, _ := c.owner()
	client, _ := c.owner(fields{"address": "Havnegade 1", "postcode": "1058", "city": "København", "no_sms": true, "no_email": true})
	letter := c.wrote(c.superuser, fields{"client": client.Id, "channel": "post", "text": "Dear {{ client.first_name }}, please call."})
	if letter.GetString("to") != "Kari Nordmann, Havnegade 1, 1058 København" || letter.GetString("text") != "Dear Kari, please call." {
		t.Errorf("the letter: %s", asJSON(t, letter.PublicExport()))
	}
	if got := c.wrote(c.superuser, fields{"client": client.Id, "channel": "external", "text": "Hej"}).GetString("to"); got != "+4520123456" {
		t.Errorf("another service writes to %s", got)
	}
	if answer := c.as(c.superuser, http.MethodPost, messagesPath, fields{"client": homeless.Id, "channel": "post", "text": "Hej"}); answer.code("to") != "no_address" {
		t.Errorf("without an address: %d %s", answer.Status, answer.Body)
	}
}

// PC-09: from which place a message comes is only asked where it is not clear.
func TestThePlaceIsTheClientsElseTheOnlyOne(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	here := clinictest.Token(t, clinictest.Account(t, c.app, "vet", c.location))
	homeless, _ := c.owner(fields{"location": ""})
	message := func(client *core.Record) fields { return fields{"client": client.Id, "channel": "sms", "text": "Hej"} }
	if got := c.wrote(c.superuser, message(homeless)).GetString("location"); got != c.location.Id {
		t.Errorf("the only place: %s", got)
	}
	second := clinictest.Location(t, c.app)
	if answer := c.as(c.superuser, http.MethodPost, messagesPath, message(homeless)); answer.code("location") != "required" {
		t.Errorf("two places: %d %s", answer.Status, answer.Body)
	}
	theirs, _ := c.owner(fields{"location": second.Id})
	if got := c.wrote(c.superuser, message(theirs)).GetString("location"); got != second.Id {
		t.Errorf("the client's place: %s", got)
	}
	for _, client := range []*core.Record{homeless, theirs} {
		if got := c.wrote(here, message(client)).GetString("location"); got != c.location.Id {
			t.Errorf("the account's only place: %s", got)
		}
	}
}

// a test goes to its writer, from any text, with long sample data or a real record, and is nobody's correspondence.
func TestATestMessageGoesToItsWriter(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"sms_max_parts": 2})
	account := clinictest.Account(t, c.app, "vet", c.location)
	vet := clinictest.Token(t, account)
	client, pet := c.owner()
	mute, _ := c.owner(fields{"no_sms": true, "sms_phone": "+4520777777"})
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-04 08:15:00.000Z", fields{"patient": pet.Id})
	for _, code := range []string{"booking_confirmation", "reminder", "payment_due", "group", "normal", "notice_payment"} {
		r := c.wrote(vet, fields{"purpose": "test", "channel": "email", "template": c.template(code).Id})
		if r.GetString("to") != account.Email() || strings.Contains(r.GetString("text"), "{{") || r.GetString("key") != "test:"+r.Id {
			t.Errorf("%s: %s", code, asJSON(t, r.PublicExport()))
		}
	}
	text := c.wrote(vet, fields{"purpose": "test", "channel": "sms", "template": c.template("visit_reminder").Id, "to": "20 55 55 55"})
	if text.GetString("to") != "+4520555555" || !strings.Contains(text.GetString("text"), "Christabella") {
		t.Errorf("with sample data: %s", text.GetString("text"))
	}
	real := c.wrote(vet, fields{"purpose": "test", "channel": "sms", "template": c.template("visit_reminder").Id, "to": "20 55 55 55", "booking": visit.Id})
	if !strings.Contains(real.GetString("text"), "Hi Kari, remember Bella's visit on Thursday 4 March 2027 at 09:15") ||
		real.GetString("client")+real.GetString("booking") != "" || len(real.GetStringSlice("patients")) != 0 {
		t.Errorf("with a visit: %s", asJSON(t, real.PublicExport()))
	}
	for to, code := range map[string]string{"": "required", "+4520555555, +4520555556": "too_many", mute.GetString("sms_phone"): "opted_out"} {
		if answer := c.as(vet, http.MethodPost, messagesPath, fields{"purpose": "test", "channel": "sms", "text": "Hej", "to": to}); answer.code("to") != code {
			t.Errorf("to %q: %d %s", to, answer.Status, answer.Body)
		}
	}
	if answer := c.as(vet, http.MethodPost, messagesPath, fields{"purpose": "test", "channel": "email", "subject": "Hej", "text": "Hej", "bcc": "kari@owner.example"}); answer.code("bcc") != "too_many" {
		t.Errorf("a test with a hidden copy: %d %s", answer.Status, answer.Body)
	}
}

package hooks_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// listed are the records of a collection that an account finds, in the order of the answer.
func (c *clinic) listed(token, collection, filter, sort string, more ...string) []map[string]any {
	c.t.Helper()
	query := url.Values{"filter": {filter}, "sort": {sort}}
	for i := 0; i+1 < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	answer := c.as(token, http.MethodGet, "/api/collections/"+collection+"/records?"+query.Encode(), nil)
	if answer.Status != http.StatusOK {
		c.t.Fatalf("list %s: %d %s", collection, answer.Status, answer.Body)
	}
	items, _ := answer.JSON["items"].([]any)
	rows := make([]map[string]any, len(items))
	for i, item := range items {
		rows[i], _ = item.(map[string]any)
	}
	return rows
}

// PC-02, PC-14, X-44: everything that was said to a client, on every channel and with what became of it, is one list, newest first; what is said to
// others, and a test to oneself, is none of it.
func TestAClientsCorrespondenceIsOneList(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner()
	other := clinictest.Client(t, c.app, fields{"location": c.location.Id})
	reception := clinictest.Token(t, clinictest.Account(t, c.app, "reception", c.location))

	mail := c.wrote(reception, fields{"client": client.Id, "channel": "email", "subject": "Bella", "text": "She is fine."})
	c.now = c.now.Add(time.Hour)
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-20 09:00:00.000Z")
	c.wrote(reception, fields{"client": other.Id, "channel": "sms", "text": "Not for Kari."})
	c.wrote(reception, fields{"purpose": "test", "channel": "email", "to": "me@clinic.example", "subject": "A test", "text": "For myself."})
	c.now = c.now.Add(time.Hour)
	sms := c.wrote(reception, fields{"client": client.Id, "channel": "sms", "text": "Call us."})

	var said []string
	for _, row := range c.listed(reception, store.Messages, "client = '"+client.Id+"'", "-created,-planned_at") {
		said = append(said, row["purpose"].(string)+" "+row["channel"].(string)+" "+row["state"].(string))
	}
	slices.Sort(said)
	want := []string{
		"booking_confirmation email queued", "booking_confirmation sms queued", "personal email queued", "personal sms queued",
		"visit_reminder email queued", "visit_reminder sms queued",
	}
	if !slices.Equal(said, want) {
		t.Errorf("the client's messages are %q", said)
	}
	only := func(filter string) (ids []string) {
		for _, row := range c.listed(reception, store.Messages, "client = '"+client.Id+"' && "+filter, "planned_at") {
			ids = append(ids, row["id"].(string))
		}
		return ids
	}
	if got := only("channel = 'sms' && purpose = 'personal'"); !slices.Equal(got, []string{sms.Id}) {
		t.Errorf("the tab of text messages shows %v", got)
	}
	if got := only("purpose = 'personal'"); !slices.Equal(got, []string{mail.Id, sms.Id}) {
		t.Errorf("written by hand, in their order: %v", got)
	}
	if got := only("booking = '" + visit.Id + "'"); len(got) != 4 {
		t.Errorf("%d messages are about the visit", len(got))
	}
}

// PC-06: a client is found by a part of the name, and every visit and message that names one leads to the record.
func TestAClientIsFoundByName(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.owner(fields{"first_name": "Åse", "last_name": "Østergård-Lund"})
	c.owner(fields{"first_name": "Kari", "email": "other@owner.example"})
	reception := clinictest.Token(t, clinictest.Account(t, c.app, "reception", c.location))
	clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-20 09:00:00.000Z", fields{"patient": pet.Id})

	for _, filter := range []string{"last_name ~ 'stergård'", "first_name = 'Åse'", "patients_via_client.name ?= 'Bella' && last_name ~ 'Lund'"} {
		found := c.listed(reception, store.Clients, filter, "last_name")
		if len(found) != 1 || found[0]["id"] != client.Id {
			t.Errorf("%s finds %v", filter, found)
		}
	}
	for _, collection := range []string{store.Bookings, store.Messages} {
		rows := c.listed(reception, collection, "client.last_name ~ 'Østergård'", "-created", "expand", "client")
		if len(rows) == 0 {
			t.Errorf("nothing of the client in %s", collection)
			continue
		}
		expanded, _ := rows[0]["expand"].(map[string]any)
		whose, _ := expanded["client"].(map[string]any)
		if whose["id"] != client.Id || whose["last_name"] != "Østergård-Lund" {
			t.Errorf("%s lead to %v", collection, whose)
		}
	}
}

// PC-07, PC-15: where a channel is open to a client, a message on it needs the client and the words, and goes to the address on record.
// PC-12: an e-mail is about any number of the client's patients, and of nobody else's.
func TestAnEmailIsAboutAnyNumberOfTheClientsPatients(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, bella := c.owner()
	max := clinictest.Patient(t, c.app, client, fields{"name": "Max"})
	_, stranger := c.owner(fields{"email": "other@owner.example"})
	reception := clinictest.Token(t, clinictest.Account(t, c.app, "reception", c.location))

	for _, about := range []struct {
		patients []string
		text     string
		want     string
	}{
		{nil, "Hello {{ client.first_name }}", "Hello Kari"},
		{[]string{bella.Id}, "About {{ patient.name }}", "About Bella"},
		{[]string{max.Id, bella.Id}, "About {{ patient.name }}", "About Max and Bella"},
	} {
		row := c.wrote(reception, fields{"client": client.Id, "channel": "email", "subject": "News", "text": about.text, "patients": about.patients})
		if row.GetString("text") != about.want || row.GetString("to") != "kari@owner.example" || !slices.Equal(row.GetStringSlice("patients"), append([]string{}, about.patients...)) {
			t.Errorf("about %v: %q to %s, kept as %v", about.patients, row.GetString("text"), row.GetString("to"), row.GetStringSlice("patients"))
		}
	}
	if row := c.wrote(reception, fields{"client": client.Id, "channel": "sms", "text": "Call us."}); row.GetString("to") != "+4520123456" {
		t.Errorf("the text goes to %s", row.GetString("to"))
	}
	answer := c.as(reception, http.MethodPost, messagesPath, fields{"client": client.Id, "channel": "email", "subject": "News", "text": "Hello", "patients": []string{stranger.Id}})
	if answer.Status != http.StatusBadRequest || answer.code("patients") != "unknown" {
		t.Errorf("about somebody else's pet: %d %s", answer.Status, answer.Body)
	}
}

// texts are unlocked by the settings of a place, terms included, and the very next message uses them.
func TestTextsAreUnlockedInTheSettingsAndUsableAtOnce(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner()
	clinictest.MessageSettings(t, c.app, c.location, fields{"sms_enabled": false, "sms_terms_accepted_at": ""})
	text := fields{"client": client.Id, "channel": "sms", "text": "Call us."}
	refused := func(after string) {
		t.Helper()
		if answer := c.as(c.superuser, http.MethodPost, messagesPath, text); answer.Status != http.StatusBadRequest || answer.code("channel") != "channel_off" {
			t.Errorf("%s: %d %s", after, answer.Status, answer.Body)
		}
	}
	refused("switched off")
	settings := c.listed(c.superuser, store.MessageSettings, "location = '"+c.location.Id+"'", "created")
	target := "/api/collections/message_settings/records/" + settings[0]["id"].(string)
	for _, step := range []struct {
		change fields
		opens  bool
	}{{fields{"sms_enabled": true}, false}, {fields{"sms_terms_accepted_at": "2027-03-01T06:00:00Z"}, true}} {
		if answer := c.as(c.superuser, http.MethodPatch, target, step.change); answer.Status != http.StatusOK {
			t.Fatalf("%v: %d %s", step.change, answer.Status, answer.Body)
		}
		if !step.opens {
			refused("without the terms")
		}
	}
	c.wrote(c.superuser, text)
}

package hooks_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/clinictest"
	"pawbell/internal/golden"
)

const previewPath = "/api/messages/preview"

// PC-11, PC-16, X-18, X-25: how a text reads before it is sent, with a visit, with a client, with a reminder and with long sample data.
func TestAPreviewIsWhatWouldLeave(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.owner(fields{"locale": "da"})
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-04 08:15:00.000Z", fields{"patient": pet.Id, "reference": "K7QM4"})
	reminder := clinictest.Make(t, c.app, "reminders", fields{"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-06-01", "methods": []string{"email"}})
	vet := clinictest.Token(t, clinictest.Account(t, c.app, "vet", c.location))
	var read strings.Builder
	for _, p := range []struct {
		name string
		ask  fields
	}{
		{"a template by SMS with a visit, in the owner's language", fields{"template": c.template("visit_reminder").Id, "channel": "sms", "booking": visit.Id}},
		{"the same in English", fields{"template": c.template("visit_reminder").Id, "channel": "sms", "booking": visit.Id, "locale": "en"}},
		{"a template by e-mail with a reminder", fields{"template": c.template("reminder").Id, "channel": "email", "reminder": reminder.Id}},
		{"own words with a client", fields{"text": "Hej {{ client.first_name }} “og” 🐶", "channel": "sms", "client": client.Id}},
		{"own words by e-mail", fields{"subject": "For {{ client.first_name }}", "text": "**Hej** {{ client.full_name }}", "channel": "email", "client": client.Id}},
		{"sample data with long names", fields{"template": c.template("booking_confirmation").Id, "channel": "sms"}},
		{"too long", fields{"text": strings.Repeat("ord ", 50), "channel": "sms", "client": client.Id}},
		{"several things to mend", fields{"text": "{{ patient.name }} {{ client.name }}", "subject": "{{ booking.date }}", "channel": "email", "client": client.Id}},
	} {
		answer := c.as(vet, http.MethodPost, previewPath, p.ask)
		if answer.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", p.name, answer.Status, answer.Body)
		}
		if diff := cmp.Diff([]string{"cost", "currency", "encoding", "html", "parts", "problems", "subject", "text"}, keys(answer.JSON)); diff != "" {
			t.Errorf("%s: %s", p.name, diff)
		}
		if html := answer.text("html"); strings.Contains(html, "<!doctype html>") != (p.ask["channel"] == "email") {
			t.Errorf("%s: %.100s", p.name, html)
		}
		read.WriteString("# " + p.name + "\nsubject: " + answer.text("subject") + "\nencoding: " + answer.text("encoding") + ", parts: " + asJSON(t, answer.JSON["parts"]) +
			", cost: " + asJSON(t, answer.JSON["cost"]) + " " + answer.text("currency") + "\nproblems: " + asJSON(t, answer.JSON["problems"]) + "\n\n" + answer.text("text") + "\n\n")
	}
	golden.File(t, filepath.Join("testdata", "previews.txt"), read.String())
}

func TestAPreviewSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	here := clinictest.Token(t, clinictest.Account(t, c.app, "vet", c.location))
	away := clinictest.Token(t, clinictest.Account(t, c.app, "vet", clinictest.Location(t, c.app)))
	left := clinictest.Account(t, c.app, "vet", c.location)
	leftToken := clinictest.Token(t, left)
	clinictest.Change(t, c.app, left, fields{"inactive": true})
	client, pet := c.owner(fields{"no_sms": true, "refused": []string{"group"}})
	visit := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-04 08:15:00.000Z", fields{"patient": pet.Id})
	reminder := clinictest.Make(t, c.app, "reminders", fields{"client": client.Id, "location": c.location.Id, "due_on": "2027-06-01"})
	before := c.rows()
	for _, p := range []struct {
		name, token string
		ask         fields
		status      int
		field, code string
	}{
		{"a guest", "", fields{"text": "x", "channel": "sms"}, 401, "", ""},
		{"an account that was switched off", leftToken, fields{"text": "x", "channel": "sms"}, 403, "", ""},
		{"another place's visit", away, fields{"text": "x", "channel": "sms", "booking": visit.Id}, 400, "booking", "unknown"},
		{"another place's reminder", away, fields{"text": "x", "channel": "sms", "reminder": reminder.Id}, 400, "reminder", "unknown"},
		{"another place", away, fields{"text": "x", "channel": "sms", "location": c.location.Id}, 400, "location", "unknown"},
		{"no place at all", c.superuser, fields{"text": "x", "channel": "sms", "location": "aaaaaaaaaaaaaaa"}, 400, "location", "unknown"},
		{"no channel", here, fields{"text": "x"}, 400, "channel", "required"},
		{"a channel that is none", here, fields{"text": "x", "channel": "fax"}, 400, "channel", "unknown"},
		{"neither text nor template", here, fields{"channel": "sms"}, 400, "text", "required"},
		{"a template that is none", here, fields{"template": "aaaaaaaaaaaaaaa", "channel": "sms"}, 400, "template", "unknown"},
		{"no id", here, fields{"template": "normal", "channel": "sms"}, 400, "template", "invalid_id"},
		{"two records", here, fields{"text": "x", "channel": "sms", "booking": visit.Id, "client": client.Id}, 400, "client", "too_many"},
		{"no text at all", here, fields{"text": 5, "channel": "sms"}, 400, "text", "invalid_text"},
	} {
		if answer := c.as(p.token, http.MethodPost, previewPath, p.ask); answer.Status != p.status || p.code != "" && answer.code(p.field) != p.code {
			t.Errorf("%s: %d %s", p.name, answer.Status, answer.Body)
		}
	}
	for name, p := range map[string]struct {
		ask  fields
		code string
	}{
		"no texts, please":      {fields{"text": "x", "channel": "sms", "client": client.Id}, "opted_out"},
		"no news, please":       {fields{"template": c.template("group").Id, "channel": "email", "client": client.Id}, "opted_out"},
		"no subject":            {fields{"text": "x", "channel": "email", "client": client.Id}, "required"},
		"a template without it": {fields{"template": c.template("notice_booking").Id, "channel": "sms"}, "no_text"},
	} {
		answer := c.as(here, http.MethodPost, previewPath, p.ask)
		if answer.Status != http.StatusOK || !strings.Contains(asJSON(t, answer.JSON["problems"]), `"code":"`+p.code+`"`) {
			t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
		}
	}
	if diff := cmp.Diff(before, c.rows()); diff != "" {
		t.Errorf("looking changed something: %s", diff)
	}
}

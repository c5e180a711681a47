package hooks_test

import (
	"maps"
	"net/http"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// duplicate does what the dashboard's Duplicate does: the whole form of a record is saved as a new one, all but its id and dates, with what somebody
// changes in it first.
func (c *clinic) duplicate(r *core.Record, change fields) reply {
	c.t.Helper()
	door := "/api/collections/" + r.Collection().Name + "/records"
	form := c.as(c.superuser, http.MethodGet, door+"/"+r.Id, nil).JSON
	for _, own := range []string{"created", "updated", "attachments"} {
		delete(form, own)
	}
	form["id"] = ""
	maps.Copy(form, change)
	return c.as(c.superuser, http.MethodPost, door, form)
}

// A copy says what people wrote and begins like any new record: nothing that came of the original has come of it.
func TestADuplicateBeginsAnew(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, pet := c.petOwner()
	visit, _ := c.booked(thursday, fields{"note": "Shy."})
	c.patch(c.superuser, visit, fields{"status": "cancelled", "cancel_cause": "ill", "payment": "paid", "overbook": true})
	reminder := c.remind(fields{"client": client.Id, "patients": []string{pet.Id}, "due_on": "2027-05-01", "methods": []string{"email"}})
	c.patch(c.superuser, reminder, fields{"state": "cancelled"})
	c.odense("Ida", nil, "Bella")
	sent := c.drafted(c.superuser)
	c.patch(c.superuser, sent, fields{"send": true})
	message := c.reminderOf(visit)
	c.ends(message, dbx.Params{"state": "sent", "attempts": 2, "parts": 3, "gateway": "smtp", "sent_at": "2027-03-01 08:00:00.000Z", "billed_period": "2027Q1"})
	rule := c.rule()

	for _, r := range []struct {
		what           string
		of             *core.Record
		change, expect fields
	}{
		{"a visit", visit, nil, fields{"status": "booked", "source": "staff", "payment": "none", "cancel_cause": "", "cancelled_at": "", "overbook": false, "sequence": 0.0,
			"owner_note": "Shy.", "client": visit.GetString("client"), "starts_at": "2027-03-04 08:15:00.000Z"}},
		{"a reminder", reminder, fields{"due_on": "2027-06-01"}, fields{"state": "scheduled", "reason": "", "next_send_at": "2027-06-01 07:00:00.000Z", "client": client.Id}},
		{"a message to many", sent, fields{"subject": "More news"}, fields{"state": "draft", "position": 0.0, "recipients": 1.0, "send": false, "filter": "city = 'Odense'"}},
		{"a message", message, nil, fields{"state": "queued", "purpose": "personal", "attempts": 0.0, "gateway": "", "sent_at": "", "billed_period": "", "to": message.GetString("to"),
			"text": message.GetString("text")}},
		{"a client", client, fields{"email": "twin@owner.example"}, fields{"last_name": client.GetString("last_name"), "no_shows": 0.0}},
		{"a rule", rule, fields{"reminder_group": "other"}, fields{"reminder_group": "other", "inactive": false}},
	} {
		answer := c.duplicate(r.of, r.change)
		if answer.Status != http.StatusOK || answer.text("id") == r.of.Id {
			t.Errorf("%s: %d %s", r.what, answer.Status, answer.Body)
			continue
		}
		for field, want := range r.expect {
			if got := answer.JSON[field]; got != want {
				t.Errorf("%s: %s is %v, want %v", r.what, field, got, want)
			}
		}
	}
	if copied := c.duplicate(visit, nil); copied.code("starts_at") != "slot_taken" {
		t.Errorf("a second one at the same time: %d %s", copied.Status, copied.Body)
	}
	// Who claims what only the machine says of a record has not copied one.
	for collection, claim := range map[string]fields{
		store.Messages: {"sent_at": "2027-03-01 08:00:00.000Z"}, store.Reminders: {"next_send_at": "2027-03-01 08:00:00.000Z"}, store.Broadcasts: {"recipients": 5},
		store.ReminderRules: {"active_since": "2027-01-01 00:00:00.000Z"},
	} {
		for field := range claim {
			c.unchanged(func() {
				if answer := c.as(c.superuser, http.MethodPost, "/api/collections/"+collection+"/records", claim); answer.code(field) != "read_only" {
					t.Errorf("%s of %s: %d %s", field, collection, answer.Status, answer.Body)
				}
			})
		}
	}
}

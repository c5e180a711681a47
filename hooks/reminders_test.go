package hooks_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/recalls"
	"pawbell/internal/store/record"
)

const remindersPath = "/api/collections/reminders/records"

// remind makes a reminder over REST as the dashboard does and demands that it works.
func (c *clinic) remind(body fields) *core.Record {
	c.t.Helper()
	answer := c.as(c.superuser, http.MethodPost, remindersPath, body)
	if answer.Status != http.StatusOK {
		c.t.Fatalf("remind %v: %d %s", body, answer.Status, answer.Body)
	}
	return c.mustFind(store.Reminders, answer.text("id"))
}

// recalls lists a client's recall messages as a person would read them: channel, receiver, state with its reason, when it leaves on the clinic's
// clock, and the first line of what it says.
func (c *clinic) recalls(client *core.Record) []string {
	c.t.Helper()
	rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"client": client.Id, "purpose": "reminder"})
	if err != nil {
		c.t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		c.t.Fatal(err)
	}
	lines := []string{}
	for _, r := range rows {
		state := r.GetString("state")
		if reason := r.GetString("reason"); reason != "" {
			state += " " + reason
		}
		said := r.GetString("subject")
		if said == "" {
			said, _, _ = strings.Cut(r.GetString("text"), "\n")
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", r.GetDateTime("send_at").Time().In(zone).Format("2006-01-02 15:04"), r.GetString("channel"), state, said))
	}
	slices.Sort(lines)
	return lines
}

// recalled demands what a client's recalls read.
func (c *clinic) recalled(client *core.Record, want ...string) {
	c.t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(append([]string{}, want...), c.recalls(client)); diff != "" {
		c.t.Errorf("the recalls (-want +got):\n%s", diff)
	}
}

// PC-17, PC-18, PC-19, PC-21, PC-23, PR-16: a reminder made by hand joins the queue in the transaction that saves it, and shows what comes of it.
func TestAReminderJoinsTheQueueWhenItIsSaved(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := clinictest.Client(t, c.app)
	pet := clinictest.Patient(t, c.app, client)
	answer := c.as(c.superuser, http.MethodPost, remindersPath, fields{
		"client": client.Id, "patients": []string{pet.Id}, "location": c.location.Id, "due_on": "2027-06-01", "send_before_days": 14,
	})
	if answer.Status != http.StatusOK {
		t.Fatalf("got %d %s", answer.Status, answer.Body)
	}
	if diff := cmp.Diff([]string{"scheduled", "2027-05-18 07:00:00.000Z"}, []string{answer.text("state"), answer.text("next_send_at")}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{"2027-05-18T07:00:00Z"}, answer.JSON["coming"]); diff != "" {
		t.Error(diff)
	}
	c.recalled(client, "2027-05-18 09:00 email queued: Time for Bella to see us again")
}

// recallsSent marks what is queued and due by now as gone out, as the dispatcher leaves it, and plans the reminders of whoever it went to, as the
// planner does.
func (c *clinic) recallsSent() {
	c.t.Helper()
	_, err := c.app.NonconcurrentDB().Update(store.Messages, dbx.Params{"state": "sent", "attempts": 1, "sent_at": record.Instant(c.now)},
		dbx.NewExp("purpose = 'reminder' AND state = 'queued' AND send_at <= {:now}", dbx.Params{"now": record.Instant(c.now)})).Execute()
	if err != nil {
		c.t.Fatal(err)
	}
	c.replanned()
}

// replanned plans every client's reminders anew.
func (c *clinic) replanned() {
	c.t.Helper()
	clients, err := c.app.FindAllRecords(store.Clients)
	if err != nil {
		c.t.Fatal(err)
	}
	clinic, err := c.desk.Clinic()
	if err != nil {
		c.t.Fatal(err)
	}
	err = c.app.RunInTransaction(func(tx core.App) error {
		for _, client := range clients {
			if err := recalls.Plan(tx, clinic, client.Id, c.now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

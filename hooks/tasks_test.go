package hooks_test

import (
	"net/http"
	"testing"

	"pawbell/internal/clinictest"
)

// A tick is a signature: the program writes whose it is, takes it away with the tick, and lets nobody sign for others.
func TestATickOfATaskIsSigned(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	staff := c.staff("reception", c.location)
	task := clinictest.Make(t, c.app, "tasks", fields{"kind": "call_owner", "title": "Call Maja", "location": c.location.Id})
	target := "/api/collections/tasks/records/" + task.Id
	for _, step := range []struct {
		name   string
		token  string
		change fields
		done   bool
		by     string
	}{
		{"another title", staff, fields{"title": "Call Maja today", "done_by": "Nobody"}, false, ""},
		{"done, in another's name", staff, fields{"done": true, "done_by": "Anna Holm"}, true, "Sam reception"},
		{"saved again by somebody else", c.superuser, fields{"title": "Called", "done": true, "done_by": "Anna Holm"}, true, "Sam reception"},
		{"taken back", c.superuser, fields{"done": false}, false, ""},
	} {
		answer := c.as(step.token, http.MethodPatch, target, step.change)
		if answer.Status != http.StatusOK || answer.JSON["done"] != step.done || answer.text("done_by") != step.by {
			t.Errorf("%s: %d %s", step.name, answer.Status, answer.Body)
		}
		if now := c.reload(task); now.GetBool("done") != step.done || now.GetString("done_by") != step.by {
			t.Errorf("%s is stored as done %v by %q", step.name, now.GetBool("done"), now.GetString("done_by"))
		}
	}
	made := c.as(staff, http.MethodPost, "/api/collections/tasks/records", fields{"kind": "call_owner", "title": "Called already", "location": c.location.Id, "done": true, "done_by": "x"})
	if made.Status != http.StatusOK || made.text("done_by") != "Sam reception" {
		t.Errorf("%d %s", made.Status, made.Body)
	}
}

package hooks_test

import (
	"net/http"
	"testing"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

const runsPath = "/api/collections/runs/records"

// everything is synchronised, and X-32: numbers are copied, when somebody asks for it by a record; the jobs are woken, and what waits is not asked for twice.
func TestARunIsAskedForAsARecord(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.forgetRuns()
	before := c.rung.Load()
	asked := c.as(c.superuser, http.MethodPost, runsPath, fields{"kind": "sync_messages"})
	if asked.Status != http.StatusOK || asked.text("state") != "queued" {
		t.Fatalf("%d %s", asked.Status, asked.Body)
	}
	if c.rung.Load() == before {
		t.Error("nobody was woken")
	}
	for name, try := range map[string]struct {
		body        fields
		field, code string
	}{
		"the same again":            {fields{"kind": "sync_messages"}, "kind", "duplicate"},
		"the same without writing":  {fields{"kind": "sync_messages", "dry": true}, "", ""},
		"one location":              {fields{"kind": "sync_messages", "scope": "location:" + c.location.Id}, "", ""},
		"one text":                  {fields{"kind": "sync_messages", "scope": "template:visit_reminder"}, "", ""},
		"a location that is none":   {fields{"kind": "sync_messages", "scope": "location:aaaaaaaaaaaaaaa"}, "scope", "unknown"},
		"a word that is none":       {fields{"kind": "sync_messages", "scope": "everything"}, "scope", "unknown"},
		"numbers":                   {fields{"kind": "copy_mobile_numbers"}, "", ""},
		"numbers of one location":   {fields{"kind": "copy_mobile_numbers", "scope": "location:" + c.location.Id}, "scope", "unknown"},
		"an import":                 {fields{"kind": "import"}, "kind", "unknown"},
		"what the machine starts":   {fields{"kind": "broadcast"}, "kind", "read_only"},
		"one that is over already":  {fields{"kind": "sync_messages", "scope": "reason:" + c.reason.Id, "state": "done"}, "state", "wrong_transition"},
		"one that is halfway done":  {fields{"kind": "sync_messages", "scope": "reason:" + c.reason.Id, "done": 5}, "done", "read_only"},
		"one with a hidden purpose": {fields{"kind": "sync_messages", "scope": "reason:" + c.reason.Id, "cursor": "9"}, "cursor", "read_only"},
	} {
		answer := c.as(c.superuser, http.MethodPost, runsPath, try.body)
		if try.code == "" && answer.Status != http.StatusOK || try.code != "" && answer.code(try.field) != try.code {
			t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
		}
		if try.code == "duplicate" && answer.params("kind")["id"] != asked.text("id") {
			t.Errorf("%s: %s does not name the one that waits", name, answer.Body)
		}
	}
}

// A person may stop a run, and nothing else about it is a person's to change.
func TestARunIsStoppedByHand(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	manager := clinictest.Token(t, clinictest.Account(t, c.app, "manager"))
	for name, try := range map[string]struct {
		state       string
		body        fields
		field, code string
	}{
		"one that waits":             {"queued", fields{"state": "stopped"}, "", ""},
		"one that runs":              {"running", fields{"state": "stopped"}, "", ""},
		"one that is over":           {"done", fields{"state": "stopped"}, "state", "wrong_transition"},
		"a stopped one, to go on":    {"stopped", fields{"state": "queued"}, "state", "wrong_transition"},
		"one said to be done":        {"running", fields{"state": "done"}, "state", "wrong_transition"},
		"another kind":               {"queued", fields{"kind": "copy_mobile_numbers"}, "kind", "read_only"},
		"another scope":              {"queued", fields{"scope": "location:" + c.location.Id}, "scope", "read_only"},
		"writing after all":          {"queued", fields{"dry": true}, "dry", "read_only"},
		"what was counted":           {"running", fields{"done": 7}, "done", "read_only"},
		"what it remembers":          {"running", fields{"plan": []string{"a"}}, "plan", "read_only"},
		"the words that it ends on":  {"running", fields{"note": "All well."}, "note", "read_only"},
		"nothing, as a form is sent": {"running", fields{"state": "running", "done": 0, "note": ""}, "", ""},
	} {
		run := clinictest.Make(t, c.app, store.Runs, fields{"kind": "sync_messages", "state": try.state})
		answer := c.as(c.superuser, http.MethodPatch, runsPath+"/"+run.Id, try.body)
		if try.code == "" && answer.Status != http.StatusOK || try.code != "" && answer.code(try.field) != try.code {
			t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
		}
	}
	run := clinictest.Make(t, c.app, store.Runs, fields{"kind": "sync_messages"})
	if answer := c.as(manager, http.MethodPatch, runsPath+"/"+run.Id, fields{"state": "stopped"}); answer.text("state") != "stopped" {
		t.Errorf("a manager stops it: %d %s", answer.Status, answer.Body)
	}
	if answer := c.as(manager, http.MethodPatch, runsPath+"/"+run.Id, fields{"scope": "client:x"}); answer.Status == http.StatusOK {
		t.Errorf("a manager changes it: %s", answer.Body)
	}
}

// A run that somebody stops has come to its end: it says when, and forgets what it still had to do.
func TestAStoppedRunHasEnded(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	run := clinictest.Make(t, c.app, store.Runs, fields{"kind": "sync_messages", "state": "running", "cursor": "{}", "plan": []string{"a"}})
	c.patch(c.superuser, run, fields{"state": "stopped"})
	now := c.reload(run)
	if got := now.GetDateTime("ended_at").Time(); !got.Equal(c.now) || now.GetString("cursor") != "" || now.GetString("plan") != "null" {
		t.Errorf("ended at %s, with %q and %q", got, now.GetString("cursor"), now.GetString("plan"))
	}
}

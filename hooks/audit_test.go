package hooks

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"
)

// auditLine is a row of the trail as the tests compare it.
type auditLine struct {
	Collection, Record, Action, By string
	Before, After                  map[string]any
}

// trail is everything that the trail holds beside the row that the clinic was furnished with.
func (c *guardedClinic) trail() []auditLine {
	c.t.Helper()
	rows, err := c.app.FindRecordsByFilter("audit", "id != {:furnished}", "@rowid", 0, 0, map[string]any{"furnished": c.ids["trace"]})
	if err != nil {
		c.t.Fatal(err)
	}
	var lines []auditLine
	for _, row := range rows {
		line := auditLine{
			Collection: row.GetString("collection"), Record: row.GetString("record"), Action: row.GetString("action"), By: row.GetString("by"),
		}
		for field, into := range map[string]*map[string]any{"before": &line.Before, "after": &line.After} {
			if err := json.Unmarshal([]byte(row.GetString(field)), into); err != nil {
				c.t.Fatalf("%s: %v", field, err)
			}
		}
		if got := row.GetDateTime("created").Time(); !got.Equal(guardedAt) {
			c.t.Errorf("the trail says %s, the clinic's clock %s", got, guardedAt)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestWhatAPersonChangesIsTraced proves R-52: who, when, before and after, for everything that a person changes.
func TestWhatAPersonChangesIsTraced(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		method, path func(c *guardedClinic) string
		body         string
		want         func(c *guardedClinic) auditLine
	}{
		{
			"a client", auditMethod("PATCH"), func(c *guardedClinic) string { return c.path("clients", "client") }, `{"city":"Odense","first_name":"Ida"}`,
			func(c *guardedClinic) auditLine {
				return auditLine{"clients", c.ids["client"], "update", "staff/" + c.manager.Id, auditFields{"city": "Aarhus"}, auditFields{"city": "Odense"}}
			},
		},
		{
			"a visit", auditMethod("PATCH"), func(c *guardedClinic) string { return c.path("bookings", "booking") }, `{"status":"confirmed"}`,
			func(c *guardedClinic) auditLine {
				return auditLine{"bookings", c.ids["booking"], "update", "staff/" + c.manager.Id, auditFields{"status": "booked"}, auditFields{"status": "confirmed"}}
			},
		},
		{
			"a reminder", auditMethod("PATCH"), func(c *guardedClinic) string { return c.path("reminders", "reminder") }, `{"state":"done"}`,
			func(c *guardedClinic) auditLine {
				return auditLine{"reminders", c.ids["reminder"], "update", "staff/" + c.manager.Id, auditFields{"state": "scheduled"}, auditFields{"state": "done"}}
			},
		},
		{
			"a setting", auditMethod("PATCH"), func(c *guardedClinic) string { return c.path("message_settings", "message_settings") }, `{"visit_channels":["sms"],"sms_price":0.99}`,
			func(c *guardedClinic) auditLine {
				return auditLine{
					"message_settings", c.ids["message_settings"], "update", "staff/" + c.manager.Id,
					auditFields{"visit_channels": []any{}, "sms_price": 0.0}, auditFields{"visit_channels": []any{"sms"}, "sms_price": 0.99},
				}
			},
		},
		{
			"a merge", auditMethod("PATCH"), func(c *guardedClinic) string { return c.path("clients", "stranger") }, `{"merge_into":"{client}"}`,
			func(c *guardedClinic) auditLine {
				return auditLine{"clients", c.ids["stranger"], "merge", "staff/" + c.manager.Id, auditFields{"merge_into": ""}, auditFields{"merge_into": c.ids["client"]}}
			},
		},
		{
			"a deletion", auditMethod("DELETE"), func(c *guardedClinic) string { return c.path("clients", "stranger") }, ``,
			func(c *guardedClinic) auditLine {
				return auditLine{"clients", c.ids["stranger"], "delete", "staff/" + c.manager.Id, auditFields{"first_name": "Bo", "last_name": "Krag"}, nil}
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newGuardedClinic(t)
			body := strings.ReplaceAll(tc.body, "{client}", c.ids["client"])
			if answer := c.ask(c.manager, tc.method(c), tc.path(c), body); answer.status >= 300 {
				t.Fatalf("got %d %s", answer.status, answer.raw)
			}
			if diff := cmp.Diff([]auditLine{tc.want(c)}, c.trail()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type auditFields = map[string]any

func auditMethod(s string) func(*guardedClinic) string {
	return func(*guardedClinic) string { return s }
}

// TestACreatedRecordIsTraced proves R-52 for new records, made by a superuser in the dashboard and in a batch.
func TestACreatedRecordIsTraced(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	if answer := c.ask(c.superuser, "POST", "/api/collections/clients/records", `{"first_name":"Ane","last_name":"Friis"}`); answer.status != 200 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	batch := `{"requests":[{"method":"POST","url":"/api/collections/species/records","body":{"name":"Axolotl"}}]}`
	if answer := c.ask(c.superuser, "POST", "/api/batch", batch); answer.status != 200 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	got := c.trail()
	if len(got) != 2 {
		t.Fatalf("the trail holds %v", got)
	}
	got[0].Record, got[1].Record = "", ""
	by := "_superusers/" + c.superuser.Id
	want := []auditLine{
		{"clients", "", "create", by, nil, auditFields{"first_name": "Ane", "last_name": "Friis"}},
		{"species", "", "create", by, nil, auditFields{"name": "Axolotl"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// in a batch each request leaves its own trace of one record, and a record may be changed and deleted in the same batch.
func TestABatchIsTracedStepByStep(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	path := c.path("clients", "stranger")
	batch := `{"requests":[{"method":"PATCH","url":"` + path + `","body":{"city":"Odense"}},{"method":"PATCH","url":"` + path + `","body":{"city":"Vejle"}},` +
		`{"method":"DELETE","url":"` + path + `"}]}`
	if answer := c.ask(c.superuser, "POST", "/api/batch", batch); answer.status != 200 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	steps := map[string]string{}
	for _, line := range c.trail() {
		steps[line.Action+" "+fmt.Sprint(line.Before["city"])] = fmt.Sprint(line.After["city"])
	}
	if diff := cmp.Diff(map[string]string{"update ": "Odense", "update Odense": "Vejle", "delete Vejle": "<nil>"}, steps); diff != "" {
		t.Error(diff)
	}
}

// TestTheTrailIsOneWithTheChange proves that neither stays without the other, that what changed nothing and what the machine did leave
// no trace, and that an erased client's name does not live on in the trail.
func TestTheTrailIsOneWithTheChange(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t, func(app core.App) {
		app.OnRecordUpdate("clients").BindFunc(func(e *core.RecordEvent) error {
			if e.Record.GetBool("erase") {
				e.Record.Set("erase", false)
				e.Record.Set("first_name", "")
				e.Record.Set("last_name", "")
			}
			return e.Next()
		})
	})
	refused := `{"requests":[{"method":"PATCH","url":"` + c.path("clients", "client") + `","body":{"city":"Odense"}},` +
		`{"method":"PATCH","url":"` + c.path("bookings", "booking") + `","body":{"status":"requested"}}]}`
	if answer := c.ask(c.superuser, "POST", "/api/batch", refused); answer.status != 400 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	if answer := c.ask(c.superuser, "PATCH", c.path("clients", "client"), `{"city":"Aarhus"}`); answer.status != 200 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	row := c.row("clients", "client")
	row.Set("city", "Vejle")
	if err := c.app.Save(row); err != nil {
		t.Fatal(err)
	}
	if got := c.trail(); len(got) != 0 {
		t.Errorf("the trail holds %v", got)
	}
	if answer := c.ask(c.superuser, "PATCH", c.path("clients", "stranger"), `{"erase":true}`); answer.status != 200 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	want := []auditLine{{"clients", c.ids["stranger"], "erase", "_superusers/" + c.superuser.Id, nil, nil}}
	if diff := cmp.Diff(want, c.trail()); diff != "" {
		t.Error(diff)
	}
}

// TestTheTrailHoldsNoPasswords changes one, and looks for whatever is hidden.
func TestTheTrailHoldsNoPasswords(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	body := `{"name":"Mona Dahl","password":"battery-staple","passwordConfirm":"battery-staple"}`
	if answer := c.ask(c.superuser, "PATCH", c.path("staff", "manager"), body); answer.status != 200 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	want := []auditLine{{"staff", c.manager.Id, "update", "_superusers/" + c.superuser.Id, auditFields{"name": "Mona"}, auditFields{"name": "Mona Dahl"}}}
	if diff := cmp.Diff(want, c.trail()); diff != "" {
		t.Error(diff)
	}
}

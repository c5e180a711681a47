package hooks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/clinictest"
)

// what saving a rule would do is what saving it does, whatever the change.
func TestThePreviewCountsWhatTheRunDoes(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	teeth := clinictest.Reason(t, c.app)
	rule := c.rule()
	sent, _ := c.petOwner()
	for i := range 5 {
		client, pet := c.petOwner(fields{"born_on": fmt.Sprintf("202%d-05-1%d", i, i)})
		if i == 0 {
			sent = client
		}
		c.visited(client, pet, fmt.Sprintf("2026-0%d-01 08:00:00.000Z", i+2))
		c.visited(client, pet, fmt.Sprintf("2026-0%d-03 08:00:00.000Z", i+2), fields{"reason": teeth.Id})
	}
	c.madeByRules(sent)
	for _, change := range []struct {
		name   string
		change fields
	}{
		{"two months later", fields{"due_number": 14, "due_unit": "month"}},
		{"three months earlier", fields{"due_number": 9}},
		{"with steps around it", fields{"steps": []int{-60, 200}}},
		{"for another visit", fields{"reasons": []string{teeth.Id}}},
		{"for both visits", fields{"reasons": []string{teeth.Id, c.reason.Id}}},
		{"for no animal that there is", fields{"species": []string{clinictest.Species(t, c.app, "Horse").Id}}},
		{"for all animals again", fields{"species": nil}},
		{"off", fields{"inactive": true}},
		{"on and of an age", fields{"inactive": false, "trigger": "age_reached", "age_number": 2, "due_number": 0, "steps": []int{-90, 90}}},
		{"of another age", fields{"age_number": 4}},
		{"for visits again", fields{"trigger": "visit_completed", "due_number": 1, "due_unit": "year", "steps": nil}},
		{"another name", fields{"name": "Something else"}},
	} {
		t.Run(change.name, func(t *testing.T) {
			wish := fields{"preview": true}
			for field, value := range change.change {
				wish[field] = value
			}
			var asked reply
			c.unchanged(func() {
				asked = c.as(c.superuser, http.MethodPatch, rulesPath+"/"+rule.Id, wish)
			})
			if asked.Status != http.StatusBadRequest || asked.code("preview") != "preview" {
				t.Fatalf("preview: %d %s", asked.Status, asked.Body)
			}
			body := fields{"id": rule.Id}
			for field, value := range change.change {
				body[field] = value
			}
			route := c.as(c.superuser, http.MethodPost, "/api/reminder_rules/preview", body)
			if diff := cmp.Diff(asked.params("preview"), route.JSON); diff != "" {
				t.Errorf("the route says otherwise (-form +route):\n%s", diff)
			}
			c.patch(c.superuser, rule, change.change)
			p := asked.params("preview")
			want := fmt.Sprintf("%v reminders added, %v moved, %v cancelled.", p["adds"], p["moves"], p["cancels"])
			if p["adds"] == 1.0 {
				want = strings.Replace(want, "reminders", "reminder", 1)
			}
			notes := c.carryOut()
			if len(notes) == 0 {
				notes = []string{"0 reminders added, 0 moved, 0 cancelled."}
			}
			if diff := cmp.Diff([]string{want}, notes); diff != "" {
				t.Errorf("the run did otherwise (-preview +run):\n%s", diff)
			}
			again := c.as(c.superuser, http.MethodPatch, rulesPath+"/"+rule.Id, fields{"preview": true})
			if diff := cmp.Diff(map[string]any{"adds": 0.0, "moves": 0.0, "cancels": 0.0}, again.params("preview")); diff != "" {
				t.Errorf("there is something left to do:\n%s", diff)
			}
			t.Log(want)
		})
	}
}

// Whoever only asks changes nothing, and hears first what is wrong.
func TestAPreviewIsRefusedLikeTheRule(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	first := c.rule()
	manager := clinictest.Token(t, clinictest.Account(t, c.app, "manager"))
	vet := clinictest.Token(t, clinictest.Account(t, c.app, "vet"))
	off := clinictest.Token(t, clinictest.Change(t, c.app, clinictest.Account(t, c.app, "manager"), fields{"inactive": true}))
	c.unchanged(func() {
		ask := func(body fields) reply {
			return c.as(manager, http.MethodPost, rulesPath, c.yearly(fields{"preview": true}, body))
		}
		for field, refused := range map[string]struct {
			code string
			body fields
		}{
			"steps":          {"invalid_steps", fields{"steps": []int{1, 1}}},
			"reasons":        {"required", fields{"reasons": nil}},
			"reminder_group": {"overlapping_rules", fields{}},
			"due_number":     {"invalid_number", fields{"due_number": "soon"}},
			"name":           {"validation_required", fields{"name": "", "reminder_group": "other"}},
			"active_since":   {"read_only", fields{"active_since": "2027-01-01 00:00:00.000Z"}},
		} {
			if answer := ask(refused.body); answer.Status != http.StatusBadRequest || answer.code(field) != refused.code || answer.code("preview") != "" {
				t.Errorf("%s: %d %s", field, answer.Status, answer.Body)
			}
			if field == "active_since" {
				continue
			}
			if answer := c.as(manager, http.MethodPost, "/api/reminder_rules/preview", c.yearly(refused.body)); answer.Status != http.StatusBadRequest || answer.code(field) != refused.code {
				t.Errorf("%s by the route: %d %s", field, answer.Status, answer.Body)
			}
		}
		answer := ask(fields{"reminder_group": "other"})
		if got := answer.JSON["data"].(fields)["preview"].(fields)["message"]; got != "This adds 0 reminders, moves 0 and cancels 0." {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
		for who, asked := range map[string]reply{
			"a guest":           c.as("", http.MethodPost, "/api/reminder_rules/preview", c.yearly()),
			"a vet":             c.as(vet, http.MethodPost, "/api/reminder_rules/preview", c.yearly()),
			"a former manager":  c.as(off, http.MethodPost, "/api/reminder_rules/preview", c.yearly()),
			"a vet by the form": c.as(vet, http.MethodPost, rulesPath, c.yearly(fields{"preview": true})),
		} {
			if asked.Status != http.StatusUnauthorized && asked.Status != http.StatusForbidden && asked.Status != http.StatusBadRequest || asked.code("preview") != "" {
				t.Errorf("%s: %d %s", who, asked.Status, asked.Body)
			}
		}
		if answer := c.as(manager, http.MethodPost, "/api/reminder_rules/preview", c.yearly(fields{"id": "abcdefghijklmno"})); answer.code("id") != "unknown" {
			t.Errorf("an unknown rule: %d %s", answer.Status, answer.Body)
		}
		if answer := c.as(manager, http.MethodPatch, rulesPath+"/"+first.Id, fields{"preview": true, "inactive": true}); answer.code("preview") != "preview" {
			t.Errorf("a manager asks: %d %s", answer.Status, answer.Body)
		}
	})
}

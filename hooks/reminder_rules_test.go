package hooks_test

import (
	"maps"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

const rulesPath = "/api/collections/reminder_rules/records"

// yearly is a rule that makes a reminder a year after a check-up.
func (c *clinic) yearly(changes ...fields) fields {
	rule := fields{
		"name": "Yearly check-up", "trigger": "visit_completed", "reasons": []string{c.reason.Id}, "due_number": 1, "due_unit": "year",
		"methods": []string{"email"}, "reminder_group": "check-up",
	}
	for _, change := range changes {
		maps.Copy(rule, change)
	}
	return rule
}

// rule saves a rule as a superuser and demands that it works.
func (c *clinic) rule(changes ...fields) *core.Record {
	c.t.Helper()
	answer := c.as(c.superuser, http.MethodPost, rulesPath, c.yearly(changes...))
	if answer.Status != http.StatusOK {
		c.t.Fatalf("save a rule: %d %s", answer.Status, answer.Body)
	}
	return c.mustFind("reminder_rules", answer.text("id"))
}

func TestARuleIsCompletedWhenItIsSaved(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	rule := c.rule(fields{"due_unit": "", "methods": nil, "steps": []int{7, -30}, "reminder_group": " check-up "})
	got := fields{}
	for _, field := range []string{"age_unit", "due_unit", "reminder_group"} {
		got[field] = rule.GetString(field)
	}
	got["steps"], got["methods"] = rule.GetString("steps"), rule.GetStringSlice("methods")
	got["since"] = rule.GetDateTime("active_since").Time().Equal(c.now)
	want := fields{"age_unit": "year", "due_unit": "year", "reminder_group": "check-up", "steps": "[-30,7]", "methods": []string{"email"}, "since": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c.now = c.now.AddDate(0, 0, 1)
	c.patch(c.superuser, rule, fields{"name": "Check-up"})
	if !c.reload(rule).GetDateTime("active_since").Time().Equal(monday) {
		t.Error("a new name is a new beginning")
	}
	c.patch(c.superuser, rule, fields{"inactive": true})
	if !c.reload(rule).GetDateTime("active_since").IsZero() {
		t.Error("a rule that is off is active since some time")
	}
	c.patch(c.superuser, rule, fields{"inactive": false})
	if !c.reload(rule).GetDateTime("active_since").Time().Equal(c.now) {
		t.Error("a rule that is on again is not active since then")
	}
}

// PN-18, PN-19.
func TestARuleThatCannotWorkIsNotSaved(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	first := c.rule()
	group := c.reason.GetString("group")
	teeth := clinictest.Reason(t, c.app)
	for _, refused := range []struct {
		name, field, code string
		change            fields
	}{
		{"no visit named", "reasons", "required", fields{"reasons": nil, "reminder_group": "x"}},
		{"five steps", "steps", "invalid_steps", fields{"steps": []int{1, 2, 3, 4, 5}}},
		{"steps that are no list", "steps", "invalid_steps", fields{"steps": fields{"before": 30}}},
		{"a step twice", "steps", "invalid_steps", fields{"steps": []int{7, 7}}},
		{"a reason that is none", "reasons", "validation_missing_rel_records", fields{"reasons": []string{"abcdefghijklmno"}}},
		{"the same once more", "reminder_group", "overlapping_rules", fields{}},
		{"the same by its group of reasons", "reminder_group", "overlapping_rules", fields{"reasons": nil, "groups": []string{group}}},
		{"the same in months", "reminder_group", "overlapping_rules", fields{"due_number": 12, "due_unit": "month"}},
	} {
		t.Run(refused.name, func(t *testing.T) {
			c.unchanged(func() {
				answer := c.as(c.superuser, http.MethodPost, rulesPath, c.yearly(refused.change))
				if answer.Status != http.StatusBadRequest || answer.code(refused.field) != refused.code {
					t.Errorf("%d %s", answer.Status, answer.Body)
				}
			})
		})
	}
	answer := c.as(c.superuser, http.MethodPost, rulesPath, c.yearly())
	if diff := cmp.Diff(fields{"rule": first.Id, "name": "Yearly check-up"}, answer.params("reminder_group")); diff != "" {
		t.Errorf("the other rule is not named: %s", diff)
	}
	off := c.rule(fields{"inactive": true})
	if answer := c.as(c.superuser, http.MethodPatch, rulesPath+"/"+off.Id, fields{"inactive": false}); answer.code("reminder_group") != "overlapping_rules" {
		t.Errorf("switched on beside its like: %d %s", answer.Status, answer.Body)
	}
	c.rule(fields{"reasons": []string{teeth.Id}})
	c.rule(fields{"due_number": 2})
	c.rule(fields{"reminder_group": "teeth"})
	c.patch(c.superuser, first, fields{"name": "Check-up every year"})
}

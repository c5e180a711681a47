package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/reminder"
)

// ruleOf reads a reminder rule, its groups as the reasons that are in them now. Reasons that are no longer offered count as well: there are
// visits with them.
func ruleOf(r *core.Record, reasons map[string]*Reason) (reminder.Rule, error) {
	steps, ok := reminder.ParseSteps(storedJSON(r, "steps"))
	if !ok {
		return reminder.Rule{}, fmt.Errorf("rule %s: its steps are none", r.Id)
	}
	rule := reminder.Rule{
		ID: r.Id, Name: text(r, "name"), Trigger: reminder.Trigger(text(r, "trigger")), Reasons: list(r, "reasons"), Species: list(r, "species"),
		Age:   reminder.Span{Number: number(r, "age_number"), Unit: reminder.Unit(text(r, "age_unit"))},
		Due:   reminder.Span{Number: number(r, "due_number"), Unit: reminder.Unit(text(r, "due_unit"))},
		Steps: steps, Methods: list(r, "methods"), Template: text(r, "template"), Group: strings.TrimSpace(text(r, "reminder_group")),
		AlwaysSend: truth(r, "always_send"), Inactive: truth(r, "inactive"), ActiveSince: instant(r, "active_since"),
	}
	groups := list(r, "groups")
	for id, reason := range reasons {
		if slices.Contains(groups, reason.Group) && !slices.Contains(rule.Reasons, id) {
			rule.Reasons = append(rule.Reasons, id)
		}
	}
	slices.Sort(rule.Reasons)
	if len(rule.Methods) == 0 {
		rule.Methods = []string{"email"}
	}
	return rule, nil
}

func (l *loader) rule(r *core.Record) error {
	rule, err := ruleOf(r, l.clinic.Reasons)
	l.clinic.Rules = append(l.clinic.Rules, rule)
	return err
}

// rule is an automatic rule by its id, nil where it is gone.
func (c *Clinic) rule(id string) *reminder.Rule {
	for i := range c.Rules {
		if c.Rules[i].ID == id {
			return &c.Rules[i]
		}
	}
	return nil
}

// serves reports whether a visit for a reason keeps a reminder group up to date.
func (c *Clinic) serves(group, reason string) bool { return reminder.Serves(c.Rules, group, reason) }

// Rule is a rule of the clinic, or, where it is gone, one of that id that is switched off.
func (c *Clinic) Rule(id string) reminder.Rule {
	for _, r := range c.Rules {
		if r.ID == id {
			return r
		}
	}
	return reminder.Rule{ID: id, Inactive: true}
}

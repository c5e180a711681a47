package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/reminder"
	"pawbell/internal/store/record"
)

// RuleOf reads a reminder rule, its groups as the reasons that are in them now. Reasons that are no longer offered count as well: there are
// visits with them.
func RuleOf(r *core.Record, reasons map[string]*Reason) (reminder.Rule, error) {
	steps, ok := reminder.ParseSteps(record.JSON(r, "steps"))
	if !ok {
		return reminder.Rule{}, fmt.Errorf("rule %s: its steps are none", r.Id)
	}
	rule := reminder.Rule{
		ID: r.Id, Name: record.Text(r, "name"), Trigger: reminder.Trigger(record.Text(r, "trigger")), Reasons: record.List(r, "reasons"), Species: record.List(r, "species"),
		Age:   reminder.Span{Number: record.Number(r, "age_number"), Unit: reminder.Unit(record.Text(r, "age_unit"))},
		Due:   reminder.Span{Number: record.Number(r, "due_number"), Unit: reminder.Unit(record.Text(r, "due_unit"))},
		Steps: steps, Methods: record.List(r, "methods"), Template: record.Text(r, "template"), Group: strings.TrimSpace(record.Text(r, "reminder_group")),
		AlwaysSend: record.Truth(r, "always_send"), Inactive: record.Truth(r, "inactive"), ActiveSince: record.Time(r, "active_since"),
	}
	groups := record.List(r, "groups")
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
	rule, err := RuleOf(r, l.clinic.Reasons)
	l.clinic.Rules = append(l.clinic.Rules, rule)
	return err
}

// FindRule is an automatic rule by its id, nil where it is gone.
func (c *Clinic) FindRule(id string) *reminder.Rule {
	for i := range c.Rules {
		if c.Rules[i].ID == id {
			return &c.Rules[i]
		}
	}
	return nil
}

// Serves reports whether a visit for a reason keeps a reminder group up to date.
func (c *Clinic) Serves(group, reason string) bool { return reminder.Serves(c.Rules, group, reason) }

// Rule is a rule of the clinic, or, where it is gone, one of that id that is switched off.
func (c *Clinic) Rule(id string) reminder.Rule {
	for _, r := range c.Rules {
		if r.ID == id {
			return r
		}
	}
	return reminder.Rule{ID: id, Inactive: true}
}

// RepeatUnit is the unit of the time between two repetitions of a reminder, as stored: months where it is left open.
func RepeatUnit(stored string) reminder.Unit {
	if stored == "" {
		return reminder.Month
	}
	return reminder.Unit(stored)
}

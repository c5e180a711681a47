package recalls

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// CompleteRule writes what an empty field of a rule stands for, puts its steps in order, and notes since when it is switched on; was is the row
// as the database has it, nil for a new one. A rule that is switched on again begins anew: what it missed meanwhile stays missed.
func CompleteRule(r, was *core.Record, now time.Time) {
	for _, unit := range []string{"age_unit", "due_unit"} {
		if record.Text(r, unit) == "" {
			record.Set(r, unit, string(reminder.Year))
		}
	}
	if len(record.List(r, "methods")) == 0 {
		record.Set(r, "methods", []string{"email"})
	}
	record.Set(r, "reminder_group", strings.TrimSpace(record.Text(r, "reminder_group")))
	if steps, ok := reminder.ParseSteps(record.JSON(r, "steps")); ok {
		record.Set(r, "steps", append([]int{}, steps...))
	}
	switch {
	case record.Truth(r, "inactive"):
		record.Set(r, "active_since", "")
	case was == nil || record.Truth(was, "inactive") || record.Time(was, "active_since").IsZero():
		record.SetTime(r, "active_since", now)
	default:
		record.Set(r, "active_since", was.GetDateTime("active_since"))
	}
}

// CheckRule refuses a rule that would never fire, whose steps are none, or that would tell owners twice what another rule tells them
// already. The clinic is to be read in the transaction that saves the rule.
func CheckRule(clinic *store.Clinic, r *core.Record) error {
	if _, ok := reminder.ParseSteps(record.JSON(r, "steps")); !ok {
		return store.Wrong("steps", "invalid_steps", fmt.Sprintf("Write the steps as a list of at most %d different days, as in [-30, 7]. A step is at most %d days away.",
			reminder.MostSteps, reminder.FarthestStep))
	}
	rule, err := store.RuleOf(r, clinic.Reasons)
	if err != nil {
		return err
	}
	if p := rule.Check(); p != nil {
		return store.Wrong(p.Field, p.Code, p.Message)
	}
	rule.Template = textOf(clinic, rule)
	for _, other := range clinic.Rules {
		other.Template = textOf(clinic, other)
		if reminder.Overlap(rule, other) {
			refusal := store.Wrong("reminder_group", "overlapping_rules", overlapWords(rule, other))
			refusal.Params = map[string]any{"rule": other.ID, "name": other.Name}
			return refusal
		}
	}
	return nil
}

// textOf is the code of the text that a rule sends: its languages, and a place's own version of it, are the same text.
func textOf(clinic *store.Clinic, rule reminder.Rule) string {
	if named, known := clinic.Templates.ByID(rule.Template); known {
		return named.Code
	}
	return string(outbox.Reminder)
}

func overlapWords(rule, other reminder.Rule) string {
	about := "with the same text"
	if rule.Group != "" {
		about = "about " + rule.Group
	}
	return fmt.Sprintf("%q already makes a reminder %s that is due in the same month for the same animal. Owners would be told twice: change one of the two, or switch one off.",
		other.Name, about)
}

// RuleInBody makes a rule of a body that asks for a preview: of one that is stored, with the changes, or of a new one.
func RuleInBody(app core.App, id string, body map[string]any) (*core.Record, error) {
	rules, err := app.FindCachedCollectionByNameOrId(store.ReminderRules)
	if err != nil {
		return nil, fmt.Errorf("find the rules: %w", err)
	}
	r := core.NewRecord(rules)
	if id != "" {
		if r, err = app.FindRecordById(rules, id); errors.Is(err, sql.ErrNoRows) {
			return nil, store.Wrong("id", "unknown", "There is no such rule.")
		} else if err != nil {
			return nil, fmt.Errorf("find the rule: %w", err)
		}
	}
	for field, value := range body {
		if field != "id" && field != "active_since" {
			r.SetIfFieldExists(field, value)
		}
	}
	return r, nil
}

// WishesPreview reports whether saving a rule is to show what it would do, and nothing else, and takes the wish back.
func WishesPreview(r *core.Record) bool {
	wishes := record.Truth(r, "preview")
	record.Set(r, "preview", false)
	return wishes
}

// CountRule answers what saving a rule would do to the reminders, once everything else about it is in order; was is the row as the database has
// it, nil for a new one. The error is what validating says, or a *booking.Refusal.
func CountRule(app core.App, r, was *core.Record, now time.Time) (RuleCounts, error) {
	CompleteRule(r, was, now)
	if r.Id == "" {
		r.Id = core.GenerateDefaultRandomId()
	}
	if err := app.Validate(r); err != nil {
		return RuleCounts{}, err
	}
	return PreviewRule(app, r, now)
}

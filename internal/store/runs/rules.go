package runs

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/recalls"
	"pawbell/internal/store/record"
)

// RuleScope is the scope of a run that follows a rule.
func RuleScope(rule string) string { return "rule:" + rule }

// ruleParts are the fields of a rule that its reminders depend on, and ruleServices those on which the reminders of its group depend: which
// visits keep them up to date.
var (
	ruleParts = []string{
		"trigger", "reasons", "groups", "species", "age_number", "age_unit", "due_number", "due_unit", "steps", "methods", "template",
		"reminder_group", "always_send", "inactive",
	}
	ruleServices = []string{"reasons", "groups", "reminder_group", "inactive"}
)

// StartRule asks for the run that follows a rule, in the transaction that made it, changed it or deleted it, if its reminders depend on what
// changed: then the answer names it, with the reminders that it goes over. was is nil for a new rule, is for one that is deleted.
func StartRule(tx core.App, was, is *core.Record) (Followed, error) {
	follow := Followed{}
	parts, services := differ(was, is, ruleParts), differ(was, is, ruleServices)
	if !parts {
		return follow, nil
	}
	r := is
	if r == nil {
		r = was
	}
	var err error
	if follow.Run, err = Start(tx, SyncMessages, RuleScope(r.Id), false); err != nil {
		return follow, err
	}
	if services {
		if err := addRuleGroups(tx, follow.Run, was, is); err != nil {
			return follow, err
		}
	}
	err = tx.DB().NewQuery(`SELECT count(*) followed, count(CASE WHEN given ->> 'due_on' != due_on OR given ->> 'template' != template
			OR given -> 'methods' != methods OR given ->> 'reminder_group' != reminder_group THEN 1 END) kept
		FROM reminders WHERE rule = {:rule} AND origin != '' AND state IN ('scheduled', 'held')`).Bind(dbx.Params{"rule": r.Id}).Row(&follow.Followed, &follow.Kept)
	if err != nil {
		return follow, fmt.Errorf("count what a rule has made: %w", err)
	}
	return follow, nil
}

// differ reports whether any of the fields differs; a record that is missing, or a rule that is and was switched off, has none to differ.
func differ(was, is *core.Record, fields []string) bool {
	off := func(r *core.Record) bool { return r == nil || record.Truth(r, "inactive") }
	if off(was) && off(is) {
		return false
	}
	if was == nil || is == nil {
		return true
	}
	return record.Differ(was, is, fields)
}

// addRuleGroups notes on a run that waits which groups' reminders have other services now.
func addRuleGroups(tx core.App, run string, rules ...*core.Record) error {
	var groups []string
	if err := Plan(tx, run, &groups); err != nil {
		return err
	}
	for _, r := range rules {
		if r == nil {
			continue
		}
		if group := record.Text(r, "reminder_group"); group != "" && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return KeepPlan(tx, run, groups)
}

// ruleProgress is how far a run has come that follows a rule, and what it did so far.
type ruleProgress struct {
	At     recalls.RuleWalk   `json:"at"`
	Counts recalls.RuleCounts `json:"counts"`
}

// StepOfRule prepares the next piece of a run that follows a rule; what it answers writes that piece, with the progress on the run, in the
// transaction that also stores the run. Nothing is kept from piece to piece but the run's cursor.
func StepOfRule(app core.App, run *Run, limit int, now time.Time) (func(tx core.App, run *Run) (more bool, err error), error) {
	// The run was asked for in the transaction that changed the rule, so whoever sees the run and reads now reads the rule as it is since.
	clinic, err := store.LoadClinic(app)
	if err != nil {
		return nil, err
	}
	progress := ruleProgress{}
	if run.Cursor != "" {
		if err := json.Unmarshal([]byte(run.Cursor), &progress); err != nil {
			return nil, fmt.Errorf("read the run's cursor: %w", err)
		}
	}
	var groups []string
	if err := Plan(app, run.ID, &groups); err != nil {
		return nil, err
	}
	_, id := run.Part()
	total := run.Total
	if run.Cursor == "" {
		if total, err = recalls.SizeOfWalk(app.DB(), clinic.Rule(id), groups, now); err != nil {
			return nil, err
		}
	}
	part, err := recalls.NextOfRule(app, clinic, clinic.Rule(id), groups, progress.At, limit, now)
	if err != nil {
		return nil, err
	}
	return func(tx core.App, run *Run) (bool, error) {
		counts, failed, err := part.FollowOrCount(tx, clinic, run.Dry, now)
		if err != nil {
			return false, err
		}
		for _, problem := range failed {
			tx.Logger().Error("reminders could not be brought in line with a rule", slog.String("run", run.ID), slog.String("error", problem.Error()))
		}
		progress.At = part.Next
		progress.Counts.Add(counts)
		cursor, err := json.Marshal(progress)
		if err != nil {
			return false, fmt.Errorf("write the run's cursor: %w", err)
		}
		run.Cursor, run.Note = string(cursor), progress.Counts.Told(run.Dry)
		run.Done += part.Size()
		run.Total = max(total, run.Done)
		run.Failed += len(failed)
		if part.Next.Over() {
			// The size was counted ahead; what the first half of the work ended is not gone over by the second.
			run.Total = run.Done
		}
		return !part.Next.Over(), nil
	}, nil
}

// StartRegrouping asks for the runs that follow a reason which changed its group, or became or ceased to be one for the end of a life, in the
// transaction of the change: rules name reasons by their groups, and nothing follows from such a visit.
func StartRegrouping(tx core.App, was, is *core.Record) error {
	if !record.Differ(was, is, []string{"group", "end_of_life"}) {
		return nil
	}
	rules, err := tx.FindAllRecords(store.ReminderRules)
	if err != nil {
		return fmt.Errorf("read the rules: %w", err)
	}
	for _, rule := range rules {
		groups := record.List(rule, "groups")
		if !slices.Contains(groups, record.Text(was, "group")) && !slices.Contains(groups, record.Text(is, "group")) && !slices.Contains(record.List(rule, "reasons"), is.Id) {
			continue
		}
		run, err := Start(tx, SyncMessages, RuleScope(rule.Id), false)
		if err != nil {
			return err
		}
		if err := addRuleGroups(tx, run, rule); err != nil {
			return err
		}
	}
	return nil
}

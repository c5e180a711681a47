package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/calendar"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/recalls"
	"pawbell/internal/store/runs"
)

// ruleStep brings reminders in line with a rule that was made, changed, switched or deleted.
func ruleStep(j *house, _ context.Context, run *runs.Run, limit int) (piece, error) {
	return runs.StepOfRule(j.app, run, limit, j.now())
}

// makeMissing makes the reminders that rules want and that are not there: those of ages that have come near. Visits make theirs when they
// are completed; once a day all of them are asked again, so that nothing is lost that was written past the hooks.
func (j *house) makeMissing(ctx context.Context, now time.Time) error {
	clinic, err := j.desk.Clinic()
	if err != nil {
		return err
	}
	today := calendar.On(now, time.UTC)
	for _, rule := range clinic.Rules {
		if rule.Inactive || rule.Trigger != reminder.AgeReached && j.missedOn == today {
			continue
		}
		err := j.makeMissingOf(ctx, clinic, rule, now)
		if errors.Is(err, recalls.ErrRuleChanged) {
			// Its own run follows it; what is near by then is made in a minute.
			continue
		}
		if err != nil {
			return fmt.Errorf("what rule %s lacks: %w", rule.ID, err)
		}
	}
	j.missedOn = today
	return nil
}

// makeMissingOf makes what one rule lacks, in transactions as short as the pieces of a run.
func (j *house) makeMissingOf(ctx context.Context, clinic *store.Clinic, rule reminder.Rule, now time.Time) error {
	limit, at := mostAtOnce/5, recalls.WhatRulesLack()
	for !at.Over() && ctx.Err() == nil {
		part, err := recalls.NextOfRule(j.app, clinic, rule, nil, at, limit, now)
		if err != nil {
			return err
		}
		if at = part.Next; part.Size() == 0 {
			continue
		}
		var failed []error
		held, err := j.hold(ctx, func(tx core.App) (err error) {
			_, failed, err = part.Follow(tx, clinic, now)
			return err
		})
		if err != nil {
			return err
		}
		for _, problem := range failed {
			j.app.Logger().Error("reminders could not be planned", "rule", rule.ID, "error", problem.Error())
		}
		limit = nextLimit(limit, held)
	}
	return ctx.Err()
}

package jobs

import (
	"context"

	"pawbell/internal/store"
)

// ruleStep brings reminders in line with a rule that was made, changed, switched or deleted.
func ruleStep(j *house, _ context.Context, run *store.Run, limit int) (piece, error) {
	return store.StepOfRule(j.app, j.desk.Links, run, limit, j.now())
}

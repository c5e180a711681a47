package hooks

import (
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// ruleSound refuses a reminder rule that would never fire, or that would tell owners twice what another tells them already.
func ruleSound(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	// Read through e.App: a rule made a moment ago in the same batch counts too.
	clinic, err := store.LoadClinic(e.App)
	if err != nil {
		return err
	}
	return refused(store.CheckRule(clinic, e.Record))
}

// ruleMade completes a new rule.
func (h House) ruleMade(e *core.RecordEvent) error {
	store.CompleteRule(e.Record, nil, h.Now())
	return e.Next()
}

// ruleChanged completes a rule that changes.
func (h House) ruleChanged(e *core.RecordEvent) error {
	was, err := before(e)
	if err != nil {
		return err
	}
	store.CompleteRule(e.Record, was, h.Now())
	return e.Next()
}

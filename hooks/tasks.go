package hooks

import (
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// taskTicked signs a task that somebody ticks. Who has done the task to print a letter has printed it, and with that sent it: a letter whose
// task is off the list would wait for ever, as nobody is asked twice.
func (h House) taskTicked(e *core.RecordRequestEvent) error {
	done, err := store.SignTask(e.App, e.Record, e.Auth)
	if err != nil {
		return err
	}
	if !done {
		return e.Next()
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	if err := queue.PrintedByTask(e.App, clinic, e.Record, e.Auth, h.Now()); err != nil {
		return err
	}
	return e.Next()
}

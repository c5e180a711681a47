package record

import (
	"context"
	"errors"
	"fmt"

	"github.com/pocketbase/pocketbase/core"
)

// Announce tells realtime subscribers about records that raw statements changed. It is to be called after the commit; the error says only that
// somebody may not have heard.
func Announce(ctx context.Context, app core.App, records []*core.Record) error {
	var problems []error
	for _, r := range records {
		event := new(core.ModelEvent)
		event.App, event.Model, event.Type, event.Context = app, r, core.ModelEventTypeUpdate, ctx
		if err := app.OnModelAfterUpdateSuccess().Trigger(event); err != nil {
			problems = append(problems, fmt.Errorf("announce %s: %w", r.Collection().Name, err))
		}
	}
	return errors.Join(problems...)
}

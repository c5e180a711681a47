package record

import (
	"context"
	"errors"
	"fmt"

	"github.com/pocketbase/pocketbase/core"
)

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

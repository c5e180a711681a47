package jobs

import (
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// announce tells realtime subscribers about rows that raw statements brought to an end. Nobody listening costs nothing.
func (j *house) announce(ids []string) {
	if len(ids) == 0 || j.app.SubscriptionsBroker().TotalClients() == 0 {
		return
	}
	records, err := j.app.FindRecordsByIds(store.Messages, ids)
	if err != nil {
		j.app.Logger().Error("announce failed", "error", err.Error())
		return
	}
	for _, r := range records {
		event := new(core.ModelEvent)
		event.App, event.Model, event.Type, event.Context = j.app, r, core.ModelEventTypeUpdate, j.ctx
		if err := j.app.OnModelAfterUpdateSuccess().Trigger(event); err != nil {
			j.app.Logger().Error("announce failed", "error", err.Error())
		}
	}
}

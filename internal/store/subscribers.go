package store

import (
	"context"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store/record"
)

// TellLater tells realtime subscribers about records that raw statements changed, once the transaction that app is has been committed.
func (c *Clinic) TellLater(app core.App, collection string, ids []string) {
	if len(ids) == 0 || c.home == nil || app.TxInfo() == nil || c.home.SubscriptionsBroker().TotalClients() == 0 {
		return
	}
	app.TxInfo().OnComplete(func(txErr error) error {
		if txErr != nil {
			return nil
		}
		records, err := c.home.FindRecordsByIds(collection, ids)
		if err == nil {
			err = record.Announce(context.Background(), c.home, records)
		}
		if err != nil {
			// What was changed is stored; somebody may not have heard of it.
			c.home.Logger().Error("announce failed", "error", err.Error())
		}
		return nil
	})
}

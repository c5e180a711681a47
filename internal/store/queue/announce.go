package queue

import (
	"context"
	"fmt"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Announce tells realtime subscribers about messages that raw statements changed. It is to be called after the commit; nobody listening
// costs nothing. The rows stand as they are stored whatever the error is: it says only that somebody may not have heard.
func Announce(ctx context.Context, app core.App, ids []string) error {
	if len(ids) == 0 || app.SubscriptionsBroker().TotalClients() == 0 {
		return nil
	}
	records, err := app.FindRecordsByIds(store.Messages, ids)
	if err != nil {
		return fmt.Errorf("announce messages: %w", err)
	}
	return record.Announce(ctx, app, records)
}

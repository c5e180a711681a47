package queue

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store/record"
)

// lookAtRecallsOf has the reminders of messages planned anew soon, since something became of them. Whoever moves many messages at once calls it
// instead of planning each client on the spot; [recalls.Due] then finds them.
func lookAtRecallsOf(app core.App, messages []string, now time.Time) error {
	if len(messages) == 0 {
		return nil
	}
	set, err := record.IDSet(messages)
	if err != nil {
		return err
	}
	return lookAtRecalls(app.NonconcurrentDB(), set, now)
}

// lookAtRecalls is the same for ids that are written as [record.IDSet] writes them; messages that carry no reminders are passed over.
func lookAtRecalls(db dbx.Builder, messages string, now time.Time) error {
	_, err := db.NewQuery(`UPDATE reminders SET look_at = {:now} WHERE id IN (
			SELECT j.value FROM messages m, json_each(m.reminders) j WHERE m.id IN (SELECT value FROM json_each({:ids})) AND +m.purpose = 'reminder')
		AND (look_at = '' OR look_at > {:now})`).Bind(dbx.Params{"now": record.Instant(now), "ids": messages}).Execute()
	if err != nil {
		return fmt.Errorf("have reminders looked at: %w", err)
	}
	return nil
}

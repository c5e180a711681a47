package queue

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
)

// WriteAttempts writes down that messages are handed over now. It is called before their provider is.
func WriteAttempts(app core.App, going []Outgoing, now time.Time, gateway func(outbox.Channel) string) error {
	if err := writeAttempts(app.NonconcurrentDB(), going, now, gateway); err != nil {
		return fmt.Errorf("write attempts: %w", err)
	}
	return nil
}

// writeAttempts writes the moment by both clocks: at by the clinic's, created by the real one, which a provider's is compared with when it is
// asked.
func writeAttempts(db dbx.Builder, going []Outgoing, now time.Time, gateway func(outbox.Channel) string) error {
	through := map[string][]string{}
	for _, m := range going {
		name := gateway(m.Channel)
		through[name] = append(through[name], m.ID)
	}
	for name, messages := range through {
		rows, err := eventIDs(messages, now)
		if err != nil {
			return err
		}
		_, err = db.NewQuery(`INSERT INTO message_events (id, message, kind, at, gateway, created, updated)
			SELECT value, key, 'attempt', {:now}, {:gateway}, ` + record.RealNow + `, ` + record.RealNow + ` FROM json_each({:rows})`).
			Bind(dbx.Params{"rows": rows, "now": record.Instant(now), "gateway": name}).Execute()
		if err != nil {
			return err
		}
	}
	return nil
}

// eventIDs gives each message an id for an event of now, as the JSON object that the statements read.
func eventIDs(messages []string, now time.Time) (string, error) {
	ids := make(map[string]string, len(messages))
	for _, m := range messages {
		ids[m] = record.NewID(now)
	}
	return record.Object(ids)
}

package queue

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"pawbell/internal/store/record"
)

// take turns rows into leased ones and writes their attempts down, in a transaction. OR FAIL, here and where outcomes are written, spares SQLite a
// copy of every page that it would undo a broken statement with: the whole transaction is undone then.
func take(db dbx.Builder, going []Outgoing, now time.Time, o LeaseOptions) error {
	by := map[string][]string{}
	for _, m := range going {
		name := o.Gateway(m.Channel)
		by[name] = append(by[name], m.ID)
	}
	for gateway, ids := range by {
		set, err := record.IDSet(ids)
		if err != nil {
			return err
		}
		result, err := db.NewQuery(`UPDATE OR FAIL messages SET state = 'sending', leased_until = {:until}, attempts = attempts + 1, next_try_at = '',
			gateway = {:gateway}, updated = {:now}, revision = revision + 1
			WHERE id IN (SELECT value FROM json_each({:ids})) AND +state = 'queued'`).
			Bind(dbx.Params{"ids": set, "gateway": gateway, "now": record.Instant(now), "until": record.Instant(now.Add(o.For))}).Execute()
		if err != nil {
			return err
		}
		// One writer at a time means that nothing can have moved since the rows were read; a second process would show here.
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if int(n) != len(ids) {
			return fmt.Errorf("took %d of %d rows: is another process working on this data?", n, len(ids))
		}
		if err := writeAttempts(db, ids, now, gateway); err != nil {
			return fmt.Errorf("write attempts: %w", err)
		}
	}
	return nil
}

// writeAttempts writes the moment by both clocks: at by the clinic's, created by the real one, which a provider's is compared with when it is
// asked.
func writeAttempts(db dbx.Builder, messages []string, now time.Time, gateway string) error {
	rows, err := eventIDs(messages, now)
	if err != nil {
		return err
	}
	_, err = db.NewQuery(`INSERT OR FAIL INTO message_events (id, message, kind, at, gateway, created, updated)
		SELECT value, key, 'attempt', {:now}, {:gateway}, ` + record.RealNow + `, ` + record.RealNow + ` FROM json_each({:rows})`).
		Bind(dbx.Params{"rows": rows, "now": record.Instant(now), "gateway": gateway}).Execute()
	return err
}

// eventIDs gives each message an id for an event of now, as the JSON object that the statements read.
func eventIDs(messages []string, now time.Time) (string, error) {
	ids := make(map[string]string, len(messages))
	for _, m := range messages {
		ids[m] = record.NewID(now)
	}
	return record.Object(ids)
}

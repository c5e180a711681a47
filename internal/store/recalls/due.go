package recalls

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Due lists clients whose reminders have to be planned anew because time has passed: a message of theirs left or came to its end, a moment went by, a
// visit that held one back is over. They are those of up to limit reminders, the longest overdue first.
func Due(app core.App, now time.Time, limit int) ([]string, error) {
	var clients []string
	// Left to itself, SQLite goes through all clients in their order, to have no two alike.
	err := app.DB().NewQuery(`SELECT DISTINCT client FROM (
		SELECT client FROM reminders WHERE look_at != '' AND look_at <= {:now} ORDER BY look_at LIMIT {:limit})`).
		Bind(dbx.Params{"now": record.Instant(now), "limit": limit}).Column(&clients)
	if err != nil {
		return nil, fmt.Errorf("reminders to look at: %w", err)
	}
	return clients, nil
}

// partingFor is for how long after a farewell somebody may still find that its reason was marked as one by mistake, or was not marked at all.
const partingFor = 365 * 24 * time.Hour

// FollowFarewells has the reminders of those planned anew soon who have a visit for a reason that became, or ceased to be, one for the end of a life
// . It is one statement in the transaction of that change; [Due] then finds them.
func FollowFarewells(app core.App, was, reason *core.Record, now time.Time) error {
	if !record.Differ(was, reason, []string{"end_of_life"}) {
		return nil
	}
	_, err := app.NonconcurrentDB().NewQuery(`UPDATE reminders SET look_at = {:now} WHERE client IN (
		SELECT client FROM bookings WHERE reason = {:reason} AND starts_at > {:since} AND status NOT IN ('cancelled', 'no_show'))`).
		Bind(dbx.Params{"reason": reason.Id, "since": record.Instant(now.Add(-partingFor)), "now": record.Instant(now)}).Execute()
	if err != nil {
		return fmt.Errorf("have reminders of farewells looked at: %w", err)
	}
	return nil
}

// PutOff looks at a client's reminders again at a later moment: their plan failed, and the others must not wait for it.
func PutOff(app core.App, client string, until time.Time) error {
	_, err := app.NonconcurrentDB().NewQuery(`UPDATE reminders SET look_at = {:until} WHERE client = {:client} AND look_at != '' AND look_at < {:until}`).
		Bind(dbx.Params{"client": client, "until": record.Instant(until)}).Execute()
	if err != nil {
		return fmt.Errorf("put off the reminders of a client: %w", err)
	}
	return nil
}

// FollowAddresses gives the reminders that go to a client's own address or number the new one, in the transaction that changes the client: what was
// filled in from the record follows it, what somebody typed for one reminder stays. Those that are over follow too, as they may be put back.
func FollowAddresses(app core.App, was, client *core.Record, now time.Time) error {
	for field, of := range map[string]string{"to_email": "email", "to_phone": "sms_phone"} {
		from, to := filledIn(of, record.Text(was, of)), filledIn(of, record.Text(client, of))
		if from == "" || from == to {
			continue
		}
		_, err := app.NonconcurrentDB().NewQuery(`UPDATE reminders SET ` + field + ` = {:to}, updated = {:now}, revision = revision + 1
			WHERE client = {:client} AND ` + field + ` IN ({:from}, {:written})`).
			Bind(dbx.Params{"to": to, "from": from, "written": record.Text(was, of), "client": client.Id, "now": record.Instant(now)}).Execute()
		if err != nil {
			return fmt.Errorf("follow a new address with reminders: %w", err)
		}
	}
	return nil
}

// filledIn is how a client's address stands on the reminders into which it was filled: as it is written to, which need not be as the record has it.
func filledIn(field, written string) string {
	if address, ok := booking.Email(written); ok && field == "email" {
		return address
	}
	return written
}

// PlanLifted brings back what a stop had kept from coming reminders, in the transaction that lifts it.
func PlanLifted(app core.App, clinic *store.Clinic, stop *core.Record, now time.Time) error {
	var clients []string
	err := app.DB().NewQuery(`
		SELECT DISTINCT client FROM reminders WHERE client IN (
			SELECT id FROM clients WHERE match_phone = {:address} UNION SELECT id FROM clients WHERE match_sms_phone = {:address}
			UNION SELECT id FROM clients WHERE match_email = {:address}
			UNION SELECT m.client FROM messages m WHERE m."to" = {:address} AND +m.purpose = 'reminder')`).
		Bind(dbx.Params{"address": record.Text(stop, "address")}).Column(&clients)
	if err != nil {
		return fmt.Errorf("find reminders of a stop: %w", err)
	}
	for _, client := range clients {
		if err := Plan(app, clinic, client, now); err != nil {
			return err
		}
	}
	return nil
}

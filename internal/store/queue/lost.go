package queue

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
)

// LostLease is a row whose lease ran out: the process died, or an answer never came.
type LostLease struct {
	Outgoing
	Gateway   string
	GatewayID string
	Attempted time.Time // when the last attempt was made, by the clinic's clock
	Since     time.Time // the same by the real clock, which providers have
	// HandedOver says that the last thing known of it is an attempt. Otherwise the lease ran out before its turn, and it surely never left.
	HandedOver bool
	Doubts     int // attempts of which nobody could ever tell what became of them, this one included
}

// LostLeases reads up to limit rows whose lease ran out, in the order in which their last attempts were written down.
//
// An attempt is in doubt when nothing was written down between it and the next one: an answer, a report and a settlement all leave an
// event, so a row that only ever failed for a while is in no doubt at all. Events count in the order in which they were written: their
// moments come from several clocks.
func LostLeases(app core.App, now time.Time, limit int) ([]LostLease, error) {
	db := app.NonconcurrentDB()
	rows, err := readRows(db.NewQuery(rowColumns + ` WHERE m.state = 'sending' AND m.leased_until <= {:now} ORDER BY m.leased_until LIMIT {:limit}`).
		Bind(dbx.Params{"now": record.Instant(now), "limit": limit}))
	if err != nil {
		return nil, fmt.Errorf("read lost leases: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	set, err := record.IDSet(ids)
	if err != nil {
		return nil, err
	}
	var histories []struct {
		ID        string  `db:"id"`
		Gateway   string  `db:"gateway"`
		GatewayID string  `db:"gateway_id"`
		Attempted string  `db:"attempted"`
		Since     string  `db:"since"`
		Turn      float64 `db:"turn"`
		Doubts    float64 `db:"doubts"`
		Open      float64 `db:"open"`
	}
	err = db.NewQuery(`
		SELECT m.id, m.gateway, m.gateway_id, ifnull(max(CASE WHEN e.kind = 'attempt' THEN e.at END), m.updated) AS attempted,
		       ifnull(max(CASE WHEN e.kind = 'attempt' THEN e.created END), m.updated) AS since,
		       ifnull(max(CASE WHEN e.kind = 'attempt' THEN e.turn END), 0) AS turn,
		       total(e.kind = 'attempt' AND ifnull(e.next, 'attempt') = 'attempt') AS doubts,
		       total(e.kind = 'attempt' AND e.next IS NULL) AS open
		FROM messages m LEFT JOIN (
			SELECT message, kind, at, created, rowid AS turn, lead(kind) OVER (PARTITION BY message ORDER BY rowid) AS next
			FROM message_events WHERE message IN (SELECT value FROM json_each({:ids}))
		) e ON e.message = m.id
		WHERE m.id IN (SELECT value FROM json_each({:ids})) GROUP BY m.id`).Bind(dbx.Params{"ids": set}).All(&histories)
	if err != nil {
		return nil, fmt.Errorf("read attempts of lost leases: %w", err)
	}
	at := make(map[string]int, len(histories))
	for i, h := range histories {
		at[h.ID] = i
	}
	slices.SortStableFunc(rows, func(a, b Due) int { return cmp.Compare(histories[at[a.ID]].Turn, histories[at[b.ID]].Turn) })
	lost := make([]LostLease, len(rows))
	for i, r := range rows {
		h := histories[at[r.ID]]
		r.State = outbox.Sending
		lost[i] = LostLease{Outgoing: r.Outgoing, Gateway: h.Gateway, GatewayID: h.GatewayID, Attempted: record.ParseInstant(h.Attempted), Since: record.ParseInstant(h.Since), HandedOver: h.Open > 0, Doubts: max(1, int(h.Doubts))}
	}
	return lost, nil
}

// Claimed reads which of the provider's ids belong to messages to the same addresses, with our id of each, so that one provider's message is never
// taken for two of ours.
func Claimed(app core.App, lost []LostLease) (map[string]string, error) {
	addresses := make([]string, len(lost))
	for i, l := range lost {
		addresses[i] = l.To
	}
	set, err := record.IDSet(addresses)
	if err != nil {
		return nil, err
	}
	holders, err := holdersOf(app.NonconcurrentDB(), `"to" IN (SELECT value FROM json_each({:of})) AND +gateway_id != ''`, set)
	if err != nil {
		return nil, fmt.Errorf("read claimed ids: %w", err)
	}
	return holders, nil
}

// holdersOf reads whose the provider's ids are.
func holdersOf(db dbx.Builder, condition, of string) (map[string]string, error) {
	var rows []struct {
		ID        string `db:"id"`
		GatewayID string `db:"gateway_id"`
	}
	if err := db.NewQuery(`SELECT id, gateway_id FROM messages WHERE ` + condition).Bind(dbx.Params{"of": of}).All(&rows); err != nil {
		return nil, err
	}
	holders := make(map[string]string, len(rows))
	for _, r := range rows {
		holders[r.GatewayID] = r.ID
	}
	return holders, nil
}

// anotherLook is when a provider is asked again about a message whose like is on its way: that one will mostly have its answer then.
const anotherLook = time.Second

// unclaimed takes back what was found at a provider for one message while a report or an answer gave it to another one: that was not this message, and
// the provider is asked again. It is asked again as well while a message that is alike is on its way: what was found may be that one's, and
// its answer will say so.
func unclaimed(db dbx.Builder, batch []Ended, now time.Time) ([]Ended, error) {
	var found []string
	for _, e := range batch {
		if e.Found {
			found = append(found, e.GatewayID)
		}
	}
	if len(found) == 0 {
		return batch, nil
	}
	set, err := record.IDSet(found)
	if err != nil {
		return nil, err
	}
	holders, err := holdersOf(db, `gateway_id IN (SELECT value FROM json_each({:of})) AND gateway_id != ''`, set)
	if err != nil {
		return nil, fmt.Errorf("read claimed ids: %w", err)
	}
	twins, err := withTwinOnItsWay(db, batch, now)
	if err != nil {
		return nil, err
	}
	batch = slices.Clone(batch)
	for i, e := range batch {
		if !e.Found {
			continue
		}
		again := outbox.Settlement{State: outbox.Sending, LookAt: now}
		if holder, claimed := holders[e.GatewayID]; !claimed && twins[e.Message.ID] {
			again.LookAt = now.Add(anotherLook)
		} else if !claimed || holder == e.Message.ID {
			continue
		}
		batch[i] = Ended{Settlement: again, Message: e.Message, Gateway: e.Gateway}
	}
	return batch, nil
}

// withTwinOnItsWay reads which of the texts found have one like them with the same provider at this moment: its lease holds. E-mails have numbers of
// ours, and are never taken for each other.
func withTwinOnItsWay(db dbx.Builder, batch []Ended, now time.Time) (map[string]bool, error) {
	var found []string
	for _, e := range batch {
		if e.Found && e.Message.Channel == outbox.SMS {
			found = append(found, e.Message.ID)
		}
	}
	set, err := record.IDSet(found)
	if err != nil {
		return nil, err
	}
	var ids []string
	err = db.NewQuery(`SELECT m.id FROM messages m WHERE m.id IN (SELECT value FROM json_each({:ids})) AND EXISTS (SELECT 1 FROM messages o
		WHERE o."to" = m."to" AND o.id != m.id AND o.channel = m.channel AND o.text = m.text AND +o.state = 'sending' AND o.leased_until > {:now})`).
		Bind(dbx.Params{"ids": set, "now": record.Instant(now)}).Column(&ids)
	if err != nil {
		return nil, fmt.Errorf("look for messages that are alike: %w", err)
	}
	twins := make(map[string]bool, len(ids))
	for _, id := range ids {
		twins[id] = true
	}
	return twins, nil
}

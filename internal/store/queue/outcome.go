package queue

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/sms"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Ended is what one attempt led to, to be written down.
type Ended struct {
	outbox.Settlement
	Message   Outgoing
	Gateway   string
	GatewayID string
	Found     bool   // GatewayID was found by asking, and is this message's unless another one turns out to have it
	Detail    string // the provider's words, without people's data
	Event     string // the kind of event to record, "" for none
}

// outcome is one row as it is written after an attempt.
type outcome struct {
	ID        string
	State     string
	Reason    string
	Detail    string
	Gateway   string
	GatewayID string
	NextTryAt string
	Leased    string
	Uncounted int
	bill
	Event string
}

// SaveOutcomes writes what a batch of attempts led to: the rows, their events, and the tasks of those that failed,
// all in one transaction. A report that overtook its answer is not undone. It answers the ids of rows that reached an end.
func SaveOutcomes(app core.App, clinic *store.Clinic, batch []Ended, now time.Time) ([]string, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	var announce, recalls []string
	err := app.RunInTransaction(func(tx core.App) error {
		batch, err := unclaimed(tx.NonconcurrentDB(), batch, now)
		if err != nil {
			return err
		}
		announce, recalls = nil, nil
		rows := make([]outcome, len(batch))
		for i, e := range batch {
			rows[i] = outcomeOf(clinic, e, now)
			if e.State != outbox.Queued && e.State != outbox.Sending {
				announce = append(announce, e.Message.ID)
				if e.Message.Purpose == outbox.Reminder {
					recalls = append(recalls, e.Message.ID)
				}
			}
		}
		if err := writeOutcomes(tx.NonconcurrentDB(), rows, now); err != nil {
			return err
		}
		if err := lookAtRecallsOf(tx, recalls, now); err != nil {
			return err
		}
		return noteEnds(tx, batch)
	})
	return announce, err
}

// The row's state is only written while it is still sending: a report may have been quicker. What the answer alone knows is written anyway. The rows
// are a JSON object of ids and the provider's ids, which SQLite walks without reading any of it twice.
const outcomeStatement = `
UPDATE OR FAIL messages SET
  state = CASE WHEN state = 'sending' THEN {:state} ELSE state END,
  reason = CASE WHEN state = 'sending' THEN {:reason} ELSE reason END,
  detail = CASE WHEN state = 'sending' THEN {:detail} ELSE detail END,
  next_try_at = CASE WHEN state = 'sending' THEN {:next_try_at} ELSE next_try_at END,
  leased_until = CASE WHEN state = 'sending' THEN {:leased} ELSE '' END,
  attempts = attempts - {:uncounted},
  gateway_id = CASE WHEN j.value != '' THEN j.value ELSE gateway_id END,
  sent_at = CASE WHEN sent_at = '' THEN {:sent_at} ELSE sent_at END,
  cost = CASE WHEN {:sent_at} != '' THEN {:cost} ELSE cost END,
  currency = CASE WHEN {:sent_at} != '' THEN {:currency} ELSE currency END,
  billed_period = CASE WHEN {:sent_at} != '' THEN {:period} ELSE billed_period END,
  legal_id = CASE WHEN {:sent_at} != '' THEN {:legal_id} ELSE legal_id END,
  updated = {:now}, revision = revision + 1
FROM json_each({:rows}) j WHERE messages.id = j.key`

const outcomeEvent = `
INSERT OR FAIL INTO message_events (id, message, kind, at, gateway, detail, created, updated)
SELECT value, key, {:event}, {:now}, {:gateway}, {:detail}, {:now}, {:now} FROM json_each({:rows})`

// writeOutcomes writes rows and events, those that ended alike in one statement: of a batch nearly all were accepted.
func writeOutcomes(db dbx.Builder, rows []outcome, now time.Time) error {
	alike := map[outcome]map[string]string{}
	var order []outcome
	for _, o := range rows {
		same := o
		same.ID, same.GatewayID = "", ""
		if alike[same] == nil {
			alike[same] = make(map[string]string, len(rows))
			order = append(order, same)
		}
		alike[same][o.ID] = o.GatewayID
	}
	for _, o := range order {
		rows, err := record.Object(alike[o])
		if err != nil {
			return err
		}
		if _, err := db.NewQuery(outcomeStatement).Bind(o.params(rows, now)).Execute(); err != nil {
			return fmt.Errorf("write outcomes: %w", err)
		}
		if o.Event == "" {
			continue
		}
		events, err := eventIDs(slices.Collect(maps.Keys(alike[o])), now)
		if err != nil {
			return err
		}
		params := dbx.Params{"rows": events, "event": o.Event, "gateway": o.Gateway, "detail": o.Detail, "now": record.Instant(now)}
		if _, err := db.NewQuery(outcomeEvent).Bind(params).Execute(); err != nil {
			return fmt.Errorf("write events: %w", err)
		}
	}
	return nil
}

func (o outcome) params(rows string, now time.Time) dbx.Params {
	return dbx.Params{
		"rows": rows, "state": o.State, "reason": o.Reason, "detail": o.Detail, "next_try_at": o.NextTryAt, "leased": o.Leased, "uncounted": o.Uncounted,
		"sent_at": o.SentAt, "cost": o.Cost, "currency": o.Currency, "period": o.Period, "legal_id": o.LegalID, "now": record.Instant(now),
	}
}

func outcomeOf(clinic *store.Clinic, e Ended, now time.Time) outcome {
	o := outcome{
		ID: e.Message.ID, State: string(e.State), Reason: string(e.Reason), Detail: e.Detail, Gateway: e.Gateway, GatewayID: e.GatewayID,
		NextTryAt: record.Instant(e.NextTryAt), Leased: record.Instant(e.LookAt), Event: e.Event,
	}
	if e.Uncounted {
		o.Uncounted = 1
	}
	if e.State == outbox.Sent || e.State == outbox.Delivered {
		o.bill = billOf(clinic, e.Message.Location, e.Message.Channel, e.Message.Parts, now)
	}
	return o
}

// bill is what is written when a message was handed over, so that later changes of prices and companies do not touch it.
type bill struct {
	SentAt   string  `json:"sent_at"`
	Cost     float64 `json:"cost"`
	Currency string  `json:"currency"`
	Period   string  `json:"period"`
	LegalID  string  `json:"legal_id"`
}

func billOf(clinic *store.Clinic, location string, channel outbox.Channel, parts int, now time.Time) bill {
	b := bill{SentAt: record.Instant(now)}
	at := clinic.Locations[location]
	if at == nil {
		return b
	}
	b.LegalID, b.Period, b.Currency = at.LegalID, Quarter(now.In(at.Place.Zone)), at.Currency
	if channel == outbox.SMS {
		b.Cost = sms.Cost(parts, at.SMSPrice)
	}
	return b
}

// Quarter is the accounting period of a local time, as in 2027Q1.
func Quarter(local time.Time) string {
	return fmt.Sprintf("%dQ%d", local.Year(), (int(local.Month())+2)/3)
}

// noteEnds stops addresses and asks people about the messages of a batch that failed, or of which nobody knows what became. Only what really
// ended so counts: a report may have been quicker and known better.
func noteEnds(tx core.App, batch []Ended) error {
	var ids []string
	for _, e := range batch {
		if e.State == outbox.Failed || e.State == outbox.Unknown {
			ids = append(ids, e.Message.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	states, err := statesOf(tx.NonconcurrentDB(), ids)
	if err != nil {
		return err
	}
	for _, e := range batch {
		if states[e.Message.ID] != e.State {
			continue
		}
		if err := noteEnd(tx, e); err != nil {
			return err
		}
	}
	return nil
}

func noteEnd(tx core.App, e Ended) error {
	m := e.Message
	if e.State == outbox.Unknown {
		return store.MakeTask(tx, store.Task{
			Kind: "message_unknown", Title: "Nobody knows whether a message arrived", Location: m.Location, Client: m.Client, Booking: m.Booking, Message: m.ID,
		})
	}
	return noteFailure(tx, failure{
		ID: m.ID, Location: m.Location, Client: m.Client, Booking: m.Booking, To: m.To, Purpose: m.Purpose, Channel: m.Channel, Failed: true, Reason: e.Reason,
	})
}

func statesOf(db dbx.Builder, ids []string) (map[string]outbox.State, error) {
	set, err := record.IDSet(ids)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID    string `db:"id"`
		State string `db:"state"`
	}
	if err := db.NewQuery(`SELECT id, state FROM messages WHERE id IN (SELECT value FROM json_each({:ids}))`).Bind(dbx.Params{"ids": set}).All(&rows); err != nil {
		return nil, fmt.Errorf("read states: %w", err)
	}
	states := make(map[string]outbox.State, len(rows))
	for _, r := range rows {
		states[r.ID] = outbox.State(r.State)
	}
	return states, nil
}

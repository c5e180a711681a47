package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/sms"
)

// Ended is what one attempt led to, to be written down.
type Ended struct {
	outbox.Settlement
	Message   Outgoing
	Gateway   string
	GatewayID string
	Detail    string // the provider's words, without people's data
	Event     string // the kind of event to record, "" for none
}

// outcome is one row of the statement that writes outcomes.
type outcome struct {
	ID        string  `json:"id"`
	State     string  `json:"state"`
	Reason    string  `json:"reason"`
	Detail    string  `json:"detail"`
	Gateway   string  `json:"gateway"`
	GatewayID string  `json:"gateway_id"`
	SentAt    string  `json:"sent_at"`
	NextTryAt string  `json:"next_try_at"`
	Leased    string  `json:"leased"`
	Uncounted int     `json:"uncounted"`
	Cost      float64 `json:"cost"`
	Currency  string  `json:"currency"`
	Period    string  `json:"period"`
	LegalID   string  `json:"legal_id"`
	Event     string  `json:"event"`
}

// SaveOutcomes writes what a batch of attempts led to: one statement for the rows, one for their events, and the tasks of those that failed,
// all in one transaction. A report that overtook its answer is not undone. It answers the ids of rows that reached an end.
func SaveOutcomes(app core.App, clinic *Clinic, batch []Ended, now time.Time) ([]string, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	var announce []string
	rows := make([]outcome, len(batch))
	for i, e := range batch {
		rows[i] = outcomeOf(clinic, e, now)
		if e.State != outbox.Queued && e.State != outbox.Sending {
			announce = append(announce, e.Message.ID)
		}
	}
	b, err := json.Marshal(rows)
	if err != nil {
		return nil, fmt.Errorf("encode outcomes: %w", err)
	}
	params := dbx.Params{"rows": string(b), "now": Instant(now)}
	err = app.RunInTransaction(func(tx core.App) error {
		db := tx.NonconcurrentDB()
		if _, err := db.NewQuery(outcomeStatement).Bind(params).Execute(); err != nil {
			return fmt.Errorf("write outcomes: %w", err)
		}
		if _, err := db.NewQuery(outcomeEvents).Bind(params).Execute(); err != nil {
			return fmt.Errorf("write events: %w", err)
		}
		for _, e := range batch {
			if err := taskOf(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	return announce, err
}

// The row's state is only written while it is still sending: a report may have been quicker. What the answer alone knows is written anyway.
const outcomeStatement = `
UPDATE messages SET
  state = CASE WHEN state = 'sending' THEN j.value ->> 'state' ELSE state END,
  reason = CASE WHEN state = 'sending' THEN j.value ->> 'reason' ELSE reason END,
  detail = CASE WHEN state = 'sending' THEN j.value ->> 'detail' ELSE detail END,
  next_try_at = CASE WHEN state = 'sending' THEN j.value ->> 'next_try_at' ELSE next_try_at END,
  leased_until = CASE WHEN state = 'sending' THEN j.value ->> 'leased' ELSE '' END,
  attempts = attempts - (j.value ->> 'uncounted'),
  gateway_id = CASE WHEN j.value ->> 'gateway_id' != '' THEN j.value ->> 'gateway_id' ELSE gateway_id END,
  sent_at = CASE WHEN sent_at = '' THEN j.value ->> 'sent_at' ELSE sent_at END,
  cost = CASE WHEN j.value ->> 'sent_at' != '' THEN j.value ->> 'cost' ELSE cost END,
  currency = CASE WHEN j.value ->> 'sent_at' != '' THEN j.value ->> 'currency' ELSE currency END,
  billed_period = CASE WHEN j.value ->> 'sent_at' != '' THEN j.value ->> 'period' ELSE billed_period END,
  legal_id = CASE WHEN j.value ->> 'sent_at' != '' THEN j.value ->> 'legal_id' ELSE legal_id END,
  updated = {:now}, revision = revision + 1
FROM json_each({:rows}) j WHERE messages.id = j.value ->> 'id'`

const outcomeEvents = `
INSERT INTO message_events (id, message, kind, at, gateway, detail, created, updated)
SELECT ` + randomID + `, value ->> 'id', value ->> 'event', {:now}, value ->> 'gateway', value ->> 'detail', {:now}, {:now}
FROM json_each({:rows}) WHERE value ->> 'event' != ''`

func outcomeOf(clinic *Clinic, e Ended, now time.Time) outcome {
	o := outcome{
		ID: e.Message.ID, State: string(e.State), Reason: string(e.Reason), Detail: e.Detail, Gateway: e.Gateway, GatewayID: e.GatewayID,
		NextTryAt: Instant(e.NextTryAt), Leased: Instant(e.LookAt), Event: e.Event,
	}
	if e.Uncounted {
		o.Uncounted = 1
	}
	if e.State != outbox.Sent && e.State != outbox.Delivered {
		return o
	}
	o.SentAt = Instant(now)
	at := clinic.Locations[e.Message.Location]
	if at == nil {
		return o
	}
	o.LegalID, o.Period, o.Currency = at.LegalID, Quarter(now.In(at.Place.Zone)), at.Currency
	if e.Message.Channel == outbox.SMS {
		o.Cost = sms.Cost(e.Message.Parts, at.SMSPrice)
	}
	return o
}

// Quarter is the accounting period of a local time, as in 2027Q1.
func Quarter(local time.Time) string {
	return fmt.Sprintf("%dQ%d", local.Year(), (int(local.Month())+2)/3)
}

// taskOf asks a person to look at a message that failed or of which nobody knows what became.
func taskOf(tx core.App, e Ended) error {
	t := Task{Client: e.Message.Client, Booking: e.Message.Booking, Message: e.Message.ID}
	switch e.State {
	case outbox.Failed:
		t.Kind, t.Title = "message_failed", "A message could not be delivered: "+e.Reason.Words()
	case outbox.Unknown:
		t.Kind, t.Title = "message_unknown", "Nobody knows whether a message arrived"
	default:
		return nil
	}
	return MakeTask(tx, t)
}

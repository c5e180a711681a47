package queue

import (
	"fmt"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Resolved completes a message of which a person says what became of it, before it is saved in the transaction that app is: one that was sent
// after all costs what any other does and has nothing in its way any more, and the question is off the list.
func Resolved(app core.App, r *core.Record, now time.Time) error {
	sent := StateOf(r) == outbox.Sent
	if sent {
		record.Set(r, "reason", "")
		record.Set(r, "detail", "")
	}
	if sent && record.Time(r, "sent_at").IsZero() {
		clinic, err := store.LoadClinic(app)
		if err != nil {
			return err
		}
		bill := billOf(clinic, record.Text(r, "location"), outbox.Channel(record.Text(r, "channel")), record.Number(r, "parts"), now)
		record.Set(r, "sent_at", bill.SentAt)
		record.Set(r, "cost", bill.Cost)
		record.Set(r, "currency", bill.Currency)
		record.Set(r, "billed_period", bill.Period)
		record.Set(r, "legal_id", bill.LegalID)
	}
	return settledTask(app, r.Id)
}

// NoteResolved writes into a message's history that a person said what became of it.
func NoteResolved(app core.App, message *core.Record, at time.Time) error {
	events, err := app.FindCachedCollectionByNameOrId(store.MessageEvents)
	if err != nil {
		return fmt.Errorf("find the history of messages: %w", err)
	}
	event := core.NewRecord(events)
	record.Set(event, "message", message.Id)
	record.Set(event, "kind", "resolved")
	record.SetTime(event, "at", at)
	record.Set(event, "detail", string(StateOf(message)))
	if err := app.Save(event); err != nil {
		return fmt.Errorf("write the history of the message: %w", err)
	}
	return nil
}

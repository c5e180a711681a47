package store

import (
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
)

// Resolved completes a message of which a person says what became of it, before it is saved in the transaction that app is: one that was sent
// after all costs what any other does, and the question is off the list.
func Resolved(app core.App, r *core.Record, now time.Time) error {
	if outbox.State(text(r, "state")) == outbox.Sent && instant(r, "sent_at").IsZero() {
		clinic, err := LoadClinic(app)
		if err != nil {
			return err
		}
		bill := billOf(clinic, text(r, "location"), outbox.Channel(text(r, "channel")), number(r, "parts"), now)
		set(r, "sent_at", bill.SentAt)
		set(r, "cost", bill.Cost)
		set(r, "currency", bill.Currency)
		set(r, "billed_period", bill.Period)
		set(r, "legal_id", bill.LegalID)
	}
	return settledTask(app, r.Id)
}

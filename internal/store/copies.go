package store

import (
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
)

// notCopied lists, by collection, what a copy does not take over besides what only the machine writes: what came of the original, and what it was told
// to do.
var notCopied = map[string][]string{
	Bookings: {
		"status", "source", "overbook", "resources", "payment", "payment_due_at", "paid_at", "cancel_cause", "cancel_note",
	},
	Clients:       {"review", "possible_duplicates", "merge_into", "erase"},
	Reminders:     {"state", "rule", "booking", "send_now", "requeue"},
	Broadcasts:    {"confirm_count", "send", "stop"},
	Messages:      {"state", "reminders", "broadcast", "template", "edited", "own_address", "planned_at", "own_time", "send_now", "requeue"},
	Runs:          {"state"},
	ReminderRules: nil,
}

// Copied lists the collections whose records the dashboard can duplicate with more than a person wrote into them.
func Copied() []string { return append(Revisioned(), ReminderRules) }

// IsCopy reports whether a new record came from the form of a stored one, as by the dashboard's Duplicate: it brings what no new form has.
func IsCopy(app core.App, r *core.Record) (bool, error) {
	if r.Collection().Name != ReminderRules {
		return record.Number(r, Revision) > 0, nil
	}
	since := record.Time(r, "active_since")
	if since.IsZero() {
		return false, nil
	}
	return record.Exists(app.DB(), ReminderRules, dbx.HashExp{"active_since": record.Instant(since)})
}

// BeginAnew makes a copy a record of its own: what people wrote stays, all else begins as on a new form.
func BeginAnew(r *core.Record) {
	collection := r.Collection().Name
	blank := core.NewRecord(r.Collection())
	for _, fields := range [][]string{MachineFields[collection], notCopied[collection]} {
		for _, field := range fields {
			record.Set(r, field, blank.Get(field))
		}
	}
	if collection != ReminderRules {
		record.Set(r, Revision, 0)
	}
	if collection == Messages && record.Text(r, "purpose") != string(outbox.Test) {
		record.Set(r, "purpose", "")
	}
}

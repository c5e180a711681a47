package store

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store/record"
)

// Revision is the field that counts the writes of a row, so that a stale form can be told from a fresh one.
const Revision = "revision"

// Revisioned lists the collections that the machine writes while people look at them.
func Revisioned() []string { return []string{Bookings, Clients, Reminders, Broadcasts, Messages, Runs} }

// RaiseRevision counts a save of a record. It outbids the row, not the instance, so that two saves never share a number; raw statements add one
// themselves.
func RaiseRevision(app core.App, r *core.Record) error {
	if r.IsNew() {
		record.Set(r, Revision, 1)
		return nil
	}
	var stored float64
	if err := app.DB().Select(Revision).From(r.Collection().Name).Where(dbx.HashExp{"id": r.LastSavedPK()}).Row(&stored); err != nil {
		return fmt.Errorf("read the revision of %s: %w", r.Collection().Name, err)
	}
	record.Set(r, Revision, stored+1)
	return nil
}

// MachineFields lists, by collection, what the program alone writes. A body may carry it, as the dashboard sends whole records, but not change it.
var MachineFields = map[string][]string{
	Bookings: {
		"reference", "local_start", "busy_from", "busy_until", "cancelled_at", "cancelled_by", "scheduled_at", "changed_at", "changed_by",
		"sequence", "link_version",
	},
	Clients:    {"no_shows", "match_name", "match_phone", "match_sms_phone", "match_email", "match_address"},
	Reminders:  {"reason", "sent_count", "next_send_at", "coming", "made_at", "origin", "look_at", "unwanted", "given"},
	Broadcasts: {"state", "asked_by", "recipients", "duplicates", "skipped", "parts", "cost", "chosen", "position"},
	Messages: {
		"resend_of", "sibling_of", "priority", "send_at", "expires_at", "reason", "detail", "key", "sequence", "attempts", "next_try_at",
		"leased_until", "gateway", "gateway_id", "encoding", "parts", "over_limit", "cost", "currency", "billed_period", "legal_id", "covers",
		"sent_at", "delivered_at",
	},
	Runs:          {"total", "done", "failed", "note", "started_at", "ended_at", "cursor", "plan"},
	ReminderRules: {"active_since"},
}

// ClosedFields lists, by collection, what makes a record this record once it is under way: what a message said, to whom and when; whom a message to
// many went to; what a run was asked for.
var ClosedFields = map[string][]string{
	Messages: {
		"location", "client", "patients", "booking", "reminders", "broadcast", "purpose", "channel", "to", "bcc", "subject", "text",
		"attachments", "locale", "template", "edited", "own_address", "own_time", "planned_at",
	},
	Broadcasts: {
		"kind", "location", "practitioner", "from_at", "until_at", "filter", "template", "own_text", "subject", "email_text", "sms_text", "channels", "channel_mode",
	},
	Runs: {"kind", "scope", "dry"},
}

// firstStates is the one state in which a person may create a row; left out, a hook fills it in.
var firstStates = map[string]string{Messages: "queued", Reminders: "scheduled", Broadcasts: "draft", Runs: "queued"}

// Blank is a new record before anybody wrote into it. To say that it begins where all of its kind do is to say nothing.
func Blank(r *core.Record) *core.Record {
	blank := core.NewRecord(r.Collection())
	if first := firstStates[r.Collection().Name]; first != "" && record.Text(r, "state") == first {
		record.Set(blank, "state", first)
	}
	return blank
}

// BornElsewhere answers the state in which a person wants a new record to begin, where that is another than its first; "" if all is well.
func BornElsewhere(r *core.Record) string {
	first := firstStates[r.Collection().Name]
	if first == "" || record.Text(r, "state") == first {
		return ""
	}
	return record.Text(r, "state")
}

// MessagesTell reports whether there are messages about a visit, a client or a patient.
func MessagesTell(app core.App, r *core.Record) (bool, error) {
	return record.Exists(app.DB(), Messages, map[string]dbx.Expression{
		Bookings: dbx.HashExp{"booking": r.Id}, Clients: dbx.HashExp{"client": r.Id}, Patients: dbx.Like("patients", `"`+r.Id+`"`),
	}[r.Collection().Name])
}

// LocationUsed reports whether visits or messages belong to a location.
func LocationUsed(app core.App, location string) (bool, error) {
	for _, collection := range []string{Bookings, Messages} {
		if found, err := record.Exists(app.DB(), collection, dbx.HashExp{"location": location}); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// lists are the fields that name records of a collection, where naming none says something else: that all will do, or that nothing is needed.
var lists = map[string][]struct{ collection, field string }{
	Species:       {{Reasons, "species"}, {ReminderRules, "species"}},
	Practitioners: {{Reasons, "practitioners"}},
	Resources:     {{Reasons, "resources"}},
	Reasons:       {{Shifts, "reasons"}},
}

// Listed are the collections whose records [NamedAlone] knows the lists of.
func Listed() []string { return slices.Sorted(maps.Keys(lists)) }

// NamedAlone answers which collection has a list that names a record and nothing else, "" if none has. Without that record the list would be empty, and
// an empty list means another thing. Animals of a species count as such a list.
func NamedAlone(app core.App, r *core.Record) (collection string, err error) {
	for _, list := range lists[r.Collection().Name] {
		found, err := record.Exists(app.DB(), list.collection, dbx.HashExp{list.field: `["` + r.Id + `"]`})
		if err != nil || found {
			return list.collection, err
		}
	}
	if r.Collection().Name != Species {
		return "", nil
	}
	found, err := record.Exists(app.DB(), Patients, dbx.HashExp{"species": r.Id})
	if err != nil || !found {
		return "", err
	}
	return Patients, nil
}

// CloseWith switches off whoever works and whatever is done at a location alone, in the transaction that deletes it: without it their lists would be empty,
// which means everywhere.
func CloseWith(app core.App, location string) error {
	for _, collection := range []string{Reasons, Practitioners, Staff} {
		records, err := app.FindAllRecords(collection, dbx.HashExp{"locations": `["` + location + `"]`, "inactive": false})
		if err != nil {
			return fmt.Errorf("what is at the location alone: %w", err)
		}
		for _, r := range records {
			record.Set(r, "inactive", true)
			if err := app.Save(r); err != nil {
				return fmt.Errorf("switch off what was at the location alone: %w", err)
			}
		}
	}
	return nil
}

// LocationStands reports whether the location that a record belongs to is there.
func LocationStands(app core.App, r *core.Record) (bool, error) {
	return record.Exists(app.DB(), Locations, dbx.HashExp{"id": LocationOf(r)})
}

// Package store answers what the records say, in the rules' own words, and writes the rules' answers back.
//
// With pb_migrations it is the only place that knows collection and field names. Reading is plain functions over a core.App, so that the
// same loader serves a question, a transaction and a test; what is asked often is kept in memory by [Desk].
package store

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// The collections, spelled once.
const (
	Locations             = "locations"
	BookingSettings       = "booking_settings"
	MessageSettings       = "message_settings"
	NotificationAddresses = "notification_addresses"
	Species               = "species"
	ReasonGroups          = "reason_groups"
	Resources             = "resources"
	Practitioners         = "practitioners"
	Staff                 = "staff"
	Reasons               = "reasons"
	Shifts                = "shifts"
	Absences              = "absences"
	Clients               = "clients"
	Patients              = "patients"
	BookingRequests       = "booking_requests"
	Bookings              = "bookings"
	Templates             = "templates"
	Messages              = "messages"
	MessageEvents         = "message_events"
	InboundMessages       = "inbound_messages"
	StoppedAddresses      = "stopped_addresses"
	Tasks                 = "tasks"
	Runs                  = "runs"
	ReminderRules         = "reminder_rules"
	Reminders             = "reminders"
)

// idChars and idLength are those of PocketBase's default record ids.
const (
	idChars  = "abcdefghijklmnopqrstuvwxyz0123456789"
	idLength = 15
)

// ValidID reports whether a text has the form of a record id; whether a record has it is another question.
func ValidID(id string) bool {
	if len(id) != idLength {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// Instant writes a time as PocketBase stores it; the zero time is the empty text.
func Instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(types.DefaultDateLayout)
}

// ParseInstant reads what [Instant] wrote; the empty text is the zero time. It is written out because the day loader reads
// thousands and time.Parse costs five times as much.
func ParseInstant(s string) time.Time {
	if len(s) != len("2006-01-02 15:04:05.000Z") {
		if t, err := time.Parse(types.DefaultDateLayout, s); err == nil {
			return t.UTC()
		}
		return time.Time{}
	}
	digits := func(from, until int) int {
		n := 0
		for _, c := range []byte(s[from:until]) {
			n = n*10 + int(c-'0')
		}
		return n
	}
	return time.Date(digits(0, 4), time.Month(digits(5, 7)), digits(8, 10),
		digits(11, 13), digits(14, 16), digits(17, 19), digits(20, 23)*int(time.Millisecond), time.UTC)
}

// A field that a collection does not have is a slip of ours, which PocketBase would answer with silence.
func known(r *core.Record, field string) {
	if r.Collection().Fields.GetByName(field) == nil {
		panic(fmt.Sprintf("store: %s has no field %q", r.Collection().Name, field))
	}
}

func text(r *core.Record, field string) string    { known(r, field); return r.GetString(field) }
func truth(r *core.Record, field string) bool     { known(r, field); return r.GetBool(field) }
func number(r *core.Record, field string) int     { known(r, field); return r.GetInt(field) }
func amount(r *core.Record, field string) float64 { known(r, field); return r.GetFloat(field) }
func list(r *core.Record, field string) []string  { known(r, field); return r.GetStringSlice(field) }
func instant(r *core.Record, field string) time.Time {
	known(r, field)
	return r.GetDateTime(field).Time()
}

// set writes a field, checked like the readers.
func set(r *core.Record, field string, value any) {
	known(r, field)
	r.Set(field, value)
}

func setInstant(r *core.Record, field string, t time.Time) { set(r, field, Instant(t)) }

// in writes a list of ids as an SQL condition with bound parameters.
func in(column string, ids []string) dbx.Expression {
	values := make([]any, len(ids))
	for i, id := range ids {
		values[i] = id
	}
	return dbx.In(column, values...)
}

// Package store answers what the records say, in the rules' own words, and writes the rules' answers back.
//
// It and the packages below it are, with pb_migrations, the only place that knows collection and field names. This one has the set-up, people,
// visits and the day, stops, texts that owners send, tasks and statements; messages are in queue, reminders in recalls, long work
// in runs, and none of them is known here. Reading is plain functions over a core.App, so that the same loader serves a question, a transaction and
// a test; what is asked often is kept in memory by [Desk]. It imports record, for what stands in a field, and the rules.
package store

import "pawbell/internal/store/record"

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
	Broadcasts            = "broadcasts"
)

// ValidID reports whether a text has the form of a record id; whether a record has it is another question.
func ValidID(id string) bool {
	if len(id) != record.IDLength {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

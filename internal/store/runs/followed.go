package runs

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Followed says what a change of the set-up means for what is planned already: the run that follows it, how many queued messages and open
// reminders it goes over, and how many of those keep what somebody wrote by hand.
type Followed struct {
	Run      string `json:"run"`
	Followed int    `json:"followed"`
	Kept     int    `json:"kept"`
}

// planning lists, for what a clinic sets up, the fields that planned messages hang on. What is asked at the moment of sending (prices, senders)
// and what only the booking page shows is not among them.
var planning = map[string][]string{
	store.Locations:             {"name", "address", "postcode", "city", "country", "phone", "email", "website", "timezone", "locale", "currency"},
	store.BookingSettings:       {"mode"},
	store.NotificationAddresses: {"location", "email", "kinds", "inactive"},
	store.MessageSettings: {
		"sms_enabled", "sms_terms_accepted_at", "email_enabled", "window_from", "window_until", "reminder_time", "visit_lead", "no_early_reminder",
		"visit_channels", "confirmation_channels", "sms_charset", "sms_max_parts", "cancellation_notice_hours", "payment_notice_hours", "minimal_notices",
	},
	store.Reasons:       {"name", "instructions", "translations", "confirmation_template", "reminder_template", "visit_lead", "end_of_life"},
	store.Practitioners: {"name"},
	store.Species:       {"name", "translations"},
	store.Templates:     {"code", "purpose", "locale", "location", "subject", "email_text", "sms_text", "inactive"},
}

// Planning lists the collections whose records planned messages hang on.
func Planning() []string {
	return []string{store.Locations, store.BookingSettings, store.MessageSettings, store.NotificationAddresses, store.Reasons, store.Practitioners, store.Species, store.Templates}
}

// FollowScopes are the scopes of the runs that follow a change, from one version of a record to another; none if nothing changed that planned
// messages hang on. A record that is new or deleted has no other version, and nothing can hang on it but for texts and addresses.
func FollowScopes(was, is *core.Record) []string {
	r := is
	if r == nil {
		r = was
	}
	collection := r.Collection().Name
	if was == nil || is == nil {
		if (collection == store.Templates && is != nil || collection == store.NotificationAddresses) && !record.Truth(r, "inactive") {
			return []string{scopeOf(r)}
		}
		return nil
	}
	changed := false
	for _, field := range planning[collection] {
		changed = changed || record.AnyText(was, field) != record.AnyText(is, field)
	}
	switch {
	case !changed:
		return nil
	case collection == store.Templates && record.Truth(is, "inactive"):
		// What was written with a text that is not used any more stays as it was written.
		return nil
	}
	scopes := []string{scopeOf(is)}
	if before := scopeOf(was); before != scopes[0] {
		scopes = append(scopes, before)
	}
	return scopes
}

// ScopesOf is the scope of a record of the set-up, whether or not it changed.
func ScopesOf(r *core.Record) []string { return []string{scopeOf(r)} }

func scopeOf(r *core.Record) string {
	switch r.Collection().Name {
	case store.Locations:
		return "location:" + r.Id
	case store.BookingSettings, store.MessageSettings, store.NotificationAddresses:
		return "location:" + record.Text(r, "location")
	case store.Reasons:
		return "reason:" + r.Id
	case store.Practitioners:
		return "practitioner:" + r.Id
	case store.Species:
		return "species:" + r.Id
	case store.Templates:
		return "template:" + record.Text(r, "code")
	}
	return ""
}

// StartFollowing starts the runs that bring what is planned in line with a change, in the transaction of the change, and answers the first. A
// clinic without a location has nothing planned, and no run.
func StartFollowing(tx core.App, scopes []string) (id string, err error) {
	if len(scopes) > 0 {
		var any int
		if err := tx.DB().Select("count(*)").From(store.Locations).Row(&any); err != nil {
			return "", fmt.Errorf("look for locations: %w", err)
		}
		if any == 0 {
			return "", nil
		}
	}
	for i, scope := range scopes {
		run, err := Start(tx, SyncMessages, scope, false)
		if err != nil {
			return "", err
		}
		if i == 0 {
			id = run
		}
	}
	return id, nil
}

// CountFollowed counts what runs over some scopes go over: queued messages of coming visits and open reminders, and how many of them somebody
// rewrote. It is meant to be asked before the transaction of the change: a large clinic has hundreds of thousands of them.
func CountFollowed(app core.App, scopes []string, now time.Time) (followed, kept int, err error) {
	for _, scope := range scopes {
		run := Run{Scope: scope}
		what, id := run.Part()
		for _, count := range []struct {
			sql   string
			which string
		}{
			{`SELECT count(*), ifnull(sum(m.edited), 0) FROM messages m JOIN bookings b ON b.id = m.booking AND b.starts_at > {:now} WHERE m.state = 'queued' AND m.purpose IN ` + replanned + ` AND `, messagesIn[what]},
			{`SELECT count(*), 0 FROM reminders r WHERE r.state IN ('scheduled', 'held') AND `, remindersIn[what]},
		} {
			if count.which == "" {
				continue
			}
			var all, edited float64
			if err := app.DB().NewQuery(count.sql+count.which).Bind(dbx.Params{"now": record.Instant(now), "id": id}).Row(&all, &edited); err != nil {
				return 0, 0, fmt.Errorf("count what follows: %w", err)
			}
			followed, kept = followed+int(all-edited), kept+int(edited)
		}
	}
	return followed, kept, nil
}

// messagesIn and remindersIn say which queued messages m of visits b, and which open reminders r, a part of the clinic has. A text's are those
// that were written with it.
var (
	messagesIn = map[string]string{
		"": `1 = 1`, "location": `m.location = {:id}`, "reason": `b.reason = {:id}`, "practitioner": `b.practitioner = {:id}`, "client": `b.client = {:id}`,
		"species":  `b.patient IN (SELECT id FROM patients WHERE species = {:id})`,
		"template": `m.template IN (SELECT id FROM templates WHERE code = {:id})`,
	}
	remindersIn = map[string]string{
		"": `1 = 1`, "location": `r.location = {:id}`, "client": `r.client = {:id}`, "rule": `r.rule = {:id}`,
		"species":  `EXISTS (SELECT 1 FROM json_each(r.patients) j JOIN patients p ON p.id = j.value WHERE p.species = {:id})`,
		"template": `(r.template IN (SELECT id FROM templates WHERE code = {:id}) OR r.template = '' AND {:id} = '` + string(outbox.Reminder) + `')`,
	}
)

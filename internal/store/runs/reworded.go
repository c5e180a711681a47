package runs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// WishesReplacing reports whether saving a text is to replace what somebody rewrote, too.
func WishesReplacing(r *core.Record) bool {
	return r.Collection().Name == store.Templates && record.Truth(r, "replace_edited")
}

// TakeReplacing reads that wish and stores it as false again, so that no form repeats it.
func TakeReplacing(r *core.Record) bool {
	replace := WishesReplacing(r)
	record.Set(r, "replace_edited", false)
	return replace
}

// Reworded is what a new wording of a template meant for what is planned: what follows it, and what keeps the words that somebody wrote.
type Reworded struct{ Followed, Kept int }

// RewordPlanned lets what carries a template's old words carry its new ones, in the transaction of the change and after it (R-22, PR-08): open
// reminders are rewritten here, queued messages by the run that follows. With replace, what somebody rewrote by hand follows as well. What was
// sent never changes. Clinic is the set-up with the change.
func RewordPlanned(tx core.App, clinic *store.Clinic, was, is *core.Record, replace bool, now time.Time) (Reworded, error) {
	var r Reworded
	if replace {
		_, err := tx.NonconcurrentDB().NewQuery(`UPDATE messages SET edited = FALSE, updated = {:now}, revision = revision + 1
			WHERE template = {:template} AND state = 'queued' AND edited AND ` + followsText).Bind(dbx.Params{"now": record.Instant(now), "template": is.Id}).Execute()
		if err != nil {
			return r, fmt.Errorf("replace what was rewritten: %w", err)
		}
	}
	// A reminder's messages are its own affair: it is counted itself.
	var queued, edited float64
	err := tx.DB().NewQuery(`SELECT ifnull(sum(NOT edited AND purpose != 'reminder'), 0), ifnull(sum(edited), 0) FROM messages
		WHERE template = {:template} AND state = 'queued' AND `+followsText).
		Bind(dbx.Params{"template": is.Id}).Row(&queued, &edited)
	if err != nil {
		return r, fmt.Errorf("count what follows: %w", err)
	}
	r = Reworded{Followed: int(queued), Kept: int(edited)}
	open, err := remindersOf(tx, record.Text(is, "code"))
	if err != nil {
		return r, err
	}
	before, after := wordsOf(was), wordsOf(is)
	for _, one := range open {
		words, own := one.follow(clinic, is.Id, before, after, replace)
		if words != one.words {
			if err := one.reword(tx, words, now); err != nil {
				return r, err
			}
		}
		switch {
		case one.closed:
		case own:
			r.Kept++
		case words != one.words:
			r.Followed++
		}
	}
	return r, nil
}

// replanned are the purposes, as SQL lists them, whose waiting messages planning words anew.
var replanned = func() string {
	var purposes []string
	for _, p := range outbox.Purposes() {
		if notify.Plans(p) || p == outbox.Reminder {
			purposes = append(purposes, "'"+string(p)+"'")
		}
	}
	return "(" + strings.Join(purposes, ", ") + ")"
}()

// followsText are the waiting messages that follow a new text: those, and the words of absences. What people write to one owner or to many, or have sent
// once more, was settled when it was queued.
var followsText = "(purpose IN " + replanned + " OR purpose = '" + string(outbox.DayNotice) + "' AND broadcast = '') AND key LIKE purpose || ':%'"

// CountWordless counts the open reminders without words of their own, as rules make them, that say what a template says: they follow it by
// themselves. Like [CountFollowed] it is meant to be asked before the transaction of the change.
func CountWordless(app core.App, clinic *store.Clinic, template *core.Record) (int, error) {
	var rows []struct {
		Template string  `db:"template"`
		Locale   string  `db:"locale"`
		Location string  `db:"location"`
		Methods  string  `db:"methods"`
		Many     float64 `db:"many"`
	}
	err := app.DB().NewQuery(`SELECT r.template, ifnull(c.locale, '') locale, r.location, r.methods, count(*) many
		FROM reminders r LEFT JOIN clients c ON c.id = r.client
		WHERE r.state IN ('scheduled', 'held') AND NOT r.own_text AND r.subject = '' AND r.email_text = '' AND r.sms_text = '' AND ` + remindersIn["template"] + `
		GROUP BY r.template, ifnull(c.locale, ''), r.location, r.methods`).Bind(dbx.Params{"id": record.Text(template, "code")}).All(&rows)
	if err != nil {
		return 0, fmt.Errorf("count reminders without words: %w", err)
	}
	count := 0
	for _, row := range rows {
		methods, err := record.Texts(row.Methods)
		if err != nil {
			return 0, fmt.Errorf("count reminders without words: %w", err)
		}
		r := openReminder{template: row.Template, locale: row.Locale, location: row.Location}
		if slices.ContainsFunc(store.Channels(methods), func(c outbox.Channel) bool { return r.saidWith(clinic, template.Id, c) }) {
			count += int(row.Many)
		}
	}
	return count, nil
}

// words are the texts of a template, and of a reminder that was filled in from it.
type words struct{ subject, email, sms string }

func wordsOf(r *core.Record) words {
	return words{record.Text(r, "subject"), record.Text(r, "email_text"), record.Text(r, "sms_text")}
}

// openReminder is a reminder that is still to be sent, or may be again, with the words that stand on it.
type openReminder struct {
	id, template, locale, location string
	words                          words
	closed                         bool // for now: it is over for a cause that may pass
}

// remindersOf reads the open reminders that say what the texts of a code say, or did before somebody rewrote them, and those that nobody closed: a pet
// that comes back brings its reminders back.
func remindersOf(tx core.App, code string) ([]openReminder, error) {
	var rows []struct {
		ID       string `db:"id"`
		Template string `db:"template"`
		Locale   string `db:"locale"`
		Location string `db:"location"`
		Subject  string `db:"subject"`
		Email    string `db:"email_text"`
		SMS      string `db:"sms_text"`
		Closed   bool   `db:"closed"`
	}
	err := tx.DB().NewQuery(`SELECT r.id, r.template, ifnull(c.locale, '') locale, r.location, r.subject, r.email_text, r.sms_text, r.state IN ('cancelled', 'stale') closed
		FROM reminders r LEFT JOIN clients c ON c.id = r.client
		WHERE r.state IN ('scheduled', 'held', 'cancelled', 'stale') AND r.reason != {:by_person} AND NOT r.own_text AND (r.subject != '' OR r.email_text != '' OR r.sms_text != '') AND
			(r.template IN (SELECT id FROM templates WHERE code = {:code}) OR r.template = '' AND {:code} = {:default})`).
		Bind(dbx.Params{"code": code, "default": string(outbox.Reminder), "by_person": reminder.ByPerson}).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("read open reminders: %w", err)
	}
	open := make([]openReminder, len(rows))
	for i, r := range rows {
		open[i] = openReminder{r.ID, r.Template, r.Locale, r.Location, words{r.Subject, r.Email, r.SMS}, r.Closed}
	}
	return open, nil
}

// follow answers the words of a reminder after a template's were changed, and whether somebody wrote own ones that it keeps. An e-mail's subject
// and text are one wording, the text message is another.
func (r openReminder) follow(clinic *store.Clinic, template string, before, after words, replace bool) (is words, own bool) {
	is = r.words
	mail, sms := r.words.subject != "" || r.words.email != "", r.words.sms != ""
	switch {
	case mail && is.subject == before.subject && is.email == before.email:
		is.subject, is.email = after.subject, after.email
	case mail && (is.subject != after.subject || is.email != after.email) && r.saidWith(clinic, template, outbox.Email) && !r.anybodys(clinic, outbox.Email):
		if own = !replace; replace {
			is.subject, is.email = after.subject, after.email
		}
	}
	switch {
	case sms && is.sms == before.sms:
		is.sms = after.sms
	case sms && is.sms != after.sms && r.saidWith(clinic, template, outbox.SMS) && !r.anybodys(clinic, outbox.SMS):
		if own = own || !replace; replace {
			is.sms = after.sms
		}
	}
	return is, own
}

// saidWith reports whether a reminder, had nobody rewritten it, would say what the very template says.
func (r openReminder) saidWith(clinic *store.Clinic, template string, channel outbox.Channel) bool {
	at := notify.Location{}
	if l := clinic.Locations[r.location]; l != nil {
		at = l.Notify
	}
	locale := r.locale
	if locale == "" {
		locale = at.Locale
	}
	t, found := clinic.Templates.Named(r.template, locale, at, channel)
	if r.template == "" || !found {
		t, found = clinic.Templates.Find(string(outbox.Reminder), locale, at, channel)
	}
	return found && t.ID == template
}

// anybodys reports whether the words are those of another language or place, which are not a person's.
func (r openReminder) anybodys(clinic *store.Clinic, channel outbox.Channel) bool {
	for _, t := range clinic.Texts {
		if channel == outbox.SMS && t.SMS == r.words.sms || channel == outbox.Email && t.Subject == r.words.subject && t.Email == r.words.email {
			return true
		}
	}
	return false
}

func (r openReminder) reword(tx core.App, to words, now time.Time) error {
	_, err := tx.NonconcurrentDB().Update("reminders", dbx.Params{
		"subject": to.subject, "email_text": to.email, "sms_text": to.sms, "updated": record.Instant(now), "revision": dbx.NewExp("[[revision]] + 1"),
	}, dbx.HashExp{"id": r.id}).Execute()
	if err != nil {
		return fmt.Errorf("reword reminder %s: %w", r.id, err)
	}
	return nil
}

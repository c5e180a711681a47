package recalls

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// recallWriter is a reminder that is being saved.
type recallWriter struct {
	app      core.App
	clinic   *store.Clinic
	r, was   *core.Record // was is nil for a new one
	now      time.Time
	client   *core.Record    // whose it is, nil where there is none
	at       *store.Location // from where it comes, nil where that is not settled
	problems store.Refusals
}

// Place says of a new reminder whose it is and from where it comes, where the account that makes it left that open (PC-17, PR-02): the client
// of the patients, the client's place, else the only one at which the account works. A place that is none of theirs is a *booking.Refusal.
func Place(app core.App, clinic *store.Clinic, r, by *core.Record) error {
	w := recallWriter{app: app, clinic: clinic, r: r}
	if err := w.settleClient(); err != nil {
		return err
	}
	home := ""
	if w.client != nil {
		home = record.Text(w.client, "location")
	}
	if record.Text(r, "location") == "" {
		if at := store.Workplace(clinic, by, home); at != nil {
			record.Set(r, "location", at.ID)
		}
	}
	if at := record.Text(r, "location"); at != "" && !store.WorksAt(by, at) {
		return store.Wrong("location", "unknown", "There is no such place.")
	}
	return nil
}

// Complete fills in what a reminder leaves open (PC-17 to PC-21, PR-02, PR-07). was is the row as the database has it, nil for a new one. What a
// person has to mend is for [Check] to say: PocketBase saves reminders by itself, without asking whether they are sound, when a record is deleted
// that they point to.
func Complete(app core.App, clinic *store.Clinic, r, was *core.Record, now time.Time) error {
	w := recallWriter{app: app, clinic: clinic, r: r, was: was, now: now}
	w.settleEnd()
	if was == nil && record.Time(r, "made_at").IsZero() {
		record.SetTime(r, "made_at", now)
	}
	return w.settle()
}

// Check refuses what could not be sent as it stands: all of a new reminder is judged, of another what changed. What a
// person can mend is a [store.Refusals]; that client or place are missing is for PocketBase to say.
func Check(app core.App, clinic *store.Clinic, r, was *core.Record, now time.Time) error {
	w := recallWriter{app: app, clinic: clinic, r: r, was: was, now: now}
	if err := w.settle(); err != nil {
		return err
	}
	if w.client != nil && w.at != nil {
		if err := w.check(); err != nil {
			return err
		}
	}
	return w.problems.OrNil()
}

// settle fills in what is open, in the order in which one thing follows from another, and notes what is wrong with what was given.
func (w *recallWriter) settle() error {
	for _, field := range []string{"reminder_group", "subject", "email_text", "sms_text", "to_email", "to_phone"} {
		if trimmed := strings.TrimSpace(record.Text(w.r, field)); trimmed != record.Text(w.r, field) {
			record.Set(w.r, field, trimmed)
		}
	}
	if len(record.List(w.r, "methods")) == 0 {
		record.Set(w.r, "methods", []string{string(outbox.Email)})
	}
	if err := w.settleClient(); err != nil {
		return err
	}
	if err := w.settlePatients(); err != nil {
		return err
	}
	w.settlePlace()
	if w.client != nil && w.at != nil {
		w.settleAddresses()
		w.settleWords()
	}
	return nil
}

// changed reports whether one of the fields is news.
func (w *recallWriter) changed(fields ...string) bool {
	return w.was == nil || slices.ContainsFunc(fields, func(field string) bool { return w.was.GetString(field) != w.r.GetString(field) })
}

// settleEnd notes that it is a person who ends a reminder: that stands whatever happens afterwards, unlike the ends that the machine finds.
func (w *recallWriter) settleEnd() {
	state := record.Text(w.r, "state")
	if state == "" {
		record.Set(w.r, "state", string(reminder.Scheduled))
		return
	}
	if !w.changed("state") {
		return
	}
	record.Set(w.r, "reason", "")
	if state == string(reminder.Done) || state == string(reminder.Cancelled) {
		record.Set(w.r, "reason", reminder.ByPerson)
	}
}

func (w *recallWriter) settleClient() error {
	if record.Text(w.r, "client") == "" && len(record.List(w.r, "patients")) > 0 {
		var owners []string
		if err := w.app.DB().Select("client").From(store.Patients).Where(record.In("id", record.List(w.r, "patients"))).Column(&owners); err != nil {
			return fmt.Errorf("owner of the patients: %w", err)
		}
		if len(owners) > 0 {
			record.Set(w.r, "client", owners[0])
		}
	}
	if record.Text(w.r, "client") == "" {
		return nil
	}
	if w.was != nil && w.changed("client") {
		w.problems.Add("client", "read_only", "This reminder is another client's. Make a new one for this client.", nil)
	}
	found, err := w.app.FindRecordsByIds(store.Clients, []string{record.Text(w.r, "client")})
	if err != nil {
		return fmt.Errorf("client of the reminder: %w", err)
	}
	if len(found) == 0 || w.was == nil && record.Text(found[0], "merge_into") != "" {
		w.problems.Add("client", "unknown", "There is no such client.", nil)
		return nil
	}
	w.client = found[0]
	return nil
}

// settlePatients takes a client's only patient where none is named, and refuses those that are another client's, or that nothing is sent about.
func (w *recallWriter) settlePatients() error {
	if w.client == nil || !w.changed("patients") {
		return nil
	}
	patients := map[string]notify.Patient{}
	if err := recallPatients(w.app.DB(), w.clinic, w.client.Id, patients); err != nil {
		return err
	}
	named := record.List(w.r, "patients")
	if len(named) == 0 && w.was == nil {
		for id, p := range patients {
			if !p.Deceased && !p.Inactive {
				named = append(named, id)
			}
		}
		if len(named) == 1 {
			record.Set(w.r, "patients", named)
		}
		return nil
	}
	dead, away := 0, 0
	for _, id := range named {
		p, known := patients[id]
		switch {
		case !known:
			w.problems.Add("patients", "unknown", store.NotTheirs, nil)
			return nil
		case p.Deceased:
			dead++
		case p.Inactive:
			away++
		}
	}
	switch {
	case len(named) == 0 || dead+away < len(named):
	case dead > 0:
		w.problems.Add("patients", string(outbox.ReasonDeceased), outbox.ReasonDeceased.Words(), nil)
	default:
		w.problems.Add("patients", string(outbox.ReasonInactive), outbox.ReasonInactive.Words(), nil)
	}
	return nil
}

func (w *recallWriter) settlePlace() {
	if record.Text(w.r, "location") == "" && w.client != nil {
		at := w.clinic.Locations[record.Text(w.client, "location")]
		if at == nil && len(w.clinic.Order) == 1 {
			at = w.clinic.Order[0]
		}
		if at != nil {
			record.Set(w.r, "location", at.ID)
		}
	}
	w.at = w.clinic.Locations[record.Text(w.r, "location")]
}

// settleAddresses writes addresses as they are written to, those of the client where none is given (PC-17, PR-02).
func (w *recallWriter) settleAddresses() {
	if w.was == nil {
		for field, of := range map[string]string{"to_email": "email", "to_phone": "sms_phone"} {
			if record.Text(w.r, field) == "" {
				record.Set(w.r, field, record.Text(w.client, of))
			}
		}
	}
	if typed := record.Text(w.r, "to_email"); typed != "" && w.changed("to_email") {
		address, ok := booking.Email(typed)
		if !ok && typed != record.Text(w.client, "email") {
			w.problems.Add("to_email", "invalid_email", typed+" is not an e-mail address.", map[string]any{"address": typed})
			return
		}
		if ok {
			record.Set(w.r, "to_email", address)
		}
	}
	if typed := record.Text(w.r, "to_phone"); typed != "" && w.changed("to_phone") {
		number, _, ok := booking.Phone(typed, w.at.Country)
		switch {
		case ok:
			record.Set(w.r, "to_phone", number)
		case typed == record.Text(w.client, "sms_phone"):
			// What staff typed that is no number is kept for their eyes; it is as good as none.
			record.Set(w.r, "to_phone", "")
		default:
			w.problems.Add("to_phone", "invalid_phone", typed+" is not a telephone number.", map[string]any{"address": typed})
		}
	}
}

// language is the one in which the client is written to.
func (w *recallWriter) language() string {
	f := notify.Facts{Client: notify.Client{Locale: record.Text(w.client, "locale")}, Location: w.at.Notify}
	return f.OwnerLocale()
}

// settleWords shows on the reminder what will be said (PR-07): where nobody wrote anything, the template's words in the client's language. A reminder
// that a rule made stays without words of its own until somebody writes some.
func (w *recallWriter) settleWords() {
	for _, field := range []string{"subject", "email_text", "sms_text"} {
		if own := record.Text(w.r, field); own != "" {
			record.Set(w.r, field, notify.Normalise(own))
		}
	}
	if record.Truth(w.r, "own_text") || record.Text(w.r, "origin") != "" {
		return
	}
	if record.Text(w.r, "template") == "" && w.was != nil {
		// Its template was deleted, or somebody took it away: the words stay.
		return
	}
	if record.Text(w.r, "template") == "" {
		if t, ok := w.templateFor(outbox.Email, ""); ok {
			record.Set(w.r, "template", t.ID)
		} else if t, ok := w.templateFor(outbox.SMS, ""); ok {
			record.Set(w.r, "template", t.ID)
		}
	}
	another := w.was != nil && w.changed("template")
	fill := func(field, said, before string) {
		if record.Text(w.r, field) == "" || another && record.Text(w.r, field) == record.Text(w.was, field) && record.Text(w.r, field) == before {
			record.Set(w.r, field, said)
		}
	}
	former := ""
	if w.was != nil {
		former = record.Text(w.was, "template")
	}
	mail, _ := w.templateFor(outbox.Email, record.Text(w.r, "template"))
	mailBefore, _ := w.templateFor(outbox.Email, former)
	sms, _ := w.templateFor(outbox.SMS, record.Text(w.r, "template"))
	smsBefore, _ := w.templateFor(outbox.SMS, former)
	fill("subject", mail.Subject, mailBefore.Subject)
	fill("email_text", mail.Email, mailBefore.Email)
	fill("sms_text", sms.SMS, smsBefore.SMS)
}

// templateFor is a template's text for this client on a channel, that of reminders where none is named.
func (w *recallWriter) templateFor(channel outbox.Channel, id string) (notify.Template, bool) {
	if id == "" {
		return w.clinic.Templates.Find(string(outbox.Reminder), w.language(), w.at.Notify, channel)
	}
	return w.clinic.Templates.Named(id, w.language(), w.at.Notify, channel)
}

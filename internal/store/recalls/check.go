package recalls

import (
	"fmt"
	"slices"

	"github.com/pocketbase/dbx"

	"pawbell/internal/calendar"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
	"pawbell/internal/sms"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// check judges a reminder as it is to be saved. One that a person ends is not judged: nothing of it will be sent.
func (w *recallWriter) check() error {
	if w.was == nil && record.Text(w.r, "origin") != "" {
		return nil
	}
	if state := record.Text(w.r, "state"); w.was != nil && (state == string(reminder.Done) || state == string(reminder.Cancelled)) {
		return nil
	}
	if record.Number(w.r, "repeat_count") > 1 && record.Number(w.r, "repeat_number") == 0 {
		w.problems.Add("repeat_number", "required", "Say how much time lies between the repetitions.", nil)
	}
	if err := w.checkTime(); err != nil {
		return err
	}
	facts, err := w.facts()
	if err != nil {
		return err
	}
	if w.changed("methods", "to_email", "to_phone", "location") {
		if err := w.checkMethods(&facts); err != nil {
			return err
		}
	}
	if w.changed("methods", "template", "own_text", "subject", "email_text", "sms_text", "patients", "location", "due_on") {
		w.checkWords(facts)
	}
	return nil
}

// checkTime refuses what would have to leave in the past, and says what would do (R-39, PR-13). Of a series, the next one that has not had its
// turn counts.
func (w *recallWriter) checkTime() error {
	if !w.changed("due_on", "send_before_days", "repeat_number", "repeat_unit", "repeat_count", "location") {
		return nil
	}
	due, err := calendar.ParseDate(record.Text(w.r, "due_on"))
	if err != nil {
		return nil // said at the field itself
	}
	s := series(w.r, due)
	if fits := s.FitsUntil(calendar.LastYear); fits < s.Count() {
		words := fmt.Sprintf("The last repetition would lie beyond the year %d. It can be sent %d times at most.", calendar.LastYear, fits)
		w.problems.Add("repeat_count", "too_far", words, map[string]any{"latest": fits})
		return nil
	}
	rule := w.clinic.FindRule(record.Text(w.r, "rule"))
	stepped := rule != nil && record.Text(w.r, "origin") != ""
	if stepped {
		s.Steps = rule.Steps
	}
	left, err := w.left(s, stepped)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		if w.changed("due_on", "send_before_days") {
			w.problems.Add("due_on", "over", "All of it had its turn. Put it back to send it once more, or make a new reminder.", nil)
		}
		return nil
	}
	zone, clock := w.at.Place.Zone, w.at.Notify.ReminderClock
	earliest := calendar.On(w.now, zone)
	if at, _ := earliest.At(clock, zone); !at.After(w.now) {
		earliest = earliest.Add(1)
	}
	if stepped {
		// One step that still lies ahead is enough.
		if left[len(left)-1].On.Before(earliest) {
			w.problems.Add("due_on", "in_the_past", "Every step of this reminder that is left would lie in the past.", nil)
		}
		return nil
	}
	due = s.Due(w.next(left, earliest))
	latest := due.Days(earliest)
	switch {
	case latest < 0:
		words := "This day is past."
		if due.Days(calendar.On(w.now, zone)) == 0 {
			words = "It is too late for today: reminders leave at " + clock.String() + "."
		}
		w.problems.Add("due_on", "in_the_past", words, map[string]any{"earliest": earliest.String()})
	case s.Before > latest:
		words := fmt.Sprintf("It would have to be sent on %s, which is past. At most %s before works.", due.Add(-s.Before), daysInWords(latest))
		w.problems.Add("send_before_days", "in_the_past", words, map[string]any{"latest": latest})
	}
	return nil
}

// left are the sends that have not had their turn, in the order of their days. Of a series without steps, those before the last that had it are gone
// by as well.
func (w *recallWriter) left(s reminder.Series, stepped bool) ([]reminder.Send, error) {
	sends := s.Sends()
	if w.was == nil {
		return sends, nil
	}
	rows, err := store.MessageRows(w.app.DB(), dbx.HashExp{"client": w.client.Id, "purpose": string(outbox.Reminder)})
	if err != nil {
		return nil, fmt.Errorf("what became of a reminder: %w", err)
	}
	had := notify.HadTurn(rows, w.r.Id, store.Channels(record.List(w.r, "methods")))
	last := -1
	for i, send := range sends {
		if had[send.Occasion()] {
			last = i
		}
	}
	if !stepped {
		return sends[last+1:], nil
	}
	return slices.DeleteFunc(sends, func(send reminder.Send) bool { return had[send.Occasion()] }), nil
}

// next is the due date that a change is judged by, from 1: of those that are left the first which still lay ahead until now. What went by while it was
// held back or barred is no reason to refuse a change of the others.
func (w *recallWriter) next(left []reminder.Send, earliest calendar.Date) int {
	if w.was == nil {
		return left[0].N
	}
	due, err := calendar.ParseDate(record.Text(w.was, "due_on"))
	if err != nil {
		return left[0].N
	}
	former := series(w.was, due)
	for i, send := range left {
		if i == len(left)-1 || !former.Due(send.N).Add(-former.Before).Before(earliest) {
			return send.N
		}
	}
	return left[0].N
}

func daysInWords(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// facts are what the messages of the next due date may say.
func (w *recallWriter) facts() (notify.Facts, error) {
	about := store.About{Location: w.at, Client: w.client.Id, DueOn: record.Text(w.r, "due_on")}
	if _, err := calendar.ParseDate(about.DueOn); err != nil {
		about.DueOn = ""
	}
	f, err := about.Facts(w.app, w.clinic, nil)
	if err != nil {
		return f, err
	}
	patients := map[string]notify.Patient{}
	if err := recallPatients(w.app.DB(), w.clinic, w.client.Id, patients); err != nil {
		return f, err
	}
	for _, id := range record.List(w.r, "patients") {
		p, known := patients[id]
		switch {
		case !known || p.Deceased || p.Inactive:
		case f.Patient.ID == "":
			f.Patient = p
		default:
			f.Others = append(f.Others, p)
		}
	}
	f.Contact = notify.Contact{Email: record.Text(w.r, "to_email"), Phone: store.Dialable(record.Text(w.r, "to_phone"))}
	if f.Stopped, err = store.StoppedAmong(w.app.DB(), []string{f.OwnerAddress(outbox.Email), f.OwnerAddress(outbox.SMS)}); err != nil {
		return f, fmt.Errorf("stopped addresses: %w", err)
	}
	return f, nil
}

// checkMethods refuses the ways by which this client cannot or must not be reached (R-41, PR-04).
func (w *recallWriter) checkMethods(f *notify.Facts) error {
	for _, channel := range store.Channels(record.List(w.r, "methods")) {
		reason := f.Hindrance(outbox.Reminder, channel)
		if reason == "" {
			continue
		}
		field := "methods"
		if reason == outbox.ReasonStoppedAddress {
			field = map[outbox.Channel]string{outbox.Email: "to_email", outbox.SMS: "to_phone"}[outbox.StopsOf(channel, f.OwnerAddress(channel))]
		}
		words := reason.Words()
		if reason == outbox.ReasonNoAddress {
			words = "The client has no e-mail address. Write one into the client's record, or choose another way."
			if channel == outbox.SMS {
				words = "The client has no number for texts. Write one into the client's record, or choose another way."
			}
		}
		w.problems.Add(field, string(reason), words, map[string]any{"method": string(channel)})
	}
	return nil
}

// checkWords refuses texts that are missing, that hold codes which are none or have nothing to say, and texts for SMS that are too long for this very
// client (R-18, R-19, R-21, PC-20).
func (w *recallWriter) checkWords(f notify.Facts) {
	own, methods := record.Truth(w.r, "own_text"), store.Channels(record.List(w.r, "methods"))
	if id := record.Text(w.r, "template"); id != "" && !own && w.changed("template") {
		if _, known := w.clinic.Templates.ByID(id); !known {
			w.problems.Add("template", "unknown", "There is no such text, or it is not in use any more.", nil)
			return
		}
	}
	byMail := slices.ContainsFunc(methods, func(c outbox.Channel) bool { return c != outbox.SMS })
	bySMS := slices.Contains(methods, outbox.SMS)
	missing := func(field, words string) {
		if record.Text(w.r, field) != "" {
			return
		}
		if own {
			w.problems.Add(field, "required", words, nil)
		} else if record.Text(w.r, "origin") == "" && field != "subject" {
			w.problems.Add("template", notify.NoText, "This text says nothing on one of the ways chosen. Choose another, or write your own.", map[string]any{"field": field})
		}
	}
	// What another service carries may be made of either text.
	letters := slices.ContainsFunc(methods, func(c outbox.Channel) bool { return c == outbox.Email || c == outbox.Post })
	if letters || byMail && record.Text(w.r, "sms_text") == "" {
		missing("email_text", "Write the text, or choose a template.")
	}
	if slices.Contains(methods, outbox.Email) {
		missing("subject", "An e-mail needs a subject.")
	}
	if bySMS {
		missing("sms_text", "Write the text message, or choose a template.")
	}
	locale := w.language()
	if mail := record.Text(w.r, "email_text"); mail != "" {
		w.merge("email_text", notify.Template{Email: mail, Locale: locale, Purpose: outbox.Reminder}, f, outbox.Email, locale, byMail)
	}
	if subject := record.Text(w.r, "subject"); subject != "" {
		w.merge("subject", notify.Template{Subject: subject, Email: "-", Locale: locale, Purpose: outbox.Reminder}, f, outbox.Email, locale, byMail)
	}
	if said := record.Text(w.r, "sms_text"); said != "" {
		merged, sound := w.merge("sms_text", notify.Template{SMS: said, Locale: locale, Purpose: outbox.Reminder}, f, outbox.SMS, locale, bySMS)
		if sound && bySMS {
			w.problems.TooLong("sms_text", sms.Measure(merged), w.at.Notify)
		}
	}
}

// merge puts the records into a text. Codes that do not exist are refused in any text; those with nothing to say only where it is used.
func (w *recallWriter) merge(field string, t notify.Template, f notify.Facts, channel outbox.Channel, locale string, used bool) (string, bool) {
	_, merged, problems := notify.Compose(t, f, channel, locale)
	if !used {
		problems = slices.DeleteFunc(problems, func(p notify.Problem) bool { return p.Code == notify.EmptyCode })
	}
	w.problems.From(field, problems)
	return merged, len(problems) == 0
}

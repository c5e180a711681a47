package queue

import (
	"strings"

	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/sms"
	"pawbell/internal/store"
)

// Wording is a text before it is merged: a template's, one's own, or a template's with some of one's own in its place.
type Wording struct {
	Template string // id, "" for none
	Subject  string // e-mail only
	Text     string
	Locale   string // the language wanted
}

// Worded is a text as it would leave.
type Worded struct {
	Subject, Text string
	Locale        string
	Size          sms.Size // of an SMS
}

// Word merges a text for one channel, and says on which field there is something to mend: codes that do not exist or have nothing to say
// and an SMS over the location's limit, with the count for this very record. Where it does, what could be merged is
// answered all the same.
func (w Wording) Word(f notify.Facts, channel outbox.Channel) (Worded, store.Refusals) {
	var problems store.Refusals
	w.Subject, w.Text = strings.TrimSpace(w.Subject), strings.TrimSpace(w.Text)
	said := notify.Template{Subject: w.Subject, Email: w.Text, SMS: w.Text, Locale: notify.Locale(w.Locale), Purpose: outbox.Personal}
	textField := "text"
	if w.Template != "" {
		_, known := f.Templates.ByID(w.Template)
		t, ok := f.Templates.Named(w.Template, w.Locale, f.Location, channel)
		switch {
		case !known:
			problems.Add("template", "unknown", "There is no such text, or it is not in use any more.", nil)
			return Worded{}, problems
		case !ok && w.Text == "":
			problems.Add("template", notify.NoText, "This text says nothing on this channel.", nil)
			return Worded{}, problems
		}
		if said.Subject == "" {
			said.Subject = t.Subject
		}
		if w.Text == "" {
			textField = "template"
			said.Email, said.SMS, said.Locale, said.Purpose, said.Code = t.Email, t.SMS, t.Locale, t.Purpose, t.Code
		}
	} else if w.Text == "" {
		problems.Add("text", "required", "Write something, or choose a text.", nil)
	}
	if channel == outbox.Email && said.Subject == "" {
		problems.Add("subject", "required", "An e-mail needs a subject.", nil)
	}
	out := Worded{Locale: said.Locale}
	if said.Email != "" {
		merged, text := said, []notify.Problem(nil)
		merged.Subject = ""
		_, out.Text, text = notify.Compose(merged, f, channel, said.Locale)
		problems.From(textField, text)
		if out.Text == "" && len(text) == 0 {
			problems.Add(textField, "required", "Nothing of this text would be left: what it says is empty for this record.", nil)
		}
	}
	if channel == outbox.SMS {
		out.Size = sms.Measure(out.Text)
		problems.TooLong(textField, out.Size, f.Location)
		return out, problems
	}
	if said.Subject != "" {
		subject, _, wrong := notify.Compose(notify.Template{Subject: said.Subject, Email: "-", Purpose: outbox.Personal}, f, channel, said.Locale)
		out.Subject = subject
		problems.From("subject", wrong)
	}
	return out, problems
}

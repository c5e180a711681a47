package store

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/sms"
)

// Draft is a text that somebody wants to see merged, and the record to merge it with: at most one of the three, and sample data with long
// names for none.
type Draft struct {
	Wording
	Channel                             outbox.Channel
	Location, Booking, Client, Reminder string
}

// Preview is how a draft would leave now, and what keeps it from leaving.
type Preview struct {
	Subject, Text, HTML string
	Size                sms.Size
	Cost                float64
	Currency            string
	Problems            Refusals
}

// PreviewOf merges a draft for an account, which sees records of the places where it works only (PC-16, X-18, X-25). What is wrong with the
// question itself is the error; what is wrong with the draft is in the answer.
func PreviewOf(app core.App, clinic *Clinic, key links.Key, d Draft, by *core.Record) (Preview, error) {
	about, err := d.about(app, clinic, by)
	if err != nil {
		return Preview{}, err
	}
	at := about.Location
	if d.Template != "" {
		if t, ok := clinic.Templates.ByID(d.Template); !ok {
			return Preview{}, wrong("template", "unknown", "There is no such text, or it is not in use any more.")
		} else if d.Locale == "" && about.nobody() {
			d.Locale = t.Locale
		}
	}
	var f notify.Facts
	if about.nobody() {
		if d.Locale == "" {
			d.Locale = at.Locale
		}
		f = notify.LongFacts(at.Notify, clinic.Base, d.Locale)
		f.Templates = clinic.Templates
	} else {
		if f, err = about.Facts(app, clinic, key); err != nil {
			return Preview{}, err
		}
		if d.Locale == "" {
			d.Locale = f.OwnerLocale()
		}
		if email := f.OwnerAddress(outbox.Email); email != "" {
			f.Links.Unsubscribe = UnsubscribeURL(clinic, key, email)
		}
	}
	said, problems := d.Word(f, d.Channel)
	p := Preview{Subject: said.Subject, Text: said.Text, Size: said.Size, Problems: problems, Currency: at.Currency}
	if !about.nobody() {
		if err := p.hindered(app, clinic, d, &f); err != nil {
			return Preview{}, err
		}
	}
	switch d.Channel {
	case outbox.SMS:
		p.Cost = sms.Cost(said.Size.Parts, at.SMSPrice)
	case outbox.Email:
		_, p.HTML = notify.Mail(said.Subject, said.Text, said.Locale, at.Notify)
	}
	return p, nil
}

// hindered adds why the owner would not get it: the same reasons that a message is skipped for.
func (p *Preview) hindered(app core.App, clinic *Clinic, d Draft, f *notify.Facts) error {
	purpose := outbox.Personal
	if t, ok := clinic.Templates.ByID(d.Template); ok && t.Purpose != "" {
		purpose = t.Purpose
	}
	if d.Channel != outbox.SMS && d.Channel != outbox.Email {
		return nil
	}
	var err error
	if f.Stopped, err = stopped(app.DB(), []string{f.OwnerAddress(d.Channel)}); err != nil {
		return fmt.Errorf("stopped addresses: %w", err)
	}
	if reason := f.Hindrance(purpose, d.Channel); reason != "" {
		p.Problems.add("to", string(reason), reason.Words(), nil)
	}
	return nil
}

func (a About) nobody() bool { return a.Booking == nil && a.Client == "" }

// about finds the record that the draft is merged with.
func (d Draft) about(app core.App, clinic *Clinic, by *core.Record) (About, error) {
	a := About{Client: d.Client}
	offered := ""
	switch {
	case d.Booking != "":
		visit, err := FindVisit(app, d.Booking)
		if err != nil {
			return a, err
		}
		if visit == nil || !WorksAt(by, text(visit, "location")) {
			return a, wrong("booking", "unknown", "There is no such visit.")
		}
		a.Booking, a.Client, offered = visit, text(visit, "client"), text(visit, "location")
	case d.Reminder != "":
		r, err := app.FindRecordById("reminders", d.Reminder)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return a, fmt.Errorf("find reminder: %w", err)
		}
		if err != nil || !WorksAt(by, text(r, "location")) {
			return a, wrong("reminder", "unknown", "There is no such reminder.")
		}
		a.Client, a.DueOn, a.Patients, offered = text(r, "client"), text(r, "due_on"), list(r, "patients"), text(r, "location")
	case d.Client != "":
		r, err := app.FindRecordById(Clients, d.Client)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return a, fmt.Errorf("find client: %w", err)
		}
		if err != nil {
			return a, wrong("client", "unknown", "There is no such client.")
		}
		offered = text(r, "location")
	}
	if d.Location != "" && !WorksAt(by, d.Location) {
		return a, wrong("location", "unknown", "There is no such place.")
	}
	if a.Location = Workplace(clinic, by, d.Location, offered); a.Location == nil {
		for _, at := range clinic.Order {
			if WorksAt(by, at.ID) {
				a.Location = at
				break
			}
		}
	}
	if a.Location == nil {
		return a, wrong("location", "required", "There is no place to write from yet.")
	}
	return a, nil
}

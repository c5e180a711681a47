package queue

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/sms"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
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
	Problems            store.Refusals
}

// PreviewOf merges a draft for an account, which sees records of the places where it works only (PC-16, X-18, X-25). What is wrong with the
// question itself is the error; what is wrong with the draft is in the answer.
func PreviewOf(app core.App, clinic *store.Clinic, key links.Key, d Draft, by *core.Record) (Preview, error) {
	about, err := d.about(app, clinic, by)
	if err != nil {
		return Preview{}, err
	}
	at := about.Location
	if d.Template != "" {
		if t, ok := clinic.Templates.ByID(d.Template); !ok {
			return Preview{}, store.Wrong("template", "unknown", "There is no such text, or it is not in use any more.")
		} else if d.Locale == "" && isNobody(about) {
			d.Locale = t.Locale
		}
	}
	var f notify.Facts
	if isNobody(about) {
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
			f.Links.Unsubscribe = store.UnsubscribeURL(clinic, key, email)
		}
	}
	said, problems := d.Word(f, d.Channel)
	p := Preview{Subject: said.Subject, Text: said.Text, Size: said.Size, Problems: problems, Currency: at.Currency}
	if !isNobody(about) {
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
func (p *Preview) hindered(app core.App, clinic *store.Clinic, d Draft, f *notify.Facts) error {
	purpose := outbox.Personal
	if t, ok := clinic.Templates.ByID(d.Template); ok && t.Purpose != "" {
		purpose = t.Purpose
	}
	if d.Channel != outbox.SMS && d.Channel != outbox.Email {
		return nil
	}
	var err error
	if f.Stopped, err = store.StoppedAmong(app.DB(), []string{f.OwnerAddress(d.Channel)}); err != nil {
		return fmt.Errorf("stopped addresses: %w", err)
	}
	if reason := f.Hindrance(purpose, d.Channel); reason != "" {
		p.Problems.Add("to", string(reason), reason.Words(), nil)
	}
	return nil
}

func isNobody(a store.About) bool { return a.Booking == nil && a.Client == "" }

// about finds the record that the draft is merged with.
func (d Draft) about(app core.App, clinic *store.Clinic, by *core.Record) (store.About, error) {
	a := store.About{Client: d.Client}
	offered := ""
	switch {
	case d.Booking != "":
		visit, err := store.FindVisit(app, d.Booking)
		if err != nil {
			return a, err
		}
		if visit == nil || !store.WorksAt(by, record.Text(visit, "location")) {
			return a, store.Wrong("booking", "unknown", "There is no such visit.")
		}
		a.Booking, a.Client, offered = visit, record.Text(visit, "client"), record.Text(visit, "location")
	case d.Reminder != "":
		r, err := app.FindRecordById("reminders", d.Reminder)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return a, fmt.Errorf("find reminder: %w", err)
		}
		if err != nil || !store.WorksAt(by, record.Text(r, "location")) {
			return a, store.Wrong("reminder", "unknown", "There is no such reminder.")
		}
		a.Client, a.DueOn, a.Patients, offered = record.Text(r, "client"), record.Text(r, "due_on"), record.List(r, "patients"), record.Text(r, "location")
	case d.Client != "":
		r, err := app.FindRecordById(store.Clients, d.Client)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return a, fmt.Errorf("find client: %w", err)
		}
		if err != nil {
			return a, store.Wrong("client", "unknown", "There is no such client.")
		}
		offered = record.Text(r, "location")
	}
	if d.Location != "" && (clinic.Locations[d.Location] == nil || !store.WorksAt(by, d.Location)) {
		return a, store.Wrong("location", "unknown", "There is no such place.")
	}
	if a.Location = store.Workplace(clinic, by, d.Location, offered); a.Location == nil {
		for _, at := range clinic.Order {
			if store.WorksAt(by, at.ID) {
				a.Location = at
				break
			}
		}
	}
	if a.Location == nil {
		return a, store.Wrong("location", "required", "There is no place to write from yet.")
	}
	return a, nil
}

package store

import (
	"fmt"
	"slices"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/sms"
	"pawbell/internal/store/record"
)

// About names the records that a message written by hand speaks of, by id; "" for those it does not.
type About struct {
	Location *Location // from where it comes, never nil
	Client   string
	Booking  *core.Record // nil if it is about no visit
	DueOn    string       // of the reminder that it repeats, "" for none
	Patients []string
}

// Facts reads what a message about these records may say. A visit brings its own owner, patient and contact; patients that are named take
// the place of the visit's. Those that are not the client's are refused.
func (a About) Facts(app core.App, clinic *Clinic, key links.Key) (notify.Facts, error) {
	var f notify.Facts
	if a.Booking != nil {
		var err error
		if f, err = FactsBeside(app, clinic, key, a.Booking); err != nil {
			return f, err
		}
	} else {
		if err := ReadPeople(app.DB(), clinic, &f, a.Client, "", ""); err != nil {
			return f, fmt.Errorf("client: %w", err)
		}
		// What was typed for a visit says nothing about a message that is about none.
		f.Contact = notify.Contact{}
	}
	f.Location, f.Templates, f.Links.Base = a.Location.Notify, clinic.Templates, clinic.Base
	if a.DueOn != "" {
		var err error
		if f.DueOn, err = calendar.ParseDate(a.DueOn); err != nil {
			return f, fmt.Errorf("due date: %w", err)
		}
	}
	if len(a.Patients) > 0 {
		patients, err := patientsOf(app.DB(), clinic, f.Client.ID, a.Patients)
		if err != nil {
			return f, err
		}
		f.Patient, f.Others = patients[0], patients[1:]
	}
	return f, nil
}

// patientsOf reads patients of a client, in the order named.
func patientsOf(db dbx.Builder, clinic *Clinic, client string, ids []string) ([]notify.Patient, error) {
	var own []string
	if err := db.Select("id").From(Patients).Where(dbx.HashExp{"client": client}).Column(&own); err != nil {
		return nil, fmt.Errorf("patients of the client: %w", err)
	}
	patients := make([]notify.Patient, len(ids))
	for i, id := range ids {
		if client == "" || !slices.Contains(own, id) {
			return nil, Wrong("patients", "unknown", NotTheirs)
		}
		var f notify.Facts
		if err := ReadPeople(db, clinic, &f, "", id, ""); err != nil {
			return nil, fmt.Errorf("patient: %w", err)
		}
		patients[i] = f.Patient
	}
	return patients, nil
}

// Workplace chooses from where an account writes that did not say: the first of the places offered at which it works, else the only one
// at which it does; nil if that does not settle it.
func Workplace(clinic *Clinic, account *core.Record, offered ...string) *Location {
	for _, id := range offered {
		if at := clinic.Locations[id]; at != nil && !at.Inactive && WorksAt(account, id) {
			return at
		}
	}
	var only *Location
	for _, at := range clinic.Order {
		if !WorksAt(account, at.ID) {
			continue
		}
		if only != nil {
			return nil
		}
		only = at
	}
	return only
}

// StillEmployed reports whether an account may use what staff use: a superuser, or a staff account that was not switched off.
func StillEmployed(account *core.Record) bool {
	return account != nil && (account.IsSuperuser() || account.Collection().Name == Staff && !SwitchedOff(account))
}

// AccountName is how a task says who did it.
func AccountName(account *core.Record) string {
	if !account.IsSuperuser() && record.Text(account, "name") != "" {
		return record.Text(account, "name")
	}
	return account.Email()
}

// Refusals are several things that a person can mend, each on its field.
type Refusals []*booking.Refusal

// Error names the fields and what is wrong with each.
func (r Refusals) Error() string { return fmt.Sprintf("%d refusals, the first: %v", len(r), r[0]) }

// Unwrap lets [AsRefusal] find the first.
func (r Refusals) Unwrap() []error {
	errs := make([]error, len(r))
	for i, refusal := range r {
		errs[i] = refusal
	}
	return errs
}

// OrNil is nil where there is nothing to mend.
func (r Refusals) OrNil() error {
	if len(r) == 0 {
		return nil
	}
	return r
}

// Add refuses one more thing, on the field that it is about.
func (r *Refusals) Add(field, code, message string, params map[string]any) {
	*r = append(*r, &booking.Refusal{Field: field, Code: code, Message: message, Params: params})
}

// Manages reports whether an account may arrange what the whole chain shares: a superuser, or a manager's account that is in use.
func Manages(account *core.Record) bool {
	return StillEmployed(account) && (account.IsSuperuser() || record.Text(account, "role") == "manager")
}

// From refuses what is wrong with a text, on the field that holds it.
func (r *Refusals) From(field string, problems []notify.Problem) {
	for _, p := range problems {
		var params map[string]any
		if p.Name != "" {
			params = map[string]any{"name": p.Name, "nearest": p.Nearest}
		}
		r.Add(field, p.Code, p.Message, params)
	}
}

// TooLong refuses an SMS over the limit, with the count.
func (r *Refusals) TooLong(field string, size sms.Size, at notify.Location) {
	if at.SMSMaxParts == 0 || size.Parts <= at.SMSMaxParts {
		return
	}
	words := fmt.Sprintf("This is %d characters, which makes %d text messages; %d can be sent here.", size.Units, size.Parts, at.SMSMaxParts)
	if size.Encoding == sms.UCS2 {
		words += fmt.Sprintf(" The character %q makes every message shorter.", size.Offender)
	}
	r.Add(field, notify.TooLong, words, map[string]any{
		"characters": size.Units, "parts": size.Parts, "limit": at.SMSMaxParts, "encoding": size.Encoding,
	})
}

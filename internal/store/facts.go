package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
)

// BookingFacts reads everything that decides which messages a booking has, in the transaction that app is.
func BookingFacts(app core.App, clinic *Clinic, key links.Key, r *core.Record) (notify.Facts, error) {
	f, err := FactsBeside(app, clinic, key, r)
	if err != nil {
		return f, err
	}
	if f.Rows, err = MessageRows(app.DB(), dbx.HashExp{"booking": r.Id}); err != nil {
		return f, fmt.Errorf("booking %s: messages: %w", r.Id, err)
	}
	return f, nil
}

// FactsBeside are a booking's facts but for the messages that it has so far.
func FactsBeside(app core.App, clinic *Clinic, key links.Key, r *core.Record) (notify.Facts, error) {
	f, err := OwnFacts(clinic, key, r)
	if err != nil {
		return f, err
	}
	if err := ReadPeople(app.DB(), clinic, &f, record.Text(r, "client"), record.Text(r, "patient"), r.Id); err != nil {
		return f, fmt.Errorf("booking %s: people: %w", r.Id, err)
	}
	if f.Stopped, err = StoppedAmong(app.DB(), AddressesOf(&f)); err != nil {
		return f, fmt.Errorf("booking %s: stopped addresses: %w", r.Id, err)
	}
	return f, nil
}

// OwnFacts are what the booking's record and the set-up say, without its people.
func OwnFacts(clinic *Clinic, key links.Key, r *core.Record) (notify.Facts, error) {
	at := clinic.Locations[record.Text(r, "location")]
	reason := clinic.Reasons[record.Text(r, "reason")]
	if at == nil || reason == nil {
		return notify.Facts{}, fmt.Errorf("booking %s: its location or reason is gone: %w", r.Id, sql.ErrNoRows)
	}
	return notify.Facts{
		Booking:      bookingFact(r),
		Location:     at.Notify,
		Reason:       reason.Notify,
		Practitioner: clinic.PractitionerNames[record.Text(r, "practitioner")],
		Addresses:    clinic.Addresses[at.ID],
		Templates:    clinic.Templates,
		Links:        notify.Links{Base: clinic.Base, Manage: clinic.Base + "/manage/" + key.Token(links.Manage, r.Id, record.Number(r, "link_version"))},
	}, nil
}

// AddressesOf are where messages about a booking may go.
func AddressesOf(f *notify.Facts) []string {
	addresses := []string{f.Contact.Email, f.Contact.Phone, f.Client.Email, f.Client.SMSPhone}
	for _, a := range f.Addresses {
		addresses = append(addresses, a.Email)
	}
	return addresses
}

func bookingFact(r *core.Record) notify.Booking {
	return notify.Booking{
		ID: r.Id, Reference: record.Text(r, "reference"), Status: booking.Status(record.Text(r, "status")), Source: record.Text(r, "source"),
		StartsAt: record.Time(r, "starts_at"), EndsAt: record.Time(r, "ends_at"),
		ScheduledAt: record.Time(r, "scheduled_at"), ChangedAt: record.Time(r, "changed_at"), ChangedBy: record.Text(r, "changed_by"),
		CancelledBy: record.Text(r, "cancelled_by"), Sequence: record.Number(r, "sequence"), NoSMS: record.Truth(r, "no_sms"), NoEmail: record.Truth(r, "no_email"),
		OwnerNote: record.Text(r, "owner_note"), Note: record.Text(r, "note"), CancelNote: record.Text(r, "cancel_note"),
		Price: record.Amount(r, "price"), Payment: record.Text(r, "payment"), PaymentDueAt: record.Time(r, "payment_due_at"),
	}
}

// PeopleRow is the owner, the pet, and what was typed for a booking, as [PeopleColumns] reads them.
type PeopleRow struct {
	Client   string `db:"client"`
	First    string `db:"first_name"`
	Last     string `db:"last_name"`
	Email    string `db:"email"`
	Phone    string `db:"phone"`
	SMSPhone string `db:"sms_phone"`
	Locale   string `db:"locale"`
	NoEmail  bool   `db:"no_email"`
	NoSMS    bool   `db:"no_sms"`
	Refused  string `db:"refused"`
	Merged   string `db:"merge_into"`

	Patient  string `db:"patient"`
	Pet      string `db:"name"`
	Species  string `db:"species"`
	Breed    string `db:"breed"`
	Deceased string `db:"deceased_on"`
	Inactive bool   `db:"inactive"`

	TypedEmail  string `db:"typed_email"`
	TypedPhone  string `db:"typed_phone"`
	TypedLocale string `db:"typed_locale"`
}

// PeopleColumns read a [PeopleRow] from a client c, a patient p and a booking request r, any of which may be missing.
const PeopleColumns = `
		ifnull(c.id, '') client, ifnull(c.first_name, '') first_name, ifnull(c.last_name, '') last_name, ifnull(c.email, '') email,
		ifnull(c.phone, '') phone, ifnull(c.sms_phone, '') sms_phone, ifnull(c.locale, '') locale,
		ifnull(c.no_email, 0) no_email, ifnull(c.no_sms, 0) no_sms, ifnull(c.refused, '') refused, ifnull(c.merge_into, '') merge_into,
		ifnull(p.id, '') patient, ifnull(p.name, '') name, ifnull(p.species, '') species, ifnull(p.breed, '') breed,
		ifnull(p.deceased_on, '') deceased_on, ifnull(p.inactive, 0) inactive,
		ifnull(r.email, '') typed_email, ifnull(r.phone, '') typed_phone, ifnull(r.locale, '') typed_locale`

// ReadPeople fills in the owner, the pet, and what was typed for the booking, in one question.
func ReadPeople(db dbx.Builder, clinic *Clinic, f *notify.Facts, client, patient, bookingID string) error {
	var row PeopleRow
	err := db.NewQuery(`SELECT` + PeopleColumns + `
		FROM (SELECT 1) LEFT JOIN clients c ON c.id = {:client} LEFT JOIN patients p ON p.id = {:patient}
		LEFT JOIN booking_requests r ON r.booking = {:booking} LIMIT 1`).
		Bind(dbx.Params{"client": client, "patient": patient, "booking": bookingID}).One(&row)
	if err != nil {
		return err
	}
	return row.Into(clinic, f)
}

// Into writes the people of a booking into its facts.
func (row *PeopleRow) Into(clinic *Clinic, f *notify.Facts) error {
	refused, err := record.Texts(row.Refused)
	if err != nil {
		return err
	}
	f.Client = notify.Client{
		ID: row.Client, FirstName: row.First, LastName: row.Last, Email: row.Email, Phone: row.Phone, SMSPhone: Dialable(row.SMSPhone),
		Locale: row.Locale, NoEmail: row.NoEmail, NoSMS: row.NoSMS, Refused: refused, Gone: row.Client == "" || row.Merged != "",
	}
	f.Patient = notify.Patient{ID: row.Patient, Name: row.Pet, Breed: row.Breed, Deceased: row.Deceased != "", Inactive: row.Inactive}
	if s := clinic.Species[row.Species]; s != nil {
		f.Patient.Species, f.Patient.SpeciesNames = s.Name, s.Translations.Field("name")
	}
	f.Contact = notify.Contact{Email: row.TypedEmail, Phone: row.TypedPhone, Locale: row.TypedLocale}
	if f.Contact.Phone == "" || f.Contact.Phone == f.Client.SMSPhone {
		return nil
	}
	// A landline is for calling: texts then go to the number that the client's record has for them.
	if _, mobile, ok := booking.Phone(f.Contact.Phone, ""); !ok || !mobile {
		f.Contact.Phone = ""
	}
	return nil
}

// Dialable is a number that can be dialled: what staff typed that is none is kept for their eyes only. One written in full, with its
// country's code, is dialled even where the tables of numbers do not know it: they age.
func Dialable(phone string) string {
	digits, international := strings.CutPrefix(phone, "+")
	if !international || len(digits) < 8 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return phone
}

// StoppedAmong reads which of some addresses said stop. The answer matches e-mail addresses whatever their case.
func StoppedAmong(db dbx.Builder, addresses []string) (func(outbox.Channel, string, outbox.Purpose) bool, error) {
	var keys []string
	for _, a := range addresses {
		if a != "" {
			keys = append(keys, AddressKey(a))
		}
	}
	if len(keys) == 0 {
		return func(outbox.Channel, string, outbox.Purpose) bool { return false }, nil
	}
	set, err := record.IDSet(keys)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Channel string `db:"channel"`
		Address string `db:"address"`
		Purpose string `db:"purpose"`
	}
	err = db.Select("channel", "address", "purpose").From(StoppedAddresses).
		Where(dbx.NewExp("channel IN ('email', 'sms', 'post', 'external') AND address IN (SELECT value FROM json_each({:addresses}))", dbx.Params{"addresses": set})).All(&rows)
	if err != nil {
		return nil, err
	}
	said := map[string][]outbox.Purpose{} // by channel and address, "" for all purposes
	for _, r := range rows {
		said[r.Channel+" "+r.Address] = append(said[r.Channel+" "+r.Address], outbox.Purpose(r.Purpose))
	}
	return func(c outbox.Channel, address string, p outbox.Purpose) bool {
		if len(said) == 0 {
			return false
		}
		purposes := said[string(outbox.StopsOf(c, address))+" "+AddressKey(address)]
		return slices.Contains(purposes, "") || slices.Contains(purposes, p)
	}, nil
}

// AddressKey is the form in which addresses are compared: e-mail addresses in lower case, numbers as they are.
func AddressKey(address string) string {
	if strings.Contains(address, "@") {
		return booking.EmailKey(address)
	}
	return address
}

// PlannedRow is a message as planning sees it, and the booking and the client that it is about.
type PlannedRow struct {
	ID        string  `db:"id"`
	Client    string  `db:"client"`
	Booking   string  `db:"booking"`
	Key       string  `db:"key"`
	Purpose   string  `db:"purpose"`
	Channel   string  `db:"channel"`
	To        string  `db:"to"`
	BCC       string  `db:"bcc"`
	Subject   string  `db:"subject"`
	Text      string  `db:"text"`
	Locale    string  `db:"locale"`
	Template  string  `db:"template"`
	Edited    bool    `db:"edited"`
	OwnTo     bool    `db:"own_address"`
	OwnTime   bool    `db:"own_time"`
	Sequence  float64 `db:"sequence"`
	State     string  `db:"state"`
	Reason    string  `db:"reason"`
	Attempts  float64 `db:"attempts"`
	PlannedAt string  `db:"planned_at"`
	SendAt    string  `db:"send_at"`
	ExpiresAt string  `db:"expires_at"`
	SentAt    string  `db:"sent_at"`
	Patients  string  `db:"patients"`
	Reminders string  `db:"reminders"`
	Covers    string  `db:"covers"`
	Revision  float64 `db:"revision"`
}

// Row is the message in the words of the rules.
func (r *PlannedRow) Row() outbox.Row {
	return outbox.Row{
		ID: r.ID, Key: r.Key, Purpose: outbox.Purpose(r.Purpose), Channel: outbox.Channel(r.Channel), To: r.To, BCC: SplitAddresses(r.BCC),
		Subject: r.Subject, Text: r.Text, Locale: r.Locale, Template: r.Template, Edited: r.Edited, OwnAddress: r.OwnTo, OwnTime: r.OwnTime, Sequence: int(r.Sequence),
		State: outbox.State(r.State), Reason: outbox.Reason(r.Reason), Attempts: int(r.Attempts),
		PlannedAt: record.ParseInstant(r.PlannedAt), SendAt: record.ParseInstant(r.SendAt), ExpiresAt: record.ParseInstant(r.ExpiresAt),
		SentAt: record.ParseInstant(r.SentAt), Patients: record.ReadIDList(r.Patients), Reminders: record.ReadIDList(r.Reminders), Covers: strings.Fields(r.Covers),
	}
}

// MessageRows reads messages as planning sees them.
func MessageRows(db dbx.Builder, which dbx.Expression) ([]outbox.Row, error) {
	rows, err := ReadMessageRows(db, which)
	if err != nil {
		return nil, err
	}
	out := make([]outbox.Row, len(rows))
	for i := range rows {
		out[i] = rows[i].Row()
	}
	return out, nil
}

// ReadMessageRows does the same and keeps what each message is about.
func ReadMessageRows(db dbx.Builder, which dbx.Expression) (rows []PlannedRow, err error) {
	err = db.Select("id", "client", "booking", "key", "purpose", "channel", "to", "bcc", "subject", "text", "locale", "template", "edited", "own_address", "own_time",
		"sequence", "state", "reason", "attempts", "planned_at", "send_at", "expires_at", "sent_at", "patients", "reminders", "covers", "revision").From(Messages).Where(which).All(&rows)
	return rows, err
}

// SplitAddresses reads a stored list of addresses.
func SplitAddresses(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' })
}

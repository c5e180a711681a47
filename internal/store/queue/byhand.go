package queue

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/filesystem"

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// largestMail is how much the files of one e-mail may hold together: encoded they grow by a third, and most mail servers take 20 to 25 MB.
const largestMail = 15 << 20

// handwritten is a message that somebody is writing.
type handwritten struct {
	app    core.App
	clinic *store.Clinic
	key    links.Key
	r      *core.Record
	by     *core.Record
	now    time.Time

	purpose  outbox.Purpose
	channel  outbox.Channel
	about    store.About
	problems store.Refusals
}

// WriteByHand completes a new message that an account writes to one client, or to itself as a test: place, address, language, merged text
// and times, so that the row is one like any that is planned (X-08, X-20, PC-07 to PC-16). It answers the messages to further addresses,
// to be saved after this one in the same transaction. What a person can mend is a [store.Refusals].
func WriteByHand(app core.App, clinic *store.Clinic, key links.Key, r, by *core.Record, now time.Time) ([]*core.Record, error) {
	m := handwritten{app: app, clinic: clinic, key: key, r: r, by: by, now: now,
		purpose: outbox.Purpose(record.Text(r, "purpose")), channel: outbox.Channel(record.Text(r, "channel"))}
	if m.purpose == "" {
		m.purpose = outbox.Personal
	}
	if m.purpose != outbox.Personal && m.purpose != outbox.Test {
		m.problems.Add("purpose", "wrong_purpose", "By hand, write personal or test messages. All others are planned.", nil)
	}
	if m.channel == "" {
		m.problems.Add("channel", "required", "Choose how it is sent.", nil)
	}
	for _, field := range []string{"reminders", "broadcast"} {
		if len(record.List(r, field)) > 0 {
			m.problems.Add(field, "read_only", "Only planned messages belong to these.", nil)
		}
	}
	if len(m.problems) > 0 {
		return nil, m.problems
	}
	if err := m.settleAbout(); err != nil || len(m.problems) > 0 {
		return nil, errors.Join(err, m.problems.OrNil())
	}
	f, err := m.facts()
	if err != nil {
		return nil, err
	}
	addresses, err := m.addresses(&f)
	if err != nil {
		return nil, err
	}
	m.mayGo(&f)
	m.word(f)
	m.files(m.r.GetUnsavedFiles("attachments"), 0)
	m.bccSound()
	m.times()
	if len(m.problems) > 0 {
		return nil, m.problems
	}
	return m.complete(addresses), nil
}

// settleAbout finds out whom and what it is about, and from where it comes.
func (m *handwritten) settleAbout() error {
	m.about = store.About{Client: record.Text(m.r, "client"), Patients: record.List(m.r, "patients")}
	if id := record.Text(m.r, "booking"); id != "" {
		visit, err := store.FindVisit(m.app, id)
		switch {
		case err != nil:
			return err
		case visit == nil || !store.WorksAt(m.by, record.Text(visit, "location")):
			m.problems.Add("booking", "unknown", "There is no such visit.", nil)
		case m.about.Client != "" && m.about.Client != record.Text(visit, "client"):
			m.problems.Add("booking", "unknown", "This visit is another client's.", nil)
		default:
			m.about.Booking, m.about.Client = visit, record.Text(visit, "client")
		}
	}
	home := ""
	if m.about.Client != "" {
		err := m.app.DB().Select("location").From(store.Clients).Where(dbx.HashExp{"id": m.about.Client, "merge_into": ""}).Row(&home)
		if errors.Is(err, sql.ErrNoRows) {
			m.problems.Add("client", "unknown", "There is no such client.", nil)
		} else if err != nil {
			return fmt.Errorf("place of the client: %w", err)
		}
	} else if m.purpose == outbox.Personal {
		m.problems.Add("client", "required", "Say whom it is for.", nil)
	}
	m.settlePlace(home)
	m.onePatient()
	return nil
}

// onePatient refuses a text message about several (PC-16).
func (m *handwritten) onePatient() {
	if m.channel == outbox.SMS && len(m.about.Patients) > 1 {
		m.problems.Add("patients", "too_many", "A text message is about one patient at most.", map[string]any{"count": len(m.about.Patients), "limit": 1})
	}
}

func (m *handwritten) settlePlace(home string) {
	wished, visits := record.Text(m.r, "location"), ""
	if m.about.Booking != nil {
		visits = record.Text(m.about.Booking, "location")
	}
	switch {
	case wished == "":
		if m.about.Location = store.Workplace(m.clinic, m.by, visits, home); m.about.Location == nil {
			m.problems.Add("location", "required", "Say from which place it comes.", nil)
		}
	case m.clinic.Locations[wished] == nil || !store.WorksAt(m.by, wished):
		m.problems.Add("location", "unknown", "There is no such place.", nil)
	case visits != "" && visits != wished:
		m.problems.Add("location", "wrong_location", "The visit is at another place; write from there.", nil)
	default:
		m.about.Location = m.clinic.Locations[wished]
	}
}

// facts are those of the records, else sample data with long names, which is what a test without a client is for.
func (m *handwritten) facts() (notify.Facts, error) {
	if m.purpose == outbox.Test && m.about.Client == "" {
		f := notify.LongFacts(m.about.Location.Notify, m.clinic.Base, m.testLocale())
		f.Templates = m.clinic.Templates
		return f, nil
	}
	return m.about.Facts(m.app, m.clinic, m.key)
}

// testLocale is the language of a test message: the one wished for, else that of the text which is tried, else the location's.
func (m *handwritten) testLocale() string {
	locale := record.Text(m.r, "locale")
	if t, ok := m.clinic.Templates.ByID(record.Text(m.r, "template")); ok && locale == "" {
		locale = t.Locale
	}
	if locale == "" {
		locale = m.about.Location.Locale
	}
	return locale
}

func (m *handwritten) addresses(f *notify.Facts) ([]string, error) {
	addresses, refusal := receivers(record.Text(m.r, "to"), m.channel, m.about.Location.Country)
	if refusal != nil {
		m.problems = append(m.problems, refusal)
		return nil, nil
	}
	if err := m.ownLetter(addresses); err != nil {
		return nil, err
	}
	if m.purpose == outbox.Test {
		return m.testAddress(addresses)
	}
	if len(addresses) == 0 {
		to, err := usualReceiver(m.app, f, m.channel)
		if err != nil {
			return nil, err
		}
		if to == "" {
			m.problems.Add("to", string(outbox.ReasonNoAddress), "The client has no address or number for this channel.", nil)
			return nil, nil
		}
		addresses = []string{to}
	}
	refusal, err := stoppedOne(m.app, addresses, m.channel, m.purpose)
	if refusal != nil {
		m.problems = append(m.problems, refusal)
	}
	return addresses, err
}

// ownLetter marks a letter that goes elsewhere than to the client's address on record, which its envelope shows otherwise. A test is no client's.
func (m *handwritten) ownLetter(addresses []string) error {
	if m.channel != outbox.Post || len(addresses) == 0 {
		return nil
	}
	known, err := PostalAddress(m.app, m.about.Client)
	if err != nil {
		return err
	}
	record.Set(m.r, "own_address", m.purpose == outbox.Test || addresses[0] != known)
	return nil
}

// testAddress is the writer's own: by e-mail the one they log in with, unless they name another; their number is nowhere but in their head.
func (m *handwritten) testAddress(addresses []string) ([]string, error) {
	if len(addresses) == 0 && m.channel == outbox.Email && m.by != nil {
		addresses = []string{m.by.Email()}
	}
	switch {
	case len(addresses) == 0:
		m.problems.Add("to", "required", "Write your own number or address.", nil)
		return nil, nil
	case len(addresses) > 1:
		m.problems.Add("to", "too_many", "A test goes to one address: your own.", map[string]any{"count": len(addresses), "limit": 1})
		return nil, nil
	}
	refusing, err := refusingOwner(m.app, addresses[0], m.channel)
	if err != nil {
		return nil, err
	}
	if refusing {
		m.problems.Add("to", string(outbox.ReasonOptedOut), "A client with this address does not want such messages. Write your own.", nil)
	}
	refusal, err := stoppedOne(m.app, addresses, m.channel, m.purpose)
	if refusal != nil {
		m.problems = append(m.problems, refusal)
	}
	return addresses, err
}

// mayGo refuses what the location or the client does not want sent on this channel.
func (m *handwritten) mayGo(f *notify.Facts) {
	at := f.Location
	if m.channel == outbox.SMS && !at.SMSEnabled || m.channel == outbox.Email && !at.EmailEnabled {
		m.problems.Add("channel", string(outbox.ReasonChannelOff), outbox.ReasonChannelOff.Words(), nil)
	}
	if m.purpose == outbox.Test {
		return
	}
	noSMS, noEmail := f.Client.NoSMS || f.Booking.NoSMS, f.Client.NoEmail || f.Booking.NoEmail
	if m.channel == outbox.SMS && noSMS || m.channel == outbox.Email && noEmail {
		m.problems.Add("channel", string(outbox.ReasonOptedOut), outbox.ReasonOptedOut.Words(), nil)
	}
}

// word merges the text in the language that R-23 gives.
func (m *handwritten) word(f notify.Facts) {
	locale := record.Text(m.r, "locale")
	switch {
	case locale != "":
	case m.purpose == outbox.Test:
		locale = m.testLocale()
	default:
		locale = f.OwnerLocale()
	}
	own := strings.TrimSpace(record.Text(m.r, "text")) != ""
	said, problems := Wording{Template: record.Text(m.r, "template"), Subject: record.Text(m.r, "subject"), Text: record.Text(m.r, "text"), Locale: locale}.Word(f, m.channel)
	m.problems = append(m.problems, problems...)
	m.put(said)
	record.Set(m.r, "locale", said.Locale)
	record.Set(m.r, "edited", own && record.Text(m.r, "template") != "")
}

// put writes a merged text with its size into the row.
func (m *handwritten) put(said Worded) {
	if m.channel == outbox.SMS {
		record.Set(m.r, "encoding", said.Size.Encoding)
		record.Set(m.r, "parts", said.Size.Parts)
		record.Set(m.r, "over_limit", false)
		said.Subject = ""
	}
	record.Set(m.r, "subject", said.Subject)
	record.Set(m.r, "text", said.Text)
}

// files refuses files where none can go, and more of them than mail servers take. There may be some already, of so many bytes.
func (m *handwritten) files(added []*filesystem.File, already int64) {
	if m.channel != outbox.Email && len(added) > 0 {
		m.problems.Add("attachments", "wrong_channel", "Files go with e-mails only.", nil)
		return
	}
	for _, file := range added {
		already += file.Size
	}
	if already > largestMail {
		m.problems.Add("attachments", "too_large", "Together the files are larger than the 15 MB that mail servers take.", map[string]any{"limit": largestMail})
	}
}

// times are those of for the moment wished for, which is now unless somebody says otherwise.
func (m *handwritten) times() {
	planned := record.Time(m.r, "planned_at")
	if planned.IsZero() {
		planned = m.now
	}
	var visit time.Time
	if m.about.Booking != nil {
		visit = record.Time(m.about.Booking, "starts_at")
	}
	send, expires := outbox.Schedule(m.purpose, m.channel, planned, visit, m.about.Location.Notify.Window)
	if record.Truth(m.r, "send_now") {
		planned = m.now
		send, expires = outbox.SendNow(m.purpose, m.channel, planned, visit, m.about.Location.Notify.Window)
	}
	if expires.Before(m.now) || !expires.After(planned) {
		m.problems.Add("planned_at", string(outbox.ReasonStale), "For this moment it would be of no use any more.", nil)
	}
	setTimes(m.r, planned, send, expires)
}

func setTimes(r *core.Record, planned, send, expires time.Time) {
	record.SetTime(r, "planned_at", planned)
	record.SetTime(r, "send_at", send)
	record.SetTime(r, "expires_at", expires)
}

// complete fills in the rest, and makes a message of its own for each further address.
func (m *handwritten) complete(addresses []string) []*core.Record {
	r := m.r
	if r.Id == "" {
		r.Id = core.GenerateDefaultRandomId()
	}
	record.Set(r, "purpose", string(m.purpose))
	record.Set(r, "key", string(m.purpose)+":"+r.Id)
	record.Set(r, "state", string(outbox.Queued))
	record.Set(r, "priority", m.purpose.Rules().Priority)
	record.Set(r, "location", m.about.Location.ID)
	record.Set(r, "client", m.about.Client)
	if m.purpose == outbox.Test {
		// It went to somebody of the clinic: the client's history knows nothing of it.
		record.Set(r, "client", "")
		record.Set(r, "booking", "")
		record.Set(r, "patients", nil)
	} else if m.about.Booking != nil && len(m.about.Patients) == 0 && record.Text(m.about.Booking, "patient") != "" {
		record.Set(r, "patients", []string{record.Text(m.about.Booking, "patient")})
	}
	record.Set(r, "to", addresses[0])
	record.Set(r, "send_now", false)
	record.Set(r, "requeue", false)
	siblings := make([]*core.Record, 0, len(addresses)-1)
	for _, address := range addresses[1:] {
		sibling := copyOf(r)
		record.Set(sibling, "key", string(m.purpose)+":"+sibling.Id)
		record.Set(sibling, "sibling_of", r.Id)
		record.Set(sibling, "to", address)
		// A hidden copy is one, however many addresses the message is written to.
		record.Set(sibling, "bcc", "")
		files := r.GetUnsavedFiles("attachments")
		copies := make([]*filesystem.File, len(files))
		for i, file := range files {
			again := *file
			copies[i] = &again
		}
		record.Set(sibling, "attachments", copies)
		siblings = append(siblings, sibling)
	}
	return siblings
}

// copyOf is a new message that says the same to the same, without files and without a life of its own so far.
func copyOf(r *core.Record) *core.Record {
	c := core.NewRecord(r.Collection())
	for _, field := range []string{
		"location", "client", "patients", "booking", "reminders", "broadcast", "purpose", "channel", "to", "bcc", "subject", "text", "locale",
		"template", "edited", "own_address", "priority", "planned_at", "send_at", "expires_at", "state", "sequence", "encoding", "parts", "over_limit",
	} {
		record.Set(c, field, r.Get(field))
	}
	c.Id = core.GenerateDefaultRandomId()
	return c
}

// bccSound reads hidden copies like receivers: e-mail addresses only.
func (m *handwritten) bccSound() {
	copies, refusal := receivers(record.Text(m.r, "bcc"), outbox.Email, "")
	if refusal != nil {
		refusal.Field = "bcc"
		m.problems = append(m.problems, refusal)
		return
	}
	if len(copies) > 0 && m.channel != outbox.Email {
		m.problems.Add("bcc", "wrong_channel", "Hidden copies go with e-mails only.", nil)
		return
	}
	if len(copies) > 0 && m.purpose == outbox.Test {
		m.problems.Add("bcc", "too_many", "A test goes to one address: your own.", map[string]any{"count": len(copies), "limit": 0})
		return
	}
	record.Set(m.r, "bcc", strings.Join(copies, ", "))
}

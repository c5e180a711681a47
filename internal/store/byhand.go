package store

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
)

// largestMail is how much the files of one e-mail may hold together: encoded they grow by a third, and most mail servers take 20 to 25 MB.
const largestMail = 15 << 20

// handwritten is a message that somebody is writing.
type handwritten struct {
	app    core.App
	clinic *Clinic
	key    links.Key
	r      *core.Record
	by     *core.Record
	now    time.Time

	purpose  outbox.Purpose
	channel  outbox.Channel
	about    About
	problems Refusals
}

// WriteByHand completes a new message that an account writes to one client, or to itself as a test: place, address, language, merged text
// and times, so that the row is one like any that is planned (X-08, X-20, PC-07 to PC-16). It answers the messages to further addresses,
// to be saved after this one in the same transaction. What a person can mend is a [Refusals].
func WriteByHand(app core.App, clinic *Clinic, key links.Key, r, by *core.Record, now time.Time) ([]*core.Record, error) {
	m := handwritten{app: app, clinic: clinic, key: key, r: r, by: by, now: now,
		purpose: outbox.Purpose(text(r, "purpose")), channel: outbox.Channel(text(r, "channel"))}
	if m.purpose == "" {
		m.purpose = outbox.Personal
	}
	if m.purpose != outbox.Personal && m.purpose != outbox.Test {
		m.problems.add("purpose", "wrong_purpose", "By hand, write personal or test messages. All others are planned.", nil)
	}
	if m.channel == "" {
		m.problems.add("channel", "required", "Choose how it is sent.", nil)
	}
	for _, field := range []string{"reminders", "broadcast"} {
		if len(list(r, field)) > 0 {
			m.problems.add(field, "read_only", "Only planned messages belong to these.", nil)
		}
	}
	if len(m.problems) > 0 {
		return nil, m.problems
	}
	if err := m.settleAbout(); err != nil || len(m.problems) > 0 {
		return nil, errors.Join(err, m.problems.orNil())
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
	m.about = About{Client: text(m.r, "client"), Patients: list(m.r, "patients")}
	if id := text(m.r, "booking"); id != "" {
		visit, err := FindVisit(m.app, id)
		switch {
		case err != nil:
			return err
		case visit == nil || !WorksAt(m.by, text(visit, "location")):
			m.problems.add("booking", "unknown", "There is no such visit.", nil)
		case m.about.Client != "" && m.about.Client != text(visit, "client"):
			m.problems.add("booking", "unknown", "This visit is another client's.", nil)
		default:
			m.about.Booking, m.about.Client = visit, text(visit, "client")
		}
	}
	home := ""
	if m.about.Client != "" {
		err := m.app.DB().Select("location").From(Clients).Where(dbx.HashExp{"id": m.about.Client, "merge_into": ""}).Row(&home)
		if errors.Is(err, sql.ErrNoRows) {
			m.problems.add("client", "unknown", "There is no such client.", nil)
		} else if err != nil {
			return fmt.Errorf("place of the client: %w", err)
		}
	} else if m.purpose == outbox.Personal {
		m.problems.add("client", "required", "Say whom it is for.", nil)
	}
	m.settlePlace(home)
	if m.channel == outbox.SMS && len(m.about.Patients) > 1 {
		m.problems.add("patients", "too_many", "A text message is about one patient at most.", map[string]any{"count": len(m.about.Patients), "limit": 1})
	}
	return nil
}

func (m *handwritten) settlePlace(home string) {
	wished, visits := text(m.r, "location"), ""
	if m.about.Booking != nil {
		visits = text(m.about.Booking, "location")
	}
	switch {
	case wished == "":
		if m.about.Location = Workplace(m.clinic, m.by, visits, home); m.about.Location == nil {
			m.problems.add("location", "required", "Say from which place it comes.", nil)
		}
	case m.clinic.Locations[wished] == nil || !WorksAt(m.by, wished):
		m.problems.add("location", "unknown", "There is no such place.", nil)
	case visits != "" && visits != wished:
		m.problems.add("location", "wrong_location", "The visit is at another place; write from there.", nil)
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
	locale := text(m.r, "locale")
	if t, ok := m.clinic.Templates.ByID(text(m.r, "template")); ok && locale == "" {
		locale = t.Locale
	}
	if locale == "" {
		locale = m.about.Location.Locale
	}
	return locale
}

func (m *handwritten) addresses(f *notify.Facts) ([]string, error) {
	addresses, refusal := receivers(text(m.r, "to"), m.channel, m.about.Location.Country)
	if refusal != nil {
		m.problems = append(m.problems, refusal)
		return nil, nil
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
			m.problems.add("to", string(outbox.ReasonNoAddress), "The client has no address or number for this channel.", nil)
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

// testAddress is the writer's own: by e-mail the one they log in with, unless they name another; their number is nowhere but in their head.
func (m *handwritten) testAddress(addresses []string) ([]string, error) {
	if len(addresses) == 0 && m.channel == outbox.Email && m.by != nil {
		addresses = []string{m.by.Email()}
	}
	switch {
	case len(addresses) == 0:
		m.problems.add("to", "required", "Write your own number.", nil)
		return nil, nil
	case len(addresses) > 1:
		m.problems.add("to", "too_many", "A test goes to one address: your own.", map[string]any{"count": len(addresses), "limit": 1})
		return nil, nil
	}
	refusing, err := refusingOwner(m.app, addresses[0], m.channel)
	if err != nil {
		return nil, err
	}
	if refusing {
		m.problems.add("to", string(outbox.ReasonOptedOut), "A client with this address does not want such messages. Write your own.", nil)
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
		m.problems.add("channel", string(outbox.ReasonChannelOff), outbox.ReasonChannelOff.Words(), nil)
	}
	if m.purpose == outbox.Test {
		return
	}
	noSMS, noEmail := f.Client.NoSMS || f.Booking.NoSMS, f.Client.NoEmail || f.Booking.NoEmail
	if m.channel == outbox.SMS && noSMS || m.channel == outbox.Email && noEmail {
		m.problems.add("channel", string(outbox.ReasonOptedOut), outbox.ReasonOptedOut.Words(), nil)
	}
}

// word merges the text in the language that R-23 gives.
func (m *handwritten) word(f notify.Facts) {
	locale := text(m.r, "locale")
	switch {
	case locale != "":
	case m.purpose == outbox.Test:
		locale = m.testLocale()
	default:
		locale = f.OwnerLocale()
	}
	own := text(m.r, "text") != ""
	said, problems := Wording{Template: text(m.r, "template"), Subject: text(m.r, "subject"), Text: text(m.r, "text"), Locale: locale}.Word(f, m.channel)
	m.problems = append(m.problems, problems...)
	m.put(said)
	set(m.r, "locale", said.Locale)
	set(m.r, "edited", own && text(m.r, "template") != "")
}

// put writes a merged text with its size into the row.
func (m *handwritten) put(said Worded) {
	if m.channel == outbox.SMS {
		set(m.r, "encoding", said.Size.Encoding)
		set(m.r, "parts", said.Size.Parts)
		set(m.r, "over_limit", false)
		said.Subject = ""
	}
	set(m.r, "subject", said.Subject)
	set(m.r, "text", said.Text)
}

// files refuses files where none can go, and more of them than mail servers take. There may be some already, of so many bytes.
func (m *handwritten) files(added []*filesystem.File, already int64) {
	if m.channel != outbox.Email && len(added) > 0 {
		m.problems.add("attachments", "wrong_channel", "Files go with e-mails only.", nil)
		return
	}
	for _, file := range added {
		already += file.Size
	}
	if already > largestMail {
		m.problems.add("attachments", "too_large", "Together the files are larger than the 15 MB that mail servers take.", map[string]any{"limit": largestMail})
	}
}

// times are those of for the moment wished for, which is now unless somebody says otherwise.
func (m *handwritten) times() {
	planned := instant(m.r, "planned_at")
	if planned.IsZero() {
		planned = m.now
	}
	var visit time.Time
	if m.about.Booking != nil {
		visit = instant(m.about.Booking, "starts_at")
	}
	send, expires := outbox.Schedule(m.purpose, m.channel, planned, visit, m.about.Location.Notify.Window)
	if truth(m.r, "send_now") {
		planned = m.now
		send, expires = outbox.SendNow(m.purpose, m.channel, planned, visit, m.about.Location.Notify.Window)
	}
	if expires.Before(m.now) || !expires.After(planned) {
		m.problems.add("planned_at", string(outbox.ReasonStale), "For this moment it would be of no use any more.", nil)
	}
	setTimes(m.r, planned, send, expires)
}

func setTimes(r *core.Record, planned, send, expires time.Time) {
	setInstant(r, "planned_at", planned)
	setInstant(r, "send_at", send)
	setInstant(r, "expires_at", expires)
}

// complete fills in the rest, and makes a message of its own for each further address.
func (m *handwritten) complete(addresses []string) []*core.Record {
	r := m.r
	if r.Id == "" {
		r.Id = core.GenerateDefaultRandomId()
	}
	set(r, "purpose", string(m.purpose))
	set(r, "key", string(m.purpose)+":"+r.Id)
	set(r, "state", string(outbox.Queued))
	set(r, "priority", m.purpose.Rules().Priority)
	set(r, "location", m.about.Location.ID)
	set(r, "client", m.about.Client)
	if m.purpose == outbox.Test {
		// It went to somebody of the clinic: the client's history knows nothing of it.
		set(r, "client", "")
		set(r, "booking", "")
		set(r, "patients", nil)
	} else if m.about.Booking != nil && len(m.about.Patients) == 0 && text(m.about.Booking, "patient") != "" {
		set(r, "patients", []string{text(m.about.Booking, "patient")})
	}
	set(r, "to", addresses[0])
	set(r, "send_now", false)
	set(r, "requeue", false)
	siblings := make([]*core.Record, 0, len(addresses)-1)
	for _, address := range addresses[1:] {
		sibling := copyOf(r)
		set(sibling, "key", string(m.purpose)+":"+sibling.Id)
		set(sibling, "sibling_of", r.Id)
		set(sibling, "to", address)
		files := r.GetUnsavedFiles("attachments")
		copies := make([]*filesystem.File, len(files))
		for i, file := range files {
			again := *file
			copies[i] = &again
		}
		set(sibling, "attachments", copies)
		siblings = append(siblings, sibling)
	}
	return siblings
}

// copyOf is a new message that says the same to the same, without files and without a life of its own so far.
func copyOf(r *core.Record) *core.Record {
	c := core.NewRecord(r.Collection())
	for _, field := range []string{
		"location", "client", "patients", "booking", "reminders", "broadcast", "purpose", "channel", "to", "bcc", "subject", "text", "locale",
		"template", "edited", "priority", "planned_at", "send_at", "expires_at", "state", "sequence", "encoding", "parts", "over_limit",
	} {
		set(c, field, r.Get(field))
	}
	c.Id = core.GenerateDefaultRandomId()
	return c
}

// bccSound reads hidden copies like receivers: e-mail addresses only.
func (m *handwritten) bccSound() {
	copies, refusal := receivers(text(m.r, "bcc"), outbox.Email, "")
	if refusal != nil {
		refusal.Field = "bcc"
		m.problems = append(m.problems, refusal)
		return
	}
	if len(copies) > 0 && m.channel != outbox.Email {
		m.problems.add("bcc", "wrong_channel", "Hidden copies go with e-mails only.", nil)
		return
	}
	set(m.r, "bcc", strings.Join(copies, ", "))
}

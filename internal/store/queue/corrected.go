package queue

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// whatItIs are the fields of a message that make it this message: whoever wants another one withdraws it and writes that.
var whatItIs = []string{"location", "client", "booking", "reminders", "broadcast", "purpose", "channel", "locale", "template"}

// CorrectByHand completes what somebody changed about a message that is still queued: a new text is merged and measured, a new address read
// and a new moment fitted into the sending hours, and each is marked so that planning leaves it alone. was is the row as it
// is, r the same with the changes. A row that has left the queue, or is withdrawn by this change, is not looked at.
func CorrectByHand(app core.App, clinic *store.Clinic, key links.Key, was, r, by *core.Record, now time.Time) error {
	queued := string(outbox.Queued)
	if record.Text(was, "state") != queued || record.Text(r, "state") != queued {
		return nil
	}
	m := handwritten{app: app, clinic: clinic, key: key, r: r, by: by, now: now,
		purpose: outbox.Purpose(record.Text(r, "purpose")), channel: outbox.Channel(record.Text(r, "channel"))}
	changed := func(field string) bool { return fmt.Sprint(was.Get(field)) != fmt.Sprint(r.Get(field)) }
	for _, field := range whatItIs {
		if changed(field) {
			m.problems.Add(field, "read_only", "This cannot be changed. Withdraw the message and write another one.", nil)
		}
	}
	at := clinic.Locations[record.Text(r, "location")]
	if len(m.problems) > 0 || at == nil {
		return m.problems.OrNil()
	}
	m.about = store.About{Location: at, Client: record.Text(r, "client"), Patients: record.List(r, "patients")}
	if id := record.Text(r, "booking"); id != "" {
		visit, err := store.FindVisit(app, id)
		if err != nil {
			return err
		}
		m.about.Booking = visit
	}
	if changed("patients") {
		if err := m.repatient(); err != nil {
			return err
		}
	}
	if changed("text") || changed("subject") {
		if err := m.reword(); err != nil {
			return err
		}
	}
	if changed("to") || changed("bcc") {
		if err := m.readdress(changed("to")); err != nil {
			return err
		}
	}
	if changed("planned_at") {
		m.retime()
	}
	if err := m.refile(); err != nil {
		return err
	}
	return m.problems.OrNil()
}

// repatient holds the patients that are named now to what holds for a new message: the client's own (PC-12), and one in a text by hand (PC-16). The
// plan names several in one text where it joins what is due.
func (m *handwritten) repatient() error {
	if m.purpose == outbox.Personal {
		m.onePatient()
	}
	_, err := m.about.Facts(m.app, m.clinic, m.key)
	return err
}

func (m *handwritten) reword() error {
	f, err := m.facts()
	if err != nil {
		return err
	}
	// An empty text is one that was deleted: the template's is no answer to that.
	said, problems := Wording{Subject: record.Text(m.r, "subject"), Text: record.Text(m.r, "text"), Locale: record.Text(m.r, "locale")}.Word(f, m.channel)
	m.problems = append(m.problems, problems...)
	m.put(said)
	record.Set(m.r, "edited", true)
	return nil
}

func (m *handwritten) readdress(to bool) error {
	m.bccSound()
	record.Set(m.r, "own_address", true)
	if !to {
		return nil
	}
	addresses, refusal := receivers(record.Text(m.r, "to"), m.channel, m.about.Location.Country)
	switch {
	case refusal != nil:
		m.problems = append(m.problems, refusal)
		return nil
	case len(addresses) == 0:
		m.problems.Add("to", string(outbox.ReasonNoAddress), "It must go somewhere. To send nothing, set the state to cancelled.", nil)
		return nil
	case len(addresses) > 1:
		m.problems.Add("to", "too_many", "This message goes to one address. Write another one for the others.", map[string]any{"count": len(addresses), "limit": 1})
		return nil
	}
	record.Set(m.r, "to", addresses[0])
	refusal, err := stoppedOne(m.app, addresses, m.channel, m.purpose)
	if refusal != nil {
		m.problems = append(m.problems, refusal)
	}
	return err
}

// retime takes another wished moment, and the command to wait a little before the next try is over with it.
func (m *handwritten) retime() {
	m.times()
	record.Set(m.r, "own_time", true)
	record.SetTime(m.r, "next_try_at", time.Time{})
}

// refile measures new files together with those that are there already.
func (m *handwritten) refile() error {
	added := m.r.GetUnsavedFiles("attachments")
	if len(added) == 0 {
		return nil
	}
	files, err := m.app.NewFilesystem()
	if err != nil {
		return fmt.Errorf("open the files: %w", err)
	}
	var already int64
	for _, name := range m.r.GetStringSlice("attachments") {
		// A name that is not stored is one of those that are being added.
		if kept, err := files.Attributes(m.r.BaseFilesPath() + "/" + name); err == nil {
			already += kept.Size
		}
	}
	m.files(added, already)
	return files.Close()
}

// Hurry carries out the command send_now on a message: its wish is now (R-17, PC-24), and planning leaves that alone. was is the row as it is.
func Hurry(app core.App, clinic *store.Clinic, was, r *core.Record, now time.Time) error {
	record.Set(r, "send_now", false)
	if state := record.Text(was, "state"); state != string(outbox.Queued) {
		refusal := store.Wrong("send_now", "wrong_transition", "Only a queued message can be hurried. This one is "+state+".")
		refusal.Params = map[string]any{"from": state, "to": string(outbox.Sending)}
		return refusal
	}
	visit, err := startOf(app, record.Text(was, "booking"))
	if err != nil {
		return err
	}
	window := outbox.Window{}
	if at := clinic.Locations[record.Text(was, "location")]; at != nil {
		window = at.Notify.Window
	}
	send, expires := outbox.SendNow(outbox.Purpose(record.Text(was, "purpose")), outbox.Channel(record.Text(was, "channel")), now, visit, window)
	if !expires.After(now) {
		return store.Wrong("send_now", string(outbox.ReasonStale), outbox.ReasonStale.Words())
	}
	setTimes(r, now, send, expires)
	record.SetTime(r, "next_try_at", time.Time{})
	record.Set(r, "own_time", true)
	return nil
}

// startOf is when a visit begins, zero without one.
func startOf(app core.App, id string) (time.Time, error) {
	if id == "" {
		return time.Time{}, nil
	}
	var starts []string
	if err := app.DB().Select("starts_at").From(store.Bookings).Where(dbx.HashExp{"id": id}).Column(&starts); err != nil {
		return time.Time{}, fmt.Errorf("start of the visit: %w", err)
	}
	if len(starts) == 0 {
		return time.Time{}, nil
	}
	return record.ParseInstant(starts[0]), nil
}

// StateOf is where a message stands.
func StateOf(r *core.Record) outbox.State { return outbox.State(record.Text(r, "state")) }

// PurposeOf is what a message is for.
func PurposeOf(r *core.Record) outbox.Purpose { return outbox.Purpose(record.Text(r, "purpose")) }

// TakeCommands reads the commands of a message and stores them as false again, so that no form repeats them.
func TakeCommands(r *core.Record) (hurry, again bool) {
	hurry, again = record.Truth(r, "send_now"), record.Truth(r, "requeue")
	record.Set(r, "send_now", false)
	record.Set(r, "requeue", false)
	return hurry, again
}

// WithdrawnByPerson notes that a person takes a message out of the queue: the plan may take back what the machine withdrew, never that.
func WithdrawnByPerson(r *core.Record) { record.Set(r, "reason", string(outbox.ReasonByPerson)) }

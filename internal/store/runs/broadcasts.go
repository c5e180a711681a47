package runs

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/sms"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// broadcast is what a record says of a message to many.
type broadcast struct {
	id, practitioner, filter string
	day                      bool
	from, until              time.Time
	at                       *store.Location
	mailing                  *notify.Mailing
}

// readBroadcast reads a record, whose messages are wished for at planned; what a person can mend about it is the error.
func readBroadcast(clinic *store.Clinic, r *core.Record, planned time.Time) (*broadcast, error) {
	b := broadcast{
		id: r.Id, practitioner: record.Text(r, "practitioner"), filter: strings.TrimSpace(record.Text(r, "filter")), day: record.Text(r, "kind") == "day",
		from: record.Time(r, "from_at"), until: record.Time(r, "until_at"), at: clinic.Locations[record.Text(r, "location")],
	}
	switch {
	case b.at == nil:
		return nil, store.Wrong("location", "required", "Say from which place it comes.")
	case b.day && b.from.IsZero():
		return nil, store.Wrong("from_at", "required", "Say from when on the visits are meant.")
	case b.day && b.until.IsZero():
		return nil, store.Wrong("until_at", "required", "Say until when the visits are meant.")
	case b.day && !b.until.After(b.from):
		return nil, store.Wrong("until_at", "ends_before_start", "The time must end after it starts.")
	case !b.day && b.filter == "":
		return nil, store.Wrong("filter", "required", "Say whom you mean, as in city = 'Odense'. Everybody at once is nobody in particular.")
	}
	b.mailing = &notify.Mailing{
		Purpose: outbox.Group, Location: b.at.Notify, Broadcast: r.Id, Template: record.Text(r, "template"), Templates: clinic.Templates,
		Channels: store.Channels(record.List(r, "channels")), Every: record.Text(r, "channel_mode") == "every", Planned: planned,
	}
	if b.day {
		b.mailing.Purpose = outbox.DayNotice
	}
	if record.Truth(r, "own_text") {
		b.mailing.Own = notify.Template{Subject: record.Text(r, "subject"), Email: record.Text(r, "email_text"), SMS: record.Text(r, "sms_text")}
	}
	return &b, nil
}

// CheckBroadcast refuses a draft that finds nobody by its form, or whose words could not be sent. Whom it finds is for
// [CountBroadcast] to say.
func CheckBroadcast(clinic *store.Clinic, r *core.Record) error {
	b, err := readBroadcast(clinic, r, time.Time{})
	if err != nil {
		return err
	}
	if id := record.Text(r, "template"); id != "" {
		if _, known := clinic.Templates.ByID(id); !known {
			return store.Wrong("template", "unknown", "There is no such text, or it is not in use any more.")
		}
	}
	if field, problem := b.mailing.Problem(clinic.Base); field != "" {
		refusal := store.Wrong(field, problem.Code, problem.Message)
		refusal.Params = map[string]any{"name": problem.Name, "nearest": problem.Nearest}
		return refusal
	}
	return nil
}

// Call is somebody to phone, since no message reaches them.
type Call struct {
	Client string
	Name   string
	Phone  string
	Local  string // when their visit is, on the clinic's clock
	task   notify.Task
}

// Sample is what one of the people would read.
type Sample struct{ To, Text string }

// Count is what a message to many would be if it were sent now.
type Count struct {
	Recipients int // people, however many messages each gets
	Duplicates int // people whose addresses others are written to at already
	Skipped    map[string]int
	ToPhone    []Call
	Parts      int // of text messages
	Cost       float64
	Currency   string
	Sample     []Sample
	// chosen are the people it goes to: clients, or for a day their visits.
	chosen []string
}

// samples is how many of the texts are shown.
const samples = 3

// CountBroadcast finds the people that a message to many is for, and merges its words for each of them. It reads a lot and writes nothing: call it
// outside of write transactions. The error is a *booking.Refusal where a person can mend it.
func CountBroadcast(app core.App, clinic *store.Clinic, key links.Key, r, asker *core.Record, now time.Time) (Count, error) {
	b, err := readBroadcast(clinic, r, now)
	if err != nil {
		return Count{}, err
	}
	people, err := b.people(app, clinic, key, asker, now)
	if err != nil {
		return Count{}, err
	}
	return b.count(people), nil
}

// audience are people that a message is for. It is asked by several at a time.
type audience struct {
	ids   []string // of clients, or for a day of visits
	facts func(i int) notify.Facts
}

func (b *broadcast) people(app core.App, clinic *store.Clinic, key links.Key, asker *core.Record, now time.Time) (audience, error) {
	if b.day {
		return b.visitors(app, clinic, key, nil, now)
	}
	return b.found(app, clinic, key, asker, now)
}

// reached is what is kept of each person while they are counted: a few words, not the text.
type reached struct {
	addresses []string // with their channel
	parts     []int
	reason    outbox.Reason
}

func (b *broadcast) count(people audience) Count {
	of := make([]reached, len(people.ids))
	inParallel(len(people.ids), func(i int) {
		f := people.facts(i)
		to := b.mailing.Measured(&f)
		of[i].reason = to.Reason
		for _, m := range to.Messages {
			of[i].addresses = append(of[i].addresses, string(m.Channel)+" "+store.AddressKey(m.To))
			of[i].parts = append(of[i].parts, m.Parts)
		}
	})
	count := Count{Skipped: map[string]int{}, ToPhone: []Call{}, Sample: []Sample{}, Currency: b.at.Currency}
	taken := make(map[string]bool, len(of))
	for i, r := range of {
		if r.reason != "" {
			count.Skipped[string(r.reason)]++
			if b.day && r.reason != outbox.ReasonGone {
				count.ToPhone = append(count.ToPhone, callOf(people.facts(i)))
			}
			continue
		}
		fresh := false
		for j, address := range r.addresses {
			if !taken[address] {
				taken[address], fresh = true, true
				count.Parts += r.parts[j]
			}
		}
		if !fresh {
			count.Duplicates++
			continue
		}
		count.Recipients++
		count.chosen = append(count.chosen, people.ids[i])
		if len(count.Sample) < samples {
			f := people.facts(i)
			for _, m := range b.mailing.To(&f).Messages {
				count.Sample = append(count.Sample, Sample{To: m.To, Text: m.Text})
			}
		}
	}
	count.Cost = sms.Cost(count.Parts, b.at.SMSPrice)
	return count
}

func callOf(f notify.Facts) Call {
	name, phone := f.NameAndNumber()
	return Call{
		Client: f.Client.ID, Name: name, Phone: phone, Local: f.Booking.StartsAt.In(f.Location.Zone).Format("2006-01-02 15:04"),
		task: notify.NotWritten(f),
	}
}

// inParallel does n pieces of work on all processors.
func inParallel(n int, work func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers; i++ {
				work(i)
			}
		})
	}
	all.Wait()
}

// NoteCount writes on a draft what it was counted to be, so that everybody sees it beside the draft.
func NoteCount(r *core.Record, c Count) {
	record.Set(r, "recipients", c.Recipients)
	record.Set(r, "duplicates", c.Duplicates)
	record.Set(r, "skipped", c.Skipped)
	record.Set(r, "parts", c.Parts)
	record.Set(r, "cost", c.Cost)
}

// AskerOf is whose rights a draft's search runs with: whoever changed whom it finds, else whoever did so last, else, if they have no account any
// more, whoever asks now. was is nil for a new draft.
func AskerOf(app core.App, was, is, by *core.Record) (*core.Record, error) {
	if was == nil {
		return by, nil
	}
	for _, field := range []string{"kind", "location", "practitioner", "from_at", "until_at", "filter"} {
		record.Known(is, field)
		if fmt.Sprint(was.Get(field)) != fmt.Sprint(is.Get(field)) {
			return by, nil
		}
	}
	asker, err := store.Asker(app, record.Text(was, "asked_by"))
	if err != nil || asker != nil {
		return asker, err
	}
	return by, nil
}

// NoteAsker writes down whose rights the search of a draft runs with.
func NoteAsker(r *core.Record, asker any) {
	if account, ok := asker.(*core.Record); ok && account != nil {
		record.Set(r, "asked_by", account.Id)
	}
}

// AskedBy is the account, by id, with whose rights the people of a broadcast are looked for.
func AskedBy(r *core.Record) string { return record.Text(r, "asked_by") }

// Recipients is how many people a broadcast was last counted for.
func Recipients(r *core.Record) int { return record.Number(r, "recipients") }

// SendingCommands are what somebody asks of a broadcast in the save that carries them.
type SendingCommands struct{ Send, Stop bool }

// Commands reads what a broadcast is asked to do.
func Commands(r *core.Record) SendingCommands {
	return SendingCommands{Send: record.Truth(r, "send"), Stop: record.Truth(r, "stop")}
}

// TakeCommands does the same and stores the commands as false again, so that no form repeats them.
func TakeCommands(r *core.Record) SendingCommands {
	c := Commands(r)
	record.Set(r, "send", false)
	record.Set(r, "stop", false)
	return c
}

// BroadcastState is where a broadcast stands: a draft where nobody has said.
func BroadcastState(r *core.Record) string {
	if state := record.Text(r, "state"); state != "" {
		return state
	}
	return BroadcastDraft
}

// FillInState keeps a broadcast where it stood if its record does not say.
func FillInState(r *core.Record, from string) {
	if record.Text(r, "state") == "" {
		SetBroadcastState(r, from)
	}
}

// SetBroadcastState moves a broadcast on.
func SetBroadcastState(r *core.Record, state string) { record.Set(r, "state", state) }

// IsDraft reports whether a message to many has not been sent yet.
func IsDraft(r *core.Record) bool {
	return BroadcastState(r) == BroadcastDraft
}

// HideChosen keeps whom a message to many goes to out of answers, superusers' included.
func HideChosen(r *core.Record) {
	record.Known(r, "chosen")
	r.Hide("chosen")
}

// FindBroadcast reads a message to many by id; nil without an error means that there is none.
func FindBroadcast(app core.App, id string) (*core.Record, error) {
	return record.Find(app, store.Broadcasts, id)
}

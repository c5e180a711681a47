// Package year answers whether a clinic's year went by the rules: what was said to whom and when, what was kept back, and why.
//
// It is for tests. A simulation writes down what it did ([Journal]) and what came of it ([Outcome]). [Check] knows the rules of the trade and nothing
// of the program: it is built on the standard library alone, which the fences of the house see to, so that a mistake of the program's own
// rules cannot hide in it.
package year

import (
	"fmt"
	"time"
)

// Entry is what somebody or something was from a moment on.
type Entry[T any] struct {
	At time.Time
	Is T
}

// Log is how somebody or something changed, oldest first.
type Log[T any] []Entry[T]

// At is what held at a moment; false before there was anything.
func (l Log[T]) At(t time.Time) (is T, ok bool) {
	for i := len(l) - 1; i >= 0; i-- {
		if !l[i].At.After(t) {
			return l[i].Is, true
		}
	}
	return is, false
}

// since is from when on that held.
func (l Log[T]) since(t time.Time) (at time.Time) {
	for _, e := range l {
		if !e.At.After(t) {
			at = e.At
		}
	}
	return at
}

// Last is what held in the end.
func (l Log[T]) Last() (is T) {
	if len(l) > 0 {
		is = l[len(l)-1].Is
	}
	return is
}

// Add writes down what holds from now on.
func (l *Log[T]) Add(at time.Time, is T) { *l = append(*l, Entry[T]{at, is}) }

// Span is a stretch of time, without its end.
type Span struct{ From, Until time.Time }

func (s Span) has(t time.Time) bool { return !t.Before(s.From) && t.Before(s.Until) }

// Journal is what happened in a year, as whoever did it saw it.
type Journal struct {
	From, Until time.Time
	Places      map[string]*Log[Place]
	Reasons     map[string]*Log[Reason]
	Texts       map[string]*Log[Text]
	Clients     map[string]*Log[Client]
	Pets        map[string]*Log[Pet]
	Visits      map[string]*Log[Visit]
	Recalls     map[string]*Log[Recall]
	Rules       map[string]*Log[Rule]
	Stops       []Stop
	Absences    []Absence
	Groups      []Group
	// Asleep is when nothing was sent because the program did not run, Deaf when a channel's provider took nothing.
	Asleep []Span
	Deaf   map[string][]Span
	// Inbound are the texts that owners sent.
	Inbound []Inbound
	// Edits are the messages that somebody at the clinic changed by hand.
	Edits map[string]Edit
}

// Place is a location with its settings. Times of day are minutes from midnight.
type Place struct {
	Name, Zone, Locale                        string
	Opens, Closes, RemindAt                   int
	Lead                                      string
	NoEarly                                   bool
	VisitChannels, ConfirmationChannels       []string
	SMS, Email                                bool
	CancellationNoticeHours, PaymentNoticeHrs int
	Minimal                                   bool
	CutoffMinutes                             int
	Addresses                                 []Address
}

// Address is one of the clinic's own.
type Address struct {
	Email string
	Kinds []string
}

// Reason is what a visit is for. An empty lead is the location's, an empty text the usual one.
type Reason struct {
	Name, Lead                  string
	EndOfLife                   bool
	ReminderText, ConfirmedText string // codes of texts
	Group                       string // heading
}

// Text is one version of a template. Mark is in every message made from it and in no other.
type Text struct {
	Code, Locale, Place, Mark string
	Inactive                  bool
}

// Client is an owner.
type Client struct {
	First, Email, SMS, Locale string
	NoEmail, NoSMS            bool
	Refused                   []string
}

// Pet is a patient.
type Pet struct {
	Client, Name, Species string
	Born                  string // YYYY-MM-DD
	Dead, Inactive        bool
}

// Visit is a booking as it was from a moment on, and who made it so: owner, staff, absence or machine.
type Visit struct {
	Place, Reason, Client, Pet, Practitioner string
	Status                                   string
	Start                                    time.Time
	By                                       string
	Online                                   bool
	NoEmail, NoSMS                           bool
	TypedEmail, TypedSMS, TypedLocale        string
	Payment                                  string
	PaymentDue                               time.Time
}

// Recall is a reminder that somebody made by hand.
type Recall struct {
	Client, Place, Due string // Due is the first day, YYYY-MM-DD
	Pets, Methods      []string
	Before             int // days before a due day on which it is sent
	Every              int
	Unit               string
	Times              int
	Steps              []int // days from each due day; none = the day itself
	Group              string
	Ended              string // by whom it is over: done, cancelled
}

// Rule makes reminders by itself.
type Rule struct {
	Trigger          string
	Reasons, Methods []string
	DueNumber        int
	DueUnit          string
	AgeNumber        int
	AgeUnit          string
	Steps            []int
	Group            string
	Inactive         bool
}

// Absence is somebody's, and what it does to the visits that it fell upon: keep, tell or cancel. One that was not lifted has no Lifted.
type Absence struct {
	ID, Practitioner, Fate  string
	At, From, Until, Lifted time.Time
	Channels                []string
	Every                   bool
	Visits                  []string
}

// Group is a message to many: when it was sent, to whom, and when it was held up by hand.
type Group struct {
	ID, Place, Mark   string
	At                time.Time
	Channels, Clients []string
	Every             bool
	Stopped           []Span
}

// Stop is an address to which nothing may go, for one purpose or, where that is empty, at all. One that was never lifted has no Until.
type Stop struct {
	Channel, Address, Purpose string
	From, Until               time.Time
}

// Inbound is a text from an owner.
type Inbound struct {
	At         time.Time
	From, Text string
}

// Edit is what somebody did to a queued message by hand: rewrote it, or withdrew it.
type Edit struct {
	At      time.Time
	Words   string // the new text, "" for none
	Dropped bool
}

// Outcome is what came of the year.
type Outcome struct {
	Rows   []Row
	Handed []Handed
	Tasks  []Task
	// Statuses are the bookings' in the end.
	Statuses map[string]string
	// Made are the reminders that rules made.
	Made []Made
}

// Made is a reminder that a rule made.
type Made struct {
	ID, Rule, Booking, Client, Place, Due, Group string
	Pets, Methods                                []string
	At                                           time.Time
}

// Row is a message as the program's log has it in the end.
type Row struct {
	ID, Key, Purpose, Channel, To, Location, Client, Booking string
	Pets, Reminders                                          []string
	Broadcast, Locale, Text, State, Reason, ResendOf         string
	PlannedAt, SendAt, ExpiresAt, SentAt, Created, Updated   time.Time
	Attempts                                                 int
}

// Handed is a message as a provider got it.
type Handed struct {
	ID, Channel, To, Subject, Text string
	BCC                            []string
	At                             time.Time
	Refused                        bool // for good
}

// Task is a task as it stands in the end.
type Task struct {
	Kind, Client, Booking, Message, Title string
}

// Finding is one disagreement between what happened and the rules.
type Finding struct {
	Rule string // its id
	Text string
}

// String is the rule's id and what is wrong.
func (f Finding) String() string { return f.Rule + " " + f.Text }

func short(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func list[T any](of T) string { return fmt.Sprint(of) }

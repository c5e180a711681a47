// Package outbox answers what happens to a message between the wish to send it and its end.
//
// It is pure: rows and instants in, decisions out. Who writes them down is store, who carries them out are hooks and jobs.
//
//	    ┌──────── temporary, or the lease ran out and it surely never left
//	    ▼                │
//	queued ──lease──► sending ──► sent ──► delivered
//	│ │ │ ▲              │ │ │      └────► failed
//	│ │ │ └─machine──┐   │ │ └──► failed
//	│ │ └─► skipped ─┤   │ └────► unknown ──► sent | delivered | failed
//	│ └───► cancelled┘   └──────► stale
//	└─────► stale
//
// A final row never moves again; putting it back makes a new message that points to the old.
package outbox

import "time"

// State is where a message is in its life.
type State string

// The states, as stored.
const (
	Queued    State = "queued"
	Sending   State = "sending"
	Sent      State = "sent"      // handed over; not the same as received
	Delivered State = "delivered" // the provider says that it arrived
	Failed    State = "failed"
	Unknown   State = "unknown" // handed over perhaps; a person decides
	Stale     State = "stale"   // too late to be of use, shown as outdated
	Cancelled State = "cancelled"
	Skipped   State = "skipped"
)

// Channel is a way to the owner.
type Channel string

// The channels, as stored.
const (
	Email    Channel = "email"
	SMS      Channel = "sms"
	Post     Channel = "post"
	External Channel = "external"
)

// Purpose says why a message is sent; R-01's table says what follows from it.
type Purpose string

// The purposes, as stored.
const (
	BookingReceived     Purpose = "booking_received"
	BookingConfirmation Purpose = "booking_confirmation"
	BookingChange       Purpose = "booking_change"
	BookingDeclined     Purpose = "booking_declined"
	BookingCancellation Purpose = "booking_cancellation"
	DayNotice           Purpose = "day_notice"
	VisitReminder       Purpose = "visit_reminder"
	Reminder            Purpose = "reminder"
	PaymentDue          Purpose = "payment_due"
	WaitlistOffer       Purpose = "waitlist_offer"
	Group               Purpose = "group"
	Personal            Purpose = "personal"
	Test                Purpose = "test"
	NoticeBooking       Purpose = "notice_booking"
	NoticeCancellation  Purpose = "notice_cancellation"
	NoticePayment       Purpose = "notice_payment"
)

// Reason is the code of why a message was not sent.
type Reason string

// The reasons, as stored. Words for people are in Reason.Words.
const (
	ReasonStale            Reason = "stale"
	ReasonOptedOut         Reason = "opted_out"
	ReasonNoAddress        Reason = "no_address"
	ReasonDeceased         Reason = "deceased"
	ReasonInactive         Reason = "inactive"
	ReasonBookingCancelled Reason = "booking_cancelled"
	ReasonVisitBooked      Reason = "visit_booked"
	ReasonAlreadyDone      Reason = "already_done"
	ReasonBookedInsideLead Reason = "booked_inside_lead"
	ReasonDuplicate        Reason = "duplicate"
	ReasonChannelOff       Reason = "channel_off"
	ReasonEndOfLife        Reason = "end_of_life"
	ReasonStoppedAddress   Reason = "stopped_address"
	ReasonGone             Reason = "gone"
	ReasonNotWanted        Reason = "not_wanted"   // the plan no longer has it: the visit moved, a setting changed
	ReasonEmptyCode        Reason = "empty_code"   // a merge code had nothing to say
	ReasonBadTemplate      Reason = "bad_template" // no template, or one that does not compile
	ReasonBadAddress       Reason = "bad_address"  // the provider says that nobody can be reached there
	ReasonUnsubscribed     Reason = "unsubscribed" // the provider holds a stop for this address
	ReasonRefused          Reason = "refused"      // the provider refused this message for another lasting cause
	ReasonNotKnown         Reason = "not_known"    // handed over perhaps; nothing can tell
	ReasonByPerson         Reason = "by_person"    // a person withdrew it
)

// Planned is a finished message that the plan wants: rendered text, address, times (design, law 3).
type Planned struct {
	Key       string // unique for ever
	Purpose   Purpose
	Channel   Channel
	To        string
	BCC       []string
	Subject   string // e-mail only
	Text      string // merged Markdown for e-mail, the text itself for SMS
	Location  string
	Client    string
	Booking   string
	Patients  []string
	Reminders []string
	// Covers are the keys of messages for which this one speaks, and which therefore are not sent.
	Covers    []string
	Broadcast string
	Locale    string
	Template  string // id of the template the text came from, "" for own text
	Sequence  int    // the booking's sequence that this message tells about
	Priority  int    // smaller leaves first
	PlannedAt time.Time
	SendAt    time.Time
	ExpiresAt time.Time
	State     State  // Queued, Skipped or Failed
	Reason    Reason // why it is not Queued
	Detail    string // the code's name behind ReasonEmptyCode, the error behind ReasonBadTemplate
	Encoding  string // SMS only: "gsm7" or "ucs2"
	Parts     int    // SMS only
	OverLimit bool   // SMS only: merged names pushed it over the location's limit
}

// Unwritten reports a message that has no text, because its template has none or one of its codes has nothing to say: a person must see to it
// . A message that is to leave at once has failed with that; one that has time is skipped, and comes back when its text can be written.
func (p Planned) Unwritten() bool {
	return p.State == Failed || p.State == Skipped && (p.Reason == ReasonEmptyCode || p.Reason == ReasonBadTemplate)
}

// Row is a message as the queue has it, as far as planning needs to know.
type Row struct {
	ID       string
	Key      string
	Purpose  Purpose
	Channel  Channel
	To       string
	BCC      []string
	Subject  string
	Text     string
	Locale   string
	Template string
	Edited   bool // a person rewrote the text: planning leaves text alone
	// OwnAddress and OwnTime: a person chose where it goes, or when it leaves. Planning leaves these alone as well.
	OwnAddress bool
	OwnTime    bool
	Sequence   int
	State      State
	Reason     Reason
	Attempts   int
	PlannedAt  time.Time
	SendAt     time.Time
	ExpiresAt  time.Time
	NextTryAt  time.Time // after a temporary failure, else zero
	SentAt     time.Time // when it was handed over, else zero
	// What it is about, and the keys of messages for which it speaks.
	Patients, Reminders, Covers []string
}

// Left reports whether the message was ever handed to a provider, perhaps.
func (r Row) Left() bool {
	return r.Attempts > 0 || r.State == Sending || r.State == Sent || r.State == Delivered || r.State == Unknown
}

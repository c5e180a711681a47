// Package notify answers what we say, to whom, when and in which language.
//
// It is pure: [Facts] in, finished messages out ([Plan]). The same facts give the same messages however often they are asked for;
// store brings the queue in line with them by key.
package notify

import (
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
)

// Facts is everything that decides which messages one booking has.
type Facts struct {
	Booking      Booking
	Location     Location
	Reason       Reason
	Practitioner string // the name shown to owners
	Client       Client
	Patient      Patient
	// Others are further pets that the same message names, as a recall for several does.
	Others []Patient
	// DueOn is the due date of the reminder that the message is about, zero for all other messages.
	DueOn     calendar.Date
	Contact   Contact // what was typed for this booking, empty where it was not made online
	Addresses []Address
	// Stopped reports whether an address said stop, bounced or complained for this purpose.
	Stopped   func(outbox.Channel, string, outbox.Purpose) bool
	Templates Templates
	// Rows are the booking's messages so far, in any state: what has left decides what is still to be said.
	Rows []outbox.Row
	// Links makes the absolute addresses that texts may carry.
	Links Links
}

// Booking is the visit.
type Booking struct {
	ID        string
	Reference string
	Status    booking.Status
	Source    string // "online", "staff", "api"
	StartsAt  time.Time
	EndsAt    time.Time
	// ScheduledAt is when the present start was set (booked, moved, approved, restored): R-07's six weeks and R-08 count from it.
	ScheduledAt time.Time
	// ChangedAt is when something that the owner is told about last changed, and ChangedBy who did it: "owner", "staff", "absence", "machine".
	ChangedAt   time.Time
	ChangedBy   string
	CancelledBy string
	// Sequence rises with every such change.
	Sequence     int
	NoSMS        bool
	NoEmail      bool
	OwnerNote    string
	Note         string
	CancelNote   string
	Price        float64
	Payment      string // "none", "unpaid", "paid", "waived"
	PaymentDueAt time.Time
}

// Location is the clinic's place with its message settings.
type Location struct {
	ID, Name, Address, Phone, Email, Website, Country string
	Zone                                              *time.Location // never nil
	Locale                                            string
	Currency                                          string
	SMSEnabled                                        bool // switched on and terms accepted
	EmailEnabled                                      bool
	SMSSender, EmailFrom, EmailFromName, ReplyTo      string
	Window                                            outbox.Window
	ReminderClock                                     calendar.Clock
	VisitLead                                         calendar.Lead
	NoEarlyReminder                                   bool
	VisitChannels, ConfirmationChannels               []outbox.Channel
	KeepCharset                                       bool // sms_charset keep; false = gsm7
	SMSMaxParts                                       int
	CancellationNoticeHours                           int
	PaymentNoticeHours                                int
	MinimalNotices                                    bool
	RequestMode                                       bool
}

// Reason is what the visit is for.
type Reason struct {
	ID                   string
	Name                 string            // already in the message's language where a translation exists: see Names
	Names                map[string]string // by locale
	Instructions         string
	InstructionsByLocale map[string]string
	ConfirmationTemplate string // id, "" = the default by code
	ReminderTemplate     string
	VisitLead            *calendar.Lead // nil = the location's
	EndOfLife            bool
}

// Client is the owner.
type Client struct {
	ID, FirstName, LastName string
	Email, Phone, SMSPhone  string
	Locale                  string
	NoEmail, NoSMS          bool
	Refused                 []string // "visit", "reminder", "group"
	Gone                    bool     // erased or merged away
	// Postal is the name and address as the post needs them, in one line; "" where they are not known, or not asked for.
	Postal string
}

// Patient is the pet.
type Patient struct {
	ID, Name, Species string
	Breed             string
	SpeciesNames      map[string]string
	Deceased          bool
	Inactive          bool
}

// Contact is what the owner typed with this booking; it wins over the client's record for this visit's messages.
type Contact struct {
	Email  string
	Phone  string // E.164
	Locale string
}

// Address is one of the clinic's own notification addresses.
type Address struct {
	Email string
	Kinds []string // "booking", "bcc", "cancellation", "payment"
}

// Links makes the addresses that texts carry. Base is PocketBase's Application URL without a trailing slash.
type Links struct {
	Base   string
	Manage string // the owner's page of this booking
	// BookingPage is where owners of this location book; "" = Base with a slash.
	BookingPage string
	Unsubscribe string // one click ends group mail; "" on all other messages
}

// Template is one text in one language, for one location or for all.
type Template struct {
	ID       string
	Code     string
	Purpose  outbox.Purpose // what it is written for, "" = the purpose of the same name as the code
	Locale   string
	Location string // "" = every location
	Subject  string
	Email    string // Markdown
	SMS      string
}

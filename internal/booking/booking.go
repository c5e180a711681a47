// Package booking answers whether a visit may happen, who is coming, and when there is time.
//
// It is pure: a [Day] holds everything that is known about one local day at one location, and the same arithmetic lists the free
// starts ([Times]) and judges a wish at submit ([Check]), so that the two can never disagree.
package booking

import (
	"time"

	"pawbell/internal/calendar"
)

// Status is where a visit is in its life.
type Status string

// The statuses, as stored.
const (
	Requested Status = "requested"
	Booked    Status = "booked"
	Confirmed Status = "confirmed"
	Arrived   Status = "arrived"
	Completed Status = "completed"
	Cancelled Status = "cancelled"
	NoShow    Status = "no_show"
)

// Offer says which starts on the grid are shown to owners.
type Offer string

// The offers, as stored.
const (
	EverySlot Offer = "every_slot"
	HalfHours Offer = "half_hours"
	FullHours Offer = "full_hours"
)

// Place is a location as its booking rules see it.
type Place struct {
	ID          string
	Zone        *time.Location
	Enabled     bool // online booking is switched on
	Offer       Offer
	GridMinutes int           // 0 = 15, counted from local midnight
	Lead        calendar.Lead // required time before start
	HorizonDays int           // 0 = today only
	AskSpecies  bool
}

// Reason is what a visit is for, as far as time is concerned.
type Reason struct {
	ID            string
	Duration      time.Duration
	BufferBefore  time.Duration
	BufferAfter   time.Duration
	Species       []string       // empty = all
	Locations     []string       // empty = all
	Practitioners []string       // empty = all
	Kinds         []string       // kinds of resources it needs, one free of each; empty = none
	Offline       bool           // not bookable online
	Lead          *calendar.Lead // nil = the location's
	MaxPerDay     int            // 0 = no limit
}

// Practitioner is somebody who can be booked.
type Practitioner struct {
	ID        string
	Name      string
	Locations []string // empty = all
}

// Resource is a room or a piece of equipment at the day's location.
type Resource struct {
	ID   string
	Kind string
	Name string
}

// Shift is a practitioner's recurring working time at a location, in wall time.
type Shift struct {
	Practitioner string
	Weekdays     [7]bool // by time.Weekday
	Starts, Ends calendar.Clock
	From, Until  calendar.Date // zero = open; both inclusive
	EveryWeeks   int           // 0 and 1 = every week; otherwise counted from the week of From
	Offline      bool
	Reasons      []string // empty = all
}

// Span is a stretch of time, its end excluded.
type Span struct{ From, Until time.Time }

// Absence is time in which a practitioner, or with Practitioner empty the whole location, is away.
type Absence struct {
	Practitioner string
	Span
}

// Visit is a standing booking: any status but cancelled and no_show holds its time, requested too.
type Visit struct {
	ID           string
	Location     string
	Practitioner string
	Resources    []string
	Reason       string
	StartsAt     time.Time
	Busy         Span // with its buffers
}

// Day is everything known about one local day at one location. Shifts are those of the location that fall on the day ([Shift.On]);
// Visits are all that touch the day of anyone who works or anything that stands here, at whatever location they happen. An
// after-buffer may run past midnight, so visits that begin shortly after the day belong here as well.
type Day struct {
	Date          calendar.Date
	Place         Place
	Practitioners []Practitioner // active ones that may work here
	Resources     []Resource     // active ones of the location
	Shifts        []Shift
	Absences      []Absence
	Visits        []Visit
}

// Ask is what somebody wants to book.
type Ask struct {
	Reason       Reason
	Species      string // "" = not asked or not given
	Practitioner string // "" = no wish
	Except       string // the visit that is being moved: it does not stand in its own way; "" = a new visit
}

// Start is one time at which the visit can begin, with who and what would be booked.
type Start struct {
	At           time.Time
	Practitioner string
	Resources    []string
}

// Refusal is what a person can fix. Field and Code are part of the HTTP contract, Message is in plain words.
type Refusal struct {
	Field   string
	Code    string
	Message string
	Params  map[string]any
}

// Error is the message with the field it belongs to.
func (r *Refusal) Error() string { return r.Field + ": " + r.Message }

package notify

import (
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"pawbell/internal/outbox"
)

// Event is a visit as an owner's calendar sees it.
type Event struct {
	BookingID        string
	Sequence         int // rises with every change; calendars take the higher one (RFC 5545 3.8.7.4)
	StartsAt, EndsAt time.Time
	Cancelled        bool
	Requested        bool // the clinic has not agreed to it yet
	Clinic           string
	Address          string
	Phone            string
	Email            string // of the clinic, who calls the visit; "" leaves it out
	ManageURL        string
	Stamp            time.Time // when the file was made
}

// CalendarFile is an iCalendar object and the method it was made with.
type CalendarFile struct {
	Method string // "PUBLISH", or "CANCEL" for a visit called off
	Data   []byte
}

// eventDomain ends every event's id. It is not the clinic's own: a clinic that moves to another address must still be able to move and take back
// what calendars hold since before.
const eventDomain = "@pawbell"

// CarriesVisit reports whether a calendar entry goes with a message about a visit that stands or is off: with a confirmation or a change, and
// with a cancellation, which takes the entry away again. Nobody is told to come by a message about a visit that is off.
func CarriesVisit(p outbox.Purpose, cancelled bool) bool {
	switch p {
	case outbox.BookingConfirmation, outbox.BookingChange:
		return !cancelled
	case outbox.BookingCancellation, outbox.DayNotice:
		return cancelled
	}
	return false
}

// Calendar writes a visit as an iCalendar file (R-50, RFC 5545). Nobody is asked to answer, so it is published, not requested. The title names the
// clinic and nothing clinical: calendars are shared with families and employers.
func Calendar(e Event) CalendarFile {
	method, status := ics.MethodPublish, ics.ObjectStatusConfirmed
	switch {
	case e.Cancelled:
		method, status = ics.MethodCancel, ics.ObjectStatusCancelled
	case e.Requested:
		status = ics.ObjectStatusTentative
	}
	c := ics.NewCalendar()
	c.SetProductId("-//Pawbell//Visits//EN")
	c.SetMethod(method)
	event := c.AddEvent(e.BookingID + eventDomain)
	event.SetDtStampTime(e.Stamp)
	event.SetSequence(e.Sequence)
	event.SetStartAt(e.StartsAt)
	event.SetEndAt(e.EndsAt)
	event.SetStatus(status)
	event.SetSummary("Visit to " + e.Clinic)
	if e.Email != "" {
		// RFC 5546 3.2.1 and 3.2.5 want it with every method.
		event.SetOrganizer("mailto:"+e.Email, ics.WithCN(e.Clinic))
	}
	if e.Address != "" {
		event.SetLocation(e.Clinic + ", " + e.Address)
	}
	var lines []string
	if e.ManageURL != "" {
		event.SetURL(e.ManageURL)
		lines = append(lines, "See or change the visit: "+e.ManageURL)
	}
	if e.Phone != "" {
		lines = append(lines, "Phone: "+e.Phone)
	}
	if len(lines) > 0 {
		event.SetDescription(strings.Join(lines, "\n"))
	}
	// The library ends lines as the machine does; RFC 5545 3.1 wants CRLF everywhere.
	return CalendarFile{Method: string(method), Data: []byte(c.Serialize(ics.WithNewLineWindows))}
}

// Organizer is who calls a visit in a calendar: the address that the location's e-mails come from, else its own.
func (l Location) Organizer() string {
	if l.EmailFrom != "" {
		return l.EmailFrom
	}
	return l.Email
}

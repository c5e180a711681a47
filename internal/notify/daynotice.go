package notify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
)

// Fate is what an absence does with the visits in its time, as stored.
type Fate string

// The fates.
const (
	FateKeep   Fate = "keep"   // nothing
	FateTell   Fate = "tell"   // owners are told, the visits stand
	FateCancel Fate = "cancel" // owners are told, the visits are called off
)

// about is how a task speaks of a fate.
func (f Fate) about() string {
	if f == FateCancel {
		return "the visit is cancelled"
	}
	return "the visit cannot go ahead as planned"
}

// Absent is an absence as far as owners are told of it.
type Absent struct {
	ID       string
	Fate     Fate
	Channels []outbox.Channel // none = those by which the location tells of changes
	Every    bool             // one message on each channel; false = one, on the first that reaches the owner
	Template string           // id, "" = the text with the code day_notice
}

// AbsenceKeys is what the keys of an absence's day notices begin with.
func AbsenceKeys(absence string) string { return string(outbox.DayNotice) + ":" + absence + ":" }

// AbsenceOf reads from the key of a day notice which absence it is of, and what that did; false for the key of any other message.
func AbsenceOf(key string) (absence string, fate Fate, ok bool) {
	parts := strings.Split(key, ":")
	if len(parts) < 5 || parts[0] != string(outbox.DayNotice) {
		return "", "", false
	}
	fate = Fate(parts[3])
	return parts[1], fate, fate == FateTell || fate == FateCancel
}

// TellOfAbsence plans the one day notice that an owner gets of an absence, and the tasks for what no message tells them. visits are
// the owner's that are affected, as they are now, the first one first. The message speaks of the first that may be written about, and
// names the pets of that day. Visits on other days, end-of-life visits, and an owner whom nothing reaches are for the phone.
func TellOfAbsence(a Absent, visits []Facts, now time.Time) ([]outbox.Planned, []Task) {
	var written, called []Facts
	for _, f := range visits {
		switch {
		case f.Reason.EndOfLife:
			called = append(called, f)
		case len(written) > 0 && calendar.On(f.Booking.StartsAt, f.Location.Zone) != calendar.On(written[0].Booking.StartsAt, written[0].Location.Zone):
			called = append(called, f)
		default:
			written = append(written, f)
		}
	}
	var planned []outbox.Planned
	if len(written) > 0 {
		channels := a.Channels
		if len(channels) == 0 {
			channels = written[0].Location.ConfirmationChannels
		}
		key := AbsenceKeys(a.ID) + written[0].Booking.ID + ":" + string(a.Fate) + ":"
		planned = reach(Together(written), Wish{
			Purpose: outbox.DayNotice, Code: string(outbox.DayNotice), Template: a.Template, Planned: now, Channels: channels,
			Key: func(c outbox.Channel) string { return key + string(c) },
		}, a.Every)
		if !slices.ContainsFunc(planned, queued) {
			called = append(written[:1], called...)
		}
	}
	var tasks []Task
	for _, f := range called {
		tasks = append(tasks, CallOwner(f, a.Fate.about()))
	}
	return planned, tasks
}

// MissedNotice is the task to phone an owner whom a day notice does not reach in time.
func MissedNotice(f Facts) Task {
	if f.Booking.Status == booking.Cancelled {
		return CallOwner(f, FateCancel.about())
	}
	return CallOwner(f, FateTell.about())
}

// NotWritten is the task to phone the owner of a visit whom a message to everybody of that day does not reach. What it says is the sender's to know.
func NotWritten(f Facts) Task { return CallOwner(f, "they could not be written to about it") }

// reach plans a wish on each of its channels, or on the first that reaches the owner. Where none does, the first says why.
func reach(f Facts, w Wish, every bool) []outbox.Planned {
	if every {
		return Tell(f, w)
	}
	var hindered []outbox.Planned
	for _, c := range w.Channels {
		one := w
		one.Channels = []outbox.Channel{c}
		planned := Tell(f, one)
		if slices.ContainsFunc(planned, queued) {
			return planned
		}
		if hindered == nil {
			hindered = planned
		}
	}
	return hindered
}

func queued(m outbox.Planned) bool { return m.State == outbox.Queued }

// Together are the facts of the first of an owner's visits, with the pets of the others.
func Together(visits []Facts) Facts {
	f := visits[0]
	for _, other := range visits[1:] {
		named := other.Patient.ID == "" || other.Patient.ID == f.Patient.ID || f.Patient.ID == "" ||
			slices.ContainsFunc(f.Others, func(p Patient) bool { return p.ID == other.Patient.ID })
		if !named {
			f.Others = append(f.Others, other.Patient)
		}
	}
	return f
}

// calledOff reports whether a day notice told that the booking is off. Its key says so; one that was put back has another key, and says
// what the notice of the same change said.
func calledOff(r outbox.Row, rows []outbox.Row, id string) bool {
	off := func(key string) bool { return strings.Contains(key, ":"+id+":"+string(FateCancel)+":") }
	if off(r.Key) {
		return true
	}
	return strings.HasPrefix(r.Key, "resend:") && slices.ContainsFunc(rows, func(other outbox.Row) bool {
		return other.Purpose == outbox.DayNotice && other.Sequence == r.Sequence && off(other.Key)
	})
}

// Overtaken lists the queued day notices of a booking that speak of it as it no longer is: it stands again, was moved, or was called off
// since. What is true now is said by [Plan].
func Overtaken(f Facts) []outbox.Withdrawal {
	reason := outbox.ReasonNotWanted
	if f.Booking.Status == booking.Cancelled {
		reason = outbox.ReasonBookingCancelled
	}
	var out []outbox.Withdrawal
	for _, r := range f.Rows {
		if r.Purpose == outbox.DayNotice && r.State == outbox.Queued && r.Sequence < f.Booking.Sequence {
			out = append(out, outbox.Withdrawal{ID: r.ID, Reason: reason})
		}
	}
	return out
}

// CallOwner is the task to phone the owner of a visit, with the name, the number and the time that it needs.
func CallOwner(f Facts, about string) Task {
	b := &f.Booking
	name, phone := f.NameAndNumber()
	if phone != "" {
		name += ", " + phone
	}
	return Task{
		Kind: "call_owner", Key: "call_owner:" + b.ID + ":" + strconv.Itoa(b.Sequence), Booking: b.ID, Client: f.Client.ID,
		Title: fmt.Sprintf("Call %s: %s (%s)", name, about, f.petAndTime()),
	}
}

// NameAndNumber are the owner as a task names them, and where they are phoned.
func (f *Facts) NameAndNumber() (name, phone string) {
	return cleanValue(f.Client.FirstName + " " + f.Client.LastName), cleanValue(firstOf(f.Contact.Phone, f.Client.SMSPhone, f.Client.Phone))
}

// petAndTime is the visit as a task names it: "Bella, Monday 1 March 2027 09:15".
func (f *Facts) petAndTime() string {
	day := calendar.On(f.Booking.StartsAt, f.Location.Zone)
	when := Weekday(day, English) + " " + Date(day, English) + " " + Time(f.Booking.StartsAt, f.Location.Zone, English)
	if pet := cleanValue(f.Patient.Name); pet != "" {
		return pet + ", " + when
	}
	return when
}

package outbox

import (
	"errors"
	"time"

	"pawbell/internal/calendar"
)

// Window is when a location may disturb people, closed at both ends by the minute: with 08:00–21:00, 21:00:59 is inside and 21:01
// is not. The zero Window is always open.
//
// The window of a day runs from the instant of its opening to the instant of its closing, so the two nights on which clocks change
// need no cases of their own: an end that the night skips is the moment of the jump, one that comes twice is the first.
type Window struct {
	From, Until calendar.Clock
	Zone        *time.Location
}

// Validate refuses a window that no day can have: From must come before Until, both within the day, in a zone.
func (w Window) Validate() error {
	switch {
	case w.Zone == nil:
		return errors.New("the window has no time zone")
	case w.From < 0 || w.Until > calendar.EndOfDay:
		return errors.New("the window's ends must lie between 00:00 and 24:00")
	case w.From >= w.Until:
		return errors.New("the window must open before it closes")
	}
	return nil
}

// Inside reports whether the window is open at t.
func (w Window) Inside(t time.Time) bool {
	if w == (Window{}) {
		return true
	}
	day := calendar.On(t, w.Zone)
	return w.insideOf(day, t) || w.insideOf(day.Add(-1), t)
}

// Earlier is t if the window is open then, else the end of the last window before t.
func (w Window) Earlier(t time.Time) time.Time {
	if w.Inside(t) {
		return t
	}
	day := calendar.On(t, w.Zone)
	for w.closing(day).After(t) {
		day = day.Add(-1)
	}
	return w.closing(day)
}

// Later is t if the window is open then, else the next opening.
func (w Window) Later(t time.Time) time.Time {
	if w.Inside(t) {
		return t
	}
	day := calendar.On(t, w.Zone)
	for w.opening(day).Before(t) {
		day = day.Add(1)
	}
	return w.opening(day)
}

func (w Window) insideOf(day calendar.Date, t time.Time) bool {
	return !t.Before(w.opening(day)) && t.Before(w.closing(day).Add(time.Minute))
}

func (w Window) opening(day calendar.Date) time.Time {
	at, _ := day.At(w.From, w.Zone)
	return at
}

func (w Window) closing(day calendar.Date) time.Time {
	at, _ := day.At(w.Until, w.Zone)
	return at
}

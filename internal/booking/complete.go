package booking

import (
	"time"

	"pawbell/internal/calendar"
)

// CompletedBefore is the instant before which visits must have started to be taken as completed at now: their local day has been over
// for after.
func CompletedBefore(now time.Time, after time.Duration, zone *time.Location) time.Time {
	return calendar.On(now.Add(-after), zone).Start(zone)
}

// MissedOften reports whether somebody who has missed so many visits is worth a word when they book the next one.
func MissedOften(missed int) bool { return missed >= 2 }

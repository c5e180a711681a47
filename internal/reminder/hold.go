package reminder

import (
	"time"

	"pawbell/internal/calendar"
)

const (
	// heldFrom and heldUntil are how many days around a due date a visit holds its reminder back.
	heldFrom, heldUntil = 30, 60
	// heldAfter is how long a visit that nobody closed still holds: visits are completed by themselves a day later.
	heldAfter = 48 * time.Hour
)

// Holds reports whether a visit on a day holds back what is due on another: from 30 days before to 60 days after it.
func Holds(due, visit calendar.Date) bool {
	days := visit.Days(due)
	return -heldFrom <= days && days <= heldUntil
}

// HoldEnds is when a visit that starts at a moment, and that nobody closes, ceases to hold anything back.
func HoldEnds(start time.Time) time.Time { return start.Add(heldAfter) }

package booking

import "time"

// CutoffAt is the instant from which an owner can no longer cancel or move the visit alone. A cut-off of 0 minutes is the start.
func CutoffAt(start time.Time, cutoffMinutes int) time.Time {
	return start.Add(-time.Duration(max(cutoffMinutes, 0)) * time.Minute)
}

// CanCancel reports whether the owner may call the visit off alone: it is still ahead and the cut-off has not come.
func CanCancel(status Status, start time.Time, cutoffMinutes int, now time.Time) bool {
	return ahead(status) && now.Before(CutoffAt(start, cutoffMinutes))
}

// CanMove reports whether the owner may choose another time alone, under the same rule as calling it off.
func CanMove(status Status, start time.Time, cutoffMinutes int, now time.Time) bool {
	return CanCancel(status, start, cutoffMinutes, now)
}

// CanConfirm reports whether the owner may say that they will come: until the start, whatever the cut-off, and only for a visit that
// the clinic has booked and nobody has confirmed.
func CanConfirm(status Status, start, now time.Time) bool {
	return status == Booked && now.Before(start)
}

// TooLate is the answer to an owner who comes after the cut-off: only the clinic can help now.
func TooLate(phone string) *Refusal {
	message := "It is too late to change this visit online. Please call us."
	if phone != "" {
		message = "It is too late to change this visit online. Please call us: " + phone + "."
	}
	return refuse("starts_at", "too_late", message)
}

package notify_test

import (
	"slices"
	"testing"

	"pawbell/internal/notify"
	"pawbell/internal/outbox"
)

// an entry comes with what sets a visit, and is taken away by what calls it off, never the other way round.
func TestWhichMessagesCarryTheVisit(t *testing.T) {
	t.Parallel()
	sets := []outbox.Purpose{outbox.BookingConfirmation, outbox.BookingChange}
	callsOff := []outbox.Purpose{outbox.BookingCancellation, outbox.DayNotice}
	for _, p := range outbox.Purposes() {
		if got, want := notify.CarriesVisit(p, false), slices.Contains(sets, p); got != want {
			t.Errorf("%s of a visit that stands: %v, want %v", p, got, want)
		}
		if got, want := notify.CarriesVisit(p, true), slices.Contains(callsOff, p); got != want {
			t.Errorf("%s of a visit that is off: %v, want %v", p, got, want)
		}
	}
}

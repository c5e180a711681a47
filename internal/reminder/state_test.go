package reminder_test

import (
	"testing"

	"pawbell/internal/reminder"
)

// A person ends a reminder that is open, and nothing else about its state is theirs to say.
func TestAPersonOnlyEndsAReminder(t *testing.T) {
	t.Parallel()
	all := []reminder.State{reminder.Scheduled, reminder.Held, reminder.Sent, reminder.Done, reminder.Cancelled, reminder.Stale}
	allowed := map[[2]reminder.State]bool{}
	for _, from := range []reminder.State{reminder.Scheduled, reminder.Held, reminder.Sent} {
		for _, to := range []reminder.State{reminder.Cancelled, reminder.Done} {
			allowed[[2]reminder.State{from, to}] = true
		}
	}
	for _, from := range all {
		for _, to := range all {
			if got, want := reminder.Allowed(from, to), from == to || allowed[[2]reminder.State{from, to}]; got != want {
				t.Errorf("from %s to %s: %v, want %v", from, to, got, want)
			}
		}
	}
}

package booking_test

import (
	"testing"
	"time"

	"pawbell/internal/booking"
)

var (
	now, soon, later = time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC), time.Date(2027, 3, 4, 8, 0, 0, 0, time.UTC), time.Date(2027, 3, 9, 8, 0, 0, 0, time.UTC)
	ahead            = booking.Terms{Price: 500, DueAt: soon}
	after            = booking.Terms{Price: 200}
)

// what a new visit costs is said by whoever makes it, or by its reason.
func TestWhatANewVisitCosts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		terms      booking.Terms
		said, want booking.Payment
		free       bool
	}{
		"nothing is said":                      {terms: ahead, want: booking.Payment{Price: 500, State: "unpaid", DueAt: soon}},
		"nothing is paid ahead":                {terms: after, want: booking.Payment{Price: 200, State: "none"}},
		"it is free":                           {terms: ahead, free: true, want: booking.Payment{State: "none"}},
		"its price is said":                    {terms: ahead, said: booking.Payment{Price: 120}, want: booking.Payment{Price: 120, State: "unpaid", DueAt: soon}},
		"its deadline is said":                 {terms: ahead, said: booking.Payment{DueAt: later}, want: booking.Payment{Price: 500, State: "unpaid", DueAt: later}},
		"it is said to be unpaid":              {terms: ahead, said: booking.Payment{State: "unpaid"}, want: booking.Payment{Price: 500, State: "unpaid", DueAt: soon}},
		"it is said to be unpaid, no deadline": {terms: after, said: booking.Payment{State: "unpaid"}, want: booking.Payment{Price: 200, State: "unpaid"}},
		"it is paid":                           {terms: ahead, said: booking.Payment{State: "paid"}, want: booking.Payment{Price: 500, State: "paid"}},
	} {
		if got := c.terms.Begin(c.said, c.free); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// price and deadline follow a visit that is moved or gets another reason, unless somebody has said otherwise.
func TestWhatAChangedVisitCosts(t *testing.T) {
	t.Parallel()
	moved := booking.Terms{Price: 500, DueAt: later}
	unpaid, none := booking.Payment{Price: 500, State: "unpaid", DueAt: soon}, booking.Payment{Price: 200, State: "none"}
	same := func(p booking.Payment) booking.Payment { return p }
	for name, c := range map[string]struct {
		old, terms booking.Terms
		was        booking.Payment
		change     func(booking.Payment) booking.Payment
		now        time.Time
		want       booking.Payment
	}{
		"it is moved": {ahead, moved, unpaid, same, now, booking.Payment{Price: 500, State: "unpaid", DueAt: later}},
		"it is moved with a deadline of its own": {ahead, moved, booking.Payment{Price: 500, State: "unpaid", DueAt: now}, same, now,
			booking.Payment{Price: 500, State: "unpaid", DueAt: now}},
		"it is moved, and the deadline said":      {ahead, moved, unpaid, func(p booking.Payment) booking.Payment { p.DueAt = now; return p }, now, booking.Payment{Price: 500, State: "unpaid", DueAt: now}},
		"the deadline is taken away":              {ahead, ahead, unpaid, func(p booking.Payment) booking.Payment { p.DueAt = time.Time{}; return p }, now, booking.Payment{Price: 500, State: "unpaid"}},
		"it stays without a deadline":             {ahead, ahead, booking.Payment{Price: 500, State: "unpaid"}, same, now, booking.Payment{Price: 500, State: "unpaid"}},
		"it is to be paid after all":              {ahead, ahead, booking.Payment{State: "none"}, func(p booking.Payment) booking.Payment { p.State = "unpaid"; return p }, now, booking.Payment{State: "unpaid", DueAt: soon}},
		"its new reason is paid ahead":            {after, ahead, none, same, now, booking.Payment{Price: 500, State: "unpaid", DueAt: soon}},
		"its new reason is paid ahead, too late":  {after, ahead, none, same, soon, booking.Payment{Price: 500, State: "none"}},
		"its new reason is paid ahead, it is not": {after, ahead, unpaid, func(p booking.Payment) booking.Payment { p.State = "waived"; return p }, now, booking.Payment{Price: 500, State: "waived", DueAt: soon}},
		"its new reason costs less":               {ahead, after, unpaid, same, now, booking.Payment{Price: 200, State: "unpaid"}},
		"its price was agreed": {ahead, after, booking.Payment{Price: 450, State: "unpaid", DueAt: soon}, same, now,
			booking.Payment{Price: 450, State: "unpaid"}},
		"it was paid before it got another reason": {ahead, after, booking.Payment{Price: 500, State: "paid", DueAt: soon}, same, now, booking.Payment{Price: 500, State: "paid"}},
		"it was free and stays so":                 {after, ahead, booking.Payment{State: "none"}, same, now, booking.Payment{State: "none"}},
	} {
		if got := c.terms.Follow(c.was, c.change(c.was), c.old, c.now); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

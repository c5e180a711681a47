package booking

import "time"

// The states of a visit's payment that rules ask for, as stored.
const (
	PaymentNone   = "none"
	PaymentUnpaid = "unpaid"
)

// Payment is what a visit costs and whether it has been paid.
type Payment struct {
	Price float64 // taxes included, in the location's currency
	State string  // none, unpaid, paid or waived
	DueAt time.Time
}

// Terms are what a reason asks of a visit: its price, and until when that has to be paid; zero if it is not paid ahead.
type Terms struct {
	Price float64
	DueAt time.Time
}

// Begin answers what a new visit costs: what was said of it, and for what was left open what the reason asks. free says that a price of 0 was
// meant.
func (t Terms) Begin(said Payment, free bool) Payment {
	if said.Price == 0 && !free {
		said.Price = t.Price
	}
	if said.State == "" {
		said.State = PaymentNone
		if said.Price > 0 && !t.DueAt.IsZero() {
			said.State = PaymentUnpaid
		}
	}
	if said.State == PaymentUnpaid && said.DueAt.IsZero() {
		said.DueAt = t.DueAt
	}
	return said
}

// Follow answers what a visit costs after it was moved or was given another reason. What the old terms had brought follows the new ones; what
// somebody said stays, and so does what is paid or was waived. is is what the change says, was what held before it. Another reason asks nothing by a
// deadline that has passed.
func (t Terms) Follow(was, is Payment, old Terms, now time.Time) Payment {
	open := is.State == PaymentNone || is.State == PaymentUnpaid
	if open && is.Price == was.Price && is.Price == old.Price {
		is.Price = t.Price
	}
	switch {
	case !is.DueAt.Equal(was.DueAt):
	case !is.DueAt.IsZero() && is.DueAt.Equal(old.DueAt):
		is.DueAt = t.DueAt
	case is.DueAt.IsZero() && is.State == PaymentUnpaid && was.State != PaymentUnpaid:
		is.DueAt = t.DueAt
	case is.DueAt.IsZero() && is.State == PaymentNone && was.State == PaymentNone && is.Price > 0 && old.DueAt.IsZero() && t.DueAt.After(now):
		is.State, is.DueAt = PaymentUnpaid, t.DueAt
	}
	return is
}

package outbox

import (
	"time"

	"pawbell/internal/calendar"
)

// Window is when a location may disturb people, closed at both ends by the minute: with 08:00–21:00, 21:00:59 is inside and 21:01
// is not.
type Window struct {
	From, Until calendar.Clock
	Zone        *time.Location
}

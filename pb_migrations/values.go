package pb_migrations

// The values of selects that more than one collection uses, as stored.
var (
	weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	units    = []string{"day", "week", "month", "year"}
	// ways are the channels that a clinic sends on by itself.
	ways     = []string{"email", "sms"}
	channels = []string{"email", "sms", "post", "external"}
	purposes = []string{
		"booking_received", "booking_confirmation", "booking_change", "booking_declined", "booking_cancellation", "day_notice",
		"visit_reminder", "reminder", "payment_due", "waitlist_offer", "group", "personal", "test",
		"notice_booking", "notice_cancellation", "notice_payment",
	}
	channelModes = []string{"first", "every"}
	actors       = []string{"owner", "staff", "absence", "machine"}
	subjects     = []string{"visit", "reminder", "group"}
)

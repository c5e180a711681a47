package outbox

// Binding says how a location's send window binds a message.
type Binding int

// The bindings.
const (
	// None leaves the message its planned moment, at any hour.
	None Binding = iota
	// MoveEarlier takes the end of the last window before the planned moment.
	MoveEarlier
	// MoveLater takes the next opening.
	MoveLater
	// UnlessSoon takes the next opening if the visit starts more than two hours after it, else it is sent at once: an owner about to
	// set out with the pet is better woken than let travel.
	UnlessSoon
)

// EndOfLifeRule says what a message about an end-of-life visit does.
type EndOfLifeRule int

// The rules for end-of-life visits.
const (
	// EndOfLifeSent makes no difference.
	EndOfLifeSent EndOfLifeRule = iota
	// EndOfLifeNeutral sends a neutral text, and only to an owner who booked or moved the visit.
	EndOfLifeNeutral
	// EndOfLifeCall sends nothing and raises a task to phone the owner.
	EndOfLifeCall
	// EndOfLifeNever sends nothing.
	EndOfLifeNever
)

// The consents that an owner may refuse, as stored in a client's list.
const (
	ConsentVisit    = "visit"
	ConsentReminder = "reminder"
	ConsentGroup    = "group"
)

// Rules is one line of R-01's table: what holds for every message with a purpose.
type Rules struct {
	SMSWindow   Binding
	EmailWindow Binding
	Consent     string // what the owner must not have refused; "" asks nobody
	BCC         bool   // the clinic's BCC addresses get a copy
	EndOfLife   EndOfLifeRule
	Visit       bool // tied to the visit's start: useless from then on
	Owner       bool // goes to a pet owner, not to the clinic itself
	AtOnce      bool // "send now" waives the window
	Priority    int  // smaller leaves first: what concerns a visit, then notices and single messages, then recalls, then campaigns
}

const (
	firstPriority    = 1
	singlePriority   = 2
	recallPriority   = 3
	campaignPriority = 4
)

// Priorities lists every priority, the most urgent first.
func Priorities() []int {
	return []int{firstPriority, singlePriority, recallPriority, campaignPriority}
}

var aboutBooking = Rules{Consent: ConsentVisit, BCC: true, EndOfLife: EndOfLifeNeutral, Owner: true, Priority: firstPriority}

var aboutCancelled = Rules{SMSWindow: UnlessSoon, Consent: ConsentVisit, BCC: true, EndOfLife: EndOfLifeCall, Owner: true, Priority: firstPriority}

var byHand = Rules{SMSWindow: MoveLater, Owner: true, AtOnce: true, Priority: singlePriority}

var toClinic = Rules{Priority: singlePriority}

var rules = map[Purpose]Rules{
	BookingReceived:     aboutBooking,
	BookingConfirmation: aboutBooking,
	BookingChange:       aboutBooking,
	BookingDeclined:     aboutBooking,
	BookingCancellation: aboutCancelled,
	DayNotice:           aboutCancelled,
	VisitReminder: {SMSWindow: MoveEarlier, EmailWindow: MoveEarlier, Consent: ConsentVisit, BCC: true, EndOfLife: EndOfLifeNever,
		Visit: true, Owner: true, Priority: firstPriority},
	Reminder: {SMSWindow: MoveEarlier, EmailWindow: MoveEarlier, Consent: ConsentReminder, EndOfLife: EndOfLifeNever, Owner: true,
		Priority: recallPriority},
	PaymentDue: {SMSWindow: MoveLater, Consent: ConsentVisit, BCC: true, EndOfLife: EndOfLifeNever, Owner: true,
		Priority: recallPriority},
	WaitlistOffer: {SMSWindow: MoveLater, Consent: ConsentVisit, EndOfLife: EndOfLifeNever, Owner: true, Priority: singlePriority},
	Group: {SMSWindow: MoveLater, EmailWindow: MoveLater, Consent: ConsentGroup, EndOfLife: EndOfLifeNever, Owner: true,
		Priority: campaignPriority},
	Personal:           byHand,
	Test:               {SMSWindow: MoveLater, AtOnce: true, Priority: singlePriority},
	NoticeBooking:      toClinic,
	NoticeCancellation: toClinic,
	NoticePayment:      toClinic,
}

// Purposes lists every purpose in the order of R-01's table.
func Purposes() []Purpose {
	return []Purpose{BookingReceived, BookingConfirmation, BookingChange, BookingDeclined, BookingCancellation, DayNotice, VisitReminder,
		Reminder, PaymentDue, WaitlistOffer, Group, Personal, Test, NoticeBooking, NoticeCancellation, NoticePayment}
}

// Rules is the purpose's line of R-01's table. A purpose that the table lacks has the zero Rules, bound by nothing.
func (p Purpose) Rules() Rules { return rules[p] }

// Binding is how the window binds a message on a channel. A letter disturbs nobody at night; a third party that is handed a message
// may text it on at once, so it is bound as an SMS is.
func (r Rules) Binding(c Channel) Binding {
	switch c {
	case SMS, External:
		return r.SMSWindow
	case Email:
		return r.EmailWindow
	}
	return None
}

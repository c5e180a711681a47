// Package gateway answers how a message leaves the house and how we hear back: one file per provider, both directions.
//
// A [Gateway] knows nothing of records. It is given a finished [Message], answers with a [Result], can be asked after a crash whether it
// has a message ([Gateway.Find]), and reads the provider's reports ([Gateway.Events]).
package gateway

import (
	"context"
	"net/http"
	"time"

	"pawbell/internal/outbox"
)

// Message is one message ready to leave.
type Message struct {
	ID       string // ours; travels with it to the provider and back
	Channel  outbox.Channel
	Purpose  outbox.Purpose
	Attempt  int
	To       string
	BCC      []string // envelope only, never a header
	From     string   // an address, a number or an alphanumeric sender; "" = the gateway's default
	FromName string
	ReplyTo  string
	Subject  string
	Text     string // the text itself for SMS, plain text for e-mail
	HTML     string // e-mail only
	Locale   string
	// UnsubscribeURL is set on group mail: RFC 8058 one-click headers are added.
	UnsubscribeURL string
	Attachments    []Attachment
	// Calendar is an iCalendar object and its method ("PUBLISH", "CANCEL"), shown by mail programs as an event.
	Calendar       []byte
	CalendarMethod string
	// ExpiresAt is when the message stops being of use; providers with a validity period are told.
	ExpiresAt time.Time
	// Due is the payload of the external gateway.
	Due *Due
}

// Attachment is a file that goes with an e-mail.
type Attachment struct {
	Name string
	Type string
	Data []byte
}

// Due is what an external service is told of a message (design, HTTP contract).
type Due struct {
	ClientID, ClientFirstName string
	Patients                  []NamedID
	DueOn                     string
}

// NamedID is an id and its name.
type NamedID struct{ ID, Name string }

// Outcome is what became of one attempt; outbox.Settle decides what follows from it.
type Outcome = outbox.Outcome

// The outcomes. Anything that is not known to be one of the others is Uncertain once bytes were written, else Temporary.
const (
	Accepted  = outbox.Accepted
	Temporary = outbox.Temporary
	Permanent = outbox.Permanent
	Uncertain = outbox.Uncertain
	Stopped   = outbox.Stopped
)

// Result is the answer to one attempt.
type Result struct {
	Outcome    Outcome
	GatewayID  string        // the provider's id of the message, if it gave one
	Reason     outbox.Reason // for Permanent
	Detail     string        // the provider's words and codes, without names, numbers or texts of people
	RetryAfter time.Duration // the provider's wish, 0 = none
	// NotTried says that our own rate or breaker held the message back: the provider was not called, and this counts as no attempt.
	NotTried bool
	// LeaveAlone is for how long nothing more shall be handed over after this attempt: the provider asked for that, or has been silent too often.
	LeaveAlone time.Duration
	// CostKnown is set where the provider names a price already.
	Parts int
}

// Found is the answer of a provider that was asked for a message.
type Found struct {
	GatewayID string
	CreatedAt time.Time
	State     outbox.State // sent, delivered or failed
}

// Lookup says what may be asked of a provider.
type Lookup struct {
	Message Message
	// Since is when the attempt was written down; nothing older can be it.
	Since time.Time
	// Claimed holds the provider's ids that are known to belong to a message, with our id of it.
	Claimed map[string]string
}

// taken reports whether one of the provider's ids is another message's.
func (l Lookup) taken(id string) bool {
	owner, claimed := l.Claimed[id]
	return claimed && owner != l.Message.ID
}

// EventKind is what a provider reports.
type EventKind string

// The kinds of event, as stored in message_events.
const (
	EventAttempt    EventKind = "attempt"
	EventAccepted   EventKind = "accepted"
	EventDelivered  EventKind = "delivered"
	EventFailed     EventKind = "failed"
	EventBounced    EventKind = "bounced"
	EventComplained EventKind = "complained"
	EventResolved   EventKind = "resolved"
)

// Event is one report of a provider about one message.
type Event struct {
	ID        string // unique at this gateway: a report that comes twice is one
	Kind      EventKind
	MessageID string // ours, when it came back; else GatewayID tells
	GatewayID string
	At        time.Time
	Permanent bool          // for failed: no later success can come
	Reason    outbox.Reason // for failed
	Detail    string
	Recipient string // whom a bounce or complaint is about
}

// Inbound is a text that somebody sent us.
type Inbound struct {
	GatewayID string
	From, To  string
	Text      string
	At        time.Time
	// Stopped says that the provider itself took it for a stop, in whatever words, and carries nothing more to that number.
	Stopped bool
	// Started says that the provider itself took it for the wish to hear from us again.
	Started bool
}

// Reports is what one webhook request brought.
type Reports struct {
	Events  []Event
	Inbound []Inbound
	// ContentType and Body are what the provider wants to read; an empty 200 otherwise.
	ContentType string
	Body        string
}

// A WebhookError refuses a webhook with the status that its provider understands (401, or 406 where that ends retries).
type WebhookError struct {
	Status  int
	Message string
}

func (e *WebhookError) Error() string { return e.Message }

// Gateway is one provider.
type Gateway interface {
	// Name is how configuration, webhooks and the log call it.
	Name() string
	// Carries reports whether it can carry a channel.
	Carries(outbox.Channel) bool
	// Send makes one attempt. It never tries again by itself and always comes back before ctx ends.
	Send(ctx context.Context, m Message) Result
	// Find asks whether the provider has a message of an attempt that never got its answer. ErrNoLookup means that this provider
	// cannot be asked; a nil Found with a nil error means that it surely does not have it (yet: the caller waits and asks again).
	Find(ctx context.Context, l Lookup) (*Found, error)
	// Events checks the request's signature and reads its reports. publicURL is the address the provider was given, as the request
	// itself may have passed a proxy. The error is a *WebhookError for a request to refuse.
	Events(r *http.Request, body []byte, publicURL string, now time.Time) (Reports, error)
}

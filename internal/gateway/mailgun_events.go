package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"pawbell/internal/outbox"
)

const (
	// mailgunTolerance is how far a webhook's timestamp may be from now. The signature has no other bound in time.
	mailgunTolerance = 15 * time.Minute
	// rememberedTokens bounds the memory of tokens; at ten reports a second, fifteen minutes are 9,000.
	rememberedTokens = 20_000
	// notAcceptable is the answer that ends Mailgun's retries.
	notAcceptable = http.StatusNotAcceptable
)

// mailgunEvent is what this program reads of an event, in webhooks and in the events API alike.
type mailgunEvent struct {
	Event     string  `json:"event"`
	ID        string  `json:"id"`
	Timestamp float64 `json:"timestamp"`
	Severity  string  `json:"severity"`
	Reason    string  `json:"reason"`
	Recipient string  `json:"recipient"`
	Message   struct {
		Headers struct {
			MessageID string `json:"message-id"`
		} `json:"headers"`
	} `json:"message"`
	Variables json.RawMessage `json:"user-variables"`
	Delivery  struct {
		Code        json.Number `json:"code"`
		Message     string      `json:"message"`
		Description string      `json:"description"`
	} `json:"delivery-status"`
}

// at is when it happened, UTC; otherwise where the event does not say.
func (e mailgunEvent) at(otherwise time.Time) time.Time {
	if e.Timestamp <= 0 || e.Timestamp > 1e11 || math.IsNaN(e.Timestamp) {
		return otherwise.UTC()
	}
	return time.UnixMilli(int64(e.Timestamp * 1000)).UTC()
}

// messageID is our id as it came back with the event, "" if it did not.
func (e mailgunEvent) messageID() string {
	var variables map[string]any
	if json.Unmarshal(e.Variables, &variables) == nil {
		if id, ok := variables["message_id"].(string); ok && messageID.MatchString(id) {
			return id
		}
	}
	return ""
}

// Events reads one webhook. Its signature covers a timestamp and a token only, so the timestamp must be within 15 minutes of now, and a
// token that comes again must bring the event that it brought before. What is refused gets 406, which ends Mailgun's retries. Every
// event names its recipient: hidden copies have the same message id as the owner's e-mail, so a report on one of them says nothing about
// the owner. A recipient's unsubscribe is [EventComplained] with the reason unsubscribed.
func (g *Mailgun) Events(_ *http.Request, body []byte, _ string, now time.Time) (Reports, error) {
	var webhook struct {
		Signature struct {
			Timestamp json.RawMessage `json:"timestamp"` // a string in webhooks, a number in some of the provider's own examples
			Token     string          `json:"token"`
			Signature string          `json:"signature"`
		} `json:"signature"`
		Event json.RawMessage `json:"event-data"`
	}
	if err := json.Unmarshal(body, &webhook); err != nil {
		return Reports{}, &WebhookError{Status: notAcceptable, Message: "not a webhook"}
	}
	timestamp := strings.Trim(string(webhook.Signature.Timestamp), `"`)
	if !g.signed(timestamp, webhook.Signature.Token, webhook.Signature.Signature) {
		return Reports{}, &WebhookError{Status: notAcceptable, Message: "wrong signature"}
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > mailgunTolerance {
		return Reports{}, &WebhookError{Status: notAcceptable, Message: "the signature is too old"}
	}
	var event mailgunEvent
	if err := json.Unmarshal(webhook.Event, &event); err != nil || event.ID == "" {
		return Reports{}, &WebhookError{Status: notAcceptable, Message: "no event"}
	}
	if !g.replays.allow(webhook.Signature.Token, event.ID, now) {
		return Reports{}, &WebhookError{Status: notAcceptable, Message: "the signature was used for another event"}
	}
	report, known := event.report(now)
	if !known {
		return Reports{}, nil
	}
	return Reports{Events: []Event{report}}, nil
}

func (g *Mailgun) signed(timestamp, token, signature string) bool {
	if g.options.SigningKey == "" || timestamp == "" || token == "" {
		return false
	}
	given, err := hex.DecodeString(signature)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(g.options.SigningKey))
	mac.Write([]byte(timestamp + token))
	return hmac.Equal(given, mac.Sum(nil))
}

// report puts an event into our words; false for those that tell nothing of a delivery (opened, clicked, stored …).
func (e mailgunEvent) report(now time.Time) (Event, bool) {
	report := Event{
		ID:        e.ID,
		MessageID: e.messageID(),
		GatewayID: strings.Trim(e.Message.Headers.MessageID, "<>"),
		At:        e.at(now),
		Recipient: e.Recipient,
	}
	said := e.Delivery.Description
	if said == "" {
		said = e.Delivery.Message
	}
	report.Detail = words(strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Reason, e.Delivery.Code, said)), Message{To: e.Recipient})
	switch e.Event {
	case "accepted":
		report.Kind, report.Detail = EventAccepted, ""
	case "delivered":
		report.Kind, report.Detail = EventDelivered, ""
	case "complained":
		report.Kind = EventComplained
	case "unsubscribed":
		report.Kind, report.Reason = EventComplained, outbox.ReasonUnsubscribed
	case "bounced":
		report.Kind, report.Permanent, report.Reason = EventBounced, true, outbox.ReasonBadAddress
	case "rejected":
		report.Kind, report.Permanent, report.Reason = EventFailed, true, outbox.ReasonRefused
	case "failed":
		report.Kind, report.Permanent, report.Reason = e.failure()
	default:
		return Event{}, false
	}
	return report, true
}

// failure tells a bad address from a complaint, a stop and any other failure. A temporary one is Mailgun's to try again.
func (e mailgunEvent) failure() (EventKind, bool, outbox.Reason) {
	if e.Severity != "permanent" {
		return EventFailed, false, outbox.ReasonRefused
	}
	switch e.Reason {
	case "bounce", "suppress-bounce":
		return EventBounced, true, outbox.ReasonBadAddress
	case "suppress-complaint":
		// Of an earlier mail, but it stands: Mailgun delivers nothing to whoever complained, and we may never have heard of it.
		return EventComplained, true, outbox.ReasonRefused
	case "suppress-unsubscribe":
		return EventFailed, true, outbox.ReasonUnsubscribed
	case "old":
		return EventFailed, true, outbox.ReasonStale
	}
	return EventFailed, true, outbox.ReasonRefused
}

// replays remembers which token came with which event. Mailgun repeats a webhook that got no 200, and that is let through: the event's
// id makes it count once. The same token with another event is a forged body.
type replays struct {
	mu     sync.Mutex
	events map[string]string // token → event id
	order  []usedToken       // oldest first
}

type usedToken struct {
	token string
	at    time.Time
}

func newReplays() *replays { return &replays{events: map[string]string{}} }

func (r *replays) allow(token, event string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.order) > 0 && (len(r.order) >= rememberedTokens || now.Sub(r.order[0].at) > 2*mailgunTolerance) {
		delete(r.events, r.order[0].token)
		r.order = r.order[1:]
	}
	if before, used := r.events[token]; used {
		return before == event
	}
	r.events[token] = event
	r.order = append(r.order, usedToken{token, now})
	return true
}

package gateway

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"

	"pawbell/internal/outbox"
)

// longestSID is far more than the 34 characters of Twilio's ids. What can never be stored is refused, not asked for again.
const longestSID = 200

// twilioReply is an answer that makes Twilio do nothing more.
const twilioReply = `<?xml version="1.0" encoding="UTF-8"?><Response/>`

// twilioWords say why a text did not arrive. A report has the code alone (Twilio's error and warning dictionary).
var twilioWords = map[int]string{
	21610: "the receiver has said stop",
	30001: "too many texts were waiting to be sent",
	30002: "the account is suspended",
	30003: "the phone is off or out of reach",
	30004: "the receiver or their carrier blocks such texts",
	30005: "the number is not in use",
	30006: "a landline, or a carrier that takes no texts",
	30007: "the carrier filtered it out",
	30008: "the carrier does not say why",
	30017: "the carrier's network is congested",
	30036: "it was not delivered while it was of use",
}

// Events reads a status callback or an incoming text. The signature is over the public address, the one that Twilio was given, and the
// sorted parameters; it has no time in it, so a report's ID is text and status, which makes a repeated one the same. Reports come in any
// order. publicURL may be our Application URL or the whole address of the webhook. A wrong signature is 401.
func (g *Twilio) Events(r *http.Request, body []byte, publicURL string, now time.Time) (Reports, error) {
	unsigned := &WebhookError{Status: http.StatusUnauthorized, Message: "wrong signature"}
	address, err := calledAddress(publicURL, r)
	if err != nil {
		return Reports{}, unsigned
	}
	if !g.signed(address, body, r.Header.Get("X-Twilio-Signature")) {
		return Reports{}, unsigned
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return Reports{}, unsigned
	}
	sid := first(form.Get("MessageSid"), form.Get("SmsSid"))
	if sid == "" || len(sid) > longestSID {
		return Reports{}, &WebhookError{Status: http.StatusBadRequest, Message: "no text"}
	}
	status := first(form.Get("MessageStatus"), form.Get("SmsStatus"))
	if status == "received" || status == "receiving" || status == "" {
		if strings.TrimSpace(form.Get("From")) == "" {
			return Reports{}, &WebhookError{Status: http.StatusBadRequest, Message: "a text from nobody"}
		}
		return Reports{
			Inbound: []Inbound{{
				GatewayID: sid,
				From:      form.Get("From"),
				To:        form.Get("To"),
				Text:      first(form.Get("Body"), form.Get("OptOutType")),
				At:        now.UTC(),
				Stopped:   form.Get("OptOutType") == "STOP",
				Started:   form.Get("OptOutType") == "START",
			}},
			ContentType: "text/xml",
			Body:        twilioReply,
		}, nil
	}
	report, known := twilioReport(sid, status, form)
	if !known {
		return Reports{}, nil
	}
	report.At = now.UTC()
	if id := r.URL.Query().Get("message"); messageID.MatchString(id) {
		report.MessageID = id
	}
	return Reports{Events: []Event{report}}, nil
}

// signed reports whether Twilio signed a request, with either token: it signs with the old one until the new one is made the account's own, at a
// moment that nobody can meet to the second.
func (g *Twilio) signed(address string, body []byte, signature string) bool {
	if signature == "" {
		return false
	}
	for _, token := range []string{g.options.AuthToken, g.options.PreviousAuthToken} {
		validator := client.NewRequestValidator(token)
		if token != "" && validator.ValidateBody(address, body, signature) {
			return true
		}
	}
	return false
}

// calledAddress is the address that Twilio called: the public one, with the query of this request.
func calledAddress(publicURL string, r *http.Request) (string, error) {
	address, err := url.Parse(strings.TrimRight(publicURL, "/"))
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(address.Path, "/api/webhooks/twilio") {
		address.Path += "/api/webhooks/twilio"
	}
	if address.RawQuery == "" {
		address.RawQuery = r.URL.RawQuery
	}
	return address.String(), nil
}

// twilioReport puts a status into our words; false for one that this program does not know.
func twilioReport(sid, status string, form url.Values) (Event, bool) {
	report := Event{ID: sid + ":" + status, GatewayID: sid}
	switch status {
	case "accepted", "scheduled", "queued", "sending", "sent", "partially_delivered":
		report.Kind = EventAccepted
	case "delivered", "read":
		report.Kind = EventDelivered
	case "undelivered", "failed", "canceled":
		// All three are final at Twilio: a text that shall still arrive has to be a new one.
		report.Kind, report.Permanent, report.Reason = EventFailed, true, outbox.ReasonRefused
		report.Detail = status
		if code, err := strconv.Atoi(form.Get("ErrorCode")); err == nil && code != 0 {
			report.Reason = twilioReason(code)
			report.Detail = status + " " + strconv.Itoa(code)
			if why, known := twilioWords[code]; known {
				report.Detail += ": " + why
			}
		}
		if report.Reason == outbox.ReasonBadAddress || report.Reason == outbox.ReasonUnsubscribed {
			report.Recipient = form.Get("To")
		}
	default:
		return Event{}, false
	}
	return report, true
}

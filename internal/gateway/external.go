package gateway

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pawbell/internal/outbox"
)

// externalTolerance is how far a webhook's timestamp may be from now (Standard Webhooks, "Verifying webhook authenticity").
const externalTolerance = 5 * time.Minute

// ExternalOptions is what the external gateway is made of.
type ExternalOptions struct {
	URL string
	// Secret is a Standard Webhooks one: "whsec_" and base64. It signs both ways.
	Secret string
	// Now is the real clock, which signatures go by.
	Now func() time.Time
	// Timeout bounds one call; 0 = 15 s.
	Timeout time.Duration
}

// External hands reminders to a service that a third party runs, by signed webhooks (standardwebhooks.com), and reads its reports, signed
// the same way. It sends nothing itself (PR-06).
type External struct {
	options ExternalOptions
	target  *url.URL
	key     []byte
	client  *http.Client
}

// NewExternal makes the gateway. The error is about the URL or the secret.
func NewExternal(options ExternalOptions) (*External, error) {
	target, err := url.Parse(options.URL)
	if err != nil || target.Host == "" || target.Scheme != "https" && target.Scheme != "http" {
		return nil, fmt.Errorf("URL: not a web address")
	}
	encoded, found := strings.CutPrefix(options.Secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !found || err != nil || len(key) == 0 {
		return nil, fmt.Errorf("SECRET: not of the form whsec_ and base64")
	}
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	return &External{options: options, target: target, key: key,
		client: &http.Client{Transport: &transport{base: newBaseTransport(), now: options.Now}, CheckRedirect: stayPut},
	}, nil
}

// Name is "external".
func (g *External) Name() string { return "external" }

// Carries reports whether the channel is external.
func (g *External) Carries(channel outbox.Channel) bool { return channel == outbox.External }

// Close ends idle connections.
func (g *External) Close() error {
	g.client.CloseIdleConnections()
	return nil
}

func (g *External) loopback() bool { return loopbackHost(g.target.Hostname()) }

type namedID struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type externalClient struct {
	ID        string `json:"id"`
	FirstName string `json:"first_name"`
}

type externalData struct {
	ID       string          `json:"id"`
	Purpose  outbox.Purpose  `json:"purpose"`
	Channel  outbox.Channel  `json:"channel"`
	To       string          `json:"to"`
	Subject  string          `json:"subject"`
	Text     string          `json:"text"`
	Client   *externalClient `json:"client,omitempty"`
	Patients []namedID       `json:"patients"`
	DueOn    string          `json:"due_on,omitempty"`
}

// Send hands one reminder over. The webhook's id is the message's, the same at every attempt, so that the service can drop a repeated one.
// Any 2xx is [Accepted]; 429 and 503 say that nothing was taken; any other 5xx, and no answer, are [Uncertain].
func (g *External) Send(ctx context.Context, m Message) Result {
	result, _ := g.attempt(ctx, m)
	return result
}

func (g *External) attempt(ctx context.Context, m Message) (Result, health) {
	if !messageID.MatchString(m.ID) {
		return Result{Outcome: Permanent, Reason: outbox.ReasonRefused, Detail: "the message has no usable id"}, well
	}
	body, err := json.Marshal(map[string]any{"type": "message.due", "data": dueData(m)})
	if err != nil {
		return Result{Outcome: Permanent, Reason: outbox.ReasonRefused, Detail: "the reminder could not be written"}, well
	}
	ctx, cancel := context.WithTimeout(ctx, g.options.Timeout)
	defer cancel()
	ctx, seen := noted(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.target.String(), bytes.NewReader(body))
	if err != nil {
		return Result{Outcome: Stopped, Detail: "not a web address"}, well
	}
	timestamp := strconv.FormatInt(g.options.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Pawbell")
	request.Header.Set("webhook-id", m.ID)
	request.Header.Set("webhook-timestamp", timestamp)
	request.Header.Set("webhook-signature", g.signature(m.ID, timestamp, body))
	response, err := g.client.Do(request)
	if err != nil {
		return unanswered(seen, err)
	}
	// The transport has read the body already, and a cut one does not undo the status.
	response.Body.Close()
	return externalJudged(seen)
}

func externalJudged(seen *exchange) (Result, health) {
	detail := fmt.Sprintf("HTTP %d", seen.status)
	switch status := seen.status; {
	case status >= 200 && status < 300:
		return Result{Outcome: Accepted}, well
	case status == 429:
		return Result{Outcome: Temporary, RetryAfter: seen.retryAfter, Detail: detail}, slowly
	case status == 408, status == 503:
		return Result{Outcome: Temporary, RetryAfter: seen.retryAfter, Detail: detail}, silent
	case status >= 500:
		return Result{Outcome: Uncertain, RetryAfter: seen.retryAfter, Detail: detail}, silent
	case status < 400, status == 401, status == 403, status == 404, status == 405, status == 410:
		return Result{Outcome: Stopped, Detail: detail}, well
	}
	return Result{Outcome: Permanent, Reason: outbox.ReasonRefused, Detail: detail}, well
}

func dueData(m Message) externalData {
	data := externalData{ID: m.ID, Purpose: m.Purpose, Channel: m.Channel, To: m.To, Subject: m.Subject, Text: m.Text, Patients: []namedID{}}
	if m.Due != nil {
		data.Client = &externalClient{ID: m.Due.ClientID, FirstName: m.Due.ClientFirstName}
		data.DueOn = m.Due.DueOn
		for _, patient := range m.Due.Patients {
			data.Patients = append(data.Patients, namedID(patient))
		}
	}
	return data
}

// Find answers ErrNoLookup: the contract has no question back.
func (g *External) Find(context.Context, Lookup) (*Found, error) { return nil, ErrNoLookup }

func (g *External) signature(id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, g.key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Events reads one report: `message.accepted`, `message.delivered` or `message.failed`. Other types are taken and say nothing. A wrong or
// missing signature, or a timestamp more than five minutes from now, is 401.
func (g *External) Events(r *http.Request, body []byte, _ string, now time.Time) (Reports, error) {
	id, timestamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" || now.Sub(time.Unix(seconds, 0)).Abs() > externalTolerance {
		return Reports{}, &WebhookError{Status: http.StatusUnauthorized, Message: "no signature of this moment"}
	}
	expected, signed := g.signature(id, timestamp, body), false
	for _, given := range strings.Fields(r.Header.Get("webhook-signature")) {
		signed = signed || hmac.Equal([]byte(given), []byte(expected))
	}
	if !signed {
		return Reports{}, &WebhookError{Status: http.StatusUnauthorized, Message: "wrong signature"}
	}
	var report struct {
		Type string `json:"type"`
		Data struct {
			ID     string `json:"id"`
			At     string `json:"at"`
			Detail string `json:"detail"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &report); err != nil {
		return Reports{}, &WebhookError{Status: http.StatusBadRequest, Message: "not a report"}
	}
	event := Event{ID: id, MessageID: report.Data.ID, At: now.UTC(), Detail: words(report.Data.Detail)}
	if at, err := time.Parse(time.RFC3339, report.Data.At); err == nil {
		event.At = at.UTC()
	}
	switch report.Type {
	case "message.accepted":
		event.Kind = EventAccepted
	case "message.delivered":
		event.Kind = EventDelivered
	case "message.failed":
		event.Kind, event.Permanent, event.Reason = EventFailed, true, outbox.ReasonRefused
	default:
		return Reports{}, nil
	}
	if !messageID.MatchString(event.MessageID) {
		return Reports{}, &WebhookError{Status: http.StatusBadRequest, Message: "no message id"}
	}
	return Reports{Events: []Event{event}}, nil
}

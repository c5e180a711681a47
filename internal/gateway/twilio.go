package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"
	twilio "github.com/twilio/twilio-go/rest/api/v2010"

	"pawbell/internal/outbox"
)

const (
	// longestValidity is how long Twilio keeps a text in its queue at most, in seconds; shortestValidity is what a queue needs to move.
	longestValidity  = 36_000
	shortestValidity = 300
	// clockTolerance is how much earlier than our attempt Twilio's clock may have stamped the message.
	clockTolerance = 2 * time.Minute
	// lookupPages of a hundred texts to one number within minutes are more than any clinic sends.
	lookupPages = 10
	// trialPrefix stands before every text of a Twilio trial account.
	trialPrefix = "Sent from your Twilio trial account - "
)

// TwilioOptions is what the Twilio gateway is made of.
type TwilioOptions struct {
	AccountSID, AuthToken string
	// PreviousAuthToken signs reports, too, while a new token takes over; "" = none. Calls are made with AuthToken only.
	PreviousAuthToken string
	// From is the default sender (a number or an alphanumeric name); without it MessagingServiceSID chooses one.
	From, MessagingServiceSID string
	// BaseURL is called instead of https://api.twilio.com; "" = not.
	BaseURL string
	// PublicURL answers our own address (PocketBase's Application URL), to which reports are asked to come.
	PublicURL func() string
	// Now is the clinic's clock: a text stops being of use by that one.
	Now func() time.Time
	// RealNow is the real clock: a provider's wish to be left alone until a moment goes by that one. nil = unknown.
	RealNow func() time.Time
	// Timeout bounds one call; 0 = 15 s.
	Timeout time.Duration
}

// Twilio sends texts over Twilio's API and hears back by its webhooks.
type Twilio struct {
	options   TwilioOptions
	transport *transport
}

// NewTwilio makes the gateway. The error is about the base URL.
func NewTwilio(options TwilioOptions) (*Twilio, error) {
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	g := &Twilio{options: options}
	g.transport = &transport{base: newBaseTransport(), user: options.AccountSID, password: options.AuthToken, refusalsAsJSON: true, now: options.RealNow}
	if options.BaseURL != "" {
		target, err := url.Parse(strings.TrimRight(options.BaseURL, "/"))
		if err != nil || target.Host == "" {
			return nil, fmt.Errorf("not a web address")
		}
		g.transport.target = target
	}
	return g, nil
}

// Name is "twilio".
func (g *Twilio) Name() string { return "twilio" }

// Carries reports whether the channel is SMS.
func (g *Twilio) Carries(channel outbox.Channel) bool { return channel == outbox.SMS }

// Close ends idle connections.
func (g *Twilio) Close() error {
	g.transport.CloseIdleConnections()
	return nil
}

func (g *Twilio) loopback() bool {
	return g.transport.target != nil && loopbackHost(g.transport.target.Hostname())
}

// bound gives the calls of a client that knows no contexts the context of one call.
type bound struct {
	ctx  context.Context
	next http.RoundTripper
}

func (b bound) RoundTrip(request *http.Request) (*http.Response, error) {
	return b.next.RoundTrip(request.WithContext(b.ctx))
}

// api makes Twilio's client for one call: it takes no context, and its own transport loses what a retry needs to know. Signing in is the
// transport's, too.
func (g *Twilio) api(ctx context.Context) *twilio.ApiService {
	c := &client.Client{
		Credentials: client.NewCredentials("", ""),
		HTTPClient:  &http.Client{Transport: bound{ctx, g.transport}, CheckRedirect: stayPut},
	}
	c.SetAccountSid(g.options.AccountSID)
	return twilio.NewApiServiceWithClient(c)
}

// Send hands one text over. Reports are asked to come with our id. Twilio takes no idempotency key, so a time-out, a broken answer and a
// 5xx are [Uncertain], while 429 is documented never to have been processed.
func (g *Twilio) Send(ctx context.Context, m Message) Result {
	result, _ := g.attempt(ctx, m)
	return result
}

func (g *Twilio) attempt(ctx context.Context, m Message) (Result, health) {
	if !messageID.MatchString(m.ID) {
		return Result{Outcome: Permanent, Reason: outbox.ReasonRefused, Detail: "the message has no usable id"}, well
	}
	ctx, cancel := context.WithTimeout(ctx, g.options.Timeout)
	defer cancel()
	ctx, seen := noted(ctx)
	answer, err := g.api(ctx).CreateMessage(g.parameters(m))
	if err != nil || seen.status >= 300 || answer.Sid == nil || *answer.Sid == "" {
		return g.judged(seen, err, m)
	}
	result := Result{Outcome: Accepted, GatewayID: *answer.Sid}
	if answer.ErrorCode != nil && *answer.ErrorCode != 0 && answer.Status != nil && *answer.Status == "failed" {
		result.Outcome, result.Reason = Permanent, twilioReason(*answer.ErrorCode)
		result.Detail = fmt.Sprintf("%d", *answer.ErrorCode)
	}
	if answer.NumSegments != nil {
		if parts, err := strconv.Atoi(*answer.NumSegments); err == nil {
			result.Parts = parts
		}
	}
	return result, well
}

func (g *Twilio) parameters(m Message) *twilio.CreateMessageParams {
	parameters := (&twilio.CreateMessageParams{}).SetTo(m.To).SetBody(m.Text)
	switch {
	case m.From != "":
		parameters.SetFrom(m.From)
	case g.options.From != "":
		parameters.SetFrom(g.options.From)
	}
	if g.options.MessagingServiceSID != "" && parameters.From == nil {
		parameters.SetMessagingServiceSid(g.options.MessagingServiceSID)
	}
	if !m.ExpiresAt.IsZero() {
		left := int(m.ExpiresAt.Sub(g.options.Now()) / time.Second)
		parameters.SetValidityPeriod(max(shortestValidity, min(left, longestValidity)))
	}
	if callback := g.callback(m.ID); callback != "" {
		parameters.SetStatusCallback(callback)
	}
	return parameters
}

// callback is where reports on a message shall come. Twilio refuses a message whose callback is on the sender's own machine, so without a
// public address there are no reports.
func (g *Twilio) callback(id string) string {
	if g.options.PublicURL == nil {
		return ""
	}
	public := strings.TrimRight(g.options.PublicURL(), "/")
	parsed, err := url.Parse(public)
	if err != nil || parsed.Host == "" || loopbackHost(parsed.Hostname()) && !g.loopback() {
		return ""
	}
	return public + "/api/webhooks/twilio?message=" + url.QueryEscape(id)
}

func (g *Twilio) judged(seen *exchange, err error, m Message) (Result, health) {
	if seen.status == 0 || seen.status >= 200 && seen.status < 300 {
		return unanswered(seen, err)
	}
	var refusal client.TwilioRestError
	var pointer *client.TwilioRestError
	if errors.As(err, &pointer) {
		refusal = *pointer
	}
	detail := strings.TrimSpace(fmt.Sprintf("HTTP %d, code %d %s", seen.status, refusal.Code, words(refusal.Message, m)))
	switch code := refusal.Code; {
	case seen.status == 429 || code == 20429:
		return Result{Outcome: Temporary, RetryAfter: seen.retryAfter, Detail: detail}, slowly
	case seen.status >= 500:
		return Result{Outcome: Uncertain, RetryAfter: seen.retryAfter, Detail: detail}, silent
	case seen.status < 400, seen.status == 401, seen.status == 403, seen.status == 404, code == 20003, code == 20005:
		return Result{Outcome: Stopped, Detail: detail}, well
	case code == 21603 || (code == 21606 || code == 21212) && m.From == "":
		// The sender that every text would have is wrong. One that a single location chose fails its own texts only.
		return Result{Outcome: Stopped, Detail: detail}, well
	}
	return Result{Outcome: Permanent, Reason: twilioReason(refusal.Code), Detail: detail}, well
}

// twilioReason says what a lasting refusal or failure is about (Twilio's error and warning dictionary).
func twilioReason(code int) outbox.Reason {
	switch code {
	case 21211, 21214, 21217, 21614, 30005, 30006:
		return outbox.ReasonBadAddress
	case 21610:
		return outbox.ReasonUnsubscribed
	case 30036:
		return outbox.ReasonStale
	}
	return outbox.ReasonRefused
}

// Find looks through the texts to the number. Twilio has no filter on creation and none on what has no date of sending yet, so the list is
// judged here: outgoing, created at or after the attempt (less two minutes for the clocks), same text, and no other message's. Of several,
// the oldest is the answer, so that of two alike the older attempt takes the older text.
func (g *Twilio) Find(ctx context.Context, l Lookup) (*Found, error) {
	ctx, cancel := context.WithTimeout(ctx, g.options.Timeout)
	defer cancel()
	ctx, seen := noted(ctx)
	service := g.api(ctx)
	parameters := (&twilio.ListMessageParams{}).SetTo(l.Message.To).SetPageSize(100)
	earliest := l.Since.Add(-clockTolerance).Truncate(time.Second)
	var oldest *Found
	token, number := "", ""
	for range lookupPages {
		page, err := service.PageMessage(parameters, token, number)
		if err != nil {
			if seen.status >= 300 {
				return nil, fmt.Errorf("ask Twilio: HTTP %d", seen.status)
			}
			return nil, fmt.Errorf("ask Twilio: %s", cause(err))
		}
		if seen.status >= 300 {
			return nil, fmt.Errorf("ask Twilio: HTTP %d", seen.status)
		}
		passed := false
		for _, text := range page.Messages {
			found, created := candidate(text, l)
			passed = passed || !created.IsZero() && created.Before(earliest)
			if found != nil && !created.Before(earliest) && (oldest == nil || created.Before(oldest.CreatedAt)) {
				oldest = found
			}
		}
		if token, number = nextPage(page.NextPageUri); passed || token == "" {
			return oldest, nil
		}
	}
	return nil, errors.New("ask Twilio: more texts to one number than anybody can look through")
}

func candidate(text twilio.ApiV2010Message, l Lookup) (*Found, time.Time) {
	created, err := time.Parse(time.RFC1123Z, value(text.DateCreated))
	if err != nil {
		return nil, time.Time{}
	}
	created = created.UTC()
	sid, body := value(text.Sid), strings.TrimPrefix(value(text.Body), trialPrefix)
	if sid == "" || l.taken(sid) || strings.HasPrefix(value(text.Direction), "inbound") ||
		value(text.To) != l.Message.To || strings.TrimRight(body, " \r\n") != strings.TrimRight(l.Message.Text, " \r\n") {
		return nil, created
	}
	found := &Found{GatewayID: sid, CreatedAt: created, State: outbox.Sent}
	switch value(text.Status) {
	case "delivered", "read":
		found.State = outbox.Delivered
	case "failed", "undelivered", "canceled":
		found.State = outbox.Failed
	}
	return found, created
}

func nextPage(uri *string) (token, number string) {
	parsed, err := url.Parse(value(uri))
	if err != nil {
		return "", ""
	}
	return parsed.Query().Get("PageToken"), parsed.Query().Get("Page")
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	stdmail "net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/mailgun/mailgun-go/v4"

	"pawbell/internal/outbox"
)

// MailgunOptions is what the Mailgun gateway is made of.
type MailgunOptions struct {
	Domain     string
	APIKey     string
	SigningKey string // of webhooks
	// BaseURL is the API's address, with or without /v3; "" = the European region, where a European clinic's data belongs.
	BaseURL string
	// Now is the real clock, for the Date header.
	Now func() time.Time
	// Timeout bounds one call; 0 = 15 s.
	Timeout time.Duration
}

// Mailgun sends e-mail over Mailgun's API and hears back by its webhooks.
type Mailgun struct {
	options MailgunOptions
	api     *mailgun.MailgunImpl
	client  *http.Client
	base    *url.URL // ends in /v3
	replays *replays
}

// NewMailgun makes the gateway. The error is about the base URL.
func NewMailgun(options MailgunOptions) (*Mailgun, error) {
	base, err := mailgunBase(options.BaseURL)
	if err != nil {
		return nil, err
	}
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	g := &Mailgun{options: options, base: base, replays: newReplays(),
		client: &http.Client{Transport: &transport{base: newBaseTransport(), now: options.Now}, CheckRedirect: stayPut},
	}
	g.api = mailgun.NewMailgun(options.Domain, options.APIKey)
	g.api.SetAPIBase(base.String())
	g.api.SetClient(g.client)
	return g, nil
}

func mailgunBase(base string) (*url.URL, error) {
	if base == "" {
		base = mailgun.APIBaseEU
	}
	parsed, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil || parsed.Host == "" {
		return nil, fmt.Errorf("not a web address")
	}
	if !strings.HasSuffix(parsed.Path, "/v3") {
		parsed.Path += "/v3"
	}
	return parsed, nil
}

// Name is "mailgun".
func (g *Mailgun) Name() string { return "mailgun" }

// Carries reports whether the channel is e-mail.
func (g *Mailgun) Carries(channel outbox.Channel) bool { return channel == outbox.Email }

// Send hands the finished MIME message over, for the recipient and the hidden copies in one call. The message's id travels as the variable
// message_id and inside the Message-ID. A 5xx is [Uncertain]: Mailgun is known to deliver after one.
func (g *Mailgun) Send(ctx context.Context, m Message) Result {
	result, _ := g.attempt(ctx, m)
	return result
}

// Close ends idle connections.
func (g *Mailgun) Close() error {
	g.client.CloseIdleConnections()
	return nil
}

func (g *Mailgun) loopback() bool { return loopbackHost(g.base.Hostname()) }

func (g *Mailgun) sender() stdmail.Address {
	return stdmail.Address{Address: "noreply@" + g.options.Domain}
}

func (g *Mailgun) attempt(ctx context.Context, m Message) (Result, health) {
	l, refusal := write(m, g.sender(), g.options.Now())
	if refusal != nil {
		return refusal.result(), well
	}
	out := mailgun.NewMIMEMessage(io.NopCloser(bytes.NewReader(l.raw)), l.to...)
	// Opened-pixels and rewritten links are personal data that no clinic asked for.
	out.SetTracking(false)
	if err := out.AddVariable("message_id", m.ID); err != nil {
		return Result{Outcome: Permanent, Reason: outbox.ReasonRefused, Detail: "the message has no usable id"}, well
	}
	ctx, cancel := context.WithTimeout(ctx, g.options.Timeout)
	defer cancel()
	ctx, seen := noted(ctx)
	_, id, err := g.api.Send(ctx, out)
	if err == nil && id != "" {
		result := Result{Outcome: Accepted, GatewayID: strings.Trim(id, "<>")}
		if l.leftOut > 0 {
			result.Detail = fmt.Sprintf("accepted; hidden copies left out: %d", l.leftOut)
		}
		return result, well
	}
	return mailgunJudged(seen, err, m)
}

// mailgunWait is how Mailgun names a pause in its words instead of a header.
var mailgunWait = regexp.MustCompile(`(?i)try again (?:after|in) (\d{1,6}) seconds?`)

func mailgunJudged(seen *exchange, err error, m Message) (Result, health) {
	said := mailgunWords(seen.body)
	detail := fmt.Sprintf("HTTP %d %s", seen.status, words(said, m))
	detail = strings.TrimSpace(detail)
	switch status := seen.status; {
	case status >= 300 && status < 400, status == 401, status == 402, status == 403, status == 404:
		return Result{Outcome: Stopped, Detail: detail}, well
	case status == 429:
		wait := seen.retryAfter
		if found := mailgunWait.FindStringSubmatch(said); wait == 0 && found != nil {
			// Six digits at most: Atoi cannot fail on them.
			if seconds, err := strconv.Atoi(found[1]); err == nil {
				wait = min(time.Duration(seconds)*time.Second, longestWait)
			}
		}
		return Result{Outcome: Temporary, RetryAfter: wait, Detail: detail}, slowly
	case status == 408:
		return Result{Outcome: Temporary, RetryAfter: seen.retryAfter, Detail: detail}, silent
	case status >= 400 && status < 500:
		reason := outbox.ReasonRefused
		if strings.Contains(strings.ToLower(said), "'to' parameter is not a valid address") {
			reason = outbox.ReasonBadAddress
		}
		return Result{Outcome: Permanent, Reason: reason, Detail: detail}, well
	case status >= 500:
		return Result{Outcome: Uncertain, RetryAfter: seen.retryAfter, Detail: detail}, silent
	}
	return unanswered(seen, err)
}

func mailgunWords(body []byte) string {
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Message != "" {
		return answer.Message
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) || bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return ""
	}
	return string(body)
}

// Find asks for the event that Mailgun writes when it takes a message: by our Message-ID, and if that is not known, by the recipient, for our id
// travels beside the message as well. The Message-ID ends in the sender's domain, and a location may have got another sender since. Events show up
// late: a nil answer is worth something only after [Lag].
func (g *Mailgun) Find(ctx context.Context, l Lookup) (*Found, error) {
	written, refusal := write(Message{ID: l.Message.ID, From: l.Message.From, To: l.Message.To}, g.sender(), l.Since)
	if refusal != nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, g.options.Timeout)
	defer cancel()
	for _, question := range []url.Values{
		{"message-id": {written.id}, "limit": {"25"}}, // with angle brackets the filter matches nothing
		{"recipient": {written.to[0]}, "begin": {strconv.FormatInt(l.Since.Add(-clockTolerance).Unix(), 10)}, "ascending": {"yes"}, "limit": {"300"}},
	} {
		question.Set("event", "accepted")
		events, err := g.events(ctx, question)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			id := strings.Trim(e.Message.Headers.MessageID, "<>")
			if e.Event == "accepted" && id != "" && (id == written.id || e.messageID() == l.Message.ID) && !l.taken(id) {
				return &Found{GatewayID: id, CreatedAt: e.at(l.Since), State: outbox.Sent}, nil
			}
		}
	}
	return nil, nil
}

// events reads the first page of a list of events.
func (g *Mailgun) events(ctx context.Context, question url.Values) ([]mailgunEvent, error) {
	ctx, seen := noted(ctx)
	where := g.base.JoinPath(g.options.Domain, "events")
	where.RawQuery = question.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return nil, errors.New("ask Mailgun: not a web address")
	}
	request.SetBasicAuth("api", g.options.APIKey)
	response, err := g.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask Mailgun: %s", cause(err))
	}
	// The transport has read the body already.
	if err := response.Body.Close(); err != nil {
		return nil, fmt.Errorf("ask Mailgun: %s", cause(err))
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask Mailgun: HTTP %d", response.StatusCode)
	}
	var page struct {
		Items []mailgunEvent `json:"items"`
	}
	if err := json.Unmarshal(seen.body, &page); err != nil {
		return nil, errors.New("ask Mailgun: an answer that is no list of events")
	}
	return page.Items, nil
}

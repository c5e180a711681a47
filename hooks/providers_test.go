package hooks_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/hooks"
	"pawbell/internal/gateway"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

const (
	// publicURL is what the world calls the clinic; the program itself listens behind a proxy under other names.
	publicURL      = "https://clinic.example"
	twilioToken    = "tok-en"
	mailgunKey     = "signing"
	externalSecret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

// providers is a clinic with three providers, that listens on a port of its own.
type providers struct {
	*clinic
	server *httptest.Server
	real   time.Time // by which providers sign; the clinic's clock is a year ahead
}

func newProviders(t testing.TB) *providers {
	t.Helper()
	p := &providers{real: time.Date(2026, 2, 27, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return p.real }
	mailgun, err := gateway.NewMailgun(gateway.MailgunOptions{Domain: "clinic.example", APIKey: "key-123", SigningKey: mailgunKey, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	twilio, err := gateway.NewTwilio(gateway.TwilioOptions{AccountSID: "AC_test", AuthToken: twilioToken, From: "+4759440000", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	external, err := gateway.NewExternal(gateway.ExternalOptions{URL: "http://127.0.0.1:1/hook", Secret: "whsec_" + externalSecret, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	p.clinic = newClinic(t, func(h *hooks.House) {
		h.Gateways, h.RealNow = gateway.NewSet(mailgun, twilio, external), now
	})
	p.app.Settings().Meta.AppURL = publicURL
	p.server = httptest.NewServer(p.handler)
	t.Cleanup(p.server.Close)
	return p
}

// call posts to a webhook as a proxy passes it on: under another name, without TLS.
func (p *providers) call(target string, header http.Header, body string) reply {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.server.URL+target, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Host = "10.0.0.7:8090"
	request.Header.Set("X-Forwarded-Host", "stranger.example")
	request.Header.Set("X-Forwarded-Proto", "http")
	request.Header.Set("X-Forwarded-For", "203.0.113.9")
	response, err := p.server.Client().Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	answered, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		p.t.Fatal(err)
	}
	return reply{Status: response.StatusCode, Header: response.Header, Body: string(answered)}
}

// twilioSigned is the header of a form that Twilio posts to an address.
func twilioSigned(address string, form url.Values) http.Header {
	keys := make([]string, 0, len(form))
	for key := range form {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(twilioToken))
	mac.Write([]byte(address))
	for _, key := range keys {
		mac.Write([]byte(key + form.Get(key)))
	}
	return http.Header{
		"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))},
		"Content-Type":       {"application/x-www-form-urlencoded; charset=UTF-8"},
	}
}

// twilio reports a text's status.
func (p *providers) twilio(message, sid, status, code string) reply {
	p.t.Helper()
	target := "/api/webhooks/twilio?message=" + message
	form := url.Values{"MessageSid": {sid}, "SmsSid": {sid}, "MessageStatus": {status}, "SmsStatus": {status}, "AccountSid": {"AC_test"}, "From": {"+4759440000"}, "To": {"+4520123456"}}
	if code != "" {
		form.Set("ErrorCode", code)
	}
	return p.call(target, twilioSigned(publicURL+target, form), form.Encode())
}

var texted atomic.Int64

// text is somebody texting the clinic; sid "" is a text of its own.
func (p *providers) text(from, words, sid string, more ...string) reply {
	p.t.Helper()
	if sid == "" {
		sid = fmt.Sprintf("SM%032d", texted.Add(1))
	}
	form := url.Values{"MessageSid": {sid}, "SmsSid": {sid}, "SmsStatus": {"received"}, "AccountSid": {"AC_test"}, "From": {from}, "To": {"+4759440000"}, "Body": {words}, "NumMedia": {"0"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	const target = "/api/webhooks/twilio"
	return p.call(target, twilioSigned(publicURL+target, form), form.Encode())
}

// mailgunBody is a signed webhook of Mailgun.
func (p *providers) mailgunBody(token string, at time.Time, event fields) string {
	p.t.Helper()
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(mailgunKey))
	mac.Write([]byte(timestamp + token))
	return asJSON(p.t, fields{
		"signature":  fields{"timestamp": timestamp, "token": token, "signature": hex.EncodeToString(mac.Sum(nil))},
		"event-data": event,
	})
}

// mailgun reports what became of an e-mail for a recipient.
func (p *providers) mailgun(message, event, id, recipient string, more ...fields) reply {
	p.t.Helper()
	data := fields{
		"id": id, "event": event, "timestamp": float64(p.real.Unix()), "recipient": recipient,
		"message": fields{"headers": fields{"message-id": message + "@clinic.example"}}, "user-variables": fields{"message_id": message},
	}
	for _, some := range more {
		for key, value := range some {
			data[key] = value
		}
	}
	return p.call("/api/webhooks/mailgun", http.Header{"Content-Type": {"application/json"}}, p.mailgunBody(fmt.Sprintf("token%032d", texted.Add(1)), p.real, data))
}

func (p *providers) externalSigned(id string, at time.Time, body string) http.Header {
	p.t.Helper()
	key, err := base64.StdEncoding.DecodeString(externalSecret)
	if err != nil {
		p.t.Fatal(err)
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "." + body))
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
}

// external reports on a reminder that a third party was handed.
func (p *providers) external(message, kind, id string) reply {
	p.t.Helper()
	body := asJSON(p.t, fields{"type": "message." + kind, "data": fields{"id": message, "at": p.real.Format(time.RFC3339), "detail": "number not in use"}})
	return p.call("/api/webhooks/external", p.externalSigned(id, p.real, body), body)
}

// message puts a row into the log as raw statements leave it, with the fields given.
func (p *providers) message(change ...fields) string {
	p.t.Helper()
	id := core.GenerateDefaultRandomId()
	values := dbx.Params{
		"id": id, "key": id, "purpose": "booking_confirmation", "channel": "sms", "to": "+4520123456", "text": "See you", "location": p.location.Id,
		"state": "sent", "attempts": 1, "parts": 1, "priority": 1, "gateway": "twilio", "patients": "[]", "reminders": "[]", "attachments": "[]", "revision": 3,
		"send_at": record.Instant(p.now), "planned_at": record.Instant(p.now), "expires_at": record.Instant(p.now.Add(24 * time.Hour)), "sent_at": record.Instant(p.now),
		"created": record.Instant(p.now), "updated": record.Instant(p.now),
	}
	for _, some := range change {
		for name, value := range some {
			values[name] = value
		}
	}
	if _, err := p.app.NonconcurrentDB().Insert(store.Messages, values).Execute(); err != nil {
		p.t.Fatal(err)
	}
	return id
}

// email is the same for an e-mail.
func (p *providers) email(change ...fields) string {
	p.t.Helper()
	return p.message(append([]fields{{"channel": "email", "to": "Kari@Owner.example", "gateway": "mailgun", "parts": 0}}, change...)...)
}

// history is what is kept of a message ("" = of none that is known): its kinds in the order in which they came.
func (p *providers) history(message string) string {
	p.t.Helper()
	var kinds []string
	if err := p.app.DB().NewQuery(`SELECT kind FROM message_events WHERE message = {:id} ORDER BY rowid`).Bind(dbx.Params{"id": message}).Column(&kinds); err != nil {
		p.t.Fatal(err)
	}
	return strings.Join(kinds, " ")
}

// stands demands a message's state with its reason.
func (p *providers) stands(message, want string) *core.Record {
	p.t.Helper()
	r := p.mustFind(store.Messages, message)
	if got := strings.TrimSpace(r.GetString("state") + " " + r.GetString("reason")); got != want {
		p.t.Errorf("the message is %q, want %q", got, want)
	}
	return r
}

// answered demands a status.
func (p *providers) answered(what string, r reply, want int) reply {
	p.t.Helper()
	if r.Status != want {
		p.t.Errorf("%s: %d %s, want %d", what, r.Status, r.Body, want)
	}
	return r
}

// open lists open tasks, kind and title, in the order in which they were made.
func (p *providers) open(want ...string) {
	p.t.Helper()
	rows, err := p.app.FindRecordsByFilter(store.Tasks, "done = false", "@rowid", 0, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	got := []string{}
	for _, r := range rows {
		got = append(got, r.GetString("kind")+": "+r.GetString("title"))
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		p.t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

// stops lists what is stopped.
func (p *providers) stops(want ...string) {
	p.t.Helper()
	rows, err := p.app.FindRecordsByFilter(store.StoppedAddresses, "", "address,channel,purpose", 0, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	got := []string{}
	for _, r := range rows {
		got = append(got, strings.TrimSpace(fmt.Sprint(r.GetString("channel"), " ", r.GetString("address"), " ", r.GetString("cause"), " ", r.GetString("purpose"))))
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		p.t.Errorf("stops (-want +got):\n%s", diff)
	}
}

// decoded reads JSON of ours.
func decoded(t testing.TB, text string) fields {
	t.Helper()
	var object fields
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

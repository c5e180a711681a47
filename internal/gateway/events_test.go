package gateway

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/outbox"
)

func recorded(tb testing.TB, name string) []byte {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return content
}

func testMailgun(tb testing.TB) *Mailgun {
	tb.Helper()
	g, err := NewMailgun(MailgunOptions{Domain: "clinic.example", APIKey: "key-123", SigningKey: "signing", Now: fixed})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func testTwilio(tb testing.TB) *Twilio {
	tb.Helper()
	g, err := NewTwilio(TwilioOptions{AccountSID: "AC_test", AuthToken: "tok-en", From: "+4759440000", Now: fixed})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func testExternal(tb testing.TB) *External {
	tb.Helper()
	g, err := NewExternal(ExternalOptions{URL: "http://127.0.0.1:1/hook", Secret: testSecret, Now: fixed})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// mailgunSigned signs a recorded webhook anew, for the moment and with the token given.
func mailgunSigned(tb testing.TB, body []byte, at time.Time, token string) []byte {
	tb.Helper()
	var webhook map[string]json.RawMessage
	if err := json.Unmarshal(body, &webhook); err != nil {
		tb.Fatal(err)
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte("signing"))
	mac.Write([]byte(timestamp + token))
	signature, err := json.Marshal(map[string]string{"timestamp": timestamp, "token": token, "signature": hex.EncodeToString(mac.Sum(nil))})
	if err != nil {
		tb.Fatal(err)
	}
	webhook["signature"] = signature
	signed, err := json.Marshal(webhook)
	if err != nil {
		tb.Fatal(err)
	}
	return signed
}

func status(err error) int {
	var refused *WebhookError
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

// what Mailgun reports, in our words.
func TestMailgunReportsAreRead(t *testing.T) {
	t.Parallel()
	base := Event{MessageID: "msg000000000001", GatewayID: "msg000000000001@clinic.example", Recipient: "kari@owner.example"}
	for name, want := range map[string]Event{
		"delivered":        {ID: "CPgfbmQMTCKtHW6uIWtuVe", Kind: EventDelivered},
		"failed_permanent": {ID: "G9Bn5sl1TC6nu79C8C0bwg", Kind: EventBounced, Permanent: true, Reason: outbox.ReasonBadAddress, Detail: "bounce 550 5.1.1 <…>: mailbox of … does not exist"},
		"failed_temporary": {ID: "Fs7-5t81S2ispqxqDw2U4Q", Kind: EventFailed, Reason: outbox.ReasonRefused, Detail: "generic 452 mailbox full"},
		"complained":       {ID: "-Agny091SquKnsrW2NEKUA", Kind: EventComplained},
		"unsubscribed":     {ID: "Ase7i2zsRYeDXztHGENqRA", Kind: EventComplained, Reason: outbox.ReasonUnsubscribed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := testMailgun(t)
			body := mailgunSigned(t, recorded(t, "mailgun_"+name+".json"), testDate, "token-"+name)
			for range 2 { // a webhook that comes twice is the same event
				reports, err := g.Events(nil, body, "", testDate)
				if err != nil || len(reports.Events) != 1 {
					t.Fatalf("got %+v, %v", reports, err)
				}
				got := reports.Events[0]
				want.MessageID, want.GatewayID, want.Recipient, want.At = base.MessageID, base.GatewayID, base.Recipient, got.At
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				if got.At.Year() != 2027 {
					t.Errorf("at %v", got.At)
				}
			}
		})
	}
}

func TestMailgunRefusesWhatItDidNotSign(t *testing.T) {
	t.Parallel()
	g := testMailgun(t)
	delivered, opened := recorded(t, "mailgun_delivered.json"), recorded(t, "mailgun_opened.json")
	if reports, err := g.Events(nil, mailgunSigned(t, opened, testDate, "t0"), "", testDate); err != nil || len(reports.Events) != 0 {
		t.Errorf("an opened mail: %+v, %v", reports, err)
	}
	if _, err := g.Events(nil, mailgunSigned(t, delivered, testDate.Add(-16*time.Minute), "t1"), "", testDate); status(err) != 406 {
		t.Errorf("an old one: %v", err)
	}
	if _, err := g.Events(nil, mailgunSigned(t, delivered, testDate.Add(16*time.Minute), "t2"), "", testDate); status(err) != 406 {
		t.Errorf("one from the future: %v", err)
	}
	if _, err := g.Events(nil, delivered, "", testDate); status(err) != 406 {
		t.Errorf("an empty signature: %v", err)
	}
	signed := mailgunSigned(t, delivered, testDate, "t3")
	if _, err := g.Events(nil, signed, "", testDate); err != nil {
		t.Errorf("a good one: %v", err)
	}
	forged := []byte(strings.Replace(string(signed), "CPgfbmQMTCKtHW6uIWtuVe", "another-event", 1))
	if _, err := g.Events(nil, forged, "", testDate); status(err) != 406 {
		t.Errorf("a used signature on another event: %v", err)
	}
	g.options.SigningKey = ""
	if _, err := g.Events(nil, signed, "", testDate); status(err) != 406 {
		t.Errorf("without a key: %v", err)
	}
}

func TestTheMemoryOfMailgunTokensIsBounded(t *testing.T) {
	t.Parallel()
	r := newReplays()
	for i := range rememberedTokens + 500 {
		r.allow("token"+strconv.Itoa(i), "event", testDate)
	}
	if len(r.events) > rememberedTokens || len(r.order) > rememberedTokens {
		t.Errorf("%d tokens are remembered", len(r.events))
	}
	r.allow("later", "event", testDate.Add(time.Hour))
	if len(r.events) != 1 {
		t.Errorf("%d tokens are left after an hour", len(r.events))
	}
}

func twilioRequest(tb testing.TB, g *Twilio, address string, body []byte) *http.Request {
	tb.Helper()
	form, err := url.ParseQuery(string(body))
	if err != nil {
		tb.Fatal(err)
	}
	keys := make([]string, 0, len(form))
	for key := range form {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(g.options.AuthToken))
	mac.Write([]byte(address))
	for _, key := range keys {
		mac.Write([]byte(key + form.Get(key)))
	}
	parsed, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	// What arrives has passed a proxy: another host, no TLS.
	request, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:8090"+parsed.RequestURI(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	request.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return request
}

// While a new token takes over from the old one, Twilio signs with either of them, and with no third.
func TestTwilioReportsAreReadWhileItsTokenChanges(t *testing.T) {
	t.Parallel()
	const address = "https://pawbell.example/api/webhooks/twilio?message=msg000000000002"
	body := recorded(t, "twilio_delivered.form")
	changing, err := NewTwilio(TwilioOptions{AccountSID: "AC_test", AuthToken: "new", PreviousAuthToken: "old", Now: fixed})
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]int{"new": 0, "old": 0, "older": http.StatusUnauthorized, "": http.StatusUnauthorized} {
		request := twilioRequest(t, &Twilio{options: TwilioOptions{AuthToken: token}}, address, body)
		reports, err := changing.Events(request, body, "https://pawbell.example", testDate)
		if status(err) != want || want == 0 && len(reports.Events) != 1 {
			t.Errorf("signed with %q: %+v, %v", token, reports, err)
		}
		settled := testTwilio(t)
		if _, err := settled.Events(request, body, "https://pawbell.example", testDate); status(err) != http.StatusUnauthorized {
			t.Errorf("signed with %q, and only %q is known: %v", token, settled.options.AuthToken, err)
		}
	}
}

func TestTwilioReportsAreRead(t *testing.T) {
	t.Parallel()
	const sid = "SM00000000000000000000000000000001"
	for name, want := range map[string]Event{
		"delivered":   {ID: sid + ":delivered", Kind: EventDelivered},
		"undelivered": {ID: sid + ":undelivered", Kind: EventFailed, Permanent: true, Reason: outbox.ReasonBadAddress, Detail: "undelivered 30005: the number is not in use", Recipient: "+4740012345"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, body := testTwilio(t), recorded(t, "twilio_"+name+".form")
			request := twilioRequest(t, g, "https://pawbell.example/api/webhooks/twilio?message=msg000000000002", body)
			want.MessageID, want.GatewayID, want.At = "msg000000000002", sid, testDate
			for _, public := range []string{"https://pawbell.example", "https://pawbell.example/", "https://pawbell.example/api/webhooks/twilio"} {
				reports, err := g.Events(request, body, public, testDate)
				if err != nil {
					t.Fatalf("%s: %v", public, err)
				}
				if diff := cmp.Diff([]Event{want}, reports.Events); diff != "" {
					t.Error(diff)
				}
			}
			if _, err := g.Events(request, body, "http://127.0.0.1:8090", testDate); status(err) != 401 {
				t.Errorf("signed for another address: %v", err)
			}
			other := twilioRequest(t, g, "https://pawbell.example/api/webhooks/twilio?message=another", body)
			other.Header.Set("X-Twilio-Signature", request.Header.Get("X-Twilio-Signature"))
			if _, err := g.Events(other, body, "https://pawbell.example", testDate); status(err) != 401 {
				t.Errorf("a report turned to another message: %v", err)
			}
		})
	}
}

// a text from an owner comes in whole, and Twilio is told to do nothing.
func TestTwilioTextsAreRead(t *testing.T) {
	t.Parallel()
	g, body := testTwilio(t), recorded(t, "twilio_inbound.form")
	reports, err := g.Events(twilioRequest(t, g, "https://pawbell.example/api/webhooks/twilio", body), body, "https://pawbell.example", testDate)
	want := Reports{
		Inbound:     []Inbound{{GatewayID: "SM00000000000000000000000000000002", From: "+4740012345", To: "+4759440000", Text: "STOPP", At: testDate, Stopped: true}},
		ContentType: "text/xml", Body: `<?xml version="1.0" encoding="UTF-8"?><Response/>`,
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, reports); diff != "" {
		t.Error(diff)
	}
}

// What is signed and can never be stored is refused once and for all: asked for again, Twilio would only send the same.
func TestATextThatCannotBeStoredIsRefused(t *testing.T) {
	t.Parallel()
	g := testTwilio(t)
	for name, form := range map[string]string{
		"without an id":        "From=%2B4740012345&Body=hei&SmsStatus=received",
		"with an endless id":   "From=%2B4740012345&Body=hei&SmsStatus=received&MessageSid=" + strings.Repeat("S", 300),
		"from nobody":          "From=+&Body=hei&SmsStatus=received&MessageSid=SM1",
		"a report without one": "MessageStatus=delivered",
	} {
		body := []byte(form)
		if _, err := g.Events(twilioRequest(t, g, "https://pawbell.example/api/webhooks/twilio", body), body, "https://pawbell.example", testDate); status(err) != 400 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func externalRequest(tb testing.TB, g *External, id string, at time.Time, body []byte) *http.Request {
	tb.Helper()
	request, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/api/webhooks/external", nil)
	if err != nil {
		tb.Fatal(err)
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	request.Header.Set("webhook-id", id)
	request.Header.Set("webhook-timestamp", timestamp)
	request.Header.Set("webhook-signature", "v1,c3RhbGU= v1a,other "+g.signature(id, timestamp, body))
	return request
}

// PR-06: the service's reports come back signed as ours go out.
func TestExternalReportsAreRead(t *testing.T) {
	t.Parallel()
	g := testExternal(t)
	for name, want := range map[string]Event{
		"delivered": {ID: "ext1", Kind: EventDelivered, MessageID: "msg000000000002", At: testDate.Add(-time.Second), Detail: "read by …"},
		"failed":    {ID: "ext1", Kind: EventFailed, MessageID: "msg000000000002", At: testDate, Permanent: true, Reason: outbox.ReasonRefused, Detail: "number not in use"},
	} {
		body := recorded(t, "external_"+name+".json")
		reports, err := g.Events(externalRequest(t, g, "ext1", testDate, body), body, "", testDate.Add(4*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if name == "failed" {
			want.At = testDate.Add(4 * time.Minute)
		}
		if diff := cmp.Diff([]Event{want}, reports.Events); diff != "" {
			t.Error(diff)
		}
		if _, err := g.Events(externalRequest(t, g, "ext1", testDate, body), body, "", testDate.Add(6*time.Minute)); status(err) != 401 {
			t.Errorf("an old one: %v", err)
		}
		if _, err := g.Events(externalRequest(t, g, "ext1", testDate, body), append(body, ' '), "", testDate); status(err) != 401 {
			t.Errorf("a changed one: %v", err)
		}
	}
	for _, body := range []string{`nothing`, `{"type":"message.failed","data":{}}`} {
		if _, err := g.Events(externalRequest(t, g, "e", testDate, []byte(body)), []byte(body), "", testDate); status(err) != 400 {
			t.Errorf("%s: %v", body, err)
		}
	}
	if reports, err := g.Events(externalRequest(t, g, "e", testDate, []byte(`{"type":"ping"}`)), []byte(`{"type":"ping"}`), "", testDate); err != nil || len(reports.Events) != 0 {
		t.Errorf("ping: %+v, %v", reports, err)
	}
}

// Whatever a stranger signs or does not sign, a parser answers with reports or a refusal, and never with half of one.
func checkReports(t *testing.T, reports Reports, err error) {
	t.Helper()
	if err != nil && (status(err) < 400 || status(err) > 406 || len(reports.Events)+len(reports.Inbound) > 0) {
		t.Fatalf("%+v, %v", reports, err)
	}
	for _, e := range reports.Events {
		if e.ID == "" || e.Kind == "" || e.MessageID != "" && !messageID.MatchString(e.MessageID) || len([]rune(e.Detail)) > longestDetail || e.At.IsZero() {
			t.Fatalf("%+v", e)
		}
	}
}

func FuzzMailgunEvents(f *testing.F) {
	for _, name := range []string{"delivered", "failed_permanent", "failed_temporary", "complained", "unsubscribed", "opened"} {
		f.Add(recorded(f, "mailgun_"+name+".json"), true)
	}
	f.Add([]byte(`{"event-data":{"id":"x","timestamp":1e400}}`), false)
	f.Fuzz(func(t *testing.T, body []byte, sign bool) {
		g := testMailgun(t)
		var webhook map[string]json.RawMessage
		if sign && json.Unmarshal(body, &webhook) == nil && webhook != nil {
			body = mailgunSigned(t, body, testDate, "token")
		}
		reports, err := g.Events(nil, body, "", testDate)
		checkReports(t, reports, err)
	})
}

func FuzzTwilioEvents(f *testing.F) {
	for _, name := range []string{"delivered", "undelivered", "inbound"} {
		f.Add(recorded(f, "twilio_"+name+".form"), "message=msg000000000002", true)
	}
	f.Fuzz(func(t *testing.T, body []byte, query string, sign bool) {
		g := testTwilio(t)
		request, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/api/webhooks/twilio", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.URL.RawQuery = query
		if _, err := url.ParseQuery(string(body)); err == nil && sign {
			address := "https://pawbell.example/api/webhooks/twilio"
			request.Header.Set("X-Twilio-Signature", twilioRequest(t, g, address, body).Header.Get("X-Twilio-Signature"))
			request.URL.RawQuery = ""
		}
		reports, err := g.Events(request, body, "https://pawbell.example", testDate)
		checkReports(t, reports, err)
	})
}

func FuzzExternalEvents(f *testing.F) {
	f.Add(recorded(f, "external_delivered.json"), "id", true)
	f.Add(recorded(f, "external_failed.json"), "id", false)
	f.Fuzz(func(t *testing.T, body []byte, id string, sign bool) {
		g := testExternal(t)
		request := externalRequest(t, g, id, testDate, body)
		if !sign {
			request.Header.Del("webhook-signature")
		}
		reports, err := g.Events(request, body, "", testDate)
		checkReports(t, reports, err)
	})
}

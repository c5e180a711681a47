package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mailgun/mailgun-go/v4"

	"pawbell/internal/outbox"
)

// A text goes out with our id on its way back, and stops being tried when it stops being of use.
func TestWhatTwilioIsTold(t *testing.T) {
	t.Parallel()
	r := rigs(t, unhurried)["twilio"](t)
	g := r.gateway.(*Twilio)
	for _, c := range []struct {
		name    string
		change  func(*Message)
		options func(*TwilioOptions)
		want    url.Values
	}{
		{"the default sender", func(*Message) {}, func(*TwilioOptions) {}, url.Values{"From": {"+4759440000"}}},
		{"the location's own sender", func(m *Message) { m.From = "Klinikk.24" }, func(*TwilioOptions) {}, url.Values{"From": {"Klinikk.24"}}},
		{"a messaging service", func(*Message) {}, func(o *TwilioOptions) { o.From, o.MessagingServiceSID = "", "MG1" }, url.Values{"MessagingServiceSid": {"MG1"}}},
		{"an end in two hours", func(m *Message) { m.ExpiresAt = testDate.Add(2 * time.Hour) }, func(*TwilioOptions) {}, url.Values{"From": {"+4759440000"}, "ValidityPeriod": {"7200"}}},
		{"an end in a minute", func(m *Message) { m.ExpiresAt = testDate.Add(time.Minute) }, func(*TwilioOptions) {}, url.Values{"From": {"+4759440000"}, "ValidityPeriod": {"300"}}},
		{"an end in a week", func(m *Message) { m.ExpiresAt = testDate.Add(168 * time.Hour) }, func(*TwilioOptions) {}, url.Values{"From": {"+4759440000"}, "ValidityPeriod": {"36000"}}},
	} {
		message, options := r.message, g.options
		c.change(&message)
		c.options(&g.options)
		result := g.Send(within(t, unhurried), message)
		g.options = options
		if result.Outcome != Accepted || result.Parts != 2 || !strings.HasPrefix(result.GatewayID, "SM") {
			t.Fatalf("%s: %+v", c.name, result)
		}
		c.want.Set("To", message.To)
		c.want.Set("Body", message.Text)
		c.want.Set("StatusCallback", "https://pawbell.example/api/webhooks/twilio?message=msg000000000002")
		if diff := cmp.Diff(c.want, r.provider.last().form); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestTwilioAnswersAreJudgedByTheirCode(t *testing.T) {
	t.Parallel()
	g := testTwilio(t)
	for _, c := range []struct {
		status, code int
		from         string
		outcome      Outcome
		reason       outbox.Reason
	}{
		{400, 21211, "", Permanent, outbox.ReasonBadAddress},
		{400, 21614, "", Permanent, outbox.ReasonBadAddress},
		{400, 21610, "", Permanent, outbox.ReasonUnsubscribed},
		{400, 21408, "", Permanent, outbox.ReasonRefused},
		{400, 21617, "", Permanent, outbox.ReasonRefused},
		{400, 21606, "", Stopped, ""},
		{400, 21606, "Klinikken", Permanent, outbox.ReasonRefused},
		{401, 20003, "", Stopped, ""},
		{403, 20005, "", Stopped, ""},
		{404, 20404, "", Stopped, ""},
		{429, 20429, "", Temporary, ""},
		{503, 0, "", Uncertain, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			json.NewEncoder(w).Encode(map[string]any{"code": c.code, "status": c.status, "message": "x"})
		}))
		target, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		g.transport.target = target
		m := testSMS()
		m.From = c.from
		if result := g.Send(within(t, unhurried), m); result.Outcome != c.outcome || result.Reason != c.reason {
			t.Errorf("%d from %q: %+v", c.code, c.from, result)
		}
		server.Close()
	}
}

// two alike are told apart: the oldest attempt takes the oldest text that is nobody else's, and nothing older than itself. Each case asks
// for several messages that are alike, one after the other, as a round of questions does: what one has found is no other's.
func TestTwilioFindsTheOldestTextThatIsNobodyElses(t *testing.T) {
	t.Parallel()
	const text, number = "Hei Kari! Bølla har time i morgen 09:15.", "+4740012345"
	type listed struct {
		after    time.Duration // the first attempt
		to, body string
	}
	for _, c := range []struct {
		name    string
		has     []listed                 // as SM0, SM1 …
		claimed map[string]string        // by whom, before
		asking  map[string]time.Duration // our ids, in the order of their names, and when they were attempted
		want    string                   // what each of them finds
	}{
		{"nothing there", nil, nil, map[string]time.Duration{"a": 0}, "-"},
		{"one there, for one", []listed{{0, number, text}}, nil, map[string]time.Duration{"a": 0}, "SM0"},
		{"one there, for two: the older attempt's", []listed{{time.Second, number, text}}, nil, map[string]time.Duration{"a": 0, "b": time.Second}, "SM0 -"},
		{"two there, for two, in their order", []listed{{time.Second, number, text}, {0, number, text}}, nil, map[string]time.Duration{"a": 0, "b": time.Second}, "SM1 SM0"},
		{"three there, the middle one a third message's", []listed{{0, number, text}, {1 * time.Second, number, text}, {2 * time.Second, number, text}},
			map[string]string{"SM1": "c"}, map[string]time.Duration{"a": 0, "b": time.Second}, "SM0 SM2"},
		{"its own number does not stand in its way", []listed{{0, number, text}}, map[string]string{"SM0": "a"}, map[string]time.Duration{"a": 0}, "SM0"},
		{"the text of an earlier day", []listed{{-3 * time.Minute, number, text}}, nil, map[string]time.Duration{"a": 0}, "-"},
		{"the provider's clock is a minute behind", []listed{{-time.Minute, number, text}}, nil, map[string]time.Duration{"a": 0}, "SM0"},
		{"another text, another number", []listed{{0, number, "another text"}, {0, "+4799999999", text}}, nil, map[string]time.Duration{"a": 0}, "-"},
		{"a trial account's", []listed{{0, number, trialPrefix + text}}, nil, map[string]time.Duration{"a": 0}, "SM0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := rigs(t, unhurried)["twilio"](t)
			first := time.Now()
			for _, text := range c.has {
				r.provider.take(accepted{form: url.Values{"To": {text.to}}, raw: text.body, at: first.Add(text.after)})
			}
			claimed := maps.Clone(c.claimed)
			if claimed == nil {
				claimed = map[string]string{}
			}
			var got []string
			for _, id := range slices.Sorted(maps.Keys(c.asking)) {
				m := testSMS()
				m.ID = id
				found, err := r.gateway.Find(within(t, unhurried), Lookup{Message: m, Since: first.Add(c.asking[id]), Claimed: claimed})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, idOf(found))
				claimed[idOf(found)] = id
			}
			if said := strings.Join(got, " "); said != c.want {
				t.Errorf("found %s, want %s", said, c.want)
			}
		})
	}
}

// a location may get another sender between an attempt and the question about it, and with it another Message-ID; the e-mail is known by the id
// that travels beside it, and no other one to the same owner is taken for it.
func TestMailgunFindsWhatAnEarlierSenderSent(t *testing.T) {
	t.Parallel()
	r := rigs(t, unhurried)["mailgun"](t)
	r.provider.be(hangsAfter)
	for _, id := range []string{"msg000000000007", "msg000000000008"} {
		m := r.message
		m.ID = id
		r.gateway.Send(within(t, 150*time.Millisecond), m)
	}
	for id, want := range map[string]string{"msg000000000007": "msg000000000007@clinic.example", "msg000000000008": "msg000000000008@clinic.example", "msg000000000009": "-"} {
		m := r.message
		m.ID, m.From = id, "hello@another.example"
		found, err := r.gateway.Find(within(t, unhurried), Lookup{Message: m, Since: testDate})
		if err != nil || idOf(found) != want {
			t.Errorf("%s: %+v, %v", id, found, err)
		}
	}
}

func idOf(f *Found) string {
	if f == nil {
		return "-"
	}
	return f.GatewayID
}

// The mock that Mailgun's own library brings takes no MIME, so a translator stands before it; what it answers is as Mailgun answers.
func TestMailgunsOwnMockTakesALetter(t *testing.T) {
	t.Parallel()
	mock := mailgun.NewMockServer()
	t.Cleanup(mock.Stop)
	theirs := mailgun.NewMailgun("clinic.example", "key-123")
	theirs.SetAPIBase(mock.URL())
	var variable, tracking string
	translator := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		letter, err := mailgunDialect.read(r)
		if err != nil {
			t.Error(err)
			return
		}
		variable, tracking = r.FormValue("v:message_id"), r.FormValue("o:tracking")
		message, id, err := theirs.Send(r.Context(), mailgun.NewMessage(headerOf(letter.raw, "From"), "s", "t", letter.recipients...))
		if err != nil {
			t.Error(err)
		}
		refusal(w, http.StatusOK, fmt.Sprintf(`{"id":%q,"message":%q}`, id, message))
	}))
	t.Cleanup(translator.Close)
	g, err := NewMailgun(MailgunOptions{Domain: "clinic.example", APIKey: "key-123", SigningKey: "s", BaseURL: translator.URL + "/v3/", Now: fixed})
	if err != nil {
		t.Fatal(err)
	}
	m := testMail()
	m.BCC = nil
	result := g.Send(within(t, unhurried), m)
	if result.Outcome != Accepted || !strings.HasPrefix(result.GatewayID, "ID-") || variable != m.ID || tracking != "no" {
		t.Errorf("got %+v, message_id %q, tracking %q", result, variable, tracking)
	}
}

func TestMailgunWaitsAsItIsToldInWords(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refusal(w, http.StatusTooManyRequests, `{"message":"Domain clinic.example is not allowed to send: recipient limit exceeded, try again after 120 seconds"}`)
	}))
	t.Cleanup(server.Close)
	g, err := NewMailgun(MailgunOptions{Domain: "clinic.example", APIKey: "key-123", SigningKey: "s", BaseURL: server.URL, Now: fixed})
	if err != nil {
		t.Fatal(err)
	}
	if result := g.Send(within(t, unhurried), testMail()); result.Outcome != Temporary || result.RetryAfter != 2*time.Minute {
		t.Errorf("got %+v", result)
	}
}

// PR-06: the external service is handed the reminder as the contract says, signed.
func TestWhatTheExternalServiceIsTold(t *testing.T) {
	t.Parallel()
	r := rigs(t, unhurried)["external"](t)
	if result := r.gateway.Send(within(t, unhurried), r.message); result.Outcome != Accepted {
		t.Fatalf("got %+v", result)
	}
	got := r.provider.last()
	want := `{"data":{"id":"msg000000000002","purpose":"visit_reminder","channel":"external","to":"+4740012345","subject":"Vaksine",` +
		`"text":"Hei Kari! Bølla har time i morgen 09:15.","client":{"id":"cli1","first_name":"Kari"},"patients":[{"id":"pat1","name":"Bølla"}],` +
		`"due_on":"2027-03-20"},"type":"message.due"}`
	if got.body != want {
		t.Errorf("got %s", got.body)
	}
	g := r.gateway.(*External)
	if signature := got.header.Get("webhook-signature"); signature != g.signature("msg000000000002", "1803888900", []byte(want)) {
		t.Errorf("signature %s", signature)
	}
}

// The known vector of the Standard Webhooks libraries.
func TestTheStandardWebhooksSignatureIsRight(t *testing.T) {
	t.Parallel()
	g, err := NewExternal(ExternalOptions{URL: "http://127.0.0.1", Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Now: fixed})
	if err != nil {
		t.Fatal(err)
	}
	want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := g.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)); got != want {
		t.Errorf("got %s", got)
	}
}

func TestSMTPWithoutSettingsStops(t *testing.T) {
	t.Parallel()
	settings, complete := SMTPSettings{}, false
	g := NewSMTP(SMTPOptions{Settings: func() (SMTPSettings, bool) { return settings, complete }, Now: fixed})
	if result := g.Send(context.Background(), testMail()); result.Outcome != Stopped || result.Detail == "" {
		t.Errorf("incomplete: %+v", result)
	}
	provider, working := newMailServer(t)
	settings, complete = working, true
	if result := g.Send(within(t, unhurried), testMail()); result.Outcome != Accepted {
		t.Errorf("complete: %+v", result)
	}
	other, changed := newMailServer(t)
	settings = changed
	if result := g.Send(within(t, unhurried), testMail()); result.Outcome != Accepted || other.taken() != 1 || provider.taken() != 1 {
		t.Errorf("changed while running: %+v", result)
	}
	eventually(t, "connections to the old server", func() bool { return provider.openNow() == 0 })
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
}

// A server that hung up on an idle connection costs a new connection, not an attempt.
func TestSMTPComesBackWhenTheServerHungUp(t *testing.T) {
	t.Parallel()
	r := rigs(t, unhurried)["smtp"](t)
	g := r.gateway.(*SMTP)
	for i := range 3 {
		if result := g.Send(within(t, unhurried), r.message); result.Outcome != Accepted {
			t.Fatalf("%d: %+v", i, result)
		}
		g.pool.mu.Lock()
		g.pool.kept[0].conn.Close()
		g.pool.mu.Unlock()
	}
	if r.provider.taken() != 3 || r.provider.openedAll() != 3 {
		t.Errorf("%d messages over %d connections", r.provider.taken(), r.provider.openedAll())
	}
}

// a hidden copy that the server refuses does not hold the owner's letter back, and the log says so.
func TestSMTPSendsWithoutARefusedHiddenCopy(t *testing.T) {
	t.Parallel()
	r := rigs(t, unhurried)["smtp"](t)
	m := r.message
	m.BCC = []string{"nobody@clinic.example", "ok@clinic.example"}
	result := r.gateway.Send(within(t, unhurried), m)
	if result.Outcome != Accepted || result.Detail != "accepted; hidden copies left out: 1" {
		t.Errorf("got %+v", result)
	}
	if got := strings.Join(r.provider.last().recipients, " "); got != "kari@owner.example ok@clinic.example" {
		t.Errorf("recipients %s", got)
	}
}

// A password never goes to a server that nobody vouches for, and no message is blamed for it.
func TestSMTPTrustsNoStrangersCertificate(t *testing.T) {
	t.Parallel()
	borrowed := httptest.NewTLSServer(nil)
	t.Cleanup(borrowed.Close)
	for _, wrapped := range []bool{false, true} {
		provider, settings := newMailServerWith(t, borrowed.TLS.Clone(), wrapped)
		settings.TLS = wrapped
		g := NewSMTP(SMTPOptions{Settings: func() (SMTPSettings, bool) { return settings, true }, Now: fixed})
		if result := g.Send(within(t, unhurried), testMail()); result.Outcome != Stopped || result.Detail != "certificate not trusted" {
			t.Errorf("encrypted from the start %v: %+v", wrapped, result)
		}
		if provider.taken() != 0 {
			t.Error("a stranger got the message")
		}
	}
}

func BenchmarkSMTP(b *testing.B) {
	r := rigs(b, unhurried)["smtp"](b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if result := r.gateway.Send(context.Background(), r.message); result.Outcome != Accepted {
				b.Errorf("got %+v", result)
			}
		}
	})
	b.ReportMetric(float64(r.provider.openedAll()), "connections")
}

package hooks_test

import (
	"bufio"
	"database/sql"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/subscriptions"

	"pawbell/internal/clinictest"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/record"
)

const sid = "SM00000000000000000000000000000001"

// handed over is not received. Each provider's word moves a message on, once, whatever the order and however often it comes.
func TestEachReportCountsOnce(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	for name, c := range map[string]struct {
		message string
		say     func(message, what string) reply
		text    bool
	}{
		"twilio":   {p.message(), func(m, what string) reply { return p.twilio(m, sid, what, "") }, false},
		"mailgun":  {p.email(), func(m, what string) reply { return p.mailgun(m, what, "event-"+what, "kari@owner.example") }, false},
		"external": {p.message(fields{"channel": "external", "gateway": "external"}), func(m, what string) reply { return p.external(m, what, "ext-"+what) }, false},
	} {
		p.stands(c.message, "sent")
		p.answered(name+" has it", c.say(c.message, "accepted"), http.StatusOK)
		before := p.stands(c.message, "sent")
		p.answered(name+" delivered", c.say(c.message, "delivered"), http.StatusOK)
		after := p.stands(c.message, "delivered")
		if got := after.GetDateTime("delivered_at").Time(); !got.Equal(p.now) {
			t.Errorf("%s: delivered at %s, on the clinic's clock it is %s", name, got, p.now)
		}
		if after.GetInt("revision") != before.GetInt("revision")+1 {
			t.Errorf("%s: the revision went from %d to %d", name, before.GetInt("revision"), after.GetInt("revision"))
		}
		p.answered(name+" delivered, again", c.say(c.message, "delivered"), http.StatusOK)
		p.answered(name+" has it, again", c.say(c.message, "accepted"), http.StatusOK)
		p.answered(name+" failed, too late", c.say(c.message, "failed"), http.StatusOK)
		if again := p.stands(c.message, "delivered"); again.GetInt("revision") != after.GetInt("revision") {
			t.Errorf("%s: a report without news changed the message", name)
		}
		if got := p.history(c.message); got != "accepted delivered failed" {
			t.Errorf("%s: the history is %q", name, got)
		}
	}
	p.stops()
	p.open()
}

// A report may come twice at the same moment, and from several connections at once.
func TestTheSameReportAtOnceCountsOnce(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	message := p.message()
	var together sync.WaitGroup
	for range 16 {
		together.Go(func() { p.answered("delivered", p.twilio(message, sid, "delivered", ""), http.StatusOK) })
	}
	together.Wait()
	if r := p.stands(message, "delivered"); p.history(message) != "delivered" || r.GetInt("revision") != 4 {
		t.Errorf("%q, revision %d", p.history(message), r.GetInt("revision"))
	}
}

// PR-06: what a third party was handed, or fetched by itself, ends with its report, good or bad.
func TestAThirdPartyReportsBack(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	fetched := p.message(fields{"channel": "external", "gateway": "", "state": "queued", "attempts": 0, "sent_at": "", "purpose": "reminder"})
	p.answered("accepted", p.external(fetched, "accepted", "ext1"), http.StatusOK)
	r := p.stands(fetched, "sent")
	if r.GetString("gateway") != "external" || r.GetDateTime("sent_at").IsZero() {
		t.Errorf("sent by %q at %q", r.GetString("gateway"), r.GetString("sent_at"))
	}
	p.answered("failed", p.external(fetched, "failed", "ext2"), http.StatusOK)
	if r := p.stands(fetched, "failed refused"); r.GetString("detail") != "number not in use" {
		t.Errorf("the detail is %q", r.GetString("detail"))
	}
	p.open("message_failed: A message could not be delivered: The provider refused it.")
	// A third party has no say about other channels.
	text := p.message()
	p.answered("about a text", p.external(text, "failed", "ext3"), http.StatusOK)
	p.stands(text, "sent")
}

// Behind a proxy, forged, altered, old, or nobody's: what is not signed for the address that the provider was given is refused, and nothing of
// it is kept.
func TestForgedReportsAreRefused(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	text, email, handed := p.message(), p.email(), p.message(fields{"channel": "external", "gateway": "external"})
	form := url.Values{"MessageSid": {sid}, "MessageStatus": {"failed"}, "To": {"+4520123456"}}
	target := "/api/webhooks/twilio?message=" + text
	post := func(target, signedFor string, sent url.Values) reply {
		return p.call(target, twilioSigned(signedFor, form), sent.Encode())
	}
	altered := url.Values{"MessageSid": {sid}, "MessageStatus": {"delivered"}, "To": {"+4520123456"}}
	event := fields{"id": "e1", "event": "failed", "severity": "permanent", "reason": "bounce", "recipient": "kari@owner.example", "user-variables": fields{"message_id": email}}
	wrong := decoded(t, p.mailgunBody("a", p.real, event))
	wrong["signature"].(fields)["signature"] = strings.Repeat("00", 32)
	report := `{"type":"message.failed","data":{"id":"` + handed + `"}}`
	p.unchanged(func() {
		for name, r := range map[string]struct {
			got  reply
			want int
		}{
			"twilio unsigned":                        {p.call(target, nil, form.Encode()), http.StatusUnauthorized},
			"twilio signed for the inner address":    {post(target, "http://10.0.0.7:8090"+target, form), http.StatusUnauthorized},
			"twilio signed for the forwarded name":   {post(target, "http://stranger.example"+target, form), http.StatusUnauthorized},
			"twilio signed for another message":      {post(target, publicURL+"/api/webhooks/twilio?message=another", form), http.StatusUnauthorized},
			"twilio with another status":             {post(target, publicURL+target, altered), http.StatusUnauthorized},
			"mailgun with a wrong signature":         {p.call("/api/webhooks/mailgun", nil, asJSON(t, wrong)), http.StatusNotAcceptable},
			"mailgun unsigned":                       {p.call("/api/webhooks/mailgun", nil, asJSON(t, fields{"event-data": event})), http.StatusNotAcceptable},
			"mailgun signed an hour ago":             {p.call("/api/webhooks/mailgun", nil, p.mailgunBody("b", p.real.Add(-time.Hour), event)), http.StatusNotAcceptable},
			"mailgun signed by the clinic's clock":   {p.call("/api/webhooks/mailgun", nil, p.mailgunBody("c", p.now, event)), http.StatusNotAcceptable},
			"external unsigned":                      {p.call("/api/webhooks/external", nil, report), http.StatusUnauthorized},
			"external signed for another body":       {p.call("/api/webhooks/external", p.externalSigned("e", p.real, report+" "), report), http.StatusUnauthorized},
			"external signed an hour ago":            {p.call("/api/webhooks/external", p.externalSigned("e", p.real.Add(-time.Hour), report), report), http.StatusUnauthorized},
			"external without a message":             {p.call("/api/webhooks/external", p.externalSigned("e", p.real, `{"type":"message.failed"}`), `{"type":"message.failed"}`), http.StatusBadRequest},
			"a gateway that there is not":            {p.call("/api/webhooks/smtp", nil, report), http.StatusNotFound},
			"a gateway that nobody ever heard of":    {p.call("/api/webhooks/..%2f..%2f", nil, report), http.StatusNotFound},
			"more than any report":                   {p.call("/api/webhooks/external", nil, strings.Repeat("x", 300<<10)), http.StatusRequestEntityTooLarge},
			"more than any report, without a length": {p.call("/api/webhooks/mailgun", nil, strings.Repeat(" ", 1<<20)), http.StatusRequestEntityTooLarge},
		} {
			p.answered(name, r.got, r.want)
		}
	})
	for _, m := range []string{text, email, handed} {
		p.stands(m, "sent")
	}
	// The same token with another event is a replay with a new body; with the same event it is Mailgun trying again.
	body := p.mailgunBody("once", p.real, fields{"id": "e2", "event": "delivered", "recipient": "kari@owner.example", "user-variables": fields{"message_id": email}})
	p.answered("delivered", p.call("/api/webhooks/mailgun", nil, body), http.StatusOK)
	p.answered("delivered, again", p.call("/api/webhooks/mailgun", nil, body), http.StatusOK)
	p.answered("the token with another event", p.call("/api/webhooks/mailgun", nil, strings.Replace(body, `"e2"`, `"e3"`, 1)), http.StatusNotAcceptable)
	if got := p.history(email); got != "delivered" {
		t.Errorf("the history is %q", got)
	}
}

// webhooks have no limit of their own, and carry the headers of every other answer.
func TestWebhooksAnswerLikeTheRestOfTheHouse(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	p.app.Settings().RateLimits.ExcludedIPs = nil
	message := p.message()
	for range 400 {
		if r := p.twilio(message, sid, "delivered", ""); r.Status != http.StatusOK {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	}
	answer := p.twilio(message, sid, "sent", "")
	if got := answer.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", answer.Header)
	}
	if answer.Body != "" {
		t.Errorf("the answer to a report is %q", answer.Body)
	}
	if got := p.text("+4520123456", "hello", ""); got.Header.Get("Content-Type") != "text/xml" || !strings.Contains(got.Body, "<Response/>") {
		t.Errorf("the answer to a text is %s %q", got.Header.Get("Content-Type"), got.Body)
	}
}

// a report may be quicker than our own note that the message was handed over, and knows better than a time-out. It writes what the message
// costs, and our note changes nothing of it.
func TestAReportBeforeOurOwnAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, code string
		ours         outbox.Settlement
		want         string
		tasks        int
	}{
		"delivered, then accepted":                {"delivered", "", outbox.Settlement{State: outbox.Sent}, "delivered", 0},
		"delivered, then a time-out":              {"delivered", "", outbox.Settlement{State: outbox.Queued, NextTryAt: monday.Add(time.Minute)}, "delivered", 0},
		"delivered, then nobody knows":            {"delivered", "", outbox.Settlement{State: outbox.Unknown, Reason: outbox.ReasonNotKnown}, "delivered", 0},
		"delivered, then given up":                {"delivered", "", outbox.Settlement{State: outbox.Failed, Reason: outbox.ReasonRefused}, "delivered", 0},
		"accepted, then a time-out":               {"sent", "", outbox.Settlement{State: outbox.Queued, NextTryAt: monday.Add(time.Minute)}, "sent", 0},
		"failed, then accepted":                   {"undelivered", "30003", outbox.Settlement{State: outbox.Sent}, "failed refused", 1},
		"failed for a dead number, then accepted": {"undelivered", "30005", outbox.Settlement{State: outbox.Sent}, "failed bad_address", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProviders(t)
			id := p.message(fields{"state": "queued", "attempts": 0, "sent_at": "", "gateway": ""})
			clinic, err := p.desk.Clinic()
			if err != nil {
				t.Fatal(err)
			}
			leased, err := queue.Lease(p.app, clinic, p.now, queue.LeaseOptions{Limit: 9, For: time.Minute, Gateway: func(outbox.Channel) string { return "twilio" }})
			if err != nil || len(leased.Going) != 1 {
				t.Fatalf("leased %d, %v", len(leased.Going), err)
			}
			p.answered(name, p.twilio(id, sid, c.status, c.code), http.StatusOK)
			early := p.stands(id, c.want)
			if early.GetString("leased_until") != "" || early.GetFloat("cost") != 0.99 || early.GetString("billed_period") != "2027Q1" || early.GetString("gateway_id") != sid {
				t.Errorf("after the report: %v", early.PublicExport())
			}
			ended := queue.Ended{Settlement: c.ours, Message: leased.Going[0], Gateway: "twilio"}
			if c.ours.State == outbox.Sent {
				ended.GatewayID, ended.Event = sid, "accepted"
			}
			if _, err := queue.SaveOutcomes(p.app, clinic, []queue.Ended{ended}, p.now.Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			r := p.stands(id, c.want)
			if r.GetString("gateway_id") != sid || r.GetString("next_try_at") != "" || r.GetFloat("cost") != 0.99 || r.GetString("legal_id") != "12345678" || r.GetInt("attempts") != 1 {
				t.Errorf("in the end: %v", r.PublicExport())
			}
			if n, err := p.app.CountRecords(store.Tasks); err != nil || int(n) != c.tasks {
				t.Errorf("%d tasks, %v", n, err)
			}
		})
	}
}

// A row that waits for its next try got through after all: nothing goes twice.
func TestAReportAboutAMessageThatWaitsForItsNextTry(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	id := p.message(fields{"state": "queued", "attempts": 1, "sent_at": "", "next_try_at": record.Instant(p.now.Add(time.Minute))})
	p.answered("delivered", p.twilio(id, sid, "delivered", ""), http.StatusOK)
	p.stands(id, "delivered")
	// An earlier attempt that failed says nothing about the later one that was taken.
	again := p.message(fields{"gateway_id": "SM00000000000000000000000000000009", "attempts": 2})
	p.answered("the first attempt failed", p.twilio(again, "SM00000000000000000000000000000008", "failed", "30003"), http.StatusOK)
	p.stands(again, "sent")
	p.answered("the second one", p.twilio(again, "SM00000000000000000000000000000009", "failed", "30003"), http.StatusOK)
	p.stands(again, "failed refused")
}

// a report settles what nobody knew, and takes the question off the list.
func TestAReportSettlesWhatNobodyKnew(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	id := p.message(fields{"state": "unknown", "reason": "not_known", "sent_at": ""})
	clinictest.Make(t, p.app, store.Tasks, fields{"kind": "message_unknown", "title": "Nobody knows", "message": id})
	p.answered("delivered", p.twilio(id, sid, "delivered", ""), http.StatusOK)
	if r := p.stands(id, "delivered"); r.GetDateTime("sent_at").IsZero() || r.GetFloat("cost") != 0.99 {
		t.Errorf("%v", r.PublicExport())
	}
	p.open()
}

// What is reported about a message that is not known here is kept, and not asked for again.
func TestAReportAboutAnUnknownMessageIsKept(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	for range 2 {
		p.answered("by our id", p.twilio("nosuchmessage00", sid, "delivered", ""), http.StatusOK)
		p.answered("without our id", p.mailgun("", "failed", "e1", "kari@owner.example", fields{"severity": "permanent", "reason": "bounce"}), http.StatusOK)
	}
	if got := p.history(""); got != "delivered bounced" {
		t.Errorf("kept: %q", got)
	}
	p.stops()
	// The provider's own id finds a message too, its own only.
	found := p.email(fields{"gateway_id": "abc@clinic.example"})
	p.answered("by the provider's id", p.mailgun("abc", "delivered", "e2", "kari@owner.example", fields{"user-variables": fields{}}), http.StatusOK)
	p.stands(found, "delivered")
}

// The provider comes back when the database is there again, and then nothing is lost.
func TestADatabaseThatIsLockedOrClosed(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	message := p.message()
	if _, err := p.desk.Clinic(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.app.NonconcurrentDB().NewQuery("PRAGMA busy_timeout = 20").Execute(); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", filepath.Join(p.app.DataDir(), "data.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	p.answered("a report while it is locked", p.twilio(message, sid, "delivered", ""), http.StatusServiceUnavailable)
	p.answered("a text while it is locked", p.text("+4520123456", "STOP", "SM1"), http.StatusServiceUnavailable)
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	p.stands(message, "sent")
	p.stops()
	p.answered("a report afterwards", p.twilio(message, sid, "delivered", ""), http.StatusOK)
	p.answered("a text afterwards", p.text("+4520123456", "STOP", "SM1"), http.StatusOK)
	p.stands(message, "delivered")
	p.stops("sms +4520123456 stop")

	for _, db := range []dbx.Builder{p.app.NonconcurrentDB(), p.app.ConcurrentDB()} {
		if err := db.(*dbx.DB).Close(); err != nil {
			t.Fatal(err)
		}
	}
	p.answered("a report while it is closed", p.twilio(message, sid, "sent", ""), http.StatusServiceUnavailable)
	p.answered("a text while it is closed", p.text("+4520123456", "START", "SM2"), http.StatusServiceUnavailable)
}

// Whoever has the log open sees what providers say.
func TestSubscribersAreToldOfReports(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	var mutex sync.Mutex
	var told []string
	p.app.OnModelAfterUpdateSuccess(store.Messages).BindFunc(func(e *core.ModelEvent) error {
		mutex.Lock()
		defer mutex.Unlock()
		told = append(told, e.Model.(*core.Record).GetString("state"))
		return e.Next()
	})
	p.app.SubscriptionsBroker().Register(subscriptions.NewDefaultClient())
	message := p.message()
	p.twilio(message, sid, "sent", "")
	p.twilio(message, sid, "delivered", "")
	p.twilio(message, sid, "delivered", "")
	mutex.Lock()
	defer mutex.Unlock()
	if got := strings.Join(told, " "); got != "delivered" {
		t.Errorf("told of %q", got)
	}
}

// What is left of a body that nobody wanted to read is never taken for a request: behind a proxy the answer would be somebody else's.
func TestALongBodyWrittenAndAnsweredAtOnceLeavesNoRequest(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	smuggled := strings.Repeat("GET /api/health HTTP/1.1\r\nHost: clinic.example\r\n\r\n", 20_000)
	for _, target := range []string{"/api/webhooks/mailgun", requestsPath, "/api/booking/manage/nobody/cancel", "/api/collections/clients/records", "/api/nowhere"} {
		for _, body := range []io.Reader{strings.NewReader(smuggled), io.MultiReader(strings.NewReader(smuggled))} {
			connection, err := net.Dial("tcp", p.server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			request, err := http.NewRequest(http.MethodPost, p.server.URL+target, body)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/json")
			written := make(chan error, 1)
			// The server may hang up before it has read everything, which is as good an answer.
			go func() { written <- request.Write(connection) }()
			first, err := http.ReadResponse(bufio.NewReader(connection), request)
			if err != nil {
				t.Fatalf("%s: %v", target, err)
			}
			if !first.Close {
				t.Errorf("%s: %d, and the connection goes on", target, first.StatusCode)
			}
			if err := connection.Close(); err != nil {
				t.Fatal(err)
			}
			<-written
		}
	}
}

package gateway

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"pawbell/internal/outbox"
)

// scripted answers as it is told and counts how often it was asked.
type scripted struct {
	Gateway
	result Result
	fared  health
	calls  atomic.Int32
}

func (s *scripted) Name() string { return "scripted" }
func (s *scripted) attempt(context.Context, Message) (Result, health) {
	s.calls.Add(1)
	return s.result, s.fared
}

func TestADeadProviderIsLeftAlone(t *testing.T) {
	t.Parallel()
	inner := &scripted{result: Result{Outcome: Temporary, Detail: "not reached"}, fared: silent}
	g := Guarded(inner, GuardOptions{Failures: 3, OpenFor: 50 * time.Millisecond, Now: time.Now})
	for range 20 {
		if result := g.Send(context.Background(), Message{}); result.Outcome != Temporary {
			t.Fatalf("got %+v", result)
		}
	}
	if calls := inner.calls.Load(); calls != 3 {
		t.Errorf("a dead provider was called %d times", calls)
	}
	if result := g.Send(context.Background(), Message{}); !result.NotTried || result.RetryAfter != 50*time.Millisecond {
		t.Errorf("while it is left alone: %+v", result)
	}
	time.Sleep(60 * time.Millisecond)
	inner.result, inner.fared = Result{Outcome: Accepted}, well
	if result := g.Send(context.Background(), Message{}); result.Outcome != Accepted {
		t.Errorf("when it is back: %+v", result)
	}
}

// many bad numbers are no reason to leave a provider alone.
func TestRefusalsOfMessagesDoNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	for _, outcome := range []Outcome{Permanent, Temporary, Stopped} {
		inner := &scripted{result: Result{Outcome: outcome}, fared: well}
		g := Guarded(inner, GuardOptions{Failures: 3, Now: time.Now})
		for range 20 {
			g.Send(context.Background(), Message{})
		}
		if calls := inner.calls.Load(); calls != 20 {
			t.Errorf("%s: called %d times of 20", outcome, calls)
		}
	}
}

func TestGivingUpDoesNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	inner := &scripted{result: Result{Outcome: Uncertain}, fared: silent}
	g := Guarded(inner, GuardOptions{Failures: 3, Now: time.Now})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 {
		g.Send(ctx, Message{})
	}
	if g.(*guard).breaker.Counts().TotalFailures != 0 {
		t.Error("a worker that gave up was counted against the provider")
	}
}

// a provider that asks for fewer gets half, is left alone as long as it wishes, and slowly gets the old rate again.
func TestTheRateIsHalvedAndGrowsBack(t *testing.T) {
	t.Parallel()
	now := testDate
	p := newPace(100, func() time.Time { return now })
	for range 10 { // ten answers at once are one complaint
		p.slowDown(7 * time.Second)
	}
	if limit := p.limiter.Limit(); limit != 50 {
		t.Errorf("limit %v, want 50", limit)
	}
	if wait := p.take(context.Background()); wait != 7*time.Second {
		t.Errorf("wait %v, want 7s", wait)
	}
	now = now.Add(time.Minute)
	if wait := p.take(context.Background()); wait != 0 {
		t.Errorf("wait %v after a minute", wait)
	}
	if limit := p.limiter.Limit(); limit < 54.9 || limit > 55.1 {
		t.Errorf("limit %v after a minute, want 55", limit)
	}
	now = now.Add(time.Hour)
	p.take(context.Background())
	if limit := p.limiter.Limit(); limit != 100 {
		t.Errorf("limit %v after an hour, want 100", limit)
	}
	for range 30 {
		now = now.Add(2 * time.Second)
		p.slowDown(0)
	}
	if limit := p.limiter.Limit(); limit != slowest {
		t.Errorf("limit %v, want %v", limit, rate.Limit(slowest))
	}
}

func environmentOf(pairs ...string) func(string) string {
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values["PAWBELL_"+pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func TestTheEnvironmentNamesTheGateways(t *testing.T) {
	t.Parallel()
	twilio := []string{"SMS_GATEWAY", "twilio", "TWILIO_ACCOUNT_SID", "AC1", "TWILIO_AUTH_TOKEN", "t", "TWILIO_FROM", "Klinikken"}
	mailgun := []string{"EMAIL_GATEWAY", "mailgun", "MAILGUN_DOMAIN", "m.example", "MAILGUN_API_KEY", "k", "MAILGUN_SIGNING_KEY", "s"}
	external := []string{"EXTERNAL_URL", "https://reminders.example/hook", "EXTERNAL_SECRET", testSecret}
	for _, c := range []struct {
		name                 string
		env                  []string
		email, sms, external string
		loopback             bool
		errs                 []string
	}{
		{name: "nothing", email: "sandbox", sms: "sandbox", loopback: true},
		{name: "twilio", env: twilio, email: "sandbox", sms: "twilio"},
		{name: "twilio on this machine", env: append(twilio[:8:8], "TWILIO_BASE_URL", "http://127.0.0.1:4010"), email: "sandbox", sms: "twilio", loopback: true},
		{name: "mailgun", env: mailgun, email: "mailgun", sms: "sandbox"},
		{name: "mailgun on this machine", env: append(mailgun[:8:8], "MAILGUN_BASE_URL", "http://localhost:4011/v3"), email: "mailgun", sms: "sandbox", loopback: true},
		{name: "smtp", env: []string{"EMAIL_GATEWAY", "smtp"}, email: "smtp", sms: "sandbox", loopback: true},
		{name: "external", env: external, email: "sandbox", sms: "sandbox", external: "external"},
		{name: "twilio without anything", env: []string{"SMS_GATEWAY", "twilio"},
			errs: []string{"PAWBELL_TWILIO_ACCOUNT_SID", "PAWBELL_TWILIO_AUTH_TOKEN", "PAWBELL_TWILIO_FROM or PAWBELL_TWILIO_MESSAGING_SERVICE_SID"}},
		{name: "mailgun without anything", env: []string{"EMAIL_GATEWAY", "mailgun"},
			errs: []string{"PAWBELL_MAILGUN_DOMAIN", "PAWBELL_MAILGUN_API_KEY", "PAWBELL_MAILGUN_SIGNING_KEY"}},
		{name: "external without its secret", env: external[:2], errs: []string{"PAWBELL_EXTERNAL_SECRET"}},
		{name: "external with another secret", env: []string{"EXTERNAL_URL", "https://reminders.example", "EXTERNAL_SECRET", "secret"}, errs: []string{"PAWBELL_EXTERNAL_SECRET"}},
		{name: "unknown names", env: []string{"SMS_GATEWAY", "pigeon", "EMAIL_GATEWAY", "owl"}, errs: []string{"PAWBELL_SMS_GATEWAY", "PAWBELL_EMAIL_GATEWAY"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set, err := FromEnv(environmentOf(c.env...), Options{DataDir: t.TempDir(), Now: time.Now,
				SMTP: func() (SMTPSettings, bool) { return SMTPSettings{Host: "127.0.0.1", Port: 25}, true }})
			if len(c.errs) > 0 {
				for _, name := range c.errs {
					if err == nil || !strings.Contains(err.Error(), name) {
						t.Errorf("%v does not name %s", err, name)
					}
				}
				if err != nil && (strings.Contains(err.Error(), "pigeon") || strings.Contains(err.Error(), "whsec_c")) {
					t.Errorf("%v tells a value", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for channel, want := range map[outbox.Channel]string{outbox.Email: c.email, outbox.SMS: c.sms, outbox.External: c.external, outbox.Post: ""} {
				g, found := set.For(channel)
				if found != (want != "") || found && (g.Name() != want || !g.Carries(channel)) {
					t.Errorf("%s goes by %v, want %q", channel, g, want)
				}
				if named, found := set.Named(want); want != "" && (!found || named.Name() != want) {
					t.Errorf("%s is not found by its name", want)
				}
			}
			if set.Loopback() != c.loopback {
				t.Errorf("loopback is %v", set.Loopback())
			}
			if err := set.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMailgunTakesItsAddressWithAndWithoutItsVersion(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"": "https://api.eu.mailgun.net/v3", "https://api.mailgun.net": "https://api.mailgun.net/v3", "https://api.mailgun.net/": "https://api.mailgun.net/v3",
		"http://127.0.0.1:1/v3": "http://127.0.0.1:1/v3", "http://127.0.0.1:1/v3/": "http://127.0.0.1:1/v3",
	} {
		got, err := mailgunBase(given)
		if err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", given, got, err)
		}
	}
	if _, err := mailgunBase("nowhere"); err == nil {
		t.Error("no address was taken")
	}
}

func TestRetryAfterIsReadInSecondsAndAsADate(t *testing.T) {
	t.Parallel()
	ours := func() time.Time { return time.Date(2027, 3, 1, 8, 14, 0, 0, time.UTC) }
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"7", "", 7 * time.Second}, {"-7", "", 0}, {"", "", 0}, {"soon", "", 0}, {"99999999999", "", longestWait},
		{"Mon, 01 Mar 2027 08:16:00 GMT", "Mon, 01 Mar 2027 08:15:00 GMT", time.Minute},
		{"Mon, 01 Mar 2027 08:14:00 GMT", "Mon, 01 Mar 2027 08:15:00 GMT", 0},
		{"Mon, 01 Mar 2027 08:16:00 GMT", "", 2 * time.Minute}, {"Mon, 01 Mar 2027 08:13:00 GMT", "", 0},
	} {
		header := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		if got := retryAfter(header, ours); got != c.want {
			t.Errorf("%q at %q: %v, want %v", c.value, c.date, got, c.want)
		}
	}
	if got := retryAfter(http.Header{"Retry-After": {"Mon, 01 Mar 2027 08:16:00 GMT"}}, nil); got != 0 {
		t.Errorf("without any clock: %v", got)
	}
}

// what is logged of an attempt tells nothing of anybody.
func TestAProvidersWordsLoseWhatIsPrivate(t *testing.T) {
	t.Parallel()
	m := Message{To: "kari.nordmann@owner.example", Text: "Hei Kari! Bølla har time.", Subject: "Time til Bølla", FromName: "Dyreklinikken"}
	for said, want := range map[string]string{
		"The 'To' number +47 400 12 345 is not a valid phone number.":       "The 'To' number … is not a valid phone number.",
		"550 5.1.1 <kari.nordmann@owner.example> unknown":                   "550 5.1.1 <…> unknown",
		"user KARI.NORDMANN over quota, see https://owner.example/q?u=kari": "user … over quota, see …",
		`rejected text "Hei Kari! Bølla har time."`:                         "rejected text …",
		"spam: Time til Bølla\r\nX-Evil: 1":                                 "spam: … X-Evil: 1",
		strings.Repeat("long ", 100):                                        strings.Repeat("long ", 31) + "long…",
	} {
		if got := words(said, m); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}

func TestLagIsKnownThroughTheGuard(t *testing.T) {
	t.Parallel()
	mailgun, twilio := testMailgun(t), testTwilio(t)
	options := GuardOptions{Now: time.Now}
	if Lag(Guarded(mailgun, options)) != 30*time.Minute || Lag(Guarded(twilio, options)) != 2*time.Minute || Lag(NewSandbox("", nil, fixed)) != 0 {
		t.Error("the lag is not known")
	}
}

package gateway

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"pawbell/internal/outbox"
)

// unhurried is a time-out that no local provider reaches, however busy the machine is.
const unhurried = 10 * time.Second

// whatever a provider does, an attempt is never called unsent while the provider has the message, and never sent while it has not.
func TestEveryGatewayJudgesWhatAProviderDoes(t *testing.T) {
	t.Parallel()
	for name, make := range rigs(t, 300*time.Millisecond) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := make(t)
			unwritten, fails, cut := r.unwritten, Uncertain, Uncertain
			switch name {
			case "smtp":
				fails = Temporary // 451 is the server's own word that it took nothing
			case "external":
				cut = Accepted // the status is the whole answer
			}
			for _, c := range []struct {
				provider behaviour
				outcome  Outcome
				reason   outbox.Reason
			}{
				{accepts, Accepted, ""},
				{refusesForever, Permanent, outbox.ReasonRefused},
				{refusesForNow, Temporary, ""},
				{hangsBefore, unwritten, ""},
				{hangsAfter, Uncertain, ""},
				{resetsBefore, unwritten, ""},
				{resetsAfter, Uncertain, ""},
				{failsBefore, fails, ""},
				{failsAfter, fails, ""},
				{cutsItsAnswer, cut, ""},
				{answersNonsense, cut, ""},
				{accepts, Accepted, ""}, // and after all that the gateway still works
			} {
				before := r.provider.taken()
				r.provider.be(c.provider)
				started := time.Now()
				result := r.gateway.Send(within(t, 2*time.Second), r.message)
				if result.Outcome != c.outcome || result.Reason != c.reason {
					t.Errorf("a provider that %s: %+v, want %s %s", c.provider, result, c.outcome, c.reason)
				}
				has := r.provider.taken() > before
				if has && (result.Outcome == Temporary || result.Outcome == Permanent || result.Outcome == Stopped) {
					t.Errorf("a provider that %s has the message, but the attempt is %s", c.provider, result.Outcome)
				}
				if !has && result.Outcome == Accepted {
					t.Errorf("a provider that %s has no message, but the attempt is accepted", c.provider)
				}
				if elapsed := time.Since(started); elapsed > 1500*time.Millisecond {
					t.Errorf("a provider that %s took %v", c.provider, elapsed)
				}
				if c.provider == refusesForNow && name != "smtp" && result.RetryAfter != 7*time.Second {
					t.Errorf("Retry-After is %v, want 7s", result.RetryAfter)
				}
				for _, private := range []string{"kari", "owner.example", "40012345", "Bølla", "hidden"} {
					if strings.Contains(strings.ToLower(result.Detail), strings.ToLower(private)) {
						t.Errorf("a provider that %s: the detail %q tells of %q", c.provider, result.Detail, private)
					}
				}
			}
		})
	}
}

// a wrong password stops the gateway and blames no message; so does an address that only points elsewhere.
func TestEveryGatewayStopsOnAWrongPassword(t *testing.T) {
	t.Parallel()
	for name, make := range rigs(t, unhurried) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := make(t)
			r.provider.be(wrongPassword)
			if result := r.gateway.Send(within(t, unhurried), r.message); result.Outcome != Stopped {
				t.Errorf("wrong password: %+v", result)
			}
			if name == "smtp" {
				return
			}
			r.provider.be(redirects)
			calls := r.provider.called()
			if result := r.gateway.Send(within(t, unhurried), r.message); result.Outcome != Stopped {
				t.Errorf("redirected: %+v", result)
			}
			if made := r.provider.called() - calls; made != 1 {
				t.Errorf("a redirected message was posted %d times", made)
			}
		})
	}
}

// a bad address is told from every other lasting refusal.
func TestEveryGatewayKnowsABadAddress(t *testing.T) {
	t.Parallel()
	for name, make := range rigs(t, unhurried) {
		if name == "external" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := make(t)
			r.provider.be(refusesAddress)
			result := r.gateway.Send(within(t, unhurried), r.message)
			if result.Outcome != Permanent || result.Reason != outbox.ReasonBadAddress {
				t.Errorf("got %+v", result)
			}
		})
	}
}

func TestEveryGatewayTellsAProviderThatIsDown(t *testing.T) {
	t.Parallel()
	for name, make := range rigs(t, unhurried) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := make(t)
			r.provider.listener.Close()
			if result := r.gateway.Send(within(t, unhurried), r.message); result.Outcome != Temporary {
				t.Errorf("got %+v", result)
			}
		})
	}
}

func TestEveryGatewayEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, make := range rigs(t, unhurried) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := make(t)
			cancelled, cancel := context.WithCancel(context.Background())
			cancel()
			if result := r.gateway.Send(cancelled, r.message); result.Outcome != Temporary {
				t.Errorf("cancelled before: %+v", result)
			}
			if r.provider.taken() != 0 {
				t.Error("a cancelled message left")
			}
			r.provider.be(hangsAfter)
			started := time.Now()
			if result := r.gateway.Send(within(t, 150*time.Millisecond), r.message); result.Outcome != Uncertain {
				t.Errorf("cancelled after the provider took it: %+v", result)
			}
			if elapsed := time.Since(started); elapsed > time.Second {
				t.Errorf("the context ended at 150ms, Send at %v", elapsed)
			}
		})
	}
}

func TestEveryGatewaySendsConcurrently(t *testing.T) {
	t.Parallel()
	for name, make := range rigs(t, unhurried) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := make(t)
			g := Guarded(r.gateway, GuardOptions{PerSecond: 10_000, Now: time.Now})
			var group sync.WaitGroup
			for range 64 {
				group.Go(func() {
					if result := g.Send(within(t, unhurried), r.message); result.Outcome != Accepted {
						t.Errorf("got %+v", result)
					}
				})
			}
			group.Wait()
			if taken := r.provider.taken(); taken != 64 {
				t.Errorf("%d of 64 arrived", taken)
			}
		})
	}
}

// a provider that can be asked is asked by what is ours, and knows what it has and what it has not.
func TestGatewaysFindWhatGotNoAnswer(t *testing.T) {
	t.Parallel()
	for name, make := range rigs(t, unhurried) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := make(t)
			lookup := Lookup{Message: r.message, Since: time.Now()}
			if !r.lookup {
				if found, err := r.gateway.Find(context.Background(), lookup); !errors.Is(err, ErrNoLookup) || found != nil {
					t.Errorf("got %v, %v", found, err)
				}
				return
			}
			r.provider.be(hangsBefore)
			r.gateway.Send(within(t, 150*time.Millisecond), r.message)
			if found, err := r.gateway.Find(within(t, unhurried), lookup); found != nil || err != nil {
				t.Errorf("never taken: %v, %v", found, err)
			}
			r.provider.be(hangsAfter)
			r.gateway.Send(within(t, 150*time.Millisecond), r.message)
			found, err := r.gateway.Find(within(t, unhurried), lookup)
			if err != nil || found == nil || found.State != outbox.Sent || found.GatewayID == "" || found.CreatedAt.IsZero() {
				t.Fatalf("taken without an answer: %+v, %v", found, err)
			}
			lookup.Claimed = map[string]string{found.GatewayID: "another"}
			if again, err := r.gateway.Find(within(t, unhurried), lookup); again != nil || err != nil {
				t.Errorf("another message has it already: %+v, %v", again, err)
			}
			r.provider.listener.Close()
			r.gateway.(interface{ Close() error }).Close()
			if found, err := r.gateway.Find(within(t, unhurried), lookup); err == nil {
				t.Errorf("a provider that is down says nothing, but Find answers %v without an error", found)
			}
		})
	}
}

// nobody can see a hidden copy's address, and everybody gets exactly one.
func TestHiddenCopiesAreInTheEnvelopeOnly(t *testing.T) {
	t.Parallel()
	for name, make := range rigs(t, unhurried) {
		if name == "twilio" || name == "external" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := make(t)
			r.gateway.Send(within(t, unhurried), r.message)
			got := r.provider.last()
			if strings.Contains(strings.ToLower(got.raw), "hidden") || strings.Contains(got.raw, "second@") || strings.Contains(strings.ToLower(got.raw), "\nbcc") {
				t.Errorf("the message names a hidden copy:\n%s", got.raw)
			}
			want := "kari@owner.example hidden@clinic.example HIDDEN@clinic.example second@clinic.example"
			if all := strings.Join(got.recipients, " "); all != want {
				t.Errorf("recipients %s, want %s", all, want)
			}
		})
	}
}

func TestNoGatewayTakesAWebhookWithoutASignature(t *testing.T) {
	t.Parallel()
	sandbox := NewSandbox(t.TempDir(), nil, time.Now)
	want := map[string]int{"smtp": 404, "mailgun": 406, "twilio": 401, "external": 401}
	for name, make := range rigs(t, unhurried) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := make(t)
			request, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/api/webhooks/"+name, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, body := range []string{"", "{}", "MessageSid=SM1&MessageStatus=delivered", `{"type":"message.delivered","data":{"id":"x"}}`} {
				reports, err := r.gateway.Events(request, []byte(body), "https://pawbell.example", testDate)
				var refused *WebhookError
				if !errors.As(err, &refused) || refused.Status != want[name] || len(reports.Events)+len(reports.Inbound) > 0 {
					t.Errorf("%q: %+v, %v", body, reports, err)
				}
			}
			if _, err := sandbox.Events(request, nil, "", testDate); err == nil {
				t.Error("the sandbox took a webhook")
			}
		})
	}
}

// Not parallel: it counts the goroutines of the whole process.
func TestGatewaysLeaveNothingOpen(t *testing.T) {
	for name, make := range rigs(t, unhurried) {
		before := runtime.NumGoroutine()
		t.Run(name, func(t *testing.T) {
			r := make(t)
			for range 30 {
				if result := r.gateway.Send(within(t, unhurried), r.message); result.Outcome != Accepted {
					t.Fatalf("got %+v", result)
				}
			}
			if opened := r.provider.openedAll(); opened != 1 {
				t.Errorf("30 messages one after the other took %d connections", opened)
			}
			for _, b := range []behaviour{refusesForever, failsBefore, resetsAfter, hangsAfter, cutsItsAnswer, accepts} {
				r.provider.be(b)
				r.gateway.Send(within(t, 100*time.Millisecond), r.message)
			}
			if err := r.gateway.(interface{ Close() error }).Close(); err != nil {
				t.Fatal(err)
			}
			// What hangs at the provider ends when the provider sees the hang-up.
			r.provider.end()
			eventually(t, "connections", func() bool { return r.provider.openNow() == 0 })
		})
		eventually(t, name+": goroutines", func() bool { return runtime.NumGoroutine() <= before+1 })
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 100 {
		if holds() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%s are left over", what)
}

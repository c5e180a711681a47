package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/hooks"
	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/links"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// monday is 1 March 2027, 07:10 in Copenhagen.
var monday = time.Date(2027, 3, 1, 6, 10, 0, 0, time.UTC)

// trial is a clinic with its hooks and its jobs, a clock that a test moves, and a provider that a test commands.
type trial struct {
	*house
	t        testing.TB
	provider *provider
	clock    time.Time
	location, practitioner,
	reason, client, bella *core.Record
}

func newTrial(t testing.TB) *trial {
	t.Helper()
	tr := &trial{t: t, clock: monday, provider: &provider{answers: map[string][]gateway.Result{}, has: map[string]bool{}}}
	now := func() time.Time { return tr.clock }
	app := clinictest.New(t, func(app core.App) {
		desk := store.NewDesk(app)
		desk.Links = links.Key("0123456789abcdef0123456789abcdef")
		hooks.Bind(app, hooks.House{Desk: desk, Now: now, Ring: func() {}})
		tr.house = newHouse(app, desk, gateway.NewSet(tr.provider, tr.provider, nil), now)
	})
	tr.location = clinictest.Location(t, app)
	tr.practitioner = clinictest.Practitioner(t, app, tr.location)
	clinictest.Shift(t, app, tr.location, tr.practitioner)
	tr.reason = clinictest.Reason(t, app)
	tr.client = clinictest.Client(t, app, clinictest.Fields{"location": tr.location.Id})
	tr.bella = clinictest.Patient(t, app, tr.client)
	// What setting up the clinic has started is over.
	if _, err := app.NonconcurrentDB().NewQuery("DELETE FROM runs").Execute(); err != nil {
		t.Fatal(err)
	}
	return tr
}

// another is a second program at work on the same clinic: what a job remembers is its own.
func (tr *trial) another() *house {
	return newHouse(tr.app, tr.desk, tr.gateways, tr.now)
}

// visit books a visit as staff do.
func (tr *trial) visit(start string, fields ...clinictest.Fields) *core.Record {
	return clinictest.Visit(tr.t, tr.app, tr.location, tr.practitioner, tr.reason, tr.client, start,
		append([]clinictest.Fields{{"patient": tr.bella.Id}}, fields...)...)
}

// dispatch runs the job at a moment.
func (tr *trial) dispatch(at time.Time) {
	tr.t.Helper()
	tr.clock = at
	if err := tr.Dispatch(context.Background(), at); err != nil {
		tr.t.Fatalf("dispatch: %v", err)
	}
}

// log reads what became of every message: purpose, channel, state and reason.
func (tr *trial) log() map[string]int {
	tr.t.Helper()
	rows, err := tr.app.FindAllRecords(store.Messages)
	if err != nil {
		tr.t.Fatal(err)
	}
	log := map[string]int{}
	for _, r := range rows {
		line := fmt.Sprintf("%s %s %s", r.GetString("purpose"), r.GetString("channel"), r.GetString("state"))
		if reason := r.GetString("reason"); reason != "" {
			line += " " + reason
		}
		log[line]++
	}
	return log
}

func (tr *trial) events(kind gateway.EventKind) int {
	tr.t.Helper()
	n, err := tr.app.CountRecords(store.MessageEvents)
	if err != nil {
		tr.t.Fatal(err)
	}
	rows, err := tr.app.FindRecordsByFilter(store.MessageEvents, "kind = '"+string(kind)+"'", "", int(n)+1, 0)
	if err != nil {
		tr.t.Fatal(err)
	}
	return len(rows)
}

// provider stands for everything outside the house: it answers as told, and remembers what it accepted.
type provider struct {
	mutex   sync.Mutex
	answers map[string][]gateway.Result // by address, in turn; accepted when there are none
	has     map[string]bool             // ids it accepted
	sent    []gateway.Message
	hold    chan struct{}  // when set, Send waits for it
	slow    outbox.Channel // when set, the only channel that hold holds
	ponder  chan struct{}  // when set, Find waits for it
	takes   time.Duration  // how long it thinks about each message
	blind   bool           // cannot be asked
	late    bool           // accepts, but the answer is lost
	refuse  gateway.Result // when it says something, the answer to everybody
	calls   int
	holding atomic.Int64
	silent  bool // answers no question
	asked   []gateway.Lookup
}

func (p *provider) Name() string                { return "trial" }
func (p *provider) Carries(outbox.Channel) bool { return true }
func (p *provider) take(m gateway.Message) gateway.Result {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.calls++
	if m.To == "panic@owner.example" {
		panic("as the test wants it")
	}
	if p.refuse.Outcome != "" {
		return p.refuse
	}
	if list := p.answers[m.To]; len(list) > 0 {
		p.answers[m.To] = list[1:]
		if list[0].Outcome == outbox.Accepted || list[0].Outcome == outbox.Uncertain {
			p.has[m.ID] = true
			p.sent = append(p.sent, m)
		}
		return list[0]
	}
	p.has[m.ID] = true
	p.sent = append(p.sent, m)
	if p.late {
		return gateway.Result{Outcome: outbox.Uncertain}
	}
	return gateway.Result{Outcome: outbox.Accepted, GatewayID: "their-" + m.ID}
}

func (p *provider) Send(ctx context.Context, m gateway.Message) gateway.Result {
	if p.hold != nil && (p.slow == "" || p.slow == m.Channel) {
		p.holding.Add(1)
		select {
		case <-p.hold:
		case <-ctx.Done():
			return gateway.Result{Outcome: outbox.Uncertain}
		}
	}
	time.Sleep(p.takes)
	return p.take(m)
}

func (p *provider) Find(ctx context.Context, l gateway.Lookup) (*gateway.Found, error) {
	if p.ponder != nil {
		select {
		case <-p.ponder:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.asked = append(p.asked, l)
	if p.silent {
		return nil, errors.New("no answer")
	}
	if p.blind {
		return nil, gateway.ErrNoLookup
	}
	if p.has[l.Message.ID] {
		return &gateway.Found{GatewayID: "their-" + l.Message.ID, State: outbox.Sent}, nil
	}
	return nil, nil
}

func (p *provider) Events(*http.Request, []byte, string, time.Time) (gateway.Reports, error) {
	return gateway.Reports{}, &gateway.WebhookError{Status: 404, Message: "no reports"}
}

func (p *provider) count() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return len(p.sent)
}

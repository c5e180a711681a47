package year_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/year"
)

// again is when a provider out of order wants to be asked again.
const again = 20 * time.Minute

// carrier stands for a provider: it keeps what it is given, knows addresses that nobody is at, and has days on which it takes nothing.
type carrier struct {
	name string
	now  func() time.Time

	mutex sync.Mutex
	deaf  []year.Span
	dead  map[string]bool // addresses
	got   []year.Handed
	leave map[string]string // by message: the link that ends mail to many
	tried int
}

func (c *carrier) Name() string                { return c.name }
func (c *carrier) Carries(outbox.Channel) bool { return true }

func (c *carrier) Send(_ context.Context, m gateway.Message) gateway.Result {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	now := c.now()
	c.tried++
	for _, s := range c.deaf {
		if !now.Before(s.From) && now.Before(s.Until) {
			return gateway.Result{Outcome: gateway.Temporary, RetryAfter: again, Detail: "out of order"}
		}
	}
	if m.UnsubscribeURL != "" {
		c.leave[m.ID] = m.UnsubscribeURL
	}
	refused := c.dead[m.To]
	c.got = append(c.got, year.Handed{
		ID: m.ID, Channel: string(m.Channel), To: m.To, BCC: slices.Clone(m.BCC), Subject: m.Subject, Text: m.Text, At: now, Refused: refused,
	})
	if refused {
		return gateway.Result{Outcome: gateway.Permanent, Reason: outbox.ReasonBadAddress, Detail: "nobody there"}
	}
	return gateway.Result{Outcome: gateway.Accepted, GatewayID: c.name + "-" + m.ID}
}

func (c *carrier) Find(context.Context, gateway.Lookup) (*gateway.Found, error) {
	return nil, gateway.ErrNoLookup
}

// Events reads what the simulation lets owners text.
func (c *carrier) Events(_ *http.Request, body []byte, _ string, now time.Time) (gateway.Reports, error) {
	var texts []gateway.Inbound
	if err := json.Unmarshal(body, &texts); err != nil {
		return gateway.Reports{}, &gateway.WebhookError{Status: http.StatusBadRequest, Message: err.Error()}
	}
	for i := range texts {
		texts[i].At = now
	}
	return gateway.Reports{Inbound: texts}, nil
}

// since are the messages that came after the first n, and how many there are now.
func (c *carrier) since(n int) ([]year.Handed, int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.got[n:]), len(c.got)
}

// leaving is the link of a message that ends mail to many, "" if it has none.
func (c *carrier) leaving(id string) string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.leave[id]
}

func (c *carrier) close(s year.Span) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.deaf = append(c.deaf, s)
}

package hooks_test

import (
	"net/http"
	"testing"
)

// readOnly makes the connection that writes one that may only read, as SQLite opens it while the file cannot be written.
func (c *clinic) readOnly() {
	c.t.Helper()
	if _, err := c.app.NonconcurrentDB().NewQuery("PRAGMA query_only = 1").Execute(); err != nil {
		c.t.Fatal(err)
	}
}

// A database that may only be read says so to whoever books, writes or reports, keeps nothing by half, and is written again by itself once it can be:
// a connection that was opened for reading is not kept.
func TestADatabaseThatMayOnlyBeRead(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	message := p.message()
	client, _ := p.owner()
	// Whatever is asked first loads what is kept in memory, which needs no writing.
	if _, err := p.desk.Clinic(); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func() reply{
		"an owner books": func() reply { return p.post(p.form("2027-03-04T08:15:00Z")) },
		"staff write to an owner": func() reply {
			return p.as(p.superuser, http.MethodPost, "/api/collections/messages/records", fields{"client": client.Id, "channel": "email", "subject": "Bella", "text": "She is well."})
		},
		"a provider reports":  func() reply { return p.twilio(message, sid, "delivered", "") },
		"an owner texts STOP": func() reply { return p.text("+4520123456", "STOP", "SM1") },
		"an owner clicks it away": func() reply {
			return p.call(p.unsubscribeDoor("kari@owner.example"), http.Header{"Content-Type": {urlForm}}, oneClick)
		},
	} {
		p.readOnly()
		var first reply
		p.unchanged(func() { first = ask() })
		if first.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", name, first.Status, first.Body)
		}
		if again := ask(); again.Status != http.StatusOK {
			t.Errorf("%s, when it can be written again: %d %s", name, again.Status, again.Body)
		}
	}
	p.stands(message, "delivered")
	p.stops("sms +4520123456 stop", "email kari@owner.example unsubscribed group")
}

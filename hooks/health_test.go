package hooks_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/hooks"
	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// A monitor reads how the queue is doing, by an account; nobody else does.
func TestHealthOfTheQueue(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)
	app := clinictest.New(t, func(app core.App) {
		hooks.Bind(app, hooks.House{Desk: store.NewDesk(app), Now: func() time.Time { return now }, Ring: func() {}})
	})
	location := clinictest.Location(t, app)
	insert := func(state, channel string, sendAt, nextTry time.Time) {
		t.Helper()
		_, err := app.NonconcurrentDB().Insert(store.Messages, map[string]any{
			"id": core.GenerateDefaultRandomId(), "location": location.Id, "channel": channel, "purpose": "personal", "priority": 3, "state": state,
			"send_at": record.Instant(sendAt), "next_try_at": record.Instant(nextTry), "expires_at": record.Instant(now.Add(24 * time.Hour)),
		}).Execute()
		if err != nil {
			t.Fatal(err)
		}
	}
	handler := clinictest.Handler(t, app)
	staff := clinictest.Token(t, clinictest.Account(t, app, "reception", location))
	ask := func() map[string]any {
		t.Helper()
		answer := clinictest.Ask(t, handler, http.MethodGet, "/api/health/outbox", staff, "")
		var got map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		return got
	}
	empty := map[string]any{"queued": 0.0, "due": 0.0, "oldest_due_seconds": 0.0, "sending": 0.0, "unknown": 0.0, "last_dispatch_at": nil}
	if diff := cmp.Diff(empty, ask()); diff != "" {
		t.Error(diff)
	}
	insert("queued", "sms", now.Add(-90*time.Second), time.Time{})
	insert("queued", "email", now.Add(-time.Hour), now.Add(-30*time.Second))
	insert("queued", "email", now.Add(-time.Hour), now.Add(time.Second))
	insert("queued", "email", now.Add(time.Hour), time.Time{})
	insert("queued", "post", now.Add(-time.Hour), time.Time{})
	insert("queued", "external", now.Add(-time.Hour), time.Time{}) // its service comes for it
	insert("sending", "sms", now.Add(-time.Minute), time.Time{})
	insert("unknown", "email", now.Add(-time.Hour), time.Time{})
	insert("sent", "email", now.Add(-time.Hour), time.Time{})
	_, err := app.NonconcurrentDB().NewQuery(`INSERT INTO message_events (id, message, kind, at) SELECT 'attempt00000001', id, 'attempt', '2027-03-01 07:59:00.000Z' FROM messages LIMIT 1`).Execute()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"queued": 6.0, "due": 2.0, "oldest_due_seconds": 90.0, "sending": 1.0, "unknown": 1.0, "last_dispatch_at": "2027-03-01T07:59:00Z"}
	if diff := cmp.Diff(want, ask()); diff != "" {
		t.Error(diff)
	}

	// A message to many is reported on long after the last one left.
	_, err = app.NonconcurrentDB().NewQuery(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
		INSERT INTO message_events (id, message, kind, at) SELECT printf('report%09d', i), '', 'delivered', '2027-03-01 07:59:30.000Z' FROM n`).Execute()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, ask()); diff != "" {
		t.Errorf("after many reports: %s", diff)
	}

	retired := clinictest.Account(t, app, "manager", location)
	token := clinictest.Token(t, retired)
	clinictest.Change(t, app, retired, clinictest.Fields{"inactive": true})
	for who, c := range map[string]struct {
		token string
		code  int
	}{"a stranger": {"", 401}, "an account that was switched off": {token, 403}, "a superuser": {clinictest.Token(t, clinictest.Superuser(t, app)), 200}} {
		if answer := clinictest.Ask(t, handler, http.MethodGet, "/api/health/outbox", c.token, ""); answer.Code != c.code {
			t.Errorf("%s is answered %d", who, answer.Code)
		}
	}
}

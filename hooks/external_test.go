package hooks_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/clinictest"
)

// PR-06, R-41: an external service fetches its messages over the records API with a staff account, and reports as its webhook would.
func TestAnExternalServiceFetchesAndReports(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	m := c.waiting(c.maja(), clinictest.Fields{"channel": "external"})
	c.waiting(c.maja(), clinictest.Fields{"channel": "external", "send_at": c.now.AddDate(0, 1, 0)})
	c.waiting(c.maja(), clinictest.Fields{"channel": "sms", "to": "+4520123456"})
	staff := c.staff("reception", c.location)

	due := url.QueryEscape("channel = 'external' && state = 'queued' && send_at <= '2027-03-01 06:10:00.000Z'")
	listed := c.as(staff, http.MethodGet, "/api/collections/messages/records?filter="+due+"&expand=client,patients,reminders", nil)
	items, ok := listed.JSON["items"].([]any)
	if !ok || len(items) != 1 || items[0].(map[string]any)["id"] != m.Id {
		t.Fatalf("%d %s", listed.Status, listed.Body)
	}

	report := func(kind string, data fields) reply {
		return c.as(staff, http.MethodPost, "/api/external/reports", fields{"type": "message." + kind, "data": data})
	}
	for _, step := range []struct{ kind, want string }{
		{"accepted", "sent"}, {"accepted", "sent"}, {"delivered", "delivered"}, {"accepted", "delivered"}, {"failed", "delivered"},
	} {
		got := report(step.kind, fields{"id": m.Id, "at": "2027-03-01T06:10:00Z", "detail": "ok"})
		if got.Status != http.StatusOK || got.text("state") != step.want || got.text("id") != m.Id {
			t.Errorf("%s: %d %s", step.kind, got.Status, got.Body)
		}
	}
	r := clinictest.Reload(t, c.app, m)
	said := []any{r.GetString("state"), r.GetString("gateway"), r.GetDateTime("sent_at").Time(), r.GetDateTime("delivered_at").Time(), r.GetFloat("cost"), r.GetString("billed_period")}
	if diff := cmp.Diff([]any{"delivered", "external", c.now, c.now, 0.0, "2027Q1"}, said); diff != "" {
		t.Error(diff)
	}
	kinds := []string{}
	events, err := c.app.FindRecordsByFilter("message_events", "message = '"+m.Id+"'", "kind", 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		kinds = append(kinds, e.GetString("kind"))
	}
	if diff := cmp.Diff([]string{"accepted", "delivered"}, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedExternalReminderAsksAPerson(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	m := c.waiting(c.maja(), clinictest.Fields{"channel": "external"})
	got := c.as(c.superuser, http.MethodPost, "/api/external/reports", fields{"type": "message.failed", "data": fields{"id": m.Id, "detail": "no such subscriber"}})
	if got.Status != http.StatusOK || got.text("state") != "failed" {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	if r := clinictest.Reload(t, c.app, m); r.GetString("reason") != "refused" || r.GetString("detail") != "no such subscriber" {
		t.Errorf("%s: %s", r.GetString("reason"), r.GetString("detail"))
	}
	if n, err := c.app.CountRecords("tasks"); err != nil || n != 1 {
		t.Errorf("%d tasks, %v", n, err)
	}
}

// What a service says is kept without people's data and in the room that the log has, so that the message can still be put back.
func TestTheWordsOfAnExternalServiceAreFitForTheLog(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	m := c.waiting(c.maja(), clinictest.Fields{"channel": "external", "to": "+4520123456"})
	report := func(detail string) reply {
		return c.as(c.superuser, http.MethodPost, "/api/external/reports", fields{"type": "message.failed", "data": fields{"id": m.Id, "detail": detail}})
	}
	if got := report(strings.Repeat("ø", 2001)); got.code("detail") != "too_long" {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if got := report("+45 20 12 34 56 is unknown\nto us" + strings.Repeat(" ø", 900)); got.Status != http.StatusOK || got.text("state") != "failed" {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	if detail := c.reload(m).GetString("detail"); !strings.HasPrefix(detail, "… is unknown to us ø") {
		t.Errorf("kept as %q", detail)
	}
	if got := c.patch(c.superuser, m, fields{"requeue": true}); got.Status != http.StatusOK {
		t.Errorf("put back: %d %s", got.Status, got.Body)
	}
}

func TestNobodyElseReportsOnMessages(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	other := clinictest.Location(t, c.app)
	m := c.waiting(c.maja(), clinictest.Fields{"channel": "external"})
	sms := c.waiting(c.maja(), clinictest.Fields{"channel": "sms", "to": "+4520123456"})
	staff := c.staff("reception", c.location)
	for _, try := range []struct {
		name, token string
		body        any
		status      int
		field, code string
	}{
		{"a guest", "", fields{"type": "message.accepted", "data": fields{"id": m.Id}}, http.StatusUnauthorized, "", ""},
		{"staff of another location", c.staff("manager", other), fields{"type": "message.accepted", "data": fields{"id": m.Id}}, http.StatusNotFound, "id", "unknown"},
		{"a text message", staff, fields{"type": "message.delivered", "data": fields{"id": sms.Id}}, http.StatusNotFound, "id", "unknown"},
		{"an unknown message", staff, fields{"type": "message.delivered", "data": fields{"id": "aaaaaaaaaaaaaaa"}}, http.StatusNotFound, "id", "unknown"},
		{"no id", staff, fields{"type": "message.delivered", "data": fields{}}, http.StatusBadRequest, "id", "invalid_id"},
		{"no type", staff, fields{"data": fields{"id": m.Id}}, http.StatusBadRequest, "type", "required"},
		{"another type", staff, fields{"type": "message.read", "data": fields{"id": m.Id}}, http.StatusBadRequest, "type", "unknown"},
		{"no moment", staff, fields{"type": "message.delivered", "data": fields{"id": m.Id, "at": "yesterday"}}, http.StatusBadRequest, "at", "invalid_date"},
		{"nonsense", staff, "[", http.StatusBadRequest, "type", "required"},
	} {
		if got := c.as(try.token, http.MethodPost, "/api/external/reports", try.body); got.Status != try.status || got.code(try.field) != try.code {
			t.Errorf("%s: %d %s", try.name, got.Status, got.Body)
		}
	}
	for _, id := range []string{m.Id, sms.Id} {
		r, err := c.app.FindRecordById("messages", id)
		if err != nil || r.GetString("state") != "queued" {
			t.Errorf("%v %v", r, err)
		}
	}
}

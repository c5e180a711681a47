package hooks_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/hooks"
	"pawbell/internal/clinictest"
	"pawbell/internal/links"
	"pawbell/internal/store"
)

// monday is 1 March 2027, 07:10 in Copenhagen.
var monday = time.Date(2027, 3, 1, 6, 10, 0, 0, time.UTC)

// clinic is a whole house of one location, with its hooks bound and its clock standing still.
type clinic struct {
	app          core.App
	handler      http.Handler
	now          time.Time
	location     *core.Record
	practitioner *core.Record
	reason       *core.Record
	dog          *core.Record
	desk         *store.Desk
}

func newClinic(t testing.TB) *clinic {
	t.Helper()
	c := &clinic{now: monday}
	c.app = clinictest.New(t, func(app core.App) {
		c.desk = store.NewDesk(app)
		c.desk.Links = links.Key("0123456789abcdef0123456789abcdef")
		hooks.Bind(app, hooks.House{Desk: c.desk, Now: func() time.Time { return c.now }, Ring: func() {}})
	})
	c.location = clinictest.Location(t, c.app)
	c.practitioner = clinictest.Practitioner(t, c.app, c.location)
	clinictest.Shift(t, c.app, c.location, c.practitioner)
	c.reason = clinictest.Reason(t, c.app)
	c.dog = clinictest.Species(t, c.app, "Dog of tests")
	c.handler = clinictest.Handler(t, c.app)
	return c
}

// form is a complete request for a time, with the fields given changed.
func (c *clinic) form(startsAt string, change map[string]any) string {
	form := map[string]any{
		"location": c.location.Id, "reason": c.reason.Id, "species": c.dog.Id, "starts_at": startsAt,
		"first_name": "Kari", "last_name": "Nordmann", "email": "kari@owner.example", "phone": "20 12 34 56", "pet_name": "Bella",
		"idempotency_key": fmt.Sprintf("key-%d-%s", time.Now().UnixNano(), "0123456789"),
	}
	for k, v := range change {
		form[k] = v
	}
	b, err := json.Marshal(form)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestAnOwnerBooksOnline(t *testing.T) {
	t.Parallel()
	c := newClinic(t)

	days := clinictest.Ask(t, c.handler, "GET", "/api/booking/days?location="+c.location.Id+"&reason="+c.reason.Id+"&species="+c.dog.Id+"&from=2027-03-01&until=2027-03-31", "", "")
	t.Log(days.Code, days.Body.String()[:min(300, days.Body.Len())])
	times := clinictest.Ask(t, c.handler, "GET", "/api/booking/times?location="+c.location.Id+"&reason="+c.reason.Id+"&species="+c.dog.Id+"&date=2027-03-04", "", "")
	t.Log(times.Code, times.Body.String()[:min(300, times.Body.Len())])
	answer := clinictest.Ask(t, c.handler, "POST", "/api/collections/booking_requests/records", "", c.form("2027-03-04T08:15:00Z", nil))
	t.Log(answer.Code, answer.Body.String())
	if answer.Code != http.StatusOK {
		t.Fatal("refused")
	}
	rows, err := c.app.FindAllRecords("messages")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Log(r.GetString("key"), r.GetString("state"), r.GetString("reason"), r.GetString("send_at"), r.GetString("to"), "\n", r.GetString("text"))
	}
	again := clinictest.Ask(t, c.handler, "POST", "/api/collections/booking_requests/records", "", c.form("2027-03-04T08:15:00Z", nil))
	t.Log(again.Code, again.Body.String())
	var out map[string]any
	json.Unmarshal(answer.Body.Bytes(), &out)
	u := out["manage_url"].(string)
	tok := u[len(u)-70:]
	_ = tok
	m := clinictest.Ask(t, c.handler, "GET", "/api/booking"+u[len(u)-len("/manage/")-0-70:], "", "")
	t.Log(u, m.Code, m.Body.String())
}

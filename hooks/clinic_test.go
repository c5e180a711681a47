package hooks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/hooks"
	"pawbell/internal/clinictest"
	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// monday is 1 March 2027, 07:10 in Copenhagen, an hour ahead of UTC.
var monday = time.Date(2027, 3, 1, 6, 10, 0, 0, time.UTC)

// thursday is a quarter past nine on the clinic's clock, three days after monday.
const thursday = "2027-03-04T08:15:00Z"

const requestsPath = "/api/collections/booking_requests/records"

// clinic is a whole house of one location, with its hooks bound and its clock standing still.
type clinic struct {
	t            testing.TB
	app          core.App
	handler      http.Handler
	desk         *store.Desk
	now          time.Time
	location     *core.Record
	practitioner *core.Record
	reason       *core.Record
	dog          *core.Record
	superuser    string // token
	rung         *atomic.Int64
}

// newClinic opens a clinic with one practitioner who works from 08:00 to 16:00 every day, and a reason of half an hour. Asking often is
// free: the limits have tests of their own.
func newClinic(t testing.TB, with ...func(*hooks.House)) *clinic {
	t.Helper()
	c := &clinic{t: t, now: monday, rung: new(atomic.Int64)}
	c.app = clinictest.New(t, func(app core.App) {
		c.desk = store.NewDesk(app)
		c.desk.Links = links.Key("0123456789abcdef0123456789abcdef")
		house := hooks.House{Desk: c.desk, Now: func() time.Time { return c.now }, Ring: func() { c.rung.Add(1) }}
		for _, add := range with {
			add(&house)
		}
		hooks.Bind(app, house)
	})
	c.app.Settings().RateLimits.ExcludedIPs = []string{"192.0.2.1", "127.0.0.1"}
	c.location = clinictest.Location(t, c.app, clinictest.Fields{"name": "Harbour Vets"})
	c.practitioner = clinictest.Practitioner(t, c.app, c.location, clinictest.Fields{"name": "Anna Holm"})
	clinictest.Shift(t, c.app, c.location, c.practitioner)
	c.reason = clinictest.Reason(t, c.app, clinictest.Fields{"name": "Check-up"})
	c.dog = clinictest.Species(t, c.app, "Dog of tests")
	c.superuser = clinictest.Token(t, clinictest.Superuser(t, c.app))
	c.handler = clinictest.Handler(t, c.app)
	return c
}

// reply is an answer as a program reads it.
type reply struct {
	Status int
	Header http.Header
	Body   string
	JSON   map[string]any
}

// code is what is wrong with a field, "" for nothing.
func (r reply) code(field string) string {
	data, _ := r.JSON["data"].(map[string]any)
	problem, _ := data[field].(map[string]any)
	code, _ := problem["code"].(string)
	return code
}

// params go with what is wrong with a field.
func (r reply) params(field string) map[string]any {
	data, _ := r.JSON["data"].(map[string]any)
	problem, _ := data[field].(map[string]any)
	params, _ := problem["params"].(map[string]any)
	return params
}

func (r reply) text(field string) string {
	s, _ := r.JSON[field].(string)
	return s
}

// as asks with a token ("" for a guest) and a body that is sent as it is if it is text, else as JSON.
func (c *clinic) as(token, method, target string, body any) reply {
	c.t.Helper()
	text, isText := body.(string)
	if body != nil && !isText {
		text = asJSON(c.t, body)
	}
	return heard(c.t, method+" "+target, clinictest.Ask(c.t, c.handler, method, target, token, text))
}

// heard reads a recorded answer.
func heard(t testing.TB, asked string, recorded *httptest.ResponseRecorder) reply {
	t.Helper()
	r := reply{Status: recorded.Code, Header: recorded.Header(), Body: recorded.Body.String()}
	if strings.HasPrefix(r.Body, "{") {
		if err := json.Unmarshal([]byte(r.Body), &r.JSON); err != nil {
			t.Fatalf("%s answered %q: %v", asked, r.Body, err)
		}
	}
	return r
}

func (c *clinic) get(target string) reply {
	c.t.Helper()
	return c.as("", http.MethodGet, target, nil)
}

func asJSON(t testing.TB, value any) string {
	t.Helper()
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type fields = map[string]any

var forms atomic.Int64

// form is a complete request for a time, with the fields given changed; nil takes one away.
func (c *clinic) form(startsAt string, changes ...fields) fields {
	form := fields{
		"location": c.location.Id, "reason": c.reason.Id, "species": c.dog.Id, "starts_at": startsAt,
		"first_name": "Kari", "last_name": "Nordmann", "email": "kari@owner.example", "phone": "20 12 34 56", "pet_name": "Bella",
		"idempotency_key": fmt.Sprintf("form-of-a-test-%06d", forms.Add(1)),
	}
	for _, change := range changes {
		for field, value := range change {
			if form[field] = value; value == nil {
				delete(form, field)
			}
		}
	}
	return form
}

// post sends a form as a guest.
func (c *clinic) post(form any) reply {
	c.t.Helper()
	return c.as("", http.MethodPost, requestsPath, form)
}

// booked is a visit that an owner booked online, and the door of its owner's page.
func (c *clinic) booked(startsAt string, changes ...fields) (visit *core.Record, door string) {
	c.t.Helper()
	answer := c.post(c.form(startsAt, changes...))
	if answer.Status != http.StatusOK {
		c.t.Fatalf("booking %s: %d %s", startsAt, answer.Status, answer.Body)
	}
	return c.visitOf(answer), "/api/booking" + strings.TrimPrefix(answer.text("manage_url"), c.app.Settings().Meta.AppURL)
}

func (c *clinic) visitOf(answer reply) *core.Record {
	c.t.Helper()
	visit, err := c.app.FindFirstRecordByData(store.Bookings, "reference", answer.text("reference"))
	if err != nil {
		c.t.Fatalf("find %s: %v", answer.text("reference"), err)
	}
	return visit
}

func (c *clinic) reload(r *core.Record) *core.Record {
	c.t.Helper()
	return clinictest.Reload(c.t, c.app, r)
}

// patch changes a record as somebody does over REST and demands that it works.
func (c *clinic) patch(token string, r *core.Record, change fields) reply {
	c.t.Helper()
	answer := c.as(token, http.MethodPatch, "/api/collections/"+r.Collection().Name+"/records/"+r.Id, change)
	if answer.Status != http.StatusOK {
		c.t.Fatalf("patch %v: %d %s", change, answer.Status, answer.Body)
	}
	return answer
}

// dashboard changes a record as the dashboard does: the whole record goes back, with the revision it was read with.
func (c *clinic) dashboard(r *core.Record, change fields) reply {
	c.t.Helper()
	whole := c.as(c.superuser, http.MethodGet, "/api/collections/"+r.Collection().Name+"/records/"+r.Id, nil).JSON
	maps.Copy(whole, change)
	return c.as(c.superuser, http.MethodPatch, "/api/collections/"+r.Collection().Name+"/records/"+r.Id, whole)
}

// rows counts what is stored, by collection.
func (c *clinic) rows() map[string]int64 {
	c.t.Helper()
	collections, err := c.app.FindAllCollections()
	if err != nil {
		c.t.Fatal(err)
	}
	var each []string
	for _, collection := range collections {
		if !collection.IsView() {
			each = append(each, "SELECT '"+collection.Name+"' AS name, count(*) AS rows FROM "+collection.Name)
		}
	}
	var counted []struct {
		Name string `db:"name"`
		Rows int64  `db:"rows"`
	}
	if err := c.app.DB().NewQuery(strings.Join(each, " UNION ALL ")).All(&counted); err != nil {
		c.t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, of := range counted {
		counts[of.Name] = of.Rows
	}
	return counts
}

// unchanged fails the test if what was done stored or removed anything.
func (c *clinic) unchanged(done func()) {
	c.t.Helper()
	before := c.rows()
	done()
	if diff := cmp.Diff(before, c.rows()); diff != "" {
		c.t.Errorf("rows changed (-before +after):\n%s", diff)
	}
}

// queue lists the messages of a visit as a person would read them: purpose, channel, address, state with its reason, and when it leaves
// on the clinic's clock.
func (c *clinic) queue(visit *core.Record) []string {
	c.t.Helper()
	rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id})
	if err != nil {
		c.t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		c.t.Fatal(err)
	}
	lines := []string{}
	for _, r := range rows {
		state := r.GetString("state")
		if reason := r.GetString("reason"); reason != "" {
			state += " " + reason
		}
		to := r.GetString("to")
		if bcc := r.GetString("bcc"); bcc != "" {
			to += " bcc " + bcc
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s %s", r.GetString("purpose"), r.GetString("channel"), to, state,
			r.GetDateTime("send_at").Time().In(zone).Format("01-02 15:04")))
	}
	slices.Sort(lines)
	return lines
}

// queued demands what the queue of a visit reads.
func (c *clinic) queued(visit *core.Record, want ...string) {
	c.t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(append([]string{}, want...), c.queue(visit)); diff != "" {
		c.t.Errorf("the queue (-want +got):\n%s", diff)
	}
}

// sent marks what is queued and due by now as gone out, as the dispatcher would leave it.
func (c *clinic) sent(visit *core.Record) {
	c.t.Helper()
	_, err := c.app.NonconcurrentDB().Update(store.Messages, dbx.Params{"state": "sent", "attempts": 1, "sent_at": record.Instant(c.now)},
		dbx.NewExp("booking = {:id} AND state = 'queued' AND send_at <= {:now}", dbx.Params{"id": visit.Id, "now": record.Instant(c.now)})).Execute()
	if err != nil {
		c.t.Fatal(err)
	}
}

// free lists the local starts of a day, as "09:15".
func (c *clinic) free(date string, with ...string) []string {
	c.t.Helper()
	answer := c.get("/api/booking/times?location=" + c.location.Id + "&reason=" + c.reason.Id + "&species=" + c.dog.Id + "&date=" + date + strings.Join(with, ""))
	if answer.Status != http.StatusOK {
		c.t.Fatalf("times of %s: %d %s", date, answer.Status, answer.Body)
	}
	local := []string{}
	for _, start := range answer.JSON["times"].([]any) {
		local = append(local, start.(map[string]any)["local"].(string))
	}
	return local
}

func (c *clinic) mustFind(collection, id string) *core.Record {
	c.t.Helper()
	r, err := c.app.FindRecordById(collection, id)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

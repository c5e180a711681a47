package year_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/hooks"
	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/internal/year"
	"pawbell/jobs"
)

type fields = map[string]any

// clinic is a whole chain with its hooks and jobs, a clock that the simulation moves, and everything that it did so far.
type clinic struct {
	t       testing.TB
	app     core.App
	handler http.Handler
	desk    *store.Desk
	clock   atomic.Int64
	random  *rand.Rand
	rung    atomic.Bool
	jobs    []*job
	admin   string // token

	mail, texts *carrier
	read        [2]int // how much of what they got was looked at

	journal *year.Journal
	agenda  agenda
	acts    int

	places  []*place
	reasons []*reason
	owners  []*owner
	visits  []*visit
	byVisit map[string]*visit
	// reminded are the visits of which a number was reminded by text.
	reminded                map[string][]reminding
	refused                 map[string]int // what could not be done, by code
	ruled                   []string       // ids of rules
	ran                     map[string]int // jobs, by name
	nextDue, nextPlan, runs *dbx.Query
	made                    int
}

type job struct {
	name string
	run  func(context.Context, time.Time) error
}

type place struct {
	id            string
	zone          *time.Location
	is            year.Place
	request       bool
	settings      string // id of its message settings
	practitioners []string
	number        string // layout of phone numbers
}

type reason struct {
	id string
	is year.Reason
}

type owner struct {
	id, first, last string
	at              *place
	is              year.Client
	pets            []*pet
}

type pet struct {
	id string
	is year.Pet
}

type visit struct {
	id, token string
	owner     *owner
	is        year.Visit
}

type reminding struct {
	visit     *visit
	start, at time.Time
}

// begins is a Monday; both nights on which Europe changes its clocks, and both of America, lie in the year that follows.
var begins = time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)

func (c *clinic) now() time.Time { return time.Unix(0, c.clock.Load()).UTC() }

// newClinic opens the chain and registers its owners.
func newClinic(t testing.TB, seed uint64, owners int) *clinic {
	t.Helper()
	c := &clinic{
		t: t, random: rand.New(rand.NewPCG(seed, 2027)), byVisit: map[string]*visit{}, reminded: map[string][]reminding{}, refused: map[string]int{}, ran: map[string]int{},
		journal: &year.Journal{
			From: begins, Places: map[string]*year.Log[year.Place]{}, Reasons: map[string]*year.Log[year.Reason]{}, Texts: map[string]*year.Log[year.Text]{},
			Clients: map[string]*year.Log[year.Client]{}, Pets: map[string]*year.Log[year.Pet]{}, Visits: map[string]*year.Log[year.Visit]{},
			Deaf: map[string][]year.Span{}, Recalls: map[string]*year.Log[year.Recall]{}, Rules: map[string]*year.Log[year.Rule]{}, Edits: map[string]year.Edit{},
		},
	}
	c.clock.Store(begins.UnixNano())
	c.mail = &carrier{name: "mail", now: c.now, dead: map[string]bool{}, leave: map[string]string{}}
	c.texts = &carrier{name: "texts", now: c.now, dead: map[string]bool{}, leave: map[string]string{}}
	set := gateway.NewSet(c.mail, c.texts, nil)
	c.app = clinictest.New(t, func(app core.App) {
		c.desk = store.NewDesk(app)
		c.desk.Links = links.Key("0123456789abcdef0123456789abcdef")
		hooks.Bind(app, hooks.House{Desk: c.desk, Now: c.now, Gateways: set, Ring: func() { c.rung.Store(true) }})
		doing := jobs.ByHand(t.Context(), app, c.desk, set, c.now)
		for _, name := range []string{"sync", "plan", "sweep", "dispatch"} {
			c.jobs = append(c.jobs, &job{name, doing[name]})
		}
	})
	c.app.Settings().RateLimits.ExcludedIPs = []string{"192.0.2.1"}
	c.app.Settings().Logs.MaxDays = 5 // a test's app logs nothing otherwise
	c.admin = clinictest.Token(t, clinictest.Superuser(t, c.app))
	c.handler = clinictest.Handler(t, c.app)
	c.open()
	c.register(owners)
	return c
}

// id makes a record id that the same seed makes again.
func (c *clinic) id(kind string) string {
	c.made++
	return fmt.Sprintf("%s%0*d", kind, 15-len(kind), c.made)
}

func (c *clinic) chance(percent float64) bool { return c.random.Float64()*100 < percent }

// between is a moment in a stretch of time, never on a whole minute: those are the jobs'.
func (c *clinic) between(from, until time.Time) time.Time {
	if !until.After(from) {
		until = from.Add(time.Second)
	}
	return from.Add(time.Duration(c.random.Int64N(int64(until.Sub(from))))).Truncate(time.Minute).Add(time.Minute + time.Duration(1+c.random.IntN(58))*time.Second)
}

func pick[T any](c *clinic, from []T) T { return from[c.random.IntN(len(from))] }

// answer is what the program said.
type answer struct {
	status int
	json   map[string]any
	body   string
}

func (a answer) text(field string) string {
	s, _ := a.json[field].(string)
	return s
}

// code is the first problem that was named.
func (a answer) code() string {
	data, _ := a.json["data"].(map[string]any)
	for _, field := range slices.Sorted(mapKeys(data)) {
		problem, _ := data[field].(map[string]any)
		code, _ := problem["code"].(string)
		return field + " " + code
	}
	return a.body
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// ask makes one request.
func (c *clinic) ask(token, method, path string, body any) answer {
	c.t.Helper()
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		text = string(b)
	}
	got := clinictest.Ask(c.t, c.handler, method, path, token, text)
	a := answer{status: got.Code, body: got.Body.String()}
	if strings.HasPrefix(a.body, "{") {
		if err := json.Unmarshal([]byte(a.body), &a.json); err != nil {
			c.t.Fatalf("%s %s answered %q: %v", method, path, a.body, err)
		}
	}
	c.acts++
	return a
}

// change lets staff change a record; false if they may not, which is counted.
func (c *clinic) change(collection, id string, change fields) bool {
	c.t.Helper()
	a := c.ask(c.admin, http.MethodPatch, "/api/collections/"+collection+"/records/"+id, change)
	return c.done(a, collection)
}

// make lets staff make a record.
func (c *clinic) create(collection string, record fields) (answer, bool) {
	c.t.Helper()
	a := c.ask(c.admin, http.MethodPost, "/api/collections/"+collection+"/records", record)
	return a, c.done(a, collection)
}

func (c *clinic) done(a answer, what string) bool {
	c.t.Helper()
	if a.status < 300 {
		return true
	}
	if a.status >= 500 {
		c.t.Fatalf("%s at %s: %d %s", what, c.now(), a.status, a.body)
	}
	c.refused[what+" "+a.code()]++
	return false
}

// must is create and change for what cannot be refused.
func (c *clinic) must(ok bool, what string) {
	c.t.Helper()
	if !ok {
		c.t.Fatalf("%s was refused: %v", what, c.refused)
	}
}

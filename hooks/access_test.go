package hooks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

// grant is one line of the table: how far an account gets with a collection.
type grant struct {
	line                               int
	who                                []string
	list, view, create, update, remove string
}

// everybody is who the table speaks of. Superusers come last, as they delete what the others only try to.
var everybody = []string{"nobody", "vet", "reception", "manager", "chain_manager", "superuser"}

// The whole of "Access", as a table that people can read. Rules alone are tried here, without hooks.
func TestEverybodyGetsAsFarAsTheTableSays(t *testing.T) {
	t.Parallel()
	chain := newChain(t)
	table := accessTable(t)
	for _, collection := range slices.Sorted(maps.Keys(table)) {
		grants := table[collection]
		t.Run(collection, func(t *testing.T) {
			for _, who := range everybody {
				for _, g := range grants {
					for _, name := range g.who {
						if name == who {
							chain.try(t, collection, who, g)
						}
					}
				}
			}
		})
	}
}

// A collection that is missing from the table is a door that nobody looked at.
func TestTheTableKnowsEveryCollection(t *testing.T) {
	t.Parallel()
	table := accessTable(t)
	collections, err := clinictest.New(t, nil).FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	for _, collection := range collections {
		if collection.System {
			continue
		}
		lines := table[collection.Name]
		said := map[string]bool{}
		for _, g := range lines {
			for _, who := range g.who {
				said[who] = true
			}
		}
		for _, who := range everybody {
			if !said[who] {
				t.Errorf("the table says nothing of %s and %s", collection.Name, who)
			}
		}
		delete(table, collection.Name)
	}
	for name := range table {
		t.Errorf("the table speaks of %s, which does not exist", name)
	}
}

func accessTable(t *testing.T) map[string][]grant {
	t.Helper()
	raw, err := os.ReadFile("testdata/access.txt")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string][]grant{}
	for i, line := range strings.Split(string(raw), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" || words[0] == "collection" {
			continue
		}
		if len(words) != 7 {
			t.Fatalf("line %d has %d words", i+1, len(words))
		}
		for _, word := range words[2:] {
			if word != "all" && word != "own" && word != "none" {
				t.Fatalf("line %d: %q means nothing", i+1, word)
			}
		}
		table[words[0]] = append(table[words[0]], grant{
			line: i + 1, who: strings.Split(words[1], ","),
			list: words[2], view: words[3], create: words[4], update: words[5], remove: words[6],
		})
	}
	return table
}

// try makes the five requests, each with a record of the account's own location and one of another.
func (c *chain) try(t *testing.T, collection, who string, g grant) {
	t.Helper()
	for _, mine := range []bool{true, false} {
		p, whose := c.places[0], "own"
		if !mine {
			p, whose = c.places[1], "other"
		}
		expect := func(verb, granted string, got bool, said answer) {
			t.Helper()
			want := granted == "all" || granted == "own" && mine
			if got != want {
				t.Errorf("access.txt:%d: %s %s a record of %s location in %s: allowed is %v, want %v\n%s",
					g.line, who, verb, whose, collection, got, want, said)
			}
		}
		records := "/api/collections/" + collection + "/records"
		record := c.record(t, collection, p)

		listed := c.ask(t, who, http.MethodGet, records+"?perPage=500&skipTotal=1", nil)
		expect("lists", g.list, listed.ok && strings.Contains(listed.body, `"id":"`+record+`"`), listed)

		viewed := c.ask(t, who, http.MethodGet, records+"/"+record, nil)
		expect("views", g.view, viewed.ok, viewed)

		created := c.ask(t, who, http.MethodPost, records, c.body(t, collection, c.newPlace(t, collection, p)))
		expect("creates", g.create, created.ok, created)

		changed := c.ask(t, who, http.MethodPatch, records+"/"+record, change[collection])
		expect("updates", g.update, changed.ok, changed)

		removed := c.ask(t, who, http.MethodDelete, records+"/"+c.disposable(t, collection, p), nil)
		expect("deletes", g.remove, removed.ok, removed)
	}
}

type answer struct {
	ok   bool
	body string
}

// String is the answer in short, for a test that failed.
func (a answer) String() string { return fmt.Sprintf("%.300s", a.body) }

func (c *chain) ask(t *testing.T, who, method, target string, body clinictest.Fields) answer {
	t.Helper()
	raw := ""
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		raw = string(encoded)
	}
	got := clinictest.Ask(t, c.handler, method, target, c.tokens[who], raw)
	return answer{got.Code < 300, fmt.Sprintf("%d %s", got.Code, got.Body)}
}

// Moving a record to another location needs both, in either direction, whichever way it is written.
func TestNoRecordLeavesOrEntersALocationUnasked(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	for _, collection := range []string{
		"absences", "bookings", "broadcasts", "inbound_messages", "messages", "notification_addresses", "reminders", "resources", "shifts",
		"tasks", "booking_settings", "message_settings",
	} {
		t.Run(collection, func(t *testing.T) {
			own, other := c.places[0], c.places[1]
			for _, from := range []*place{own, other} {
				to := own
				if from == own {
					to = other
				}
				id := c.disposable(t, collection, from)
				for _, field := range []string{"location", "location+", "+location"} {
					moved := c.ask(t, "manager", http.MethodPatch, "/api/collections/"+collection+"/records/"+id,
						clinictest.Fields{field: to.location.Id})
					record, err := c.app.FindRecordById(collection, id)
					if err != nil {
						t.Fatal(err)
					}
					if record.GetString("location") != from.location.Id {
						t.Errorf("%s moved it: %s", field, moved)
					}
				}
			}
		})
	}
}

// A practitioner's absence is theirs everywhere: whoever works with them may mark it, nobody else.
func TestColleaguesMarkEachOtherAway(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	for i, p := range c.places {
		body := c.body(t, "absences", p)
		delete(body, "location")
		body["practitioner"] = p.practitioner.Id
		made := c.ask(t, "vet", http.MethodPost, "/api/collections/absences/records", body)
		if made.ok != (i == 0) {
			t.Errorf("place %d: %s", i, made)
		}
		body["location"] = c.places[0].location.Id
		made = c.ask(t, "vet", http.MethodPost, "/api/collections/absences/records", body)
		if made.ok != (i == 0) {
			t.Errorf("place %d, with a location: %s", i, made)
		}
	}
	nobody := c.body(t, "absences", c.places[0])
	delete(nobody, "location")
	if made := c.ask(t, "vet", http.MethodPost, "/api/collections/absences/records", nobody); made.ok {
		t.Errorf("an absence of nobody: %s", made)
	}
}

// a stop is lifted by deleting its row, and the note says who asked for it.
func TestAStopIsLiftedWithANoteOnly(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	stop := clinictest.Make(t, c.app, "stopped_addresses", clinictest.Fields{"channel": "sms", "address": "+4520111111", "cause": "stop"})
	target := "/api/collections/stopped_addresses/records/" + stop.Id
	if got := c.ask(t, "reception", http.MethodDelete, target, nil); got.ok {
		t.Error("lifted without a word")
	}
	if got := c.ask(t, "reception", http.MethodPatch, target, clinictest.Fields{"address": "+4520222222"}); got.ok {
		t.Error("the stop went to another number")
	}
	if got := c.ask(t, "reception", http.MethodPatch, target, clinictest.Fields{"note": "asked on the phone"}); !got.ok {
		t.Error(got)
	}
	if got := c.ask(t, "reception", http.MethodDelete, target, nil); !got.ok {
		t.Error(got)
	}
}

func TestRunsThatTheMachineMakesAreNotAskedFor(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	for kind, want := range map[string]bool{
		"sync_messages": true, "copy_mobile_numbers": true, "import": true, "broadcast": false, "absence": false,
	} {
		if got := c.ask(t, "manager", http.MethodPost, "/api/collections/runs/records", clinictest.Fields{"kind": kind}); got.ok != want {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// An account that was switched off is out at once, with the token it still has.
func TestAnInactiveAccountIsNobody(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	account := clinictest.Account(t, c.app, "manager")
	c.tokens["leaver"] = clinictest.Token(t, account)
	if got := c.ask(t, "leaver", http.MethodGet, "/api/collections/species/records", nil); !strings.Contains(got.body, "Dog") {
		t.Fatal(got)
	}
	clinictest.Change(t, c.app, account, clinictest.Fields{"inactive": true})
	for _, collection := range []string{"species", "clients", "bookings", "audit"} {
		got := c.ask(t, "leaver", http.MethodGet, "/api/collections/"+collection+"/records", nil)
		if !strings.Contains(got.body, `"items":[]`) {
			t.Errorf("%s: %s", collection, got)
		}
	}
	login := c.ask(t, "nobody", http.MethodPost, "/api/collections/staff/auth-with-password",
		clinictest.Fields{"identity": account.Email(), "password": "correct horse"})
	if login.ok {
		t.Errorf("logged in: %s", login)
	}
}

// The machine's own fields are of no use to anybody but superusers.
func TestHiddenFieldsStayHidden(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	for collection, fields := range map[string][]string{
		"clients":  {"match_name", "match_phone", "match_sms_phone", "match_email", "match_address"},
		"messages": {"key", "leased_until"},
		"bookings": {"link_version"},
	} {
		id := c.record(t, collection, c.places[0])
		seen := c.ask(t, "manager", http.MethodGet, "/api/collections/"+collection+"/records/"+id, nil)
		for _, field := range fields {
			if strings.Contains(seen.body, `"`+field+`"`) {
				t.Errorf("%s.%s is shown", collection, field)
			}
			found := c.ask(t, "manager", http.MethodGet, "/api/collections/"+collection+"/records?filter="+field+"!='x'", nil)
			if found.ok {
				t.Errorf("%s.%s can be searched", collection, field)
			}
		}
	}
}

// The chain's accounts, one of each kind, and two of its places. The vet, reception and manager work at the first.
type chain struct {
	app     core.App
	handler http.Handler
	tokens  map[string]string
	places  [2]*place
	count   int
}

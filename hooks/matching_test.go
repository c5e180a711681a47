package hooks_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// came is what a booking made of what was typed: whose it is, and how the request says that was found.
func (c *clinic) came(startsAt string, typed fields) (visit *core.Record, match string) {
	c.t.Helper()
	visit, _ = c.booked(startsAt, typed)
	request, err := c.app.FindFirstRecordByData(store.BookingRequests, "booking", visit.Id)
	if err != nil {
		c.t.Fatal(err)
	}
	return visit, request.GetString("match")
}

// R-29, PB-22, PB-23, PB-24, PB-25: one name and one other sign make a match, and nothing that was typed changes the record.
func TestAnOwnerIsFoundAgain(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"max_open": 0, "required": []string{}})
	known := clinictest.Client(t, c.app, fields{
		"first_name": "André", "last_name": "Sørby", "email": "Andre@Owner.example", "phone": "33 11 22 44", "sms_phone": "+4520998877",
		"address": "Store  Gate 5", "postcode": "1058", "location": c.location.Id, "note": "rings twice",
	})
	merged := clinictest.Client(t, c.app, fields{"first_name": "Merged", "last_name": "Away", "email": "away@owner.example"})
	clinictest.Change(t, c.app, merged, fields{"merge_into": known.Id})
	nordic := clinictest.Client(t, c.app, fields{"first_name": "Kari", "last_name": "Nordmann", "phone": "+4791234567", "sms_phone": "", "email": ""})
	bare := clinictest.Client(t, c.app, fields{"first_name": "Bare", "last_name": "Bones", "phone": "12", "sms_phone": "", "email": ""})
	read := func() string {
		stored := c.reload(known).PublicExport()
		delete(stored, "updated")
		return asJSON(t, stored)
	}
	was := read()

	andre := func(typed fields) fields {
		all := fields{"first_name": "André", "last_name": "Sørby", "email": nil, "phone": nil}
		for field, value := range typed {
			all[field] = value
		}
		return all
	}
	for i, r := range []struct {
		name  string
		typed fields
		want  *core.Record // nil = somebody new
	}{
		{"the phone agrees and the e-mail is another", andre(fields{"phone": "33112244", "email": "new@owner.example"}), known},
		{"the phone agrees and there is no e-mail", andre(fields{"phone": "+45 33 11 22 44"}), known},
		{"the phone with two zeros", andre(fields{"phone": "0045 33112244"}), known},
		{"the number for texts", andre(fields{"phone": "20 99 88 77"}), known},
		{"the e-mail in other letters", andre(fields{"email": " ANDRE@owner.EXAMPLE "}), known},
		{"the address, folded", andre(fields{"address": "STORE gate  5", "postcode": "1058"}), known},
		{"the accent written as two characters", andre(fields{"first_name": "Andre\u0301", "phone": "33112244"}), known},
		{"names with space around them", andre(fields{"first_name": " André ", "last_name": "Sørby\t", "phone": "33112244"}), known},
		{"a number of another country", fields{"email": nil, "phone": "+47 912 34 567"}, nordic},
		{"the same digits at home are another number", fields{"email": nil, "phone": "91 23 45 67"}, nil},
		{"the first name in other letters", andre(fields{"first_name": "andré", "phone": "33112244"}), nil},
		{"the first name without its accent", andre(fields{"first_name": "Andre", "phone": "33112244"}), nil},
		{"another last name", andre(fields{"last_name": "Sorby", "phone": "33112244"}), nil},
		{"the name alone", andre(nil), nil},
		{"the street without the postcode", andre(fields{"address": "Store Gate 5"}), nil},
		{"another postcode", andre(fields{"address": "Store Gate 5", "postcode": "1059"}), nil},
		{"somebody who was merged away", fields{"first_name": "Merged", "last_name": "Away", "email": "away@owner.example", "phone": nil}, nil},
		{"nothing on both sides is not equal", fields{"first_name": "Bare", "last_name": "Bones", "email": nil, "phone": nil}, nil},
	} {
		visit, match := c.came(fmt.Sprintf("2027-03-%02dT08:15:00Z", 4+i), r.typed)
		wanted, wantedMatch := visit.GetString("client"), "new"
		if r.want != nil {
			wanted, wantedMatch = r.want.Id, "matched"
		}
		isOld := slices.Contains([]string{known.Id, nordic.Id, merged.Id, bare.Id}, visit.GetString("client"))
		if visit.GetString("client") != wanted || match != wantedMatch || isOld != (r.want != nil) {
			t.Errorf("%s: %s, an old client: %v", r.name, match, isOld)
		}
		if r.want == nil {
			// The next case must find the register as it was.
			if _, err := c.app.NonconcurrentDB().Update(store.Clients, dbx.Params{"match_name": ""}, dbx.HashExp{"id": visit.GetString("client")}).Execute(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(was, read()); diff != "" {
		t.Errorf("the record changed: %s", diff)
	}
}

// R-29, PB-26: where two fit, nobody is chosen; the copy that is made of that doubt is used until somebody has looked.
func TestTwoWhoFitAreNobody(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"max_open": 0})
	twins := []string{}
	for range 2 {
		twins = append(twins, clinictest.Client(t, c.app, fields{"first_name": "Kari", "last_name": "Nordmann", "email": "kari@owner.example", "phone": "", "sms_phone": ""}).Id)
	}
	slices.Sort(twins)
	visit, match := c.came("2027-03-04T08:15:00Z", fields{"phone": nil})
	made := c.mustFind(store.Clients, visit.GetString("client"))
	listed := made.GetStringSlice("possible_duplicates")
	slices.Sort(listed)
	if match != "ambiguous" || slices.Contains(twins, made.Id) || made.GetString("review") != "duplicate" || !slices.Equal(listed, twins) {
		t.Errorf("%s: %v", match, made.PublicExport())
	}
	tasks := func() int {
		found, err := c.app.FindAllRecords(store.Tasks, dbx.HashExp{"kind": "possible_duplicate", "client": made.Id})
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if tasks() != 1 {
		t.Errorf("%d tasks", tasks())
	}
	visit, match = c.came("2027-03-05T08:15:00Z", fields{"phone": nil})
	if visit.GetString("client") != made.Id || match != "ambiguous" || tasks() != 1 {
		t.Errorf("the next visit: %s, the same copy %v, %d tasks", match, visit.GetString("client") == made.Id, tasks())
	}
	clinictest.Change(t, c.app, made, fields{"review": "none"})
	visit, match = c.came("2027-03-08T08:15:00Z", fields{"phone": nil})
	if visit.GetString("client") == made.Id || match != "ambiguous" {
		t.Errorf("after somebody looked there are three who fit: %s", match)
	}
}

// R-29, PB-18, PB-27: the pet is the client's of that very name and kind, and alive.
func TestAPetIsFoundAgain(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.BookingSettings(t, c.app, c.location, fields{"max_open": 0})
	owner := clinictest.Client(t, c.app, fields{"first_name": "Kari", "last_name": "Nordmann", "email": "kari@owner.example"})
	cat := clinictest.Species(t, c.app, "Test cat")
	pet := func(name string, more fields) string {
		return clinictest.Patient(t, c.app, owner, fields{"name": name, "species": c.dog.Id, "breed": "Mix"}, more).Id
	}
	bella, old := pet("Bella", nil), pet("Old", fields{"inactive": true})
	dead := pet("Max", fields{"deceased_on": "2026-01-01"})
	pet("Twin", nil)
	pet("Twin", nil)
	stranger := clinictest.Patient(t, c.app, clinictest.Client(t, c.app), fields{"name": "Luna", "species": c.dog.Id}).Id
	for i, r := range []struct {
		name  string
		typed fields
		want  string // "" = a new one
	}{
		{"by name and kind", fields{"pet_name": "Bella", "pet_breed": "Poodle"}, bella},
		{"who no longer comes", fields{"pet_name": "Old"}, old},
		{"of another kind", fields{"pet_name": "Bella", "species": cat.Id}, ""},
		{"in other letters", fields{"pet_name": "bella"}, ""},
		{"who died", fields{"pet_name": "Max"}, ""},
		{"of another owner", fields{"pet_name": "Luna"}, ""},
		{"one of two", fields{"pet_name": "Twin"}, ""},
	} {
		before := c.rows()
		visit, match := c.came(fmt.Sprintf("2027-03-%02dT08:15:00Z", 4+i), r.typed)
		got := visit.GetString("patient")
		if match != "matched" || visit.GetString("client") != owner.Id || r.want != "" && got != r.want || r.want == "" && slices.Contains([]string{bella, old, dead, stranger}, got) {
			t.Errorf("%s: %s %s", r.name, match, got)
		}
		if grew := c.rows()[store.Patients] - before[store.Patients]; grew != map[bool]int64{true: 1, false: 0}[r.want == ""] {
			t.Errorf("%s: %d new patients", r.name, grew)
		}
	}
	if got := c.mustFind(store.Patients, bella).GetString("breed"); got != "Mix" {
		t.Errorf("the breed became %q", got)
	}
	if n, err := c.app.CountRecords(store.Tasks, dbx.HashExp{"kind": "possible_duplicate"}); err != nil || n != 1 {
		t.Errorf("tasks about pets: %d %v", n, err)
	}
}

// a new owner is stored as they are dialled, and a number is one of the location's country.
func TestANewOwnerIsStoredAsTyped(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.Change(t, c.app, c.location, fields{"country": "NO"})
	visit, _ := c.booked(thursday, fields{
		"phone": "912 34 567", "email": "Kari@OWNER.example", "address": "Gata 1", "postcode": "0150", "city": "Oslo", "locale": "nb-NO",
		"no_offers": true, "pet_breed": "Mix", "pet_born_on": "2020-02-29", "last_name": "Nordmann\u030A",
	})
	owner := c.mustFind(store.Clients, visit.GetString("client"))
	for field, want := range map[string]string{
		"first_name": "Kari", "last_name": "Nordmann\u030A", "phone": "+4791234567", "sms_phone": "+4791234567", "email": "Kari@owner.example",
		"address": "Gata 1", "postcode": "0150", "city": "Oslo", "country": "NO", "locale": "nb-NO", "location": c.location.Id, "review": "none",
	} {
		if got := owner.GetString(field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if got := owner.GetStringSlice("refused"); !slices.Equal(got, []string{"group"}) {
		t.Errorf("refused: %v", got)
	}
	pet := c.mustFind(store.Patients, visit.GetString("patient"))
	for field, want := range map[string]string{"name": "Bella", "species": c.dog.Id, "breed": "Mix", "born_on": "2020-02-29", "client": owner.Id} {
		if got := pet.GetString(field); got != want {
			t.Errorf("the pet's %s is %q, want %q", field, got, want)
		}
	}
	landline, _ := c.booked("2027-03-05T08:15:00Z", fields{"first_name": "Ola", "phone": "22 12 34 56"})
	if got := c.mustFind(store.Clients, landline.GetString("client")); got.GetString("phone") != "+4722123456" || got.GetString("sms_phone") != "" {
		t.Errorf("a landline: %q for calls, %q for texts", got.GetString("phone"), got.GetString("sms_phone"))
	}
	c.queued(landline, "booking_confirmation email kari@owner.example: queued 03-01 07:10",
		"booking_confirmation sms : skipped no_address 03-01 07:10", "visit_reminder email kari@owner.example: queued 03-03 09:00", "visit_reminder sms : skipped no_address 03-03 09:00")
}

package hooks_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

// bare takes what a first start brings off the menu, so that it lists only what a test put there.
func (c *clinic) bare() {
	c.t.Helper()
	for _, collection := range []string{"species", "reason_groups"} {
		if _, err := c.app.NonconcurrentDB().NewQuery("UPDATE " + collection + " SET inactive = 1").Execute(); err != nil {
			c.t.Fatal(err)
		}
	}
	c.desk.SetupChanged()
}

// PB-04, PB-06, PB-09, PB-10, PB-16: the whole menu, as it goes over the wire.
func TestTheMenuListsWhatCanBeBookedAndWhere(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.bare()
	cat := clinictest.Make(t, c.app, "species", fields{"name": "Test cat", "sort": 1, "translations": fields{"da": fields{"name": "Kat"}}})
	hen := clinictest.Make(t, c.app, "species", fields{"name": "Hen of tests", "sort": 2})
	last := clinictest.Make(t, c.app, "reason_groups", fields{"name": "Also", "sort": 9})
	first := clinictest.Make(t, c.app, "reason_groups", fields{"name": "Visits", "sort": 1, "translations": fields{"da": fields{"name": "Besøg"}}})
	other := clinictest.Location(t, c.app, fields{"name": "Closed Vets"})
	clinictest.BookingSettings(t, c.app, other, fields{"enabled": false})
	elsewhere := clinictest.Location(t, c.app, fields{"name": "A second place", "phone": "", "address": "", "postcode": "", "city": "Odense", "locale": "da"})
	clinictest.BookingSettings(t, c.app, elsewhere, fields{"hide_species": true, "hide_duration": true, "hide_practitioner": true, "required": []string{}})
	clinictest.BookingSettings(t, c.app, c.location, fields{
		"info": "Park behind the house.", "translations": fields{"da": fields{"info": "Parker bag huset."}}, "accent": "#0f6b5c",
		"privacy_url": "https://harbour.example/privacy",
	})
	reason := func(change fields) *core.Record {
		return clinictest.Reason(t, c.app, fields{"group": first.Id}, change)
	}
	check := reason(fields{"name": "Check-up", "sort": 2, "instructions": "Bring the card.", "price": 450.5, "clients": "new",
		"translations": fields{"da": fields{"name": "Tjek", "instructions": "Husk kortet."}}})
	shot := reason(fields{"name": "Vaccination", "sort": 1, "species": []string{cat.Id}, "duration_minutes": 20})
	nails := clinictest.Reason(t, c.app, fields{"group": last.Id, "name": "Claws", "locations": []string{c.location.Id}})
	reason(fields{"name": "Surgery", "offline": true})
	reason(fields{"name": "Old", "inactive": true})

	want := `{"locations":[
		{"id":"` + elsewhere.Id + `","name":"A second place","address":"Odense","phone":"","timezone":"Europe/Copenhagen","locale":"da",
		 "today":"2027-03-01","currency":"DKK","info":"",
		 "ask_species":false,"show_duration":false,"show_practitioner":false,"required":[],
		 "species":[{"id":"` + cat.Id + `","name":"Kat"},{"id":"` + hen.Id + `","name":"Hen of tests"}],
		 "groups":[{"id":"` + first.Id + `","name":"Besøg","reasons":[
			{"id":"` + shot.Id + `","name":"Vaccination","instructions":"","species":["` + cat.Id + `"],"clients":"all"},
			{"id":"` + check.Id + `","name":"Tjek","instructions":"Husk kortet.","species":[],"clients":"new","price":450.5}]}]},
		{"id":"` + c.location.Id + `","name":"Harbour Vets","address":"Havnegade 1, 1058 København","phone":"+4533112233","timezone":"Europe/Copenhagen",
		 "locale":"en","today":"2027-03-01","currency":"DKK","info":"Parker bag huset.","ask_species":true,"show_duration":true,"show_practitioner":true,
		 "required":["first_name","last_name","pet_name","contact"],"accent":"#0f6b5c","privacy_url":"https://harbour.example/privacy",
		 "species":[{"id":"` + cat.Id + `","name":"Kat"},{"id":"` + hen.Id + `","name":"Hen of tests"}],
		 "groups":[{"id":"` + first.Id + `","name":"Besøg","reasons":[
			{"id":"` + shot.Id + `","name":"Vaccination","instructions":"","duration_minutes":20,"species":["` + cat.Id + `"],"clients":"all"},
			{"id":"` + check.Id + `","name":"Tjek","instructions":"Husk kortet.","duration_minutes":30,"species":[],"clients":"new","price":450.5}]},
		  {"id":"` + last.Id + `","name":"Also","reasons":[
			{"id":"` + nails.Id + `","name":"Claws","instructions":"","duration_minutes":30,"species":[],"clients":"all"}]}]}]}`
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	for _, locale := range []string{"da", "da-DK", "DA_dk"} {
		var got any
		answer := c.get("/api/booking/menu?locale=" + locale)
		if err := json.Unmarshal([]byte(answer.Body), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("the menu in %s (-want +got):\n%s", locale, diff)
		}
	}
	for _, locale := range []string{"", "?locale=en", "?locale=fi", "?locale=%00", "?locale=" + strings.Repeat("x", 3000)} {
		if answer := c.get("/api/booking/menu" + locale); answer.Status != http.StatusOK || !strings.Contains(answer.Body, `"name":"Check-up"`) {
			t.Errorf("the menu%.20s is not in the clinic's own words: %d %.300s", locale, answer.Status, answer.Body)
		}
	}
}

// PB-05, PB-07, PB-08: what is switched off is not on the menu, as soon as it is switched off.
func TestTheMenuFollowsTheSetUpAtOnce(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	group, err := c.app.FindRecordById("reason_groups", c.reason.GetString("group"))
	if err != nil {
		t.Fatal(err)
	}
	settings := clinictest.BookingSettings(t, c.app, c.location, fields{})
	for _, step := range []struct {
		name      string
		record    *core.Record
		off, on   fields
		wantGone  string
		otherwise string // still there while it is off
	}{
		{"an offline reason", c.reason, fields{"offline": true}, fields{"offline": false}, c.reason.Id, c.location.Id},
		{"an inactive reason", c.reason, fields{"inactive": true}, fields{"inactive": false}, c.reason.Id, c.location.Id},
		{"a reason of an inactive group", group, fields{"inactive": true}, fields{"inactive": false}, c.reason.Id, c.location.Id},
		{"an inactive kind of animal", c.dog, fields{"inactive": true}, fields{"inactive": false}, c.dog.Id, c.reason.Id},
		{"a location that takes no online bookings", settings, fields{"enabled": false}, fields{"enabled": true}, c.location.Id, ""},
		{"an inactive location", c.location, fields{"inactive": true}, fields{"inactive": false}, c.location.Id, ""},
	} {
		c.patch(c.superuser, step.record, step.off)
		menu := c.get("/api/booking/menu").Body
		if strings.Contains(menu, step.wantGone) || !strings.Contains(menu, step.otherwise) {
			t.Errorf("%s: %s", step.name, menu)
		}
		c.patch(c.superuser, step.record, step.on)
		if menu := c.get("/api/booking/menu").Body; !strings.Contains(menu, step.wantGone) {
			t.Errorf("%s, switched on again: %s", step.name, menu)
		}
	}
}

func TestAReasonOfAnotherPlaceIsNotOnTheMenu(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	other := clinictest.Location(t, c.app)
	c.patch(c.superuser, c.reason, fields{"locations": []string{other.Id}})
	for _, at := range c.get("/api/booking/menu").JSON["locations"].([]any) {
		at := at.(map[string]any)
		if listed := strings.Contains(asJSON(t, at["groups"]), c.reason.Id); listed != (at["id"] == other.Id) {
			t.Errorf("at %s the reason is listed: %v", at["name"], listed)
		}
	}
}

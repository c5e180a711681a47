package jobs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// a text goes to one person or to a group: an appointment reminder, general information, a sick notice, a campaign and an offer, all
// from the one store of texts, and each in the log as what it is.
func TestWhatTextsAreUsedFor(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.MessageSettings(t, tr.app, tr.location, clinictest.Fields{"visit_channels": []string{"sms"}, "confirmation_channels": []string{"sms"}})
	template := func(code string) string { return tr.first(store.Templates, "code", code).Id }
	crowd(t, tr.app, 2)
	tr.visit("2027-03-04 08:15:00.000Z")
	tr.visit("2027-03-05 08:15:00.000Z")
	clinictest.Make(t, tr.app, store.Absences, clinictest.Fields{
		"practitioner": tr.practitioner.Id, "starts_at": "2027-03-05 00:00:00.000Z", "ends_at": "2027-03-06 00:00:00.000Z", "kind": "sick", "visits": "cancel", "template": template("day_notice"),
	})
	for _, filter := range []string{"city = 'Odense'", "id = '" + tr.client.Id + "'"} {
		clinictest.Make(t, tr.app, store.Broadcasts, clinictest.Fields{
			"kind": "group", "location": tr.location.Id, "filter": filter, "asked_by": clinictest.Superuser(t, tr.app).Id, "template": template("group"), "channels": []string{"sms"}, "send": true,
		})
	}
	tr.carryOn(t.Context())
	tr.dispatch(monday.Add(2 * time.Hour))
	tr.dispatch(time.Date(2027, 3, 2, 8, 0, 0, 0, time.UTC))
	rows, err := tr.app.FindAllRecords(store.Messages)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, r := range rows {
		if r.GetString("state") == "sent" && r.GetString("channel") == "sms" {
			got[r.GetString("purpose")]++
			if r.GetString("template") == "" {
				t.Errorf("%s came from nowhere", r.GetString("key"))
			}
		}
	}
	want := map[string]int{"booking_confirmation": 1, "visit_reminder": 1, "day_notice": 1, "group": 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// what goes out about visits comes from the book. Who keeps no book has no reminders, no sick notices, and nobody to tell of a day.
func TestWithoutABookNothingIsSaidAboutVisits(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.Make(t, tr.app, store.Absences, clinictest.Fields{
		"practitioner": tr.practitioner.Id, "starts_at": "2027-03-01 00:00:00.000Z", "ends_at": "2027-03-09 00:00:00.000Z", "kind": "sick", "visits": "cancel",
	})
	clinic, err := tr.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	day := clinictest.Make(t, tr.app, store.Broadcasts, clinictest.Fields{
		"kind": "day", "location": tr.location.Id, "from_at": "2027-03-01 00:00:00.000Z", "until_at": "2027-03-09 00:00:00.000Z",
	})
	if count, err := runs.CountBroadcast(tr.app, clinic, tr.desk.Links, day, nil, tr.clock); err != nil || count.Recipients != 0 {
		t.Errorf("%d people, %v", count.Recipients, err)
	}
	for days := range 10 {
		tr.dispatch(monday.Add(time.Duration(days) * 24 * time.Hour))
	}
	expect(t, tr, log{})
	tr.clock = monday
	tr.visit("2027-03-12 08:15:00.000Z")
	if len(tr.log()) == 0 {
		t.Error("a visit in the book, and nothing is said")
	}
}

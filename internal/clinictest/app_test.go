package clinictest_test

import (
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

func TestEveryTestHasAClinicOfItsOwn(t *testing.T) {
	t.Parallel()
	bound := 0
	first, second := clinictest.New(t, func(core.App) { bound++ }), clinictest.New(t, nil)
	if bound != 1 {
		t.Errorf("bound %d times", bound)
	}
	clinictest.Location(t, first)
	for app, want := range map[core.App]int64{first: 1, second: 0} {
		got, err := app.CountRecords("locations")
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%d locations, want %d", got, want)
		}
	}
}

func TestEveryMakerMakes(t *testing.T) {
	t.Parallel()
	app := clinictest.New(t, nil)
	location := clinictest.Location(t, app)
	practitioner := clinictest.Practitioner(t, app, location)
	clinictest.Shift(t, app, location, practitioner)
	client := clinictest.Client(t, app)
	patient := clinictest.Patient(t, app, client, clinictest.Fields{"species": clinictest.Species(t, app, "Axolotl").Id})
	visit := clinictest.Visit(t, app, location, practitioner, clinictest.Reason(t, app), client, "2027-03-01 08:15:00.000Z",
		clinictest.Fields{"patient": patient.Id, "ends_at": "2027-03-01 08:45:00.000Z"})
	if got := clinictest.Change(t, app, visit, clinictest.Fields{"note": "bites"}).GetString("note"); got != "bites" {
		t.Errorf("note is %q", got)
	}
	handler := clinictest.Handler(t, app)
	for _, account := range []*core.Record{clinictest.Account(t, app, "vet", location), clinictest.Superuser(t, app)} {
		answer := clinictest.Ask(t, handler, "GET", "/api/collections/bookings/records/"+visit.Id, clinictest.Token(t, account), "")
		if answer.Code != 200 {
			t.Errorf("%s reads the visit: %d %s", account.Collection().Name, answer.Code, answer.Body)
		}
	}
}

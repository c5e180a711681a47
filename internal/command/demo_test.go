package command

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tests"

	"pawbell/hooks"
	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/clinictest"
	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// demoApp is an app with every hook on, and its clock.
func demoApp(t *testing.T, at string) (*tests.TestApp, *store.Desk, time.Time) {
	t.Helper()
	now, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	var desk *store.Desk
	app := clinictest.New(t, func(app core.App) {
		desk = store.NewDesk(app)
		desk.Links = links.Key("a key for tests, long enough for all")
		hooks.Bind(app, hooks.House{Desk: desk, Now: func() time.Time { return now }, Ring: func() {}})
	})
	return app, desk, now
}

func made(t *testing.T, app core.App, now time.Time) {
	t.Helper()
	if err := makeDemo(t.Context(), app, now, newProgress(io.Discard)); err != nil {
		t.Fatal(err)
	}
}

// counts is how many records there are, and when the youngest change of each kind was.
func counts(t *testing.T, app core.App) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, collection := range []string{
		store.Locations, store.Practitioners, store.Shifts, store.Absences, store.Resources, store.Reasons, store.Species, store.Staff,
		store.NotificationAddresses, store.ReminderRules, store.Reminders, store.Broadcasts, store.Clients, store.Patients, store.Bookings, store.BookingRequests, store.Messages, store.Tasks,
		core.CollectionNameSuperusers,
	} {
		var row struct {
			Count string `db:"n"`
			Last  string `db:"last"`
		}
		if err := app.DB().Select("count(*) AS n", "ifnull(max(updated), '') AS last").From(collection).One(&row); err != nil {
			t.Fatal(err)
		}
		all[collection] = row.Count + " " + row.Last
	}
	return all
}

func count(t *testing.T, app core.App, collection string, where ...dbx.Expression) int64 {
	t.Helper()
	n, err := app.CountRecords(collection, where...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Making a demo takes seconds under the race detector, so one is made for all that only looks at it.
func TestTheDemo(t *testing.T) {
	t.Parallel()
	app, desk, now := demoApp(t, "2026-11-18T09:20:00Z")
	made(t, app, now)
	t.Run("is a whole clinic", func(t *testing.T) { isWhole(t, app, now) })
	t.Run("can be booked everywhere", func(t *testing.T) { canBeBooked(t, app, desk, now) })
	t.Run("lacks nothing", func(t *testing.T) { lacksNothing(t, app, now) })
	t.Run("is left alone by a second start", func(t *testing.T) {
		before := counts(t, app)
		made(t, app, now.Add(26*time.Hour))
		if diff := cmp.Diff(before, counts(t, app)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("is finished where it was half made, and is then like one made at once", func(t *testing.T) {
		half, _, _ := demoApp(t, "2026-11-18T09:20:00Z")
		if err := half.RunInTransaction(func(tx core.App) error { return makeDemoPlaces(tx, now) }); err != nil {
			t.Fatal(err)
		}
		made(t, half, now)
		if diff := cmp.Diff(book(t, app), book(t, half)); diff != "" {
			t.Error(diff)
		}
	})
}

// book is every visit in words, without what chance gives to each record.
func book(t *testing.T, app core.App) []string {
	t.Helper()
	var lines []string
	err := app.DB().NewQuery(`SELECT b.local_start || ' ' || b.status || ' ' || p.name || ' ' || r.name || ' ' || c.email || ' ' || a.name
		FROM bookings b JOIN practitioners p ON p.id = b.practitioner JOIN reasons r ON r.id = b.reason JOIN clients c ON c.id = b.client
		JOIN patients a ON a.id = b.patient ORDER BY 1`).Column(&lines)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func isWhole(t *testing.T, app core.App, now time.Time) {
	t.Helper()
	got := map[string]int64{
		"locations": count(t, app, store.Locations), "practitioners": count(t, app, store.Practitioners), "clients": count(t, app, store.Clients),
		"past":   count(t, app, store.Bookings, dbx.NewExp("starts_at < {:now}", dbx.Params{"now": record.Instant(now)})),
		"coming": count(t, app, store.Bookings, dbx.NewExp("starts_at > {:now}", dbx.Params{"now": record.Instant(now)})),
		"staff":  count(t, app, store.Staff),
	}
	want := map[string]int64{"locations": 3, "practitioners": 10, "clients": 300, "past": 303, "coming": 120, "staff": 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, where := range map[string]dbx.Expression{
		"a number that is none":          dbx.NewExp("phone NOT LIKE '+%' OR match_phone = ''"),
		"an address that may be real":    dbx.NewExp("email != '' AND email NOT LIKE '%@example.com' AND email NOT LIKE '%@example.net' AND email NOT LIKE '%@example.org'"),
		"a doubt about who somebody is":  dbx.NewExp("review = 'duplicate'"),
		"a client with no living animal": dbx.NewExp("NOT EXISTS (SELECT 1 FROM patients p WHERE p.client = clients.id AND p.deceased_on = '' AND p.inactive = 0)"),
	} {
		if n := count(t, app, store.Clients, where); n > 0 {
			t.Errorf("%d clients have %s", n, name)
		}
	}
	if n := count(t, app, store.Messages, dbx.NewExp("state IN ('failed', 'stale')")); n > 0 {
		t.Errorf("%d messages could not be written", n)
	}
	for _, purpose := range []string{"booking_received", "booking_confirmation", "visit_reminder", "notice_booking", "notice_cancellation", "reminder"} {
		if count(t, app, store.Messages, dbx.HashExp{"purpose": purpose}) == 0 {
			t.Errorf("nothing shows a %s", purpose)
		}
	}
	if n := count(t, app, store.Broadcasts, dbx.NewExp("state = 'draft' AND recipients > 10")); n != 1 {
		t.Errorf("%d drafts show how many people they reach", n)
	}
	for name, where := range map[string]dbx.Expression{
		"made by a visit":    dbx.NewExp("rule != '' AND booking != '' AND state = 'scheduled'"),
		"due soon by a rule": dbx.NewExp("rule != '' AND next_send_at != '' AND next_send_at < {:soon}", dbx.Params{"soon": record.Instant(now.AddDate(0, 0, 7))}),
		"made by hand":       dbx.NewExp("rule = ''"),
	} {
		if n := count(t, app, store.Reminders, where); n < 3 {
			t.Errorf("%d reminders are %s", n, name)
		}
	}
	for _, status := range booking.Statuses() {
		if status != booking.Arrived && count(t, app, store.Bookings, dbx.HashExp{"status": string(status)}) == 0 {
			t.Errorf("no visit is %s", status)
		}
	}
	past := dbx.NewExp("booking IN (SELECT id FROM bookings WHERE starts_at < {:now})", dbx.Params{"now": record.Instant(now)})
	if n := count(t, app, store.Messages, past); n > 0 {
		t.Errorf("R-55: %d messages about visits that are over", n)
	}
}

// Short days, nights around midnight and a year's end move the demo's weeks about.
func TestADemoMadeOnNewYearsEveCanBeBookedEverywhere(t *testing.T) {
	t.Parallel()
	app, desk, now := demoApp(t, "2026-12-31T22:30:00Z")
	made(t, app, now)
	canBeBooked(t, app, desk, now)
}

// canBeBooked wants free and taken times at every location in the next 14 days.
func canBeBooked(t *testing.T, app core.App, desk *store.Desk, now time.Time) {
	t.Helper()
	clinic, err := desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	if len(clinic.Order) != 3 {
		t.Fatalf("%d locations", len(clinic.Order))
	}
	dog, err := app.FindFirstRecordByData(store.Species, "name", "Dog")
	if err != nil {
		t.Fatal(err)
	}
	checkUp, err := app.FindFirstRecordByData(store.Reasons, "name", "Health check")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range clinic.Order {
		ask := booking.Ask{Reason: clinic.Reasons[checkUp.Id].Rules, Species: dog.Id}
		today := calendar.On(now, at.Place.Zone)
		days, err := desk.Starts(clinic, at.ID, ask, today, today.Add(14))
		if err != nil {
			t.Fatal(err)
		}
		most, free := 0, 0
		for _, starts := range days {
			most = max(most, len(starts))
			free += len(booking.Bookable(at.Place, ask.Reason, starts, now))
		}
		if free == 0 {
			t.Errorf("%s has no free time in the next 14 days", at.Name)
		}
		if len(days[1]) == most && len(days[2]) == most && len(days[3]) == most {
			t.Errorf("%s has nothing but free times", at.Name)
		}
	}
}

func TestTheDemoKeepsOutOfARealClinic(t *testing.T) {
	t.Parallel()
	for name, theirs := range map[string]func(*testing.T, core.App){
		"with a login":    func(t *testing.T, app core.App) { clinictest.Superuser(t, app) },
		"with a location": func(t *testing.T, app core.App) { clinictest.Location(t, app) },
		"with a client":   func(t *testing.T, app core.App) { clinictest.Client(t, app) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, _, now := demoApp(t, "2026-11-18T09:20:00Z")
			theirs(t, app)
			before := counts(t, app)
			if err := makeDemo(t.Context(), app, now, newProgress(io.Discard)); !errors.Is(err, errNotTheDemo) {
				t.Errorf("answered %v", err)
			}
			if diff := cmp.Diff(before, counts(t, app)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

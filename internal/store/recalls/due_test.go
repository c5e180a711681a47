package recalls_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"pawbell/internal/clinictest"
	"pawbell/internal/store/recalls"
)

// What is due is found by the moments at which it is due, the longest overdue first, and never by going through all clients: a clinic has far more of
// them than are due.
func TestDueRemindersAreFoundByTheirMoment(t *testing.T) {
	t.Parallel()
	app := clinictest.New(t, nil)
	location := clinictest.Location(t, app)
	for i, look := range []string{"2027-03-01 07:00:00.000Z", "2027-03-01 09:00:00.000Z", "", "2027-03-01 06:00:00.000Z", "2027-03-01 08:00:00.000Z"} {
		client := clinictest.Client(t, app, clinictest.Fields{"id": "client00000000" + string(rune('a'+i))})
		r := clinictest.Make(t, app, "reminders", clinictest.Fields{"client": client.Id, "location": location.Id, "due_on": "2027-06-01"})
		if _, err := app.NonconcurrentDB().Update("reminders", dbx.Params{"look_at": look}, dbx.HashExp{"id": r.Id}).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	db := app.ConcurrentDB().(*dbx.DB)
	var asked string
	db.QueryLogFunc = func(_ context.Context, _ time.Duration, statement string, _ *sql.Rows, _ error) { asked = statement }
	due, err := recalls.Due(app, time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC), 2)
	db.QueryLogFunc = nil
	if err != nil || strings.Join(due, " ") != "client00000000d client00000000a" {
		t.Errorf("due are %v, %v", due, err)
	}
	var plan []struct {
		Detail string `db:"detail"`
	}
	if err := app.DB().NewQuery("EXPLAIN QUERY PLAN " + asked).All(&plan); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, step := range plan {
		found = found || strings.Contains(step.Detail, "idx_reminders_look_at (look_at<?)")
		if strings.Contains(step.Detail, "ORDER BY") || strings.Contains(step.Detail, "idx_reminders_client") {
			t.Errorf("%s\n%s", step.Detail, asked)
		}
	}
	if !found {
		t.Errorf("%v\n%s", plan, asked)
	}
}

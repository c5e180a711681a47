package jobs

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"pawbell/internal/clinictest"
)

// BenchmarkPlanRecalls plans the reminders of PLAN_PATIENTS patients (300 unless it says otherwise), one for each client, due for the first time and
// once more when nothing has changed. The figures are for one patient.
func BenchmarkPlanRecalls(b *testing.B) {
	patients := 300
	if n, err := strconv.Atoi(os.Getenv("PLAN_PATIENTS")); err == nil {
		patients = n
	}
	for b.Loop() {
		b.StopTimer()
		tr := newTrial(b)
		tr.remindMany(patients)
		b.StartTimer()
		began := time.Now()
		tr.planAll(b)
		first := time.Since(began)
		if n, err := tr.app.CountRecords("messages", dbx.HashExp{"purpose": "reminder", "state": "queued"}); err != nil || int(n) != patients {
			b.Fatalf("%d messages for %d patients, %v", n, patients, err)
		}
		if _, err := tr.app.NonconcurrentDB().NewQuery("UPDATE reminders SET look_at = '2027-03-01 06:00:00.000Z'").Execute(); err != nil {
			b.Fatal(err)
		}
		began = time.Now()
		tr.planAll(b)
		again := time.Since(began)
		b.ReportMetric(float64(first.Microseconds())/float64(patients), "µs/first")
		b.ReportMetric(float64(again.Microseconds())/float64(patients), "µs/again")
	}
}

func (tr *trial) planAll(b *testing.B) {
	b.Helper()
	if err := tr.Plan(context.Background(), tr.clock); err != nil {
		b.Fatal(err)
	}
}

// remindMany writes clients with one patient and one reminder each, as a rule's run does, to be looked at now.
func (tr *trial) remindMany(n int) {
	tr.t.Helper()
	for _, statement := range []string{
		`WITH RECURSIVE many(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many WHERE i < {:n})
		 INSERT INTO clients (id, first_name, last_name, email, created, updated, refused, possible_duplicates)
		 SELECT printf('client%09d', i), 'Maja', 'Lund ' || i, 'maja' || i || '@owner.example', {:now}, {:now}, '[]', '[]' FROM many`,
		`INSERT INTO patients (id, client, name, created, updated) SELECT 'p' || substr(id, 2), id, 'Bella', {:now}, {:now} FROM clients WHERE id LIKE 'client%'`,
		`INSERT INTO reminders (id, client, patients, location, methods, due_on, made_at, look_at, state, coming, created, updated)
		 SELECT 'r' || substr(id, 2), client, json_array(id), {:location}, '["email"]', '2027-06-01', {:now}, {:now}, 'scheduled', '[]', {:now}, {:now}
		 FROM patients WHERE id LIKE 'plient%'`,
	} {
		_, err := tr.app.NonconcurrentDB().NewQuery(statement).Bind(dbx.Params{"n": n, "now": "2027-03-01 06:00:00.000Z", "location": tr.location.Id}).Execute()
		if err != nil {
			tr.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// A plan that fails for one client is put off, and the others have theirs.
func TestOneBrokenPlanHoldsUpNobody(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.remindMany(3)
	if _, err := tr.app.NonconcurrentDB().NewQuery("UPDATE reminders SET due_on = 'never' WHERE id LIKE '%1'").Execute(); err != nil {
		t.Fatal(err)
	}
	tr.plan(monday)
	rows, err := tr.app.FindAllRecords("reminders")
	if err != nil {
		t.Fatal(err)
	}
	looks := ""
	for _, r := range rows {
		looks += fmt.Sprintf("%s %s\n", r.GetString("due_on"), r.GetString("look_at"))
	}
	if want := "never 2027-03-01 07:10:00.000Z\n2027-06-01 2027-06-02 07:00:00.000Z\n2027-06-01 2027-06-02 07:00:00.000Z\n"; looks != want {
		t.Errorf("got\n%swant\n%s", looks, want)
	}
	if n, err := tr.app.CountRecords("messages", dbx.HashExp{"state": "queued"}); err != nil || n != 2 {
		t.Errorf("%d messages, %v", n, err)
	}
	clinictest.Change(t, tr.app, rows[1], clinictest.Fields{"state": "cancelled"})
}

package jobs

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"pawbell/internal/clinictest"
	"pawbell/internal/store/recalls"
	"pawbell/internal/store/record"
)

// PAWBELL_BENCH_PATIENTS is how many patients the planner's benchmark begins with; it goes on with twice and four times as many.
func benchPatients(b *testing.B) int {
	b.Helper()
	n, err := strconv.Atoi(os.Getenv("PAWBELL_BENCH_PATIENTS"))
	if err != nil || n < 100 {
		return 1000
	}
	return n
}

// BenchmarkRules answers how long the planner and the run of a rule take in a clinic of so many patients with five completed visits each: a
// preview and the run of a new rule for visits, the same for ages, and then a minute of the planner in which next to nothing is new.
func BenchmarkRules(b *testing.B) {
	for _, times := range []int{1, 2, 4} {
		n := times * benchPatients(b)
		b.Run(fmt.Sprintf("patients=%d", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				tr := newTrial(b)
				tr.peopled(n)
				b.StartTimer()
				tr.benchRules(b)
			}
		})
	}
}

func (tr *trial) benchRules(b *testing.B) {
	took := func(what string, do func()) {
		from := time.Now()
		do()
		b.ReportMetric(time.Since(from).Seconds(), what+"-s")
	}
	rule := tr.rule(clinictest.Fields{"inactive": true})
	var counts recalls.RuleCounts
	took("preview", func() {
		r := clinictest.Reload(b, tr.app, rule)
		r.Set("inactive", false)
		var err error
		if counts, err = recalls.CountRule(tr.app, r, rule, monday); err != nil {
			b.Fatal(err)
		}
	})
	clinictest.Change(b, tr.app, rule, clinictest.Fields{"inactive": false})
	took("visits", func() { tr.follow(monday) })
	made := len(tr.states())
	if made != counts.Adds {
		b.Errorf("%d reminders made, the preview said %d", made, counts.Adds)
	}
	b.ReportMetric(float64(made), "made")
	tr.rule(clinictest.Fields{"name": "Senior", "trigger": "age_reached", "reasons": nil, "age_number": 7, "due_number": 0, "reminder_group": "senior"})
	took("ages", func() { tr.follow(monday) })
	took("first-plan", func() { tr.plan(monday) })
	took("plan", func() { tr.plan(monday) })
	took("day-later", func() { tr.plan(monday.AddDate(0, 0, 1)) })
}

// peopled gives the clinic so many owners with a pet each, born over fifteen years, and five completed visits of each pet over three years.
func (tr *trial) peopled(n int) {
	tr.t.Helper()
	for _, statement := range []string{
		`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {:n})
		INSERT INTO clients (id, first_name, last_name, email, location, refused, possible_duplicates, created, updated, revision)
		SELECT printf('c%014d', i), 'Maja', 'Lund ' || i, 'maja' || i || '@owner.example', {:location}, '[]', '[]', {:now}, {:now}, 1 FROM c`,
		`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {:n})
		INSERT INTO patients (id, client, name, born_on, created, updated)
		SELECT printf('p%014d', i), printf('c%014d', i), 'Bella', date('2012-03-01', '+' || (i * 7919 % 5475) || ' days'), {:now}, {:now} FROM c`,
		`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5 * {:n})
		INSERT INTO bookings (id, reference, status, location, reason, practitioner, client, patient, starts_at, ends_at, busy_from, busy_until, created, updated, revision)
		SELECT printf('b%014d', i), printf('R%d', i), 'completed', {:location}, {:reason}, {:practitioner}, printf('c%014d', i % {:n} + 1), printf('p%014d', i % {:n} + 1),
			strftime('%Y-%m-%d 08:00:00.000Z', '2024-03-01', '+' || (i * 104729 % 1094) || ' days'), '', '', '', {:now}, {:now}, 1 FROM c`,
	} {
		_, err := tr.app.NonconcurrentDB().NewQuery(statement).Bind(map[string]any{
			"n": n, "now": record.Instant(monday), "location": tr.location.Id, "reason": tr.reason.Id, "practitioner": tr.practitioner.Id,
		}).Execute()
		if err != nil {
			tr.t.Fatal(err)
		}
	}
}

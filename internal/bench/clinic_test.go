package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store/record"
)

// The size of the clinic: twenty practitioners, eleven years of visits at their pace, and as many owners as a chain in a city has.
const (
	practitioners = 20
	past          = 1_000_000
	coming        = 20_000
	owners        = 200_000
)

// today is the first day of the book's future.
var today = time.Date(2027, 3, 1, 6, 0, 0, 0, time.UTC)

// big is a large clinic on the disk, and what may be asked about it.
type big struct {
	dir                       string
	location, reason, species string
	people                    []string // the practitioners' ids
}

// build makes the data folder of a large clinic, or uses the one of an earlier run (BENCH_DATA). History of zero makes the same clinic without
// a past, to show that history costs nothing.
func build(b testing.TB, history int) big {
	b.Helper()
	return buildWith(b, filepath.Join(dataRoot(), fmt.Sprintf("history-%d", history)), history, coming)
}

// buildWith is the same with another number of visits ahead.
func buildWith(b testing.TB, dir string, history, coming int) big {
	b.Helper()
	made := filepath.Join(dir, "made")
	app := clinictest.Open(b, dir)
	if _, err := os.Stat(made); err != nil {
		if err := app.RunAllMigrations(); err != nil {
			b.Fatal(err)
		}
		fill(b, app, history, coming)
		if err := os.WriteFile(made, nil, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	c := big{dir: dir}
	for target, query := range map[*string]string{
		&c.location: "SELECT id FROM locations", &c.reason: "SELECT id FROM reasons WHERE name = 'Check-up for measuring'", &c.species: "SELECT id FROM species ORDER BY sort LIMIT 1",
	} {
		if err := app.DB().NewQuery(query).Row(target); err != nil {
			b.Fatal(err)
		}
	}
	if err := app.DB().NewQuery("SELECT id FROM practitioners ORDER BY name").Column(&c.people); err != nil {
		b.Fatal(err)
	}
	clinictest.Close(b, app)
	return c
}

// copied is the same clinic in a folder of its own, for what changes it: every run finds the same free times.
func (c big) copied(b testing.TB) big {
	b.Helper()
	dir := b.TempDir()
	if err := os.CopyFS(dir, os.DirFS(c.dir)); err != nil {
		b.Fatal(err)
	}
	c.dir = dir
	return c
}

func dataRoot() string {
	if dir := os.Getenv("BENCH_DATA"); dir != "" {
		return dir
	}
	return filepath.Join(os.TempDir(), "pawbell-bench")
}

// fill writes the clinic with raw statements: what is measured is reading it.
func fill(b testing.TB, app core.App, history, coming int) {
	b.Helper()
	location := clinictest.Location(b, app)
	group := clinictest.Make(b, app, "reason_groups", clinictest.Fields{"name": "Measuring"})
	reason := clinictest.Make(b, app, "reasons", clinictest.Fields{"group": group.Id, "name": "Check-up for measuring", "duration_minutes": 30})
	db := app.NonconcurrentDB()
	run := func(sql string, params dbx.Params) {
		b.Helper()
		if _, err := db.NewQuery(sql).Bind(params).Execute(); err != nil {
			b.Fatal(err)
		}
	}
	for i := range practitioners {
		p := clinictest.Make(b, app, "practitioners", clinictest.Fields{"name": fmt.Sprintf("Practitioner %02d", i), "locations": []string{location.Id}})
		clinictest.Make(b, app, "shifts", clinictest.Fields{
			"practitioner": p.Id, "location": location.Id, "weekdays": []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "starts": "08:00", "ends": "16:00",
		})
	}
	now := record.Instant(today)
	run(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {:owners})
		INSERT INTO clients (id, first_name, last_name, email, phone, sms_phone, match_name, match_email, match_phone, match_sms_phone, review, revision, created, updated)
		SELECT printf('owner%010d', i), 'First' || (i % 900), 'Last' || (i / 900), 'owner' || i || '@owner.example', printf('+4520%06d', i), printf('+4520%06d', i),
		       'First' || (i % 900) || char(10) || 'Last' || (i / 900), 'owner' || i || '@owner.example', printf('+4520%06d', i), printf('+4520%06d', i), 'none', 1, {:now}, {:now} FROM n`,
		dbx.Params{"owners": owners, "now": now})
	run(`INSERT INTO patients (id, client, name, species, created, updated)
		SELECT printf('pet%012d', rowid), id, 'Pet', (SELECT id FROM species ORDER BY sort LIMIT 1), created, updated FROM clients`, nil)
	// Visits of half an hour, sixteen a day and practitioner in the past; in the future about eleven, so that every day has free times.
	visits := func(from, count, perDay int, status string) {
		run(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {:count}),
			v AS (SELECT i, i / ({:practitioners} * {:perDay}) AS day, (i / {:perDay}) % {:practitioners} AS who, i % {:perDay} AS slot FROM n),
			t AS (SELECT i, who, datetime({:today}, printf('%+d days', day + {:from}), printf('+%d minutes', 60 + slot * 30)) AS at FROM v)
			INSERT INTO bookings (id, reference, location, reason, practitioner, resources, client, patient, starts_at, ends_at, busy_from, busy_until, local_start, status, source,
				payment, scheduled_at, changed_at, changed_by, link_version, revision, created, updated)
			SELECT printf('%s%010d', substr({:status}, 1, 5), i), printf('%s%08d', substr({:status}, 1, 1), i), {:location}, {:reason},
				(SELECT id FROM practitioners WHERE name = printf('Practitioner %02d', who)), '[]', printf('owner%010d', i % {:owners}), printf('pet%012d', i % {:owners} + 1),
				at || '.000Z', datetime(at, '+30 minutes') || '.000Z', at || '.000Z', datetime(at, '+30 minutes') || '.000Z', at, {:status}, 'staff',
				'none', {:now}, {:now}, 'staff', 1, 1, {:now}, {:now} FROM t`,
			dbx.Params{
				"count": count, "practitioners": practitioners, "perDay": perDay, "today": "2027-03-01 06:00:00", "from": from, "status": status,
				"location": location.Id, "reason": reason.Id, "owners": owners, "now": now,
			})
	}
	visits(1, coming, 11, "booked")
	if history > 0 {
		visits(-(history/(practitioners*16) + 2), history, 16, "completed")
	}
	run(`ANALYZE`, nil)
	run(`PRAGMA wal_checkpoint(TRUNCATE)`, nil)
}

// binary builds the program once per test binary.
func binary(b testing.TB) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "pawbell")
	build := exec.Command("go", "build", "-o", path, "pawbell")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
	"pawbell/internal/store/runs"
)

// sync runs the job until nothing is left to do.
func (tr *trial) sync() {
	tr.t.Helper()
	if err := tr.Sync(tr.t.Context(), tr.clock); err != nil {
		tr.t.Fatalf("sync: %v", err)
	}
}

// queue is every message as it is stored, by key, without what every write changes.
func (tr *trial) queue() map[string]string {
	tr.t.Helper()
	rows, err := tr.app.FindAllRecords(store.Messages)
	if err != nil {
		tr.t.Fatal(err)
	}
	queue := map[string]string{}
	for _, r := range rows {
		fields := r.FieldsData()
		for _, own := range []string{"id", "created", "updated", "revision"} {
			delete(fields, own)
		}
		b, err := json.MarshalIndent(fields, "", " ")
		if err != nil {
			tr.t.Fatal(err)
		}
		queue[r.GetString("key")] = string(b)
	}
	return queue
}

// rawly writes past every hook, as a restored backup or an older version of the program would have left it.
func (tr *trial) rawly(sql string, params ...dbx.Params) {
	tr.t.Helper()
	q := tr.app.NonconcurrentDB().NewQuery(sql)
	for _, p := range params {
		q = q.Bind(p)
	}
	if _, err := q.Execute(); err != nil {
		tr.t.Fatal(err)
	}
}

// book makes visits from the second day on, several a day.
func (tr *trial) book(n int) (visits []*core.Record) {
	tr.t.Helper()
	for i := range n {
		at := monday.AddDate(0, 0, 2+i/8).Add(time.Duration(2+i%8) * time.Hour)
		visits = append(visits, tr.visit(record.Instant(at)))
	}
	return visits
}

// disturbed is a clinic of so many visits whose queue is not what its plan says, and the queue as it should be.
func disturbed(t *testing.T, visits int) (*trial, map[string]string) {
	t.Helper()
	tr := newTrial(t)
	tr.book(visits)
	want := tr.queue()
	if len(want) < visits*2 {
		t.Fatalf("%d visits have %d messages", visits, len(want))
	}
	tr.rawly("UPDATE messages SET text = 'old words', parts = 7 WHERE rowid % 3 = 0")
	tr.rawly("UPDATE messages SET send_at = '2027-03-01 09:00:00.000Z', planned_at = '2027-03-01 09:00:00.000Z' WHERE rowid % 5 = 1")
	tr.rawly("UPDATE messages SET state = 'cancelled', reason = 'not_wanted' WHERE rowid % 7 = 2")
	tr.rawly("DELETE FROM messages WHERE rowid % 11 = 3")
	tr.rawly(`INSERT INTO messages (id, key, purpose, channel, "to", text, location, client, booking, state, patients, reminders, planned_at, send_at, expires_at)
		SELECT 'stray' || substr(id, 6), 'visit_reminder:' || id || ':20200101T0000Z:lead:sms', 'visit_reminder', 'sms', '+4520111111', 'never meant', location, client, id, 'queued', '[]', '[]',
		'2027-03-01 09:00:00.000Z', '2027-03-01 09:00:00.000Z', '2027-04-01 09:00:00.000Z' FROM bookings WHERE rowid % 4 = 0`)
	return tr, want
}

// withoutStrays leaves out the rows that no plan ever had, which must have been withdrawn.
func withoutStrays(t *testing.T, queue map[string]string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for key, row := range queue {
		if !strings.Contains(key, "20200101") {
			out[key] = row
		} else if !strings.Contains(row, `"state": "cancelled"`) {
			t.Errorf("%s is still to be sent: %s", key, row)
		}
	}
	return out
}

// synchronise all brings every coming visit's messages in line, whatever is wrong with them, and a second run finds nothing to do.
func TestSynchroniseAllBringsTheQueueInLine(t *testing.T) {
	t.Parallel()
	tr, want := disturbed(t, 30)
	id := tr.startRun("")
	tr.sync()
	run := tr.runOf(id)
	if run.GetString("state") != "done" || run.GetInt("total") != 30 || run.GetInt("done") != 30 || run.GetInt("failed") != 0 {
		t.Fatalf("the run is %v", run.PublicExport())
	}
	got := withoutStrays(t, tr.queue())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	revisions := tr.revisions()
	again := tr.startRun("")
	tr.sync()
	if note := tr.runOf(again).GetString("note"); note != "0 of 30 were brought in line." {
		t.Errorf("the second run says %q", note)
	}
	if diff := cmp.Diff(revisions, tr.revisions()); diff != "" {
		t.Errorf("the second run wrote: %s", diff)
	}
}

func (tr *trial) revisions() map[string]string {
	tr.t.Helper()
	var rows []struct {
		ID       string `db:"id"`
		Revision string `db:"seen"`
	}
	if err := tr.app.DB().NewQuery("SELECT id, revision || ' ' || updated seen FROM messages").All(&rows); err != nil {
		tr.t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.ID] = r.Revision
	}
	return out
}

// a dry run says what it would do and changes no table but its own.
func TestADryRunChangesNothing(t *testing.T) {
	t.Parallel()
	tr, _ := disturbed(t, 20)
	run := clinictest.Make(t, tr.app, store.Runs, clinictest.Fields{"kind": "sync_messages", "dry": true})
	before := tr.tables()
	tr.sync()
	if diff := cmp.Diff(before, tr.tables()); diff != "" {
		t.Error(diff)
	}
	after := tr.runOf(run.Id)
	if note := after.GetString("note"); after.GetInt("done") != 20 || !strings.HasPrefix(note, "20 of 20 would be") {
		t.Errorf("%d done, %q", after.GetInt("done"), note)
	}
}

// tables is the content of every table but that of the runs.
func (tr *trial) tables() map[string][]string {
	tr.t.Helper()
	var names []string
	if err := tr.app.DB().NewQuery("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name != 'runs'").Column(&names); err != nil {
		tr.t.Fatal(err)
	}
	out := map[string][]string{}
	for _, name := range names {
		rows, err := tr.app.DB().NewQuery("SELECT * FROM " + name + " ORDER BY rowid").Rows()
		if err != nil {
			tr.t.Fatal(err)
		}
		for rows.Next() {
			row := dbx.NullStringMap{}
			if err := rows.ScanMap(row); err != nil {
				tr.t.Fatal(err)
			}
			out[name] = append(out[name], fmt.Sprint(row))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			tr.t.Fatal(err)
		}
	}
	return out
}

// killed between any two pieces and started again, a run ends exactly as one that nothing interrupted.
func TestASyncThatIsKilledEndsAsIfItWasNot(t *testing.T) {
	t.Parallel()
	tr, want := disturbed(t, 40)
	id := tr.startRun("")
	for range 100 {
		open, err := runs.Open(tr.app)
		if err != nil {
			t.Fatal(err)
		}
		if len(open) == 0 {
			break
		}
		if _, err := tr.piece(t.Context(), open[0], 3); err != nil {
			t.Fatal(err)
		}
		// Prepared and never written: the kill comes right after.
		clinic, err := tr.desk.Clinic()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := runs.PrepareSync(tr.app, clinic, tr.desk.Links, open[0], 3, monday); err != nil {
			t.Fatal(err)
		}
	}
	if run := tr.runOf(id); run.GetString("state") != "done" || run.GetInt("done") != 40 || run.GetInt("total") != 40 {
		t.Fatalf("the run is %v", run.PublicExport())
	}
	if diff := cmp.Diff(want, withoutStrays(t, tr.queue())); diff != "" {
		t.Error(diff)
	}
}

// a visit that is moved between the moment when it is read and the moment when its messages are written is planned from what it is now.
func TestWhatChangesMeanwhileIsPlannedAnew(t *testing.T) {
	t.Parallel()
	tr, _ := disturbed(t, 8)
	tr.startRun("")
	open, err := runs.Open(tr.app)
	if err != nil {
		t.Fatal(err)
	}
	write, err := tr.syncMessages(t.Context(), open[0], 100)
	if err != nil {
		t.Fatal(err)
	}
	visits, err := tr.app.FindAllRecords(store.Bookings)
	if err != nil {
		t.Fatal(err)
	}
	for i, visit := range visits {
		switch i % 3 {
		case 0:
			clinictest.Change(t, tr.app, visit, clinictest.Fields{"starts_at": record.Instant(monday.AddDate(0, 0, 20+i).Add(4 * time.Hour)), "ends_at": ""})
		case 1:
			clinictest.Change(t, tr.app, visit, clinictest.Fields{"status": "cancelled"})
		}
	}
	clinictest.Change(t, tr.app, tr.client, clinictest.Fields{"first_name": "Inga", "no_sms": true})
	want := tr.queue()
	run := *open[0]
	err = tr.app.RunInTransaction(func(tx core.App) error {
		_, err := write(tx, &run)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tr.startRun("")
	settled := tr.queue()
	tr.sync()
	if diff := cmp.Diff(withoutStrays(t, settled), withoutStrays(t, tr.queue())); diff != "" {
		t.Errorf("what was written is not what the plan says: %s", diff)
	}
	if len(want) == 0 || run.Failed != 0 {
		t.Errorf("%d failed", run.Failed)
	}
}

// A visit that cannot be planned is counted, and keeps nobody else waiting.
func TestARowThatFailsEndsNothing(t *testing.T) {
	t.Parallel()
	tr, want := disturbed(t, 12)
	visits, err := tr.app.FindAllRecords(store.Bookings)
	if err != nil {
		t.Fatal(err)
	}
	lost := visits[3]
	tr.rawly("UPDATE bookings SET reason = 'gonegonegonegon' WHERE id = {:id}", dbx.Params{"id": lost.Id})
	// A row under a key of another visit, but belonging to none: the new one cannot be written.
	tr.rawly("UPDATE messages SET booking = '' WHERE booking = {:id}", dbx.Params{"id": visits[5].Id})
	tr.rawly("UPDATE messages SET booking = 'x' WHERE booking = ''")
	id := tr.startRun("")
	tr.sync()
	run := tr.runOf(id)
	if run.GetString("state") != "done" || run.GetInt("failed") != 2 || !strings.Contains(run.GetString("note"), "2 could not be") {
		t.Fatalf("the run is %v", run.PublicExport())
	}
	got := tr.queue()
	for _, queue := range []map[string]string{want, got} {
		maps.DeleteFunc(queue, func(key, _ string) bool { return strings.Contains(key, lost.Id) || strings.Contains(key, visits[5].Id) })
	}
	if diff := cmp.Diff(want, withoutStrays(t, got)); diff != "" {
		t.Error(diff)
	}
}

// Two runs at once, and a dispatcher beside them, do what one would have done.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	tr, want := disturbed(t, 24)
	ids := []string{tr.startRun("location:" + tr.location.Id), tr.startRun("reason:" + tr.reason.Id), tr.startRun("")}
	job := once(func(ctx context.Context) {
		if err := tr.Sync(ctx, monday); err != nil {
			t.Error(err)
		}
	})
	var working sync.WaitGroup
	for range 2 {
		working.Go(func() { job(t.Context()) })
	}
	working.Wait()
	tr.sync()
	for _, id := range ids {
		if run := tr.runOf(id); run.GetString("state") != "done" || run.GetInt("done") != 24 {
			t.Errorf("%s: %v", run.GetString("scope"), run.PublicExport())
		}
	}
	if diff := cmp.Diff(want, withoutStrays(t, tr.queue())); diff != "" {
		t.Error(diff)
	}
}

// open reminders are brought in line after the visits, those of a client together, and one that cannot be planned keeps nobody else waiting.
func TestSynchroniseAllBringsRemindersInLine(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	var made []*core.Record
	for i := range 12 {
		client := clinictest.Client(t, tr.app, clinictest.Fields{"location": tr.location.Id})
		patient := clinictest.Patient(t, tr.app, client)
		for range 1 + i%2 {
			made = append(made, clinictest.Make(t, tr.app, store.Reminders, clinictest.Fields{
				"client": client.Id, "location": tr.location.Id, "patients": []string{patient.Id}, "due_on": fmt.Sprintf("2027-%02d-05", 4+i%6), "methods": []string{"email", "sms"},
			}))
		}
	}
	tr.rawly("DELETE FROM runs")
	want := tr.queue()
	tr.rawly("UPDATE messages SET text = 'old words' WHERE rowid % 3 = 0 AND state = 'queued'")
	tr.rawly("DELETE FROM messages WHERE rowid % 4 = 1 AND state = 'queued'")
	tr.rawly("UPDATE reminders SET coming = '[]' WHERE rowid % 5 = 0")
	broken := made[len(made)-1]
	tr.rawly("UPDATE reminders SET due_on = 'some day' WHERE id = {:id}", dbx.Params{"id": broken.Id})
	before := tr.tables()
	dry := clinictest.Make(t, tr.app, store.Runs, clinictest.Fields{"kind": "sync_messages", "dry": true})
	tr.sync()
	if diff := cmp.Diff(before, tr.tables()); diff != "" {
		t.Errorf("the dry run wrote: %s", diff)
	}
	id := tr.startRun("")
	tr.sync()
	run := tr.runOf(id)
	if run.GetString("state") != "done" || run.GetInt("failed") != 1 || run.GetInt("done") < len(made) || tr.runOf(dry.Id).GetInt("failed") != 1 {
		t.Fatalf("the run is %v", run.PublicExport())
	}
	got := tr.queue()
	for _, queue := range []map[string]string{want, got} {
		maps.DeleteFunc(queue, func(_, row string) bool { return strings.Contains(row, broken.GetString("client")) })
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	revisions := tr.revisions()
	tr.startRun("location:" + tr.location.Id)
	tr.sync()
	if diff := cmp.Diff(revisions, tr.revisions()); diff != "" {
		t.Errorf("the second run wrote: %s", diff)
	}
}

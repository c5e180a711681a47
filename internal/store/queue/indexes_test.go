package queue_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// spoken keeps every statement that a database is asked while a test does something.
func spoken(t *testing.T, app core.App, do func()) []string {
	t.Helper()
	var said []string
	for _, builder := range []dbx.Builder{app.NonconcurrentDB(), app.ConcurrentDB()} {
		db, ok := builder.(*dbx.DB)
		if !ok {
			t.Fatal("no database")
		}
		db.QueryLogFunc = func(_ context.Context, _ time.Duration, sql string, _ *sql.Rows, _ error) { said = append(said, sql) }
		db.ExecLogFunc = func(_ context.Context, _ time.Duration, sql string, _ sql.Result, _ error) { said = append(said, sql) }
		defer func() { db.QueryLogFunc, db.ExecLogFunc = nil, nil }()
	}
	do()
	return said
}

// log fills a clinic's log with so many sent messages, and the queue with some of each kind.
func log(t *testing.T, app core.App, sent int) {
	t.Helper()
	location := clinictest.Location(t, app)
	for _, statement := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {:sent} - 1)
		 INSERT INTO messages (id, location, purpose, channel, "to", priority, planned_at, send_at, expires_at, state, "key", gateway, gateway_id, created, updated, revision)
		 SELECT printf('sent%011d', i), {:location}, 'personal', 'sms', printf('+45%08d', 20000000 + i % 500), 3, {:then}, {:then}, {:then}, 'sent', printf('sent:%d', i), 'twilio',
		        printf('SM%d', i), {:then}, {:then}, 1 FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {:sent} - 1)
		 INSERT INTO message_events (id, message, kind, at, gateway, created, updated)
		 SELECT printf('event%010d', i), printf('sent%011d', i), 'attempt', {:then}, 'twilio', {:then}, {:then} FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39)
		 INSERT INTO messages (id, location, purpose, channel, "to", text, priority, planned_at, send_at, expires_at, state, leased_until, "key", gateway, created, updated, revision)
		 SELECT printf('wait%011d', i), {:location}, 'personal', substr('sms  emailpost externalsms  ', 1 + 5 * (i % 4), 5), printf('+45%08d', 20000000 + i), 'Hello', i % 4, {:now}, {:now}, {:later},
		        CASE WHEN i < 30 THEN 'queued' ELSE 'sending' END, CASE WHEN i < 30 THEN '' ELSE {:then} END, printf('wait:%d', i), 'twilio', {:then}, {:then}, 1 FROM n`,
		`UPDATE messages SET channel = CASE substr(channel, 1, 3) WHEN 'sms' THEN 'sms' WHEN 'ema' THEN 'email' WHEN 'pos' THEN 'post' ELSE 'external' END WHERE id LIKE 'wait%'`,
	} {
		values := dbx.Params{"location": location.Id, "sent": sent, "now": "2027-03-01 08:00:00.000Z", "later": "2027-03-02 08:00:00.000Z", "then": "2026-11-01 08:00:00.000Z"}
		for name := range values {
			if !strings.Contains(statement, "{:"+name+"}") {
				delete(values, name)
			}
		}
		if _, err := app.NonconcurrentDB().NewQuery(statement).Bind(values).Execute(); err != nil {
			t.Fatal(err)
		}
	}
}

// However long the log grows, and whatever SQLite has learned about it, nothing that the dispatcher asks or writes reads the log or sorts the queue: it is
// found by the small indexes of what waits, what is on its way, and whom it is for.
func TestTheQueueIsFoundByItsIndexes(t *testing.T) {
	t.Parallel()
	for name, clinic := range map[string]struct {
		sent  int
		learn string
	}{
		"a new clinic":                         {0, ""},
		"a long log":                           {20_000, ""},
		"a long log that SQLite has looked at": {20_000, "ANALYZE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := clinictest.New(t, nil)
			log(t, app, clinic.sent)
			if clinic.learn != "" {
				if _, err := app.NonconcurrentDB().NewQuery(clinic.learn).Execute(); err != nil {
					t.Fatal(err)
				}
			}
			said := spoken(t, app, func() { aRun(t, app) })
			if len(said) < 15 {
				t.Errorf("only %d statements were heard: a run asks more", len(said))
			}
			for _, statement := range said {
				indexed(t, app, statement)
			}
		})
	}
}

// aRun does what the dispatcher does.
func aRun(t *testing.T, app core.App) {
	t.Helper()
	desk := store.NewDesk(app)
	clinic, err := desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	named := func(outbox.Channel) string { return "twilio" }
	lost, err := queue.LostLeases(app, now, 50)
	if err != nil || len(lost) == 0 {
		t.Fatalf("%d lost, %v", len(lost), err)
	}
	if _, err := queue.Claimed(app, lost); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.RaiseLetters(app, clinic, now, 50); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.EndUnfetched(app, clinic, now, 50); err != nil {
		t.Fatal(err)
	}
	leased, err := queue.Lease(app, clinic, now, queue.LeaseOptions{Limit: 50, For: time.Minute, Gateway: named, Except: []outbox.Channel{outbox.Post, outbox.External}})
	if err != nil || len(leased.Going) == 0 {
		t.Fatalf("%d leased, %v", len(leased.Going), err)
	}
	var ended []queue.Ended
	for i, m := range leased.Going {
		e := queue.Ended{Settlement: outbox.Settlement{State: outbox.Sent}, Message: m, Gateway: "twilio", GatewayID: "SMnew" + m.ID, Event: "accepted"}
		if i == 0 {
			e.Found = true
		}
		if i == 1 {
			e.State, e.Reason, e.GatewayID, e.Event = outbox.Failed, outbox.ReasonRefused, "", "failed"
		}
		ended = append(ended, e)
	}
	if _, err := queue.SaveOutcomes(app, clinic, ended, now); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Health(app, now); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.WhatWaits(app, now); err != nil {
		t.Fatal(err)
	}
}

// indexed fails the test if a statement reads one of the tables that grow from one end to the other, all that is queued row by row, or sorts more
// than what is due and meets its condition.
func indexed(t *testing.T, app core.App, statement string) {
	t.Helper()
	if words := strings.Fields(statement); !slices.Contains([]string{"SELECT", "UPDATE", "INSERT"}, words[0]) {
		return
	}
	var plan []struct {
		Detail string `db:"detail"`
	}
	if err := app.DB().NewQuery("EXPLAIN QUERY PLAN " + statement).All(&plan); err != nil {
		t.Fatalf("%v\n%s", err, statement)
	}
	long := strings.Contains(statement, "messages m") || strings.Contains(statement, "message_events")
	byDue, whole := false, make([]string, len(plan))
	for i, step := range plan {
		whole[i] = step.Detail
		byDue = byDue || strings.Contains(step.Detail, "idx_messages_due (state=? AND priority=? AND send_at<?")
	}
	for _, step := range whole {
		table, scanned := strings.CutPrefix(step, "SCAN ")
		table, _, _ = strings.Cut(table, " ")
		grows := slices.Contains([]string{"m", "messages", "e", "message_events", "c", "clients", "b", "bookings"}, table)
		newest := strings.Contains(statement, "ORDER BY rowid DESC LIMIT")
		switch {
		case scanned && grows && !newest,
			strings.HasSuffix(step, "(state=?)") && !strings.Contains(step, "COVERING"),
			long && strings.Contains(step, "TEMP B-TREE FOR ORDER BY") && !byDue:
			t.Errorf("%s\n%s\n%s", step, statement, strings.Join(whole, "\n"))
			return
		}
	}
}

package jobs

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
	"pawbell/internal/store/runs"
)

// crowd makes clients of Odense with a dog each, quickly.
func crowd(t testing.TB, app core.App, n int) {
	t.Helper()
	const numbers = `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {:n}) `
	for _, statement := range []string{
		`INSERT INTO clients (id, first_name, last_name, email, match_email, sms_phone, match_sms_phone, city, refused, review, revision)
		 SELECT printf('crowd%010d', n), 'Maja', printf('Lund %d', n), printf('crowd%d@owner.example', n), printf('crowd%d@owner.example', n),
		        printf('+4520%06d', n), printf('+4520%06d', n), 'Odense', '[]', 'none', 1 FROM numbers`,
		`INSERT INTO patients (id, client, name) SELECT printf('pet%012d', n), printf('crowd%010d', n), 'Bella' FROM numbers`,
	} {
		if _, err := app.NonconcurrentDB().NewQuery(numbers + statement).Bind(dbx.Params{"n": n}).Execute(); err != nil {
			t.Fatal(err)
		}
	}
}

// broadcast sends a message to all of Odense, as a program saves it.
func (tr *trial) broadcast(people int, changes ...clinictest.Fields) *core.Record {
	tr.t.Helper()
	crowd(tr.t, tr.app, people)
	return clinictest.Make(tr.t, tr.app, store.Broadcasts, append([]clinictest.Fields{{
		"kind": "group", "location": tr.location.Id, "filter": "city = 'Odense'", "asked_by": clinictest.Superuser(tr.t, tr.app).Id, "own_text": true, "subject": "News",
		"email_text": "Dear {{ client.first_name }}, news for {{ patient.name }}!", "channels": []string{"email"}, "confirm_count": people, "send": true,
	}}, changes...)...)
}

func (tr *trial) carryOn(ctx context.Context) {
	tr.t.Helper()
	if err := tr.Sync(ctx, tr.clock); err != nil && !errors.Is(err, context.Canceled) {
		tr.t.Fatalf("sync: %v", err)
	}
}

func (tr *trial) state(broadcast *core.Record) string {
	tr.t.Helper()
	return clinictest.Reload(tr.t, tr.app, broadcast).GetString("state")
}

// endingAt ends the context that comes with it before the nth piece of a kind of run begins.
func (tr *trial) endingAt(kind string, nth int) context.Context {
	ctx, end := context.WithCancel(tr.t.Context())
	next, pieces := tr.kinds[kind], 0
	tr.kinds[kind] = func(j *house, ctx context.Context, run *runs.Run, limit int) (piece, error) {
		if pieces++; pieces == nth {
			tr.kinds[kind] = next
			end()
		}
		return next(j, ctx, run, limit)
	}
	return ctx
}

// each recipient is a message in the log; the broadcast is sent when the last one has left, and its people are settled when sending
// begins.
func TestABroadcastIsQueuedByARunAndSent(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	broadcast := tr.broadcast(400)
	if got := tr.state(broadcast); got != "sending" || len(tr.log()) != 0 {
		t.Fatalf("%s, %v", got, tr.log())
	}
	clinictest.Client(t, tr.app, clinictest.Fields{"city": "Odense"}) // comes too late
	clinictest.Change(t, tr.app, tr.first(store.Clients, "id", "crowd0000000007"), clinictest.Fields{"refused": []string{"group"}})
	tr.carryOn(t.Context())
	expect(t, tr, log{"group email queued": 399, "group email skipped opted_out": 1})
	row := tr.first(store.Messages, "to", "crowd1@owner.example")
	if key := row.GetString("key"); key != "group:"+broadcast.Id+":crowd1@owner.example::email" || row.GetString("broadcast") != broadcast.Id || row.GetInt("priority") != 4 {
		t.Errorf("%s, priority %d", key, row.GetInt("priority"))
	}
	clinictest.Change(t, tr.app, tr.first(store.Clients, "id", "crowd0000000009"), clinictest.Fields{"no_email": true})
	tr.dispatch(tr.clock)
	expect(t, tr, log{"group email sent": 398, "group email skipped opted_out": 2})
	now := clinictest.Reload(t, tr.app, broadcast)
	if now.GetString("state") != "sent" || now.GetString("chosen") != "" || now.GetInt("recipients") != 400 {
		t.Errorf("%s, %d people", now.GetString("state"), now.GetInt("recipients"))
	}
	if m := tr.provider.sent[0]; m.UnsubscribeURL == "" {
		t.Error("mail to many says how it ends")
	}
	if run := tr.first(store.Runs, "kind", "broadcast"); run.GetString("state") != "done" || run.GetInt("done") != 400 || run.GetInt("total") != 400 {
		t.Errorf("the run is %s: %d of %d", run.GetString("state"), run.GetInt("done"), run.GetInt("total"))
	}
}

func (tr *trial) first(collection, field, value string) *core.Record {
	tr.t.Helper()
	r, err := tr.app.FindFirstRecordByData(collection, field, value)
	if err != nil {
		tr.t.Fatal(err)
	}
	return r
}

// a program that is killed between two pieces goes on where it was when another one is started on its data; nobody is left out and nobody is
// written to twice.
func TestABroadcastResumesAfterAKill(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	tr.broadcast(500)
	tr.carryOn(tr.endingAt(runs.QueueBroadcast, 2))
	half := tr.log()["group email queued"]
	if half == 0 || half >= 500 {
		t.Fatalf("%d were queued before the end", half)
	}
	tr.dispatch(tr.clock) // what is queued leaves meanwhile
	if got := tr.state(tr.first(store.Broadcasts, "kind", "group")); got != "sending" {
		t.Errorf("%s while people are still to be written to", got)
	}

	// Another program on the same data: nothing but the data is remembered.
	next := newHouse(tr.app, store.NewDesk(tr.app), tr.gateways, tr.now)
	next.desk.Links = links.Key("0123456789abcdef0123456789abcdef")
	tr.house = next
	tr.carryOn(t.Context())
	tr.dispatch(tr.clock)
	expect(t, tr, log{"group email sent": 500})
	to := map[string]int{}
	for _, m := range tr.provider.sent {
		to[m.To]++
	}
	if len(to) != 500 || tr.provider.count() != 500 {
		t.Errorf("%d messages to %d people", tr.provider.count(), len(to))
	}
}

// news that the program was down for more than a day to queue are no news any more. They are wished for when the person sent them.
func TestABroadcastThatWasQueuedTooLateIsStale(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	broadcast := tr.broadcast(300)
	tr.carryOn(tr.endingAt(runs.QueueBroadcast, 1))
	queued := tr.log()["group email queued"]
	if queued == 0 || queued == 300 {
		t.Fatalf("%d are queued", queued)
	}
	sent := tr.clock
	tr.clock = tr.clock.Add(25 * time.Hour)
	tr.carryOn(t.Context())
	tr.dispatch(tr.clock)
	expect(t, tr, log{"group email stale stale": 300})
	if last := tr.first(store.Messages, "to", "crowd299@owner.example"); !last.GetDateTime("planned_at").Time().Equal(sent) {
		t.Errorf("planned at %s", last.GetString("planned_at"))
	}
	if got := tr.state(broadcast); got != "sent" || tr.provider.count() != 0 {
		t.Errorf("it is %s, %d left", got, tr.provider.count())
	}
}

// a stop withdraws what has not left, in whatever piece it is, and lets nothing go meanwhile. Sending on brings back what the stop withdrew, what a
// person withdrew stays so, and nobody is written to twice.
func TestABroadcastIsStoppedAndSentOn(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	broadcast := tr.broadcast(900)
	tr.carryOn(tr.endingAt(runs.QueueBroadcast, 3))
	tr.provider.refuse = gateway.Result{Outcome: "temporary"}
	queued := tr.log()["group email queued"]
	if queued <= 500 || queued >= 900 {
		t.Fatalf("%d are queued", queued)
	}
	clinictest.Change(t, tr.app, tr.first(store.Messages, "to", "crowd3@owner.example"), clinictest.Fields{"state": "cancelled", "reason": "by_person"})
	clinictest.Change(t, tr.app, broadcast, clinictest.Fields{"stop": true})
	tr.provider.refuse = gateway.Result{}
	tr.dispatch(tr.clock)
	if tr.provider.count() != 0 {
		t.Fatalf("%d left after the stop", tr.provider.count())
	}
	tr.carryOn(t.Context())
	expect(t, tr, log{"group email cancelled by_person": queued})
	if got := tr.state(broadcast); got != "stopped" {
		t.Fatalf("it is %s", got)
	}

	tr.clock = tr.clock.Add(48 * time.Hour)
	clinictest.Change(t, tr.app, broadcast, clinictest.Fields{"send": true})
	tr.carryOn(t.Context())
	expect(t, tr, log{"group email queued": 899, "group email cancelled by_person": 1})
	row := tr.first(store.Messages, "to", "crowd1@owner.example")
	if !row.GetDateTime("planned_at").Time().Equal(tr.clock) || row.GetString("detail") != "" {
		t.Errorf("planned at %s", row.GetString("planned_at"))
	}
	tr.dispatch(tr.clock)
	expect(t, tr, log{"group email sent": 899, "group email cancelled by_person": 1})
	if got := tr.state(broadcast); got != "sent" {
		t.Errorf("it is %s", got)
	}
}

// one whose run somebody stopped can be sent on; it does not wait for ever.
func TestABroadcastWhoseRunWasStoppedIsStopped(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	broadcast := tr.broadcast(20)
	clinictest.Change(t, tr.app, tr.first(store.Runs, "kind", "broadcast"), clinictest.Fields{"state": "stopped"})
	tr.dispatch(tr.clock)
	if got := tr.state(broadcast); got != "stopped" {
		t.Fatalf("it is %s", got)
	}
	clinictest.Change(t, tr.app, broadcast, clinictest.Fields{"send": true})
	tr.carryOn(t.Context())
	tr.dispatch(tr.clock)
	expect(t, tr, log{"group email sent": 20})
}

// outside the sending hours mail to many waits for the morning, and the broadcast with it.
func TestABroadcastAtNightWaitsForTheMorning(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(16 * time.Hour) // 23:10
	broadcast := tr.broadcast(20)
	tr.carryOn(t.Context())
	tr.dispatch(tr.clock)
	expect(t, tr, log{"group email queued": 20})
	if got := tr.state(broadcast); got != "sending" {
		t.Errorf("it is %s", got)
	}
	tr.dispatch(time.Date(2027, 3, 2, 7, 0, 0, 0, time.UTC))
	expect(t, tr, log{"group email sent": 20})
	if got := tr.state(broadcast); got != "sent" {
		t.Errorf("it is %s", got)
	}
}

// a day's message that waits is overtaken by what happens to its visit, and a visit that was called off before it was queued says so.
func TestADaysMessageKeepsUpWithItsVisits(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.MessageSettings(t, tr.app, tr.location, clinictest.Fields{"confirmation_channels": []string{}, "visit_channels": []string{}})
	visits := []*core.Record{}
	for i := range 4 {
		visits = append(visits, clinictest.Visit(t, tr.app, tr.location, tr.practitioner, tr.reason, clinictest.Client(t, tr.app), record.Instant(monday.Add(time.Duration(28+i)*time.Hour))))
	}
	day := func() *core.Record {
		return clinictest.Make(t, tr.app, store.Broadcasts, clinictest.Fields{
			"kind": "day", "location": tr.location.Id, "from_at": monday.Add(24 * time.Hour), "until_at": monday.Add(48 * time.Hour), "own_text": true,
			"sms_text": "We are late today. {{ booking.time }}", "channels": []string{"sms"}, "send": true,
		})
	}
	broadcast := day()
	clinictest.Change(t, tr.app, visits[0], clinictest.Fields{"status": "cancelled"})
	tr.carryOn(t.Context())
	expect(t, tr, log{"day_notice sms queued": 3, "day_notice sms skipped booking_cancelled": 1})
	clinictest.Change(t, tr.app, visits[1], clinictest.Fields{"status": "cancelled"})
	clinictest.Change(t, tr.app, visits[2], clinictest.Fields{"starts_at": monday.Add(50 * time.Hour), "ends_at": monday.Add(51 * time.Hour)})
	expect(t, tr, log{"day_notice sms queued": 1, "day_notice sms skipped booking_cancelled": 1, "day_notice sms cancelled booking_cancelled": 1, "day_notice sms cancelled not_wanted": 1})
	clinictest.Change(t, tr.app, broadcast, clinictest.Fields{"stop": true})
	clinictest.Change(t, tr.app, visits[3], clinictest.Fields{"status": "cancelled"})
	clinictest.Change(t, tr.app, broadcast, clinictest.Fields{"send": true})
	tr.carryOn(t.Context())
	expect(t, tr, log{"day_notice sms skipped booking_cancelled": 1, "day_notice sms cancelled booking_cancelled": 2, "day_notice sms cancelled not_wanted": 1})
	row := tr.first(store.Messages, "reason", "not_wanted")
	if want := fmt.Sprintf("day_notice:%s:%s::sms", broadcast.Id, row.GetString("to")); row.GetString("key") != want {
		t.Errorf("%s, want %s", row.GetString("key"), want)
	}
	tr.dispatch(tr.clock)
	if got := tr.state(broadcast); got != "sent" {
		t.Errorf("it is %s", got)
	}
}

// between its queueing and its leaving pets may die. A message to many still goes to an owner of whom a pet is left, unless it names the dead.
func TestAMessageToManyWhosePetsDieBeforeItLeaves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, words, then, want string }{
		{"one of two dies, and nobody is named", "Dear {{ client.first_name }}!", `UPDATE patients SET deceased_on = '2027-03-01' WHERE name = 'Bella'`, "sent "},
		{"one of two dies, and is named", "News for {{ patient.name }}!", `UPDATE patients SET deceased_on = '2027-03-01' WHERE name = 'Bella'`, "skipped deceased"},
		{"both die", "Dear {{ client.first_name }}!", `UPDATE patients SET deceased_on = '2027-03-01'`, "skipped deceased"},
		{"one dies, the other comes no more", "Dear {{ client.first_name }}!", `UPDATE patients SET deceased_on = iif(name = 'Bella', '2027-03-01', ''), inactive = name != 'Bella'`, "skipped inactive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			crowd(t, tr.app, 1)
			clinictest.Make(t, tr.app, store.Patients, clinictest.Fields{"client": "crowd0000000001", "name": "Max"})
			clinictest.Make(t, tr.app, store.Broadcasts, clinictest.Fields{
				"kind": "group", "location": tr.location.Id, "filter": "city = 'Odense'", "asked_by": clinictest.Superuser(t, tr.app).Id, "own_text": true, "subject": "News",
				"email_text": c.words, "channels": []string{"email"}, "confirm_count": 1, "send": true,
			})
			tr.carryOn(t.Context())
			if _, err := tr.app.NonconcurrentDB().NewQuery(c.then).Execute(); err != nil {
				t.Fatal(err)
			}
			tr.dispatch(tr.clock.Add(3 * time.Hour))
			r, err := tr.app.FindFirstRecordByFilter(store.Messages, "purpose = 'group'")
			if err != nil {
				t.Fatal(err)
			}
			if got := r.GetString("state") + " " + r.GetString("reason"); got != c.want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
		})
	}
}

// one that was stopped, and whose run was stopped again before it had queued anything anew, is not sent: it can still be sent on.
func TestABroadcastThatAStopTookBackIsNotSent(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(16 * time.Hour) // 23:10
	broadcast := tr.broadcast(20)
	tr.carryOn(t.Context())
	clinictest.Change(t, tr.app, broadcast, clinictest.Fields{"stop": true})
	tr.carryOn(t.Context())
	clinictest.Change(t, tr.app, broadcast, clinictest.Fields{"send": true})
	open, err := runs.Open(tr.app)
	if err != nil || len(open) != 1 {
		t.Fatalf("%d runs, %v", len(open), err)
	}
	clinictest.Change(t, tr.app, tr.first(store.Runs, "id", open[0].ID), clinictest.Fields{"state": "stopped"})
	tr.dispatch(tr.clock)
	if got := tr.state(broadcast); got != "stopped" {
		t.Fatalf("it is %s", got)
	}
	clinictest.Change(t, tr.app, broadcast, clinictest.Fields{"send": true})
	tr.carryOn(t.Context())
	tr.dispatch(time.Date(2027, 3, 2, 7, 0, 0, 0, time.UTC))
	expect(t, tr, log{"group email sent": 20})
	if got := tr.state(broadcast); got != "sent" {
		t.Errorf("it is %s", got)
	}
}

// an address is written to once, in whatever case two people write it.
func TestASharedAddressIsWrittenToOnceOnEveryChannel(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	for i, email := range []string{"Home@owner.example", "home@owner.example"} {
		clinictest.Client(t, tr.app, clinictest.Fields{"city": "Odense", "email": email, "sms_phone": fmt.Sprintf("+452000000%d", i)})
	}
	clinictest.Make(t, tr.app, store.Broadcasts, clinictest.Fields{
		"kind": "group", "location": tr.location.Id, "filter": "city = 'Odense'", "asked_by": clinictest.Superuser(t, tr.app).Id, "own_text": true, "subject": "News",
		"email_text": "News!", "sms_text": "News!", "channel_mode": "every", "send": true,
	})
	tr.carryOn(t.Context())
	expect(t, tr, log{"group email queued": 1, "group sms queued": 2})
}

// Package recalls answers which reminders there are, what each will do, and what rules make of visits and ages.
//
// All reminders of a client are planned together, and their messages are brought in line through package queue. Rules write reminders first and have
// them planned then. It imports the store and the queue; what goes over many clients piece by piece is package runs.
package recalls

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/record"
)

// Plan brings all reminders of one client in line with the records as they are now: what the reminders say of themselves (state,
// reason, what is coming) and their queued messages. It is to be called inside the transaction that changed a reminder, the client, a patient, a
// visit or a rule, and changes nothing when nothing changed. Subscribers hear of reminders that changed once that transaction is committed.
//
// Who makes or changes reminders by raw statements calls it afterwards. A rule that does not want a reminder any more marks it as unwanted first.
func Plan(app core.App, clinic *store.Clinic, client string, now time.Time) error {
	_, err := planRecalls(app, clinic, client, now)
	return err
}

func planRecalls(app core.App, clinic *store.Clinic, client string, now time.Time) (notify.RecallPlan, error) {
	w, err := WorkOutOf(app, clinic, client, now)
	if err != nil {
		return w.Plan, err
	}
	if err := queue.Write(app, []queue.Difference{w.Difference}, queue.WholeRows, now); err != nil {
		return w.Plan, fmt.Errorf("messages of client %s: %w", client, err)
	}
	return w.Plan, writeRecallStates(app, clinic, w.Records, w.Plan.States, now)
}

// Work is what a client's reminders and their messages should be, and what brings them there.
type Work struct {
	Records []*core.Record
	Plan    notify.RecallPlan
	queue.Difference
}

// WorkOutOf reads what decides about a client's reminders and plans them. It writes nothing.
func WorkOutOf(app core.App, clinic *store.Clinic, client string, now time.Time) (w Work, err error) {
	if err := app.RecordQuery(store.Reminders).AndWhere(dbx.HashExp{"client": client}).OrderBy("id").All(&w.Records); err != nil {
		return w, fmt.Errorf("reminders of a client: %w", err)
	}
	facts, err := factsOf(app, clinic, client, w.Records, now)
	if err != nil {
		return w, fmt.Errorf("reminders of client %s: %w", client, err)
	}
	w.WorkOut(facts)
	return w, nil
}

// WorkOut plans, and finds what brings the messages in line with the plan.
func (w *Work) WorkOut(facts notify.RecallFacts) {
	w.Plan = notify.PlanRecalls(facts)
	w.Difference = queue.Diff(facts.Rows, w.Plan.Planned, outbox.ReasonNotWanted)
	for i, unwanted := range w.Withdraw {
		at := slices.IndexFunc(facts.Rows, func(r outbox.Row) bool { return r.ID == unwanted.ID })
		if why, known := w.Plan.Why[facts.Rows[at].Key]; known {
			w.Withdraw[i].Reason = why
		}
	}
}

// InLine reports whether the reminders and their messages are as they should be already.
func (w *Work) InLine() (bool, error) {
	if !w.None() {
		return false, nil
	}
	for i, s := range w.Plan.States {
		if changed, err := newsOf(w.Records[i], s); err != nil || len(changed) > 0 {
			return false, err
		}
	}
	return true, nil
}

// factsOf reads everything that decides which recalls a client gets.
func factsOf(app core.App, clinic *store.Clinic, client string, records []*core.Record, now time.Time) (notify.RecallFacts, error) {
	f := newFacts(clinic, now)
	var err error
	if f.Rows, err = store.MessageRows(app.DB(), dbx.HashExp{"client": client, "purpose": string(outbox.Reminder)}); err != nil {
		return f, fmt.Errorf("messages: %w", err)
	}
	if len(records) == 0 {
		return f, nil
	}
	var people notify.Facts
	if err := store.ReadPeople(app.DB(), clinic, &people, client, "", ""); err != nil {
		return f, fmt.Errorf("client: %w", err)
	}
	f.Client = people.Client
	starts, err := basisVisits(app.DB(), records)
	if err != nil {
		return f, err
	}
	asks, err := takeRecalls(clinic, &f, records, starts)
	if err != nil {
		return f, err
	}
	if asks.byPost && !f.Client.Gone {
		if f.Client.Postal, err = queue.PostalAddress(app, client); err != nil {
			return f, err
		}
	}
	if f.Stopped, err = store.StoppedAmong(app.DB(), asks.addresses); err != nil {
		return f, fmt.Errorf("stopped addresses: %w", err)
	}
	if err := recallPatients(app.DB(), clinic, client, f.Patients); err != nil {
		return f, err
	}
	f.Visits, err = recallVisits(app.DB(), clinic, client, asks.since)
	return f, err
}

// newFacts are the facts that all clients share.
func newFacts(c *store.Clinic, now time.Time) notify.RecallFacts {
	return notify.RecallFacts{Now: now, Locations: map[string]notify.Location{}, Patients: map[string]notify.Patient{}, Serves: c.Serves,
		Templates: c.Templates, Links: notify.Links{Base: c.Base}}
}

// recallAsks is what else a client's reminders make it necessary to know.
type recallAsks struct {
	addresses []string
	byPost    bool
	since     time.Time // from when on visits may concern them
}

// takeRecalls puts a client's reminders into the facts.
func takeRecalls(c *store.Clinic, f *notify.RecallFacts, records []*core.Record, starts map[string]basisVisit) (recallAsks, error) {
	asks := recallAsks{addresses: []string{f.Client.Email, f.Client.SMSPhone}, since: f.Now}
	for _, r := range records {
		one, err := recall(c, r, starts)
		if err != nil {
			return asks, err
		}
		if at := c.Locations[one.Location]; at != nil {
			f.Locations[at.ID] = at.Notify
		}
		asks.addresses = append(asks.addresses, one.ToEmail, one.ToPhone)
		asks.byPost = asks.byPost || slices.Contains(one.Methods, outbox.Post)
		since := one.Since
		if one.OfAge {
			since = since.Add(-partingFor)
		}
		if since.Before(asks.since) {
			asks.since = since
		}
		f.Recalls = append(f.Recalls, one)
	}
	if held := f.Now.Add(-reminder.HoldEnds(time.Time{}).Sub(time.Time{})); held.Before(asks.since) {
		asks.since = held
	}
	return asks, nil
}

// basisVisit is the visit that a reminder came from.
type basisVisit struct {
	startsAt  time.Time
	completed bool
}

func basisVisits(db dbx.Builder, records []*core.Record) (map[string]basisVisit, error) {
	visits := map[string]basisVisit{}
	var ids []string
	for _, r := range records {
		if id := record.Text(r, "booking"); id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return visits, nil
	}
	var rows []struct {
		ID       string `db:"id"`
		StartsAt string `db:"starts_at"`
		Status   string `db:"status"`
	}
	set, err := record.IDSet(ids)
	if err != nil {
		return nil, err
	}
	err = db.NewQuery(`SELECT b.id, b.starts_at, b.status FROM json_each({:ids}) j JOIN bookings b ON b.id = j.value`).Bind(dbx.Params{"ids": set}).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("visits that reminders came from: %w", err)
	}
	for _, r := range rows {
		visits[r.ID] = basisVisit{record.ParseInstant(r.StartsAt), booking.Status(r.Status) == booking.Completed}
	}
	return visits, nil
}

// recall is a reminder's record as planning sees it.
func recall(clinic *store.Clinic, r *core.Record, basis map[string]basisVisit) (notify.Recall, error) {
	one := notify.Recall{
		ID: r.Id, Location: record.Text(r, "location"), Patients: record.List(r, "patients"), Methods: store.Channels(record.List(r, "methods")), Template: record.Text(r, "template"),
		OwnText: record.Truth(r, "own_text"), Words: notify.Words{Subject: record.Text(r, "subject"), Email: record.Text(r, "email_text"), SMS: record.Text(r, "sms_text")},
		ToEmail: record.Text(r, "to_email"), ToPhone: store.Dialable(record.Text(r, "to_phone")), Group: strings.TrimSpace(record.Text(r, "reminder_group")),
		MadeAt: record.Time(r, "made_at"), Since: record.Time(r, "made_at"),
	}
	due, err := calendar.ParseDate(record.Text(r, "due_on"))
	if err != nil {
		return one, fmt.Errorf("reminder %s: %w", r.Id, err)
	}
	one.Series = series(r, due)
	if len(one.Methods) == 0 {
		one.Methods = []outbox.Channel{outbox.Email}
	}
	state := reminder.State(record.Text(r, "state"))
	if record.Text(r, "reason") == reminder.ByPerson && (state == reminder.Done || state == reminder.Cancelled) {
		one.Ended = state
	}
	visit, known := basis[record.Text(r, "booking")]
	if known {
		one.Since = visit.startsAt
	}
	if record.Text(r, "origin") != "" {
		rule := clinic.FindRule(record.Text(r, "rule"))
		one.OfAge = record.Text(r, "booking") == ""
		one.Unwanted = record.Truth(r, "unwanted") || rule == nil || rule.Inactive || record.Text(r, "booking") != "" && !(known && visit.completed)
		if rule != nil {
			one.Series.Steps, one.AlwaysSend = rule.Steps, rule.AlwaysSend
		}
	}
	return one, nil
}

func series(r *core.Record, due calendar.Date) reminder.Series {
	return reminder.Series{
		DueOn: due, Before: record.Number(r, "send_before_days"), Times: record.Number(r, "repeat_count"),
		Every: reminder.Span{Number: record.Number(r, "repeat_number"), Unit: store.RepeatUnit(record.Text(r, "repeat_unit"))},
	}
}

func recallPatients(db dbx.Builder, clinic *store.Clinic, client string, into map[string]notify.Patient) error {
	var rows []patientRow
	err := db.Select("id", "name", "species", "breed", "deceased_on", "inactive").From(store.Patients).Where(dbx.HashExp{"client": client}).All(&rows)
	if err != nil {
		return fmt.Errorf("patients: %w", err)
	}
	for _, r := range rows {
		into[r.ID] = r.patient(clinic)
	}
	return nil
}

// recallVisits reads a client's visits that may complete a reminder or hold one back.
func recallVisits(db dbx.Builder, clinic *store.Clinic, client string, since time.Time) ([]notify.RecallVisit, error) {
	var rows []visitRow
	err := db.Select("patient", "reason", "status", "starts_at").From(store.Bookings).
		Where(dbx.NewExp("client = {:client} AND starts_at > {:since} AND patient != '' AND status NOT IN ('cancelled', 'no_show')",
			dbx.Params{"client": client, "since": record.Instant(since)})).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("visits: %w", err)
	}
	visits := make([]notify.RecallVisit, len(rows))
	for i, r := range rows {
		visits[i] = r.visit(clinic)
	}
	return visits, nil
}

// writeRecallStates writes what the machine says of reminders, where it is news. Raw statements are used because nothing else hangs on these
// fields; they raise the revision as every write must.
func writeRecallStates(app core.App, clinic *store.Clinic, records []*core.Record, states []notify.RecallState, now time.Time) error {
	var changed []string
	var all []stateNews
	for i, s := range states {
		news, err := newsOf(records[i], s)
		if err != nil {
			return err
		}
		if len(news) == 0 {
			continue
		}
		columns, err := recallColumns(s)
		if err != nil {
			return err
		}
		all, changed = append(all, stateNews{s.ID, columns}), append(changed, s.ID)
	}
	if err := writeStates(app.NonconcurrentDB(), all, now); err != nil {
		return err
	}
	clinic.TellLater(app, store.Reminders, changed)
	return nil
}

// newsOf are the columns of a reminder that do not say what its plan says.
func newsOf(r *core.Record, s notify.RecallState) (dbx.Params, error) {
	columns, err := recallColumns(s)
	if err != nil {
		return nil, err
	}
	for column, value := range columns {
		if storedAs(r, column) == fmt.Sprint(value) {
			delete(columns, column)
		}
	}
	return columns, nil
}

func recallColumns(s notify.RecallState) (dbx.Params, error) {
	coming := make([]string, len(s.Coming))
	for i, date := range s.Coming {
		coming[i] = date.SendsAt.UTC().Format(time.RFC3339)
	}
	list, err := json.Marshal(coming)
	if err != nil {
		return nil, fmt.Errorf("encode what is coming: %w", err)
	}
	return dbx.Params{
		"state": string(s.State), "reason": string(s.Reason), "sent_count": s.SentCount, "next_send_at": record.Instant(s.NextSendAt),
		"coming": string(list), "look_at": record.Instant(s.LookAt), "subject": s.Words.Subject, "email_text": s.Words.Email, "sms_text": s.Words.SMS,
	}, nil
}

// storedAs is a field's value as a column holds it.
func storedAs(r *core.Record, column string) string {
	record.Known(r, column)
	if value := r.GetString(column); column != "coming" || value != "null" && value != "" {
		return value
	}
	return ""
}

// TakeState puts onto a record that is being saved what [Plan] wrote about it, so that the answer shows it.
func TakeState(app core.App, r *core.Record) error {
	stored, err := app.FindRecordById(store.Reminders, r.Id)
	if err != nil {
		return fmt.Errorf("read the reminder back: %w", err)
	}
	for _, field := range []string{
		"state", "reason", "sent_count", "next_send_at", "coming", "look_at", "subject", "email_text", "sms_text", "revision", "updated",
	} {
		r.SetRaw(field, stored.GetRaw(field))
	}
	return nil
}

// Plans reports whether a client has reminders that a new visit, a new patient or a lapse of time could concern. It is one look at an index.
func Plans(app core.App, client string) (bool, error) {
	if client == "" {
		return false, nil
	}
	var any int
	err := app.DB().Select("(1)").From(store.Reminders).Where(dbx.HashExp{"client": client}).Limit(1).Row(&any)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for reminders: %w", err)
	}
	return true, nil
}

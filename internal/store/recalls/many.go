package recalls

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/notify"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/record"
)

// PlanMany does what [Plan] does, for many clients with a few questions and statements in all. It is all or nothing: where one client
// cannot be planned, none is, and the caller goes on one by one.
func PlanMany(app core.App, clinic *store.Clinic, clients []string, now time.Time) error {
	facts, records, err := ManyFacts(app, clinic, clients, now)
	if err != nil {
		return err
	}
	differences := make([]queue.Difference, len(facts))
	var states []notify.RecallState
	var whose []*core.Record
	for i, f := range facts {
		w := Work{Records: records[i]}
		w.WorkOut(f)
		differences[i] = w.Difference
		states, whose = append(states, w.Plan.States...), append(whose, w.Records...)
	}
	if err := queue.Write(app, differences, queue.WholeRows, now); err != nil {
		return fmt.Errorf("messages of %d clients: %w", len(clients), err)
	}
	return writeRecallStates(app, clinic, whose, states, now)
}

// ManyFacts reads what [factsOf] reads, for many clients: facts and reminders of each, in the order given.
func ManyFacts(app core.App, clinic *store.Clinic, clients []string, now time.Time) ([]notify.RecallFacts, [][]*core.Record, error) {
	set, err := record.IDSet(clients)
	if err != nil {
		return nil, nil, err
	}
	ids := dbx.Params{"ids": set}
	at := make(map[string]int, len(clients))
	facts, records := make([]notify.RecallFacts, len(clients)), make([][]*core.Record, len(clients))
	for i, client := range clients {
		at[client], facts[i] = i, newFacts(clinic, now)
	}
	var reminders []*core.Record
	err = app.RecordQuery(store.Reminders).AndWhere(dbx.NewExp("client IN (SELECT value FROM json_each({:ids}))", ids)).OrderBy("client", "id").All(&reminders)
	if err != nil {
		return nil, nil, fmt.Errorf("reminders of clients: %w", err)
	}
	for _, r := range reminders {
		i := at[record.Text(r, "client")]
		records[i] = append(records[i], r)
	}
	if err := manyRecallRows(app.DB(), facts, at, ids); err != nil {
		return nil, nil, err
	}
	if err := manyRecallPeople(app.DB(), clinic, facts, at, ids); err != nil {
		return nil, nil, err
	}
	starts, err := basisVisits(app.DB(), reminders)
	if err != nil {
		return nil, nil, err
	}
	var addresses []string
	since, sinceOf := now, make([]time.Time, len(clients))
	for i := range facts {
		asks, err := takeRecalls(clinic, &facts[i], records[i], starts)
		if err != nil {
			return nil, nil, err
		}
		if asks.byPost && !facts[i].Client.Gone {
			if facts[i].Client.Postal, err = queue.PostalAddress(app, clients[i]); err != nil {
				return nil, nil, err
			}
		}
		addresses = append(addresses, asks.addresses...)
		if sinceOf[i] = asks.since; asks.since.Before(since) {
			since = asks.since
		}
	}
	said, err := store.StoppedAmong(app.DB(), addresses)
	if err != nil {
		return nil, nil, fmt.Errorf("stopped addresses: %w", err)
	}
	for i := range facts {
		facts[i].Stopped = said
	}
	return facts, records, manyRecallVisits(app.DB(), clinic, facts, at, sinceOf, ids, since)
}

func manyRecallRows(db dbx.Builder, facts []notify.RecallFacts, at map[string]int, ids dbx.Params) error {
	rows, err := store.ReadMessageRows(db, dbx.NewExp("client IN (SELECT value FROM json_each({:ids})) AND +purpose = 'reminder'", ids))
	if err != nil {
		return fmt.Errorf("messages of clients: %w", err)
	}
	for i := range rows {
		f := &facts[at[rows[i].Client]]
		f.Rows = append(f.Rows, rows[i].Row())
	}
	return nil
}

func manyRecallPeople(db dbx.Builder, clinic *store.Clinic, facts []notify.RecallFacts, at map[string]int, ids dbx.Params) error {
	for i := range facts {
		facts[i].Client.Gone = true // unless they are found
	}
	var people []store.PeopleRow
	err := db.NewQuery(`SELECT ` + store.PeopleColumns + ` FROM json_each({:ids}) j JOIN clients c ON c.id = j.value
		LEFT JOIN patients p ON p.id = '' LEFT JOIN booking_requests r ON r.id = ''`).Bind(ids).All(&people)
	if err != nil {
		return fmt.Errorf("clients: %w", err)
	}
	for i := range people {
		var of notify.Facts
		if err := people[i].Into(clinic, &of); err != nil {
			return fmt.Errorf("client %s: %w", people[i].Client, err)
		}
		facts[at[people[i].Client]].Client = of.Client
	}
	var patients []patientRow
	err = db.NewQuery(`SELECT p.client, p.id, p.name, p.species, p.breed, p.deceased_on, p.inactive
		FROM json_each({:ids}) j CROSS JOIN patients p ON p.client = j.value`).Bind(ids).All(&patients)
	if err != nil {
		return fmt.Errorf("patients: %w", err)
	}
	for _, p := range patients {
		facts[at[p.Client]].Patients[p.ID] = p.patient(clinic)
	}
	return nil
}

func manyRecallVisits(
	db dbx.Builder, clinic *store.Clinic, facts []notify.RecallFacts, at map[string]int, sinceOf []time.Time, ids dbx.Params, since time.Time,
) error {
	var visits []visitRow
	err := db.NewQuery(`SELECT b.client, b.patient, b.reason, b.status, b.starts_at FROM json_each({:ids}) j CROSS JOIN bookings b ON b.client = j.value
		WHERE b.starts_at > {:since} AND b.patient != '' AND +b.status NOT IN ('cancelled', 'no_show')`).
		Bind(dbx.Params{"ids": ids["ids"], "since": record.Instant(since)}).All(&visits)
	if err != nil {
		return fmt.Errorf("visits: %w", err)
	}
	for _, v := range visits {
		i := at[v.Client]
		if visit := v.visit(clinic); visit.StartsAt.After(sinceOf[i]) {
			facts[i].Visits = append(facts[i].Visits, visit)
		}
	}
	return nil
}

// patientRow is a patient as messages speak of it.
type patientRow struct {
	Client   string `db:"client"`
	ID       string `db:"id"`
	Name     string `db:"name"`
	Species  string `db:"species"`
	Breed    string `db:"breed"`
	Deceased string `db:"deceased_on"`
	Inactive bool   `db:"inactive"`
}

func (r patientRow) patient(clinic *store.Clinic) notify.Patient {
	p := notify.Patient{ID: r.ID, Name: r.Name, Breed: r.Breed, Deceased: r.Deceased != "", Inactive: r.Inactive}
	if s := clinic.Species[r.Species]; s != nil {
		p.Species, p.SpeciesNames = s.Name, s.Translations.Field("name")
	}
	return p
}

// visitRow is a visit that may complete a reminder, hold one back or end it.
type visitRow struct {
	Client   string `db:"client"`
	Patient  string `db:"patient"`
	Reason   string `db:"reason"`
	Status   string `db:"status"`
	StartsAt string `db:"starts_at"`
}

func (r visitRow) visit(clinic *store.Clinic) notify.RecallVisit {
	reason := clinic.Reasons[r.Reason]
	return notify.RecallVisit{
		Patient: r.Patient, Reason: r.Reason, EndOfLife: reason != nil && reason.Notify.EndOfLife, Status: booking.Status(r.Status),
		StartsAt: record.ParseInstant(r.StartsAt),
	}
}

// recallStateColumns are what the machine says of reminders, in a fixed order.
var recallStateColumns = []string{"state", "reason", "sent_count", "next_send_at", "coming", "look_at", "subject", "email_text", "sms_text"}

// statesAtOnce is how many reminders one statement rewrites: SQLite takes 32,766 parameters.
const statesAtOnce = 500

// writeStates writes what is news of several reminders, by id, in one statement for hundreds of them.
func writeStates(db dbx.Builder, news []stateNews, now time.Time) error {
	for some := range slices.Chunk(news, statesAtOnce) {
		params := dbx.Params{"now": record.Instant(now)}
		var values strings.Builder
		for i, n := range some {
			if i > 0 {
				values.WriteString(", ")
			}
			name := "i" + strconv.Itoa(i)
			params[name] = n.id
			values.WriteString("({:" + name + "}")
			for j, column := range recallStateColumns {
				name := "v" + strconv.Itoa(i) + "_" + strconv.Itoa(j)
				params[name] = n.columns[column]
				values.WriteString(", {:" + name + "}")
			}
			values.WriteString(")")
		}
		var assign strings.Builder
		for j, column := range recallStateColumns {
			assign.WriteString(column + " = v.column" + strconv.Itoa(j+2) + ", ")
		}
		_, err := db.NewQuery(`UPDATE reminders SET ` + assign.String() + `updated = {:now}, revision = revision + 1
			FROM (VALUES ` + values.String() + `) v WHERE reminders.id = v.column1`).Bind(params).Execute()
		if err != nil {
			return fmt.Errorf("write the state of %d reminders: %w", len(some), err)
		}
	}
	return nil
}

// stateNews is what the machine says of a reminder now.
type stateNews struct {
	id      string
	columns dbx.Params
}

package recalls

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pocketbase/dbx"

	"pawbell/internal/calendar"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// places are the clocks by which rules reckon, by location.
func places(c *store.Clinic) map[string]reminder.Place {
	places := make(map[string]reminder.Place, len(c.Locations))
	for id, at := range c.Locations {
		places[id] = reminder.Place{Zone: at.Notify.Zone, At: at.Notify.ReminderClock}
	}
	return places
}

// placeOf is the place from which something comes that no visit gives one: the client's, else that of their last visit, else the first of all.
func placeOf(c *store.Clinic, clients, visits string) string {
	for _, id := range []string{clients, visits} {
		if c.Locations[id] != nil {
			return id
		}
	}
	if len(c.Order) > 0 {
		return c.Order[0].ID
	}
	return ""
}

// histories reads what rules know of patients, by patient, with their visits from a day on; in two questions, however many there are. Who is not
// stored is not among them.
func histories(db dbx.Builder, clinic *store.Clinic, patients []string, since calendar.Date) (map[string]reminder.History, error) {
	ids, err := record.IDSet(patients)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID       string `db:"id"`
		Client   string `db:"client"`
		Species  string `db:"species"`
		BornOn   string `db:"born_on"`
		Away     bool   `db:"away"`
		Location string `db:"location"`
	}
	err = db.NewQuery(`SELECT p.id, p.client, p.species, p.born_on, ifnull(c.location, '') location,
			p.deceased_on != '' OR p.inactive OR c.id IS NULL OR c.merge_into != '' away
		FROM json_each({:ids}) j JOIN patients p ON p.id = j.value LEFT JOIN clients c ON c.id = p.client`).Bind(dbx.Params{"ids": ids}).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("read patients: %w", err)
	}
	var visits []struct {
		ID       string `db:"id"`
		Patient  string `db:"patient"`
		Reason   string `db:"reason"`
		Location string `db:"location"`
		StartsAt string `db:"starts_at"`
	}
	err = db.NewQuery(`SELECT b.id, b.patient, b.reason, b.location, b.starts_at
		FROM json_each({:ids}) j CROSS JOIN bookings b ON b.patient = j.value WHERE +b.status = 'completed' AND b.starts_at >= {:since} ORDER BY b.starts_at`).
		Bind(dbx.Params{"ids": ids, "since": since.String()}).All(&visits)
	if err != nil {
		return nil, fmt.Errorf("read completed visits: %w", err)
	}
	visited := map[string][]reminder.Visit{}
	for _, v := range visits {
		reason := clinic.Reasons[v.Reason]
		visited[v.Patient] = append(visited[v.Patient], reminder.Visit{
			ID: v.ID, Reason: v.Reason, Location: v.Location, Start: record.ParseInstant(v.StartsAt), EndOfLife: reason != nil && reason.Notify.EndOfLife,
		})
	}
	found := make(map[string]reminder.History, len(rows))
	for _, r := range rows {
		h := reminder.History{Patient: r.ID, Client: r.Client, Species: r.Species, Away: r.Away, Visits: visited[r.ID]}
		if born, err := calendar.ParseDate(r.BornOn); err == nil {
			h.BornOn = born
		}
		last := ""
		if n := len(h.Visits); n > 0 {
			last = h.Visits[n-1].Location
		}
		h.Home = placeOf(clinic, r.Location, last)
		found[r.ID] = h
	}
	return found, nil
}

// madeRow is a reminder that a rule has made, with the patient of the visit that it came from as that is now.
type madeRow struct {
	ID         string `db:"id"`
	Origin     string `db:"origin"`
	Rule       string `db:"rule"`
	State      string `db:"state"`
	Reason     string `db:"reason"`
	Client     string `db:"client"`
	Patients   string `db:"patients"`
	Location   string `db:"location"`
	DueOn      string `db:"due_on"`
	Methods    string `db:"methods"`
	Template   string `db:"template"`
	Group      string `db:"reminder_group"`
	Given      string `db:"given"`
	Unwanted   bool   `db:"unwanted"`
	Spent      bool   `db:"spent"`
	PatientNow string `db:"patient_now"`
}

// madeColumns are what following a rule needs to know of what it made. The patient is the visit's, else, for an age, the one that the origin
// names.
const madeColumns = `SELECT r.id, r.origin, r.rule, r.state, r.reason, r.client, r.patients, r.location, r.due_on, r.methods, r.template, r.reminder_group,
	ifnull(r.given, '') given, r.unwanted,
	r.state = 'stale' AND EXISTS (SELECT 1 FROM messages m WHERE m.key > 'reminder:' || r.id || ':' AND m.key < 'reminder:' || r.id || ';' AND m.key != ''
		AND +m.state IN ('stale', 'failed')) spent,
	CASE WHEN r.booking = '' THEN substr(r.origin, -15) ELSE ifnull(b.patient, '') END patient_now
	FROM reminders r LEFT JOIN bookings b ON b.id = r.booking `

func readMade(query *dbx.Query) ([]madeReminder, error) {
	var rows []madeRow
	if err := query.All(&rows); err != nil {
		return nil, fmt.Errorf("read reminders of rules: %w", err)
	}
	made := make([]madeReminder, len(rows))
	for i, r := range rows {
		m := madeReminder{patient: r.PatientNow, Made: reminder.Made{
			ID: r.ID, Origin: r.Origin, Rule: r.Rule, State: reminder.State(r.State), Reason: r.Reason, Client: r.Client, Unwanted: r.Unwanted, Spent: r.Spent,
			Is: reminder.Given{DueOn: r.DueOn, Template: r.Template, Group: r.Group, Location: r.Location},
		}}
		patients, err := record.Texts(r.Patients)
		if err != nil {
			return nil, fmt.Errorf("reminder %s: patients: %w", r.ID, err)
		}
		switch {
		case slices.Contains(patients, m.patient):
			m.Patient = m.patient // and whom somebody added by hand
		case len(patients) == 1:
			m.Patient = patients[0]
		}
		if m.Is.Methods, err = record.Texts(r.Methods); err != nil {
			return nil, fmt.Errorf("reminder %s: methods: %w", r.ID, err)
		}
		if r.Given != "" && r.Given != "null" {
			if err := json.Unmarshal([]byte(r.Given), &m.Given); err != nil {
				return nil, fmt.Errorf("reminder %s: given: %w", r.ID, err)
			}
		}
		made[i] = m
	}
	return made, nil
}

// madeReminder is what a rule has made, with the patient that its occasion is about as things stand, "" for none.
type madeReminder struct {
	reminder.Made
	patient string
}

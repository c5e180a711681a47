package runs

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/record"
)

// OtherText reports whether what owners are told of an absence was changed for another text.
func OtherText(was, is *core.Record) bool {
	return !readAbsence(is).silent() && record.Text(was, "template") != record.Text(is, "template")
}

// RewordAbsence words anew what owners have not been told yet of an absence, but for what somebody rewrote by hand.
func RewordAbsence(app core.App, clinic *store.Clinic, key links.Key, r *core.Record, now time.Time) error {
	keys := notify.AbsenceKeys(r.Id)
	return rewordWords(app, clinic, key, dbx.NewExp("[[key]] >= {:keys} AND [[key]] < {:end} AND [[key]] != ''", dbx.Params{"keys": keys, "end": keys + "\x7f"}), now)
}

// RewordWords does the same for the words of all absences that are said with a template.
func RewordWords(app core.App, clinic *store.Clinic, key links.Key, template *core.Record, now time.Time) error {
	return rewordWords(app, clinic, key, dbx.HashExp{"template": template.Id}, now)
}

func rewordWords(app core.App, clinic *store.Clinic, key links.Key, which dbx.Expression, now time.Time) error {
	rows, err := store.ReadMessageRows(app.DB(), dbx.And(which, dbx.HashExp{"purpose": string(outbox.DayNotice), "state": string(outbox.Queued), "broadcast": ""}))
	if err != nil {
		return fmt.Errorf("read waiting words: %w", err)
	}
	var differences []queue.Difference
	for i := range rows {
		row := rows[i].Row()
		planned, err := wordAnew(app, clinic, key, row, &rows[i])
		if err != nil {
			return err
		}
		if len(planned) > 0 {
			differences = append(differences, queue.Diff([]outbox.Row{row}, planned, outbox.ReasonNotWanted))
		}
	}
	return queue.Write(app, differences, queue.WholeRows, now)
}

// wordAnew plans a word that waits as it would be said now: about the same visit and the same pets, at the same moment. None for one that no absence says,
// such as a message that was put back.
func wordAnew(app core.App, clinic *store.Clinic, key links.Key, row outbox.Row, of *store.PlannedRow) ([]outbox.Planned, error) {
	id, _, ok := notify.AbsenceOf(row.Key)
	if !ok {
		return nil, nil
	}
	r, err := record.Find(app, store.Absences, id)
	if err != nil {
		return nil, err
	}
	template := ""
	if r != nil {
		template = record.Text(r, "template")
	}
	visit, err := store.FindVisit(app, of.Booking)
	if err != nil || visit == nil || clinic.Locations[record.Text(visit, "location")] == nil {
		return nil, err
	}
	about := store.About{Location: clinic.Locations[record.Text(visit, "location")], Client: of.Client, Booking: visit, Patients: row.Patients}
	f, err := about.Facts(app, clinic, key)
	if _, refused := store.AsRefusal(err); refused {
		// One of the pets has another owner since: what was said of them stays as it was said.
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return notify.Tell(f, notify.Wish{
		Purpose: outbox.DayNotice, Code: string(outbox.DayNotice), Template: template, Planned: row.PlannedAt, Channels: []outbox.Channel{row.Channel},
		Key: func(outbox.Channel) string { return row.Key },
	}), nil
}

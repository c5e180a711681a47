package runs

import (
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// bookingsFacts are the facts of many bookings, read by one question for each kind of row instead of several for each booking. One that is gone has none.
func bookingsFacts(app core.App, clinic *store.Clinic, key links.Key, ids []string) ([]syncFacts, error) {
	set, err := record.IDSet(ids)
	if err != nil {
		return nil, err
	}
	var records []*core.Record
	err = app.RecordQuery(store.Bookings).AndWhere(dbx.NewExp("id IN (SELECT value FROM json_each({:ids}))", dbx.Params{"ids": set})).All(&records)
	if err != nil {
		return nil, fmt.Errorf("read visits: %w", err)
	}
	at := make(map[string]int, len(records))
	facts := make([]syncFacts, len(records))
	for i, r := range records {
		at[r.Id] = i
		facts[i].Facts, facts[i].err = store.OwnFacts(clinic, key, r)
		facts[i].seen.Booking = float64(record.Number(r, "revision"))
	}
	var people []struct {
		store.PeopleRow
		Booking        string  `db:"booking"`
		ClientRevision float64 `db:"client_revision"`
		PatientUpdated string  `db:"patient_updated"`
	}
	err = app.DB().NewQuery(`SELECT b.id booking, ifnull(c.revision, 0) client_revision, ifnull(p.updated, '') patient_updated, ` + store.PeopleColumns + `
		FROM json_each({:ids}) j JOIN bookings b ON b.id = j.value
		LEFT JOIN clients c ON c.id = b.client LEFT JOIN patients p ON p.id = b.patient LEFT JOIN booking_requests r ON r.booking = b.id`).
		Bind(dbx.Params{"ids": set}).All(&people)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	var addresses []string
	for i := range people {
		row := &people[i]
		of, known := at[row.Booking]
		if !known || facts[of].read || facts[of].err != nil {
			continue
		}
		f := &facts[of]
		f.read, f.seen.Client, f.seen.Patient = true, row.ClientRevision, row.PatientUpdated
		if f.err = row.Into(clinic, &f.Facts); f.err == nil {
			addresses = append(addresses, store.AddressesOf(&f.Facts)...)
		}
	}
	said, err := store.StoppedAmong(app.DB(), addresses)
	if err != nil {
		return nil, fmt.Errorf("read stopped addresses: %w", err)
	}
	rows, err := store.ReadMessageRows(app.DB(), dbx.NewExp("booking IN (SELECT value FROM json_each({:ids}))", dbx.Params{"ids": set}))
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	for i := range rows {
		if of, known := at[rows[i].Booking]; known {
			f := &facts[of]
			f.Rows = append(f.Rows, rows[i].Row())
			f.seen.Messages, f.seen.Revisions = f.seen.Messages+1, f.seen.Revisions+rows[i].Revision
		}
	}
	for i := range facts {
		facts[i].Stopped = said
	}
	return facts, nil
}

// syncFacts are the facts of one booking of many.
type syncFacts struct {
	notify.Facts
	read bool
	seen seen
	err  error
}

// seen is what a booking's plan was worked out from: it is another one when the booking, its people or its messages were written to meanwhile.
type seen struct {
	Booking   float64 `db:"booking"`   // its revision
	Client    float64 `db:"client"`    // its revision
	Patient   string  `db:"patient"`   // when it was written
	Messages  float64 `db:"messages"`  // how many
	Revisions float64 `db:"revisions"` // theirs, added up
}

// seenNow tells what the plans of bookings would be worked out from now.
func seenNow(app core.App, ids []string) (map[string]seen, error) {
	set, err := record.IDSet(ids)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID string `db:"id"`
		seen
	}
	err = app.DB().NewQuery(`SELECT b.id, b.revision booking, ifnull(c.revision, 0) client, ifnull(p.updated, '') patient,
			(SELECT count(*) FROM messages m WHERE m.booking = b.id) messages, (SELECT ifnull(sum(m.revision), 0) FROM messages m WHERE m.booking = b.id) revisions
		FROM json_each({:ids}) j JOIN bookings b ON b.id = j.value LEFT JOIN clients c ON c.id = b.client LEFT JOIN patients p ON p.id = b.patient`).
		Bind(dbx.Params{"ids": set}).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("look whether visits changed meanwhile: %w", err)
	}
	now := make(map[string]seen, len(rows))
	for _, r := range rows {
		now[r.ID] = r.seen
	}
	return now, nil
}

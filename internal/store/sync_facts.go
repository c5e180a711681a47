package store

import (
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/notify"
)

// bookingsFacts are the facts of many bookings, read by one question for each kind of row instead of several for each booking.
func bookingsFacts(app core.App, clinic *Clinic, key links.Key, records []*core.Record) ([]syncFacts, error) {
	ids := make([]string, len(records))
	at := make(map[string]int, len(records))
	facts := make([]syncFacts, len(records))
	for i, r := range records {
		ids[i], at[r.Id] = r.Id, i
		facts[i].Facts, facts[i].err = ownFacts(clinic, key, r)
	}
	set, err := idSet(ids)
	if err != nil {
		return nil, err
	}
	var seen map[string]string
	if seen, err = seenNow(app, ids); err != nil {
		return nil, err
	}
	var people []struct {
		peopleRow
		Booking string `db:"booking"`
	}
	err = app.DB().NewQuery(`SELECT b.id booking, ` + peopleColumns + ` FROM json_each({:ids}) j JOIN bookings b ON b.id = j.value
		LEFT JOIN clients c ON c.id = b.client LEFT JOIN patients p ON p.id = b.patient LEFT JOIN booking_requests r ON r.booking = b.id`).
		Bind(dbx.Params{"ids": set}).All(&people)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	var addresses []string
	for i := range people {
		f := &facts[at[people[i].Booking]]
		if f.seen != "" || f.err != nil {
			continue
		}
		f.seen = seen[people[i].Booking]
		if f.err = people[i].into(clinic, &f.Facts); f.err == nil {
			addresses = append(addresses, addressesOf(&f.Facts)...)
		}
	}
	said, err := stopped(app.DB(), addresses)
	if err != nil {
		return nil, fmt.Errorf("read stopped addresses: %w", err)
	}
	rows, err := readMessageRows(app.DB(), dbx.NewExp("booking IN (SELECT value FROM json_each({:ids}))", dbx.Params{"ids": set}))
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	for i := range rows {
		f := &facts[at[rows[i].Booking]]
		f.Rows = append(f.Rows, rows[i].row())
	}
	for i := range facts {
		facts[i].Stopped = said
	}
	return facts, nil
}

// syncFacts are the facts of one booking of many.
type syncFacts struct {
	notify.Facts
	seen string
	err  error
}

// seenNow tells for each booking what its plan hangs on as one text: it is another one when the booking, its people or its messages were
// written to meanwhile. It is read ahead of the facts, so that what comes in between shows.
func seenNow(app core.App, ids []string) (map[string]string, error) {
	set, err := idSet(ids)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID   string `db:"id"`
		Seen string `db:"seen"`
	}
	err = app.DB().NewQuery(`SELECT b.id, b.revision || ' ' || ifnull(c.revision, '') || ' ' || ifnull(p.updated, '') || ' ' ||
			(SELECT count(*) || ' ' || ifnull(sum(m.revision), 0) FROM messages m WHERE m.booking = b.id) seen
		FROM json_each({:ids}) j JOIN bookings b ON b.id = j.value LEFT JOIN clients c ON c.id = b.client LEFT JOIN patients p ON p.id = b.patient`).
		Bind(dbx.Params{"ids": set}).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("look whether visits changed meanwhile: %w", err)
	}
	seen := make(map[string]string, len(rows))
	for _, r := range rows {
		seen[r.ID] = r.Seen
	}
	return seen, nil
}

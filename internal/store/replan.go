package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
)

// replanned plans due rows anew that a run has still to bring in line with a newer set-up, so that nothing leaves with words or at a moment that
// were changed before. It answers the set-up that holds now, and which of the rows are still due as they then are; with no such run, which is
// one look at an index, everything stays as it was.
func replanned(tx core.App, clinic *Clinic, key links.Key, due []dueRow, now time.Time) (*Clinic, []dueRow, error) {
	if len(due) == 0 {
		return clinic, due, nil
	}
	behind, err := runsBehind(tx)
	if err != nil || len(behind) == 0 {
		return clinic, due, err
	}
	// The set-up that the caller has may be older than the change that started the run.
	if clinic, err = LoadClinic(tx); err != nil {
		return clinic, due, err
	}
	var visits, clients []string
	for _, row := range due {
		switch {
		case row.Booking != "" && notify.Plans(row.Purpose) && stillToCome(behind, row):
			visits = append(visits, row.Booking)
		case row.Purpose == outbox.Reminder && row.Client != "" && stillToCome(behind, row):
			clients = append(clients, row.Client)
		}
	}
	slices.Sort(visits)
	slices.Sort(clients)
	visits, clients = slices.Compact(visits), slices.Compact(clients)
	for _, id := range visits {
		r, err := FindVisit(tx, id)
		if err == nil && r != nil {
			err = PlanBooking(tx, clinic, key, r, now)
		}
		// A visit whose reason or place is gone has nothing to be planned by; the last check sees to it.
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return clinic, due, err
		}
	}
	if slices.ContainsFunc(behind, func(run behindRun) bool { return strings.HasPrefix(run.Scope, RuleScope("")) }) {
		// What a changed rule asks of a reminder is written into it first.
		followed, err := followRulesOf(tx, clinic, clients, now)
		if err != nil {
			return clinic, due, err
		}
		clients = append(clients, followed...)
		slices.Sort(clients)
		clients = slices.Compact(clients)
	}
	if err := recallsAnew(tx, clinic, key, clients, now); err != nil {
		return clinic, due, err
	}
	if len(visits)+len(clients) == 0 {
		return clinic, due, nil
	}
	again, err := stillDue(tx, due, now)
	return clinic, again, err
}

// recallsAnew plans the reminders of clients anew, together, or where one of them is in the way each for itself.
func recallsAnew(tx core.App, clinic *Clinic, key links.Key, clients []string, now time.Time) error {
	if err := savepoint(tx, func() error { return PlanManyRecalls(tx, clinic, clients, now) }); err == nil || errors.Is(err, errSavepoint) {
		return err
	}
	for _, id := range clients {
		if err := PlanRecalls(tx, clinic, key, id, now); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

// stillDue reads rows as they are now and answers those of them that are still due.
func stillDue(tx core.App, due []dueRow, now time.Time) ([]dueRow, error) {
	ids := make([]string, len(due))
	for i, row := range due {
		ids[i] = row.ID
	}
	set, err := idSet(ids)
	if err != nil {
		return nil, err
	}
	rows, err := readRows(tx.NonconcurrentDB().NewQuery(rowColumns + ` WHERE m.id IN (SELECT value FROM json_each({:ids}))
		AND +m.state = 'queued' AND m.send_at <= {:now} AND m.next_try_at <= {:now}`).Bind(dbx.Params{"ids": set, "now": Instant(now)}))
	if err != nil {
		return nil, fmt.Errorf("read rows that were planned anew: %w", err)
	}
	slices.SortFunc(rows, func(a, b dueRow) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return rows, nil
}

// behindRun is a sync that has not come to its end, and how far it is; one that counts in another way may have everything before it.
type behindRun struct {
	Run
	place syncPlace
}

func runsBehind(tx core.App) ([]behindRun, error) {
	runs, err := readRuns(tx, dbx.And(dbx.In("state", string(RunQueued), string(RunRunning)), dbx.HashExp{"kind": SyncMessages, "dry": false}))
	if err != nil {
		return nil, err
	}
	behind := make([]behindRun, len(runs))
	for i, run := range runs {
		behind[i] = behindRun{*run, syncPlace{Part: syncVisits}}
		if place, err := placeOf(run, time.Time{}); err == nil {
			behind[i].place = place
		}
	}
	return behind, nil
}

// stillToCome reports whether one of the runs may still have a row before it. A part of the clinic that the row itself does not name counts as
// the row's: planning anew what is in line already changes nothing.
func stillToCome(behind []behindRun, row dueRow) bool {
	return slices.ContainsFunc(behind, func(run behindRun) bool {
		switch what, id := run.Part(); what {
		case "location":
			if id != row.Location {
				return false
			}
		case "client":
			if id != row.Client {
				return false
			}
		case "rule":
			return row.Purpose == outbox.Reminder
		}
		if row.Purpose == outbox.Reminder {
			return true
		}
		return run.place.Part == syncVisits && strings.Compare(Instant(row.Visit), run.place.At) >= 0
	})
}

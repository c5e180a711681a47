package runs

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/recalls"
	"pawbell/internal/store/record"
)

// Anew answers how due rows are planned anew that a run has still to bring in line with a newer set-up, so that nothing leaves with words or at a
// moment that were changed before. With no such run, which is one look at an index, everything stays as it was. key signs the links in
// what is planned.
func Anew(key links.Key) func(tx core.App, clinic *store.Clinic, due []queue.Due, now time.Time) (*store.Clinic, bool, error) {
	return func(tx core.App, clinic *store.Clinic, due []queue.Due, now time.Time) (*store.Clinic, bool, error) {
		behind, err := runsBehind(tx)
		if err != nil || len(behind) == 0 {
			return clinic, false, err
		}
		// The set-up that the caller has may be older than the change that started the run.
		if clinic, err = store.LoadClinic(tx); err != nil {
			return clinic, false, err
		}
		changed, err := planAnew(tx, clinic, key, behind, due, now)
		return clinic, changed, err
	}
}

// planAnew plans the subjects of those due rows that a run may still have before it, and answers whether there were any.
func planAnew(tx core.App, clinic *store.Clinic, key links.Key, behind []behindRun, due []queue.Due, now time.Time) (bool, error) {
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
		r, err := store.FindVisit(tx, id)
		if err == nil && r != nil {
			err = queue.PlanBooking(tx, clinic, key, r, now)
		}
		// A visit whose reason or place is gone has nothing to be planned by; the last check sees to it.
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return false, err
		}
	}
	if slices.ContainsFunc(behind, func(run behindRun) bool { return strings.HasPrefix(run.Scope, RuleScope("")) }) {
		// What a changed rule asks of a reminder is written into it first.
		followed, err := recalls.FollowRulesOf(tx, clinic, clients, now)
		if err != nil {
			return false, err
		}
		clients = append(clients, followed...)
		slices.Sort(clients)
		clients = slices.Compact(clients)
	}
	if err := recallsAnew(tx, clinic, clients, now); err != nil {
		return false, err
	}
	return len(visits)+len(clients) > 0, nil
}

// recallsAnew plans the reminders of clients anew, together, or where one of them is in the way each for itself.
func recallsAnew(tx core.App, clinic *store.Clinic, clients []string, now time.Time) error {
	if err := record.Savepoint(tx, func() error { return recalls.PlanMany(tx, clinic, clients, now) }); err == nil || errors.Is(err, record.ErrSavepoint) {
		return err
	}
	for _, id := range clients {
		if err := recalls.Plan(tx, clinic, id, now); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

// behindRun is a sync that has not come to its end, and how far it is; one that counts in another way may have everything before it.
type behindRun struct {
	Run
	place syncPlace
}

func runsBehind(tx core.App) ([]behindRun, error) {
	runs, err := readRuns(tx, dbx.And(dbx.In("state", string(Queued), string(Running)), dbx.HashExp{"kind": SyncMessages, "dry": false}))
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
func stillToCome(behind []behindRun, row queue.Due) bool {
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
		return run.place.Part == syncVisits && strings.Compare(record.Instant(row.Visit), run.place.At) >= 0
	})
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/store/record"
)

// unmarked are the statuses that a visit keeps when nobody says what became of it.
var unmarked = []string{string(booking.Booked), string(booking.Confirmed), string(booking.Arrived)}

// PastVisits lists up to limit visits of all locations that nobody marked and whose day has been over for as long as their location waits
// the oldest first. One with an id in except is passed over.
func PastVisits(app core.App, clinic *Clinic, now time.Time, limit int, except []string) ([]string, error) {
	var visits []string
	for _, at := range clinic.Locations {
		if at.CompleteAfter <= 0 || len(visits) >= limit {
			continue
		}
		var some []string
		err := app.DB().Select("id").From(Bookings).Where(dbx.And(
			record.In("status", unmarked), dbx.HashExp{"location": at.ID},
			dbx.NewExp("starts_at < {:day}", dbx.Params{"day": record.Instant(booking.CompletedBefore(now, at.CompleteAfter, at.Place.Zone))}),
			dbx.Not(record.In("id", except)),
		)).OrderBy("starts_at").Limit(int64(limit - len(visits))).Column(&some)
		if err != nil {
			return nil, fmt.Errorf("past visits of %s: %w", at.ID, err)
		}
		visits = append(visits, some...)
	}
	return visits, nil
}

// Complete marks a past visit as completed, unless somebody marked it meanwhile. It is a transaction of its own, and the owner hears
// nothing of it.
func Complete(ctx context.Context, app core.App, visit string) error {
	return app.RunInTransaction(func(tx core.App) error {
		r, err := FindVisit(tx, visit)
		if err != nil || r == nil || !slices.Contains(unmarked, record.Text(r, "status")) {
			return err
		}
		SetStatus(r, booking.Completed, "")
		if err := tx.SaveWithContext(WithActor(ctx, ByMachine), r); err != nil {
			return fmt.Errorf("complete %s: %w", visit, err)
		}
		return nil
	})
}

// answeredFor is how far back requests that nobody answered are looked for.
const answeredFor = 30 * 24 * time.Hour

// CallUnanswered asks a person to phone the owners of requests whose time has come and gone without an answer, once each: the request stands as
// it is, for it is not for a machine to say what was agreed.
func CallUnanswered(app core.App, clinic *Clinic, key links.Key, now time.Time) error {
	var visits []*core.Record
	err := app.RecordQuery(Bookings).AndWhere(dbx.HashExp{"status": string(booking.Requested)}).
		AndWhere(dbx.NewExp("starts_at < {:now} AND starts_at > {:since}", dbx.Params{"now": record.Instant(now), "since": record.Instant(now.Add(-answeredFor))})).All(&visits)
	if err != nil {
		return fmt.Errorf("unanswered requests: %w", err)
	}
	var problems []error
	for _, r := range visits {
		f, err := FactsBeside(app, clinic, key, r)
		if errors.Is(err, sql.ErrNoRows) {
			continue // its reason or place is gone, and nobody can be told what for
		}
		if err == nil {
			err = MakeCall(app, f.Location.ID, "", notify.CallOwner(f, "nobody answered their request in time"))
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// CountNoShows writes down how many visits a client has missed, counted anew from the visits themselves, in the transaction that changed
// one of them. It passes app.Save, so that the record is announced.
func CountNoShows(app core.App, client string) error {
	if client == "" {
		return nil
	}
	missed, err := app.CountRecords(Bookings, dbx.HashExp{"client": client, "status": string(booking.NoShow)})
	if err != nil {
		return fmt.Errorf("count missed visits: %w", err)
	}
	r, err := record.Find(app, Clients, client)
	if err != nil || r == nil || record.Number(r, "no_shows") == int(missed) {
		return err
	}
	record.Set(r, "no_shows", missed)
	if err := app.Save(r); err != nil {
		return fmt.Errorf("save missed visits of %s: %w", client, err)
	}
	return nil
}

// MissedChanged lists the clients whose number of missed visits a change of a booking may change. was is nil for a new booking, is for one that
// goes.
func MissedChanged(was, is *core.Record) []string {
	missed := func(r *core.Record) string {
		if r == nil || booking.Status(record.Text(r, "status")) != booking.NoShow {
			return ""
		}
		return record.Text(r, "client")
	}
	before, after := missed(was), missed(is)
	if before == after {
		return nil
	}
	return slices.DeleteFunc([]string{before, after}, func(id string) bool { return id == "" })
}

// WarnOfNoShows puts a task on the list when a visit ahead is booked for a client who has missed two or more, once for each visit.
func WarnOfNoShows(app core.App, clinic *Clinic, r *core.Record, now time.Time) error {
	starts := record.Time(r, "starts_at")
	if !starts.After(now) || !booking.Standing(booking.Status(record.Text(r, "status"))) {
		return nil
	}
	var owner struct {
		First  string  `db:"first_name"`
		Last   string  `db:"last_name"`
		Missed float64 `db:"no_shows"`
	}
	err := app.DB().Select("first_name", "last_name", "no_shows").From(Clients).Where(dbx.HashExp{"id": record.Text(r, "client")}).One(&owner)
	if err != nil {
		return fmt.Errorf("missed visits of the client: %w", err)
	}
	at := clinic.Locations[record.Text(r, "location")]
	if !booking.MissedOften(int(owner.Missed)) || at == nil {
		return nil
	}
	day := calendar.On(starts, at.Place.Zone)
	title := fmt.Sprintf("%s %s has missed %.0f visits and is booked for %s %s %s", owner.First, owner.Last, owner.Missed,
		notify.Weekday(day, notify.English), notify.Date(day, notify.English), notify.Time(starts, at.Place.Zone, notify.English))
	return MakeTask(app, Task{Kind: "no_show_warning", Title: Clipped(title, LongestTitle), Location: at.ID, Client: record.Text(r, "client"), Booking: r.Id})
}

// missedFor is how far back day notices that never arrived are looked for: a long outage included.
const missedFor = 14 * 24 * time.Hour

// missedNotices finds day notices of which their owner can have heard nothing: failed for good, skipped by the last check, or not gone when the visit
// begins. One that could not even be written, or was skipped when it was planned and never touched since, has its call on the list since then. Of a
// notice that went out on another channel, or was put back and went out, the owner has heard.
const missedNotices = `
SELECT m.booking, min(m.id) AS message, m.broadcast != '' AS many FROM messages m JOIN bookings b ON b.id = m.booking
WHERE m.purpose = 'day_notice' AND m.state IN ('queued', 'sending', 'failed', 'stale', 'skipped') AND m.planned_at > {:since}
  AND (m.state = 'stale' OR m.state = 'failed' AND m.attempts > 0 OR m.state = 'skipped' AND m.revision > 1
    OR m.state IN ('queued', 'sending', 'failed') AND b.starts_at <= {:now})
  AND NOT EXISTS (SELECT 1 FROM messages o WHERE o.booking = m.booking AND o.purpose = 'day_notice' AND o.sequence = m.sequence
    AND (o.state IN ('sent', 'delivered') OR o.state IN ('queued', 'sending') AND b.starts_at > {:now}))
  AND NOT EXISTS (SELECT 1 FROM tasks t JOIN messages o ON o.id = t.message WHERE t.booking = m.booking AND t.kind = 'call_owner'
    AND o.purpose = 'day_notice' AND o.sequence = m.sequence)
GROUP BY m.booking LIMIT {:limit}`

// CallMissed asks a person to phone the owners whom a day notice did not reach in time, once for each visit. It answers whether there may be
// more.
func CallMissed(app core.App, clinic *Clinic, key links.Key, now time.Time) (more bool, err error) {
	const limit = 100
	var missed []struct {
		Booking string `db:"booking"`
		Message string `db:"message"`
		Many    bool   `db:"many"`
	}
	err = app.DB().NewQuery(missedNotices).Bind(dbx.Params{"now": record.Instant(now), "since": record.Instant(now.Add(-missedFor)), "limit": limit}).All(&missed)
	if err != nil {
		return false, fmt.Errorf("look for missed day notices: %w", err)
	}
	made := 0
	for _, m := range missed {
		visit, err := FindVisit(app, m.Booking)
		if err != nil || visit == nil {
			return false, err
		}
		f, err := FactsBeside(app, clinic, key, visit)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return false, err
		}
		call := notify.MissedNotice(f)
		if m.Many {
			call = notify.NotWritten(f)
		}
		if err := MakeCall(app, f.Location.ID, m.Message, call); err != nil {
			return false, err
		}
		made++
	}
	return len(missed) == limit && made > 0, nil
}

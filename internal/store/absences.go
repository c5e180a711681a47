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

	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
)

// MostAtOnce is how many visits an absence carries along in its own transaction. More are left to a run.
const MostAtOnce = 200

// absence is what a record says of an absence.
type absence struct {
	id, practitioner, location string
	from, until                time.Time
	fate                       notify.Fate
}

func readAbsence(r *core.Record) absence {
	return absence{
		id: r.Id, practitioner: text(r, "practitioner"), location: text(r, "location"),
		from: instant(r, "starts_at"), until: instant(r, "ends_at"), fate: notify.Fate(text(r, "visits")),
	}
}

// silent reports whether visits are left as they are.
func (a absence) silent() bool { return a.fate != notify.FateTell && a.fate != notify.FateCancel }

// AbsentVisits lists the visits that an absence newly falls upon: still ahead, in its time and of its person or place, and not fallen upon by the
// absence as it was before (nil for a new one). They come by owner, each owner's first visit first. An absence that leaves visits as they
// are has none.
//
// Only what is new counts, so that saving a note neither tells anybody twice nor calls off what staff have booked knowingly since.
func AbsentVisits(app core.App, was, is *core.Record, now time.Time) ([]string, error) {
	a := readAbsence(is)
	if a.silent() {
		return nil, nil
	}
	affected, err := a.visits(app.DB(), now)
	if err != nil || was == nil {
		return affected, err
	}
	before := readAbsence(was)
	if before.fate != a.fate {
		return affected, nil
	}
	known, err := before.visits(app.DB(), now)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(affected, func(id string) bool { return slices.Contains(known, id) }), nil
}

func (a absence) visits(db dbx.Builder, now time.Time) ([]string, error) {
	where := `starts_at < {:until} AND ends_at > {:from} AND starts_at > {:now} AND busy_from < {:until} AND busy_from >= {:earliest}
		AND status IN ('requested', 'booked', 'confirmed', 'arrived')`
	// As in the book of a day: one that names both keeps the person away from this place alone.
	if a.practitioner != "" {
		where += ` AND practitioner = {:practitioner}`
	}
	if a.location != "" {
		where += ` AND location = {:location}`
	}
	var ids []string
	err := db.NewQuery(`SELECT id FROM bookings WHERE ` + where + ` ORDER BY client, starts_at, id`).Bind(dbx.Params{
		"from": Instant(a.from), "until": Instant(a.until), "now": Instant(now), "earliest": Instant(a.from.Add(-longestBusy)),
		"practitioner": a.practitioner, "location": a.location,
	}).Column(&ids)
	if err != nil {
		return nil, fmt.Errorf("visits of absence %s: %w", a.id, err)
	}
	return ids, nil
}

// FollowAbsence does to visits what an absence says, and tells their owners. It is to be called in a transaction, with all visits of
// each owner together. What was done already is not done again, so a list may be worked through twice.
func FollowAbsence(ctx context.Context, app core.App, clinic *Clinic, key links.Key, r *core.Record, visits []string, now time.Time) error {
	a := readAbsence(r)
	var records []*core.Record
	for _, id := range visits {
		visit, err := FindVisit(app, id)
		if err != nil {
			return err
		}
		if visit == nil || !a.concerns(visit) {
			continue
		}
		if a.fate == notify.FateCancel {
			SetStatus(visit, "cancelled", "")
			set(visit, "cancel_cause", string(ByAbsence))
			if err := app.SaveWithContext(WithActor(ctx, ByAbsence), visit); err != nil {
				return fmt.Errorf("call off %s for absence %s: %w", id, a.id, err)
			}
		}
		records = append(records, visit)
	}
	for _, owner := range byOwner(records) {
		if err := tellOwner(app, clinic, key, r, a, owner, now); err != nil {
			return fmt.Errorf("absence %s: %w", a.id, err)
		}
	}
	return nil
}

// concerns reports whether a visit still waits for what the absence does: nobody has come, moved or called it off since it was listed.
func (a absence) concerns(visit *core.Record) bool {
	starts, ends := instant(visit, "starts_at"), instant(visit, "ends_at")
	return slices.Contains([]string{"requested", "booked", "confirmed", "arrived"}, text(visit, "status")) &&
		starts.Before(a.until) && a.from.Before(ends) &&
		(a.practitioner == "" || a.practitioner == text(visit, "practitioner")) && (a.location == "" || a.location == text(visit, "location"))
}

// byOwner splits visits that come by owner.
func byOwner(visits []*core.Record) [][]*core.Record {
	var owners [][]*core.Record
	for i, visit := range visits {
		if i == 0 || text(visit, "client") != text(visits[i-1], "client") {
			owners = append(owners, nil)
		}
		owners[len(owners)-1] = append(owners[len(owners)-1], visit)
	}
	return owners
}

func tellOwner(app core.App, clinic *Clinic, key links.Key, r *core.Record, a absence, visits []*core.Record, now time.Time) error {
	facts := make([]notify.Facts, len(visits))
	for i, visit := range visits {
		f, err := factsBeside(app, clinic, key, visit)
		if err != nil {
			return err
		}
		facts[i] = f
	}
	planned, tasks := notify.TellOfAbsence(notify.Absent{
		ID: a.id, Fate: a.fate, Channels: channels(list(r, "channels")), Every: text(r, "channel_mode") == "every", Template: text(r, "template"),
	}, facts, now)
	planned, err := unsaid(app.DB(), planned)
	if err != nil {
		return err
	}
	if err := Queue(app, planned, now); err != nil {
		return err
	}
	for _, t := range tasks {
		if err := makeCall(app, facts[0].Location.ID, "", t); err != nil {
			return err
		}
	}
	return nil
}

// makeCall puts the task to phone an owner on the list.
func makeCall(app core.App, location, message string, t notify.Task) error {
	return MakeTask(app, Task{Kind: t.Kind, Title: clipped(t.Title, longestTitle), Location: location, Client: t.Client, Booking: t.Booking, Message: message})
}

// unsaid leaves out what is queued or was said under its key already.
func unsaid(db dbx.Builder, planned []outbox.Planned) ([]outbox.Planned, error) {
	if len(planned) == 0 {
		return nil, nil
	}
	keys := make([]string, len(planned))
	for i, p := range planned {
		keys[i] = p.Key
	}
	var known []string
	if err := db.Select("key").From(Messages).Where(dbx.And(in("key", keys), dbx.NewExp("[[key]] != ''"))).Column(&known); err != nil {
		return nil, fmt.Errorf("look for messages: %w", err)
	}
	return slices.DeleteFunc(planned, func(p outbox.Planned) bool { return slices.Contains(known, p.Key) }), nil
}

// UntellAbsence withdraws what owners have not been told yet of an absence that leaves visits as they are from now on, or is no more. Visits that
// it called off stay so, and their owners are told of that.
func UntellAbsence(app core.App, r *core.Record, now time.Time) error {
	keys := notify.AbsenceKeys(r.Id)
	_, err := app.NonconcurrentDB().NewQuery(`UPDATE messages SET state = 'cancelled', reason = {:reason}, updated = {:now}, revision = revision + 1
		WHERE key >= {:keys} AND key < {:end} AND key != '' AND +state = 'queued' AND key LIKE '%:tell:%'`).
		Bind(dbx.Params{"reason": string(outbox.ReasonNotWanted), "now": Instant(now), "keys": keys, "end": keys + "\x7f"}).Execute()
	if err != nil {
		return fmt.Errorf("withdraw the notices of absence %s: %w", r.Id, err)
	}
	return nil
}

// Untold reports whether an absence told owners before a change, and does not any more.
func Untold(was, is *core.Record) bool {
	return readAbsence(was).fate == notify.FateTell && readAbsence(is).fate != notify.FateTell
}

// missedFor is how far back day notices that never arrived are looked for: a long outage included.
const missedFor = 14 * 24 * time.Hour

// missedNotices finds day notices of which their owner can have heard nothing: failed for good, or not gone when the visit begins. One that
// could not even be written has its call on the list since it was planned. Of a notice that went out on another channel, or was put back
// and went out, the owner has heard.
const missedNotices = `
SELECT m.booking, min(m.id) AS message FROM messages m JOIN bookings b ON b.id = m.booking
WHERE m.purpose = 'day_notice' AND m.state IN ('queued', 'sending', 'failed', 'stale') AND m.planned_at > {:since}
  AND (m.state = 'stale' OR m.state = 'failed' AND m.attempts > 0 OR b.starts_at <= {:now})
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
	}
	err = app.DB().NewQuery(missedNotices).Bind(dbx.Params{"now": Instant(now), "since": Instant(now.Add(-missedFor)), "limit": limit}).All(&missed)
	if err != nil {
		return false, fmt.Errorf("look for missed day notices: %w", err)
	}
	for _, m := range missed {
		visit, err := FindVisit(app, m.Booking)
		if err != nil || visit == nil {
			return false, err
		}
		f, err := factsBeside(app, clinic, key, visit)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return false, err
		}
		if err := makeCall(app, f.Location.ID, m.Message, notify.MissedNotice(f)); err != nil {
			return false, err
		}
	}
	return len(missed) == limit, nil
}

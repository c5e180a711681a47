package runs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/record"
)

// FollowAbsences is the kind of run that does to many visits what an absence says; its scope is the absence.
const FollowAbsences = "absence"

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
		id: r.Id, practitioner: record.Text(r, "practitioner"), location: record.Text(r, "location"),
		from: record.Time(r, "starts_at"), until: record.Time(r, "ends_at"), fate: notify.Fate(record.Text(r, "visits")),
	}
}

// silent reports whether visits are left as they are.
func (a absence) silent() bool { return a.fate != notify.FateTell && a.fate != notify.FateCancel }

// CheckAbsenceText refuses a text that could not be sent to the owners of visits, at any place that the absence may fall upon.
func CheckAbsenceText(clinic *store.Clinic, r *core.Record) error {
	a, id := readAbsence(r), record.Text(r, "template")
	if a.silent() || id == "" {
		return nil
	}
	for _, at := range clinic.Order {
		if !a.mayFallUpon(clinic, at.ID) {
			continue
		}
		channels := store.Channels(record.List(r, "channels"))
		if len(channels) == 0 {
			channels = at.Notify.ConfirmationChannels
		}
		m := notify.Mailing{Purpose: outbox.DayNotice, Location: at.Notify, Template: id, Templates: clinic.Templates, Channels: channels}
		if field, problem := m.Problem(clinic.Base); field != "" {
			refusal := store.Wrong("template", problem.Code, problem.Message)
			refusal.Params = map[string]any{"name": problem.Name, "nearest": problem.Nearest}
			return refusal
		}
		if !m.Worded() {
			return store.Wrong("template", notify.NoText, "This text says nothing on the channels chosen.")
		}
	}
	return nil
}

// mayFallUpon reports whether visits at a place may be in an absence: those of one person are where that person works.
func (a absence) mayFallUpon(clinic *store.Clinic, location string) bool {
	if a.location != "" {
		return a.location == location
	}
	who, known := clinic.Practitioners[a.practitioner]
	return !known || len(who.Locations) == 0 || slices.Contains(who.Locations, location)
}

// AbsentVisits lists the visits that an absence newly falls upon, owner by owner, the first visit first: still ahead, in its time and of its
// person or place, and not fallen upon by the absence as it was before (nil for a new one). Those of owners whose word was taken back by
// [UntellLifted] are news again. An absence that leaves visits as they are has none.
//
// Only what is new counts, so that saving a note neither tells anybody twice nor calls off what staff have booked knowingly since.
func AbsentVisits(app core.App, was, is *core.Record, untold []string, now time.Time) ([][]string, error) {
	a := readAbsence(is)
	if a.silent() {
		return nil, nil
	}
	affected, err := a.visits(app.DB(), now)
	if err != nil {
		return nil, err
	}
	known := map[visitOf]bool{}
	if was != nil && readAbsence(was).fate == a.fate {
		before, err := readAbsence(was).visits(app.DB(), now)
		if err != nil {
			return nil, err
		}
		for _, visit := range before {
			known[visit] = true
		}
	}
	var owners [][]string
	last := ""
	for _, visit := range affected {
		switch {
		case known[visit] && !slices.Contains(untold, visit.Client):
			continue
		case len(owners) == 0 || visit.Client != last:
			owners = append(owners, nil)
		}
		last = visit.Client
		owners[len(owners)-1] = append(owners[len(owners)-1], visit.ID)
	}
	return owners, nil
}

type visitOf struct {
	ID     string `db:"id"`
	Client string `db:"client"`
}

func (a absence) visits(db dbx.Builder, now time.Time) ([]visitOf, error) {
	where := `starts_at < {:until} AND ends_at > {:from} AND starts_at > {:now} AND busy_from < {:until} AND busy_from >= {:earliest}
		AND status IN ('requested', 'booked', 'confirmed', 'arrived')`
	// As in the book of a day: one that names both keeps the person away from this place alone.
	if a.practitioner != "" {
		where += ` AND practitioner = {:practitioner}`
	}
	if a.location != "" {
		where += ` AND location = {:location}`
	}
	var visits []visitOf
	err := db.NewQuery(`SELECT id, client FROM bookings WHERE ` + where + ` ORDER BY client, starts_at, id`).Bind(dbx.Params{
		"from": record.Instant(a.from), "until": record.Instant(a.until), "now": record.Instant(now), "earliest": record.Instant(a.from.Add(-store.LongestBusy)),
		"practitioner": a.practitioner, "location": a.location,
	}).All(&visits)
	if err != nil {
		return nil, fmt.Errorf("visits of absence %s: %w", a.id, err)
	}
	return visits, nil
}

// FollowAbsence does to the visits of some owners what an absence says, and tells each of them. It is to be called in a transaction. What
// was done already is not done again, so a list may be worked through twice.
func FollowAbsence(ctx context.Context, app core.App, clinic *store.Clinic, key links.Key, r *core.Record, owners [][]string, now time.Time) error {
	a := readAbsence(r)
	for _, visits := range owners {
		var records []*core.Record
		for _, id := range visits {
			visit, err := store.FindVisit(app, id)
			if err != nil {
				return err
			}
			if visit == nil || !a.concerns(visit, now) {
				continue
			}
			if a.fate == notify.FateCancel {
				store.SetStatus(visit, booking.Cancelled, "")
				record.Set(visit, "cancel_cause", string(store.ByAbsence))
				if err := app.SaveWithContext(store.WithActor(ctx, store.ByAbsence), visit); err != nil {
					return fmt.Errorf("call off %s for absence %s: %w", id, a.id, err)
				}
			}
			records = append(records, visit)
		}
		if len(records) == 0 {
			continue
		}
		if err := tellOwner(app, clinic, key, r, a, records, now); err != nil {
			return fmt.Errorf("absence %s: %w", a.id, err)
		}
	}
	return nil
}

// FollowAbsenceLater leaves the visits of an absence to a run. What an earlier one has not begun with yet goes along with it.
func FollowAbsenceLater(tx core.App, absence string, owners [][]string) error {
	id, err := Start(tx, FollowAbsences, absence, false)
	if err != nil {
		return err
	}
	var waiting [][]string
	if err := Plan(tx, id, &waiting); err != nil {
		return err
	}
	return KeepPlan(tx, id, append(waiting, owners...))
}

// AdvanceAbsence does the next piece of such a run, the visits of a few owners: each visit is a dozen rows. It is a transaction's work.
func AdvanceAbsence(ctx context.Context, tx core.App, clinic *store.Clinic, key links.Key, run *Run, limit int, now time.Time) (more bool, err error) {
	var owners [][]string
	if err := Plan(tx, run.ID, &owners); err != nil {
		return false, err
	}
	from := 0
	if run.Cursor != "" {
		if from, err = strconv.Atoi(run.Cursor); err != nil {
			return false, fmt.Errorf("read how far the run came: %w", err)
		}
	}
	run.Total = 0
	for _, visits := range owners {
		run.Total += len(visits)
	}
	r, err := record.Find(tx, store.Absences, run.Scope)
	if err != nil {
		return false, err
	}
	if r == nil || readAbsence(r).silent() {
		run.Note = "The absence leaves visits as they are now."
		return false, nil
	}
	until, visits := from, 0
	for until < len(owners) && (visits == 0 || visits < limit/rowsOfVisit) {
		visits += len(owners[until])
		until++
	}
	if err := FollowAbsence(ctx, tx, clinic, key, r, owners[from:until], now); err != nil {
		return false, err
	}
	run.Done += visits
	run.Cursor = strconv.Itoa(until)
	return until < len(owners), nil
}

// rowsOfVisit is about how many rows it takes to call a visit off and tell everybody.
const rowsOfVisit = 20

// concerns reports whether a visit still waits for what the absence does: it has not begun, and nobody moved it or called it off since it was
// listed.
func (a absence) concerns(visit *core.Record, now time.Time) bool {
	return record.Time(visit, "starts_at").After(now) && slices.Contains([]string{"requested", "booked", "confirmed", "arrived"}, record.Text(visit, "status")) && a.covers(visit)
}

// covers reports whether a visit is in the absence's time and of its person or place.
func (a absence) covers(visit *core.Record) bool {
	return record.Time(visit, "starts_at").Before(a.until) && a.from.Before(record.Time(visit, "ends_at")) &&
		(a.practitioner == "" || a.practitioner == record.Text(visit, "practitioner")) && (a.location == "" || a.location == record.Text(visit, "location"))
}

// tellOwner queues the one notice that an owner gets, and the calls that somebody has to make.
func tellOwner(app core.App, clinic *store.Clinic, key links.Key, r *core.Record, a absence, visits []*core.Record, now time.Time) error {
	facts := make([]notify.Facts, len(visits))
	for i, visit := range visits {
		f, err := store.FactsBeside(app, clinic, key, visit)
		if err != nil {
			return err
		}
		facts[i] = f
	}
	planned, tasks := notify.TellOfAbsence(notify.Absent{
		ID: a.id, Fate: a.fate, Channels: store.Channels(record.List(r, "channels")), Every: record.Text(r, "channel_mode") == "every", Template: record.Text(r, "template"),
	}, facts, now)
	if err := sayAnew(app, planned, now); err != nil {
		return err
	}
	for _, t := range tasks {
		if err := store.MakeCallAnew(app, facts[0].Location.ID, t); err != nil {
			return err
		}
	}
	return nil
}

// sayAnew queues the notices of an absence, each once. One that was withdrawn before any attempt comes back with what is true now. One that left
// is news again where its visit has changed since, as when staff put it back and the absence falls upon it once more: then it has a key of its own.
func sayAnew(app core.App, planned []outbox.Planned, now time.Time) error {
	var differences []queue.Difference
	for _, p := range planned {
		again := p
		again.Key += ":" + strconv.Itoa(p.Sequence)
		rows, err := store.MessageRows(app.DB(), record.In("key", []string{p.Key, again.Key}))
		if err != nil {
			return fmt.Errorf("look for notices: %w", err)
		}
		if slices.ContainsFunc(rows, func(r outbox.Row) bool { return r.State == outbox.Queued }) {
			continue
		}
		d := queue.Diff(rows, []outbox.Planned{p}, outbox.ReasonNotWanted)
		if d.None() && !slices.ContainsFunc(rows, func(r outbox.Row) bool { return r.Sequence >= p.Sequence }) {
			d = queue.Diff(rows, []outbox.Planned{again}, outbox.ReasonNotWanted)
		}
		differences = append(differences, d)
	}
	return queue.Write(app, differences, queue.WholeRows, now)
}

// UntellAbsence withdraws what owners have not been told yet of an absence that leaves visits as they are from now on, or is no more. Visits that
// it called off stay so, and their owners are told of that.
func UntellAbsence(app core.App, r *core.Record, now time.Time) error {
	_, err := untell(app, r.Id, nil, now)
	return err
}

// UntellLifted does the same for the owners of visits that an absence does not fall upon any more, and answers whose word was taken back: of those of
// their visits that are still in its time they are to be told anew.
func UntellLifted(app core.App, was, is *core.Record, now time.Time) ([]string, error) {
	before, after := readAbsence(was), readAbsence(is)
	if before.fate != notify.FateTell || after.fate != notify.FateTell {
		return nil, nil
	}
	fallen, err := before.visits(app.DB(), now)
	if err != nil {
		return nil, err
	}
	still, err := after.visits(app.DB(), now)
	if err != nil {
		return nil, err
	}
	affected := make(map[visitOf]bool, len(still))
	for _, visit := range still {
		affected[visit] = true
	}
	var lifted []string
	for _, visit := range fallen {
		if !affected[visit] {
			lifted = append(lifted, visit.Client)
		}
	}
	if len(lifted) == 0 {
		return nil, nil
	}
	return untell(app, is.Id, lifted, now)
}

// untell withdraws the queued words of an absence, to everybody or to some clients, and answers whose they were.
func untell(app core.App, absence string, clients []string, now time.Time) (untold []string, err error) {
	set, err := record.IDSet(clients)
	if err != nil {
		return nil, err
	}
	keys := notify.AbsenceKeys(absence)
	err = app.NonconcurrentDB().NewQuery(`UPDATE messages SET state = 'cancelled', reason = {:reason}, updated = {:now}, revision = revision + 1
		WHERE key >= {:keys} AND key < {:end} AND key != '' AND +state = 'queued' AND key LIKE '%:tell:%'
			AND ({:clients} = 'null' OR client IN (SELECT value FROM json_each({:clients})))
		RETURNING client`).
		Bind(dbx.Params{"reason": string(outbox.ReasonNotWanted), "now": record.Instant(now), "keys": keys, "end": keys + "\x7f", "clients": set}).Column(&untold)
	if err != nil {
		return nil, fmt.Errorf("withdraw the notices of absence %s: %w", absence, err)
	}
	return untold, nil
}

// Untold reports whether an absence told owners before a change, and does not any more.
func Untold(was, is *core.Record) bool {
	return readAbsence(was).fate == notify.FateTell && readAbsence(is).fate != notify.FateTell
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
	if err := db.Select("key").From(store.Messages).Where(dbx.And(record.In("key", keys), dbx.NewExp("[[key]] != ''"))).Column(&known); err != nil {
		return nil, fmt.Errorf("look for messages: %w", err)
	}
	return slices.DeleteFunc(planned, func(p outbox.Planned) bool { return slices.Contains(known, p.Key) }), nil
}

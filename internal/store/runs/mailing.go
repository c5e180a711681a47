package runs

import (
	"errors"
	"fmt"
	"strings"
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

// QueueBroadcast is the kind of run that queues the messages of a broadcast, or withdraws them when it was stopped; its scope is the broadcast.
const QueueBroadcast = "broadcast"

// The states of a broadcast, as stored.
const (
	BroadcastDraft   = "draft"
	BroadcastSending = "sending" // until the last of its messages has left the queue
	BroadcastSent    = "sent"
	BroadcastStopped = "stopped"
)

// CheckSending refuses to send a draft to nobody, without words, or to more than fifty people whose number was not given.
func CheckSending(clinic *store.Clinic, r *core.Record, c Count, now time.Time) error {
	b, err := readBroadcast(clinic, r, now)
	switch {
	case err != nil:
		return err
	case !b.mailing.Worded():
		return store.Wrong("template", "required", "Choose a text, or write your own.")
	case c.Recipients == 0 && len(c.ToPhone) == 0:
		return store.Wrong("send", "nobody", "There is nobody whom this would reach.")
	case notify.SureOf(c.Recipients, record.Number(r, "confirm_count")):
		return nil
	}
	refusal := store.Wrong("confirm_count", "count_changed", fmt.Sprintf("It goes to %d people now. Look at the preview again and give that number.", c.Recipients))
	if record.Number(r, "confirm_count") == 0 {
		refusal = store.Wrong("confirm_count", "required", fmt.Sprintf("This goes to %d people. Give that number, so that nobody writes to more than they meant.", c.Recipients))
	}
	refusal.Params = map[string]any{"count": c.Recipients}
	return refusal
}

// BeginSending settles whom a broadcast goes to and asks for the run that queues its messages, in the transaction that set it to sending. Those who
// are to be phoned become tasks.
func BeginSending(tx core.App, r *core.Record, c Count, now time.Time) error {
	_, err := tx.NonconcurrentDB().Update(store.Broadcasts, dbx.Params{"chosen": strings.Join(c.chosen, ""), "position": 0, "revision": dbx.NewExp("[[revision]] + 1")},
		dbx.HashExp{"id": r.Id}).Execute()
	if err != nil {
		return fmt.Errorf("settle whom %s goes to: %w", r.Id, err)
	}
	for _, call := range c.ToPhone {
		if err := store.MakeCallAnew(tx, record.Text(r, "location"), call.task); err != nil {
			return err
		}
	}
	return GoOnSending(tx, r.Id, now)
}

// GoOnSending asks for the run that does what the state of a broadcast demands, unless one is under way. Its messages are wished for at now, however
// late the run comes to them.
func GoOnSending(tx core.App, broadcast string, now time.Time) error {
	open, err := readRuns(tx, dbx.HashExp{"kind": QueueBroadcast, "scope": broadcast, "state": []any{string(Queued), string(Running)}})
	if err != nil {
		return err
	}
	var id string
	if len(open) > 0 {
		id = open[0].ID
	} else if id, err = Start(tx, QueueBroadcast, broadcast, false); err != nil {
		return err
	}
	return KeepPlan(tx, id, wished{At: now})
}

// wished is the plan of a broadcast's run: when a person last asked for its messages.
type wished struct{ At time.Time }

// sending is how far a broadcast has come.
type sending struct {
	ID         string  `db:"id"`
	State      string  `db:"state"`
	Recipients float64 `db:"recipients"`
	Position   float64 `db:"position"`
}

func readSending(app core.App, which dbx.Expression) ([]sending, error) {
	var rows []sending
	if err := app.DB().Select("id", "state", "recipients", "position").From(store.Broadcasts).Where(which).All(&rows); err != nil {
		return nil, fmt.Errorf("read broadcasts: %w", err)
	}
	return rows, nil
}

// Piece is a prepared piece of a run, to be written in a transaction.
type Piece func(tx core.App, run *Run) (more bool, err error)

// PrepareBroadcast works out the next piece of a broadcast's run without holding anybody up: messages to queue, to bring back after a stop, or to
// withdraw. Each piece is written together with how far it came, and every message has its own key, so that a program that is killed goes on
// where it was and says nothing twice.
func PrepareBroadcast(app core.App, clinic *store.Clinic, key links.Key, run *Run, limit int, now time.Time) (Piece, error) {
	found, err := readSending(app, dbx.HashExp{"id": run.Scope})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].State != BroadcastSending && found[0].State != BroadcastStopped {
		return func(core.App, *Run) (bool, error) { return false, nil }, nil
	}
	s := found[0]
	run.Total = int(s.Recipients)
	if s.State == BroadcastStopped {
		return func(tx core.App, run *Run) (bool, error) {
			if again, err := movedOn(tx, s); again || err != nil {
				return true, err
			}
			n, err := withdrawStopped(tx, s.ID, limit, now)
			if n < limit {
				run.Note = "Stopped. What had not left was withdrawn."
			}
			return n == limit, err
		}, nil
	}
	r, err := app.FindRecordById(store.Broadcasts, s.ID)
	if err != nil {
		return nil, fmt.Errorf("read broadcast: %w", err)
	}
	asked := wished{now}
	if err := Plan(app, run.ID, &asked); err != nil {
		return nil, err
	}
	b, err := readBroadcast(clinic, r, asked.At)
	if err != nil {
		return nil, err
	}
	ids := someOf(record.Text(r, "chosen"), int(s.Position), limit)
	planned, err := b.prepare(app, clinic, key, ids, now)
	if err != nil {
		return nil, err
	}
	return func(tx core.App, run *Run) (bool, error) {
		if again, err := movedOn(tx, s); again || err != nil {
			return true, err
		}
		if back, err := b.bringBack(tx, limit, now); back > 0 || err != nil {
			return true, err
		}
		fresh, err := unsaid(tx.DB(), planned)
		if err != nil {
			return false, err
		}
		if err := queue.Add(tx, fresh, now); err != nil {
			return false, err
		}
		position := int(s.Position) + len(ids)
		_, err = tx.NonconcurrentDB().Update(store.Broadcasts, dbx.Params{"position": position, "revision": dbx.NewExp("[[revision]] + 1")}, dbx.HashExp{"id": s.ID}).Execute()
		if err != nil {
			return false, fmt.Errorf("write how far %s came: %w", s.ID, err)
		}
		run.Done = position
		return position < int(s.Recipients) && len(ids) > 0, nil
	}, nil
}

// movedOn reports whether a broadcast changed while its next piece was prepared, which is then to be prepared anew.
func movedOn(tx core.App, s sending) (bool, error) {
	now, err := readSending(tx, dbx.HashExp{"id": s.ID})
	return len(now) == 0 || now[0].State != s.State || now[0].Position != s.Position, err
}

// someOf takes up to limit ids from where the last piece ended. They are kept as one text: all have the same length.
func someOf(chosen string, position, limit int) []string {
	var ids []string
	for at := position * record.IDLength; at+record.IDLength <= len(chosen) && len(ids) < limit; at += record.IDLength {
		ids = append(ids, chosen[at:at+record.IDLength])
	}
	return ids
}

// prepare merges the messages of some of the chosen. Whom nothing reaches any more is a message that says why.
func (b *broadcast) prepare(app core.App, clinic *store.Clinic, key links.Key, ids []string, now time.Time) ([]outbox.Planned, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var people audience
	var err error
	if b.day {
		people, err = b.visitors(app, clinic, key, ids, now)
	} else {
		var set string
		if set, err = record.IDSet(ids); err != nil {
			return nil, err
		}
		var clients []notify.Client
		if clients, err = readClients(app.DB(), `SELECT value FROM json_each({:ids})`, dbx.Params{"ids": set}); err == nil {
			people, err = b.clients(app, clinic, key, clients, now)
		}
	}
	if err != nil {
		return nil, err
	}
	chosen := make(map[string]bool, len(ids))
	for _, id := range ids {
		chosen[id] = true
	}
	of := make([][]outbox.Planned, len(people.ids))
	inParallel(len(people.ids), func(i int) {
		if !chosen[people.ids[i]] {
			return
		}
		f := people.facts(i)
		to := b.mailing.To(&f)
		if of[i] = to.Messages; to.Reason != "" {
			of[i] = []outbox.Planned{b.mailing.Skip(&f, to)}
		}
	})
	var planned []outbox.Planned
	keys := map[string]bool{}
	for i, messages := range of {
		delete(chosen, people.ids[i])
		for _, m := range messages {
			if !keys[m.Key] {
				keys[m.Key] = true
				planned = append(planned, m)
			}
		}
	}
	if !b.day {
		return planned, nil
	}
	lost, err := b.lost(app, clinic, key, chosen)
	return append(planned, lost...), err
}

// lost are the rows that say of chosen visits why their owners get nothing: they were called off, moved or begun since.
func (b *broadcast) lost(app core.App, clinic *store.Clinic, key links.Key, visits map[string]bool) ([]outbox.Planned, error) {
	var rows []outbox.Planned
	for id := range visits {
		r, err := store.FindVisit(app, id)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		f, err := store.FactsBeside(app, clinic, key, r)
		if err != nil {
			return nil, err
		}
		reason := outbox.ReasonNotWanted
		if record.Text(r, "status") == "cancelled" {
			reason = outbox.ReasonBookingCancelled
		}
		rows = append(rows, b.mailing.Skip(&f, notify.Reached{Reason: reason}))
	}
	return rows, nil
}

// StopSending withdraws what has not left of a broadcast, in the transaction that stops it: what is due soonest at once, the rest by its run. Nothing of
// it leaves meanwhile.
func StopSending(tx core.App, broadcast string, now time.Time) error {
	if _, err := withdrawStopped(tx, broadcast, withdrawnAtOnce, now); err != nil {
		return err
	}
	return GoOnSending(tx, broadcast, now)
}

// withdrawnAtOnce is how many messages go with the command that stops a broadcast.
const withdrawnAtOnce = 500

func withdrawStopped(tx core.App, broadcast string, limit int, now time.Time) (int, error) {
	result, err := tx.NonconcurrentDB().NewQuery(`UPDATE messages SET state = 'cancelled', reason = {:reason}, detail = {:detail}, updated = {:now}, revision = revision + 1
		WHERE id IN (SELECT id FROM messages WHERE broadcast = {:broadcast} AND broadcast != '' AND state = 'queued' ORDER BY send_at LIMIT {:limit})`).
		Bind(dbx.Params{"reason": string(outbox.ReasonByPerson), "detail": queue.StoppedDetail, "now": record.Instant(now), "broadcast": broadcast, "limit": limit}).Execute()
	if err != nil {
		return 0, fmt.Errorf("withdraw the messages of %s: %w", broadcast, err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// bringBack queues messages again that a stop withdrew before any attempt, for when they were asked for once more. Those about a visit that was called off or has
// begun meanwhile stay withdrawn.
func (b *broadcast) bringBack(tx core.App, limit int, now time.Time) (int, error) {
	var rows []struct {
		ID      string `db:"id"`
		Channel string `db:"channel"`
		Starts  string `db:"starts"`
		Off     bool   `db:"off"`
	}
	err := tx.DB().NewQuery(`SELECT m.id, m.channel, ifnull(v.starts_at, '') AS starts,
			m.booking != '' AND ifnull(v.status, '') NOT IN ('requested', 'booked', 'confirmed', 'arrived') AS off
		FROM messages m LEFT JOIN bookings v ON v.id = m.booking
		WHERE m.broadcast = {:broadcast} AND m.broadcast != '' AND m.state = 'cancelled' AND m.detail = {:detail} AND m.attempts = 0 LIMIT {:limit}`).
		Bind(dbx.Params{"broadcast": b.id, "detail": queue.StoppedDetail, "limit": limit}).All(&rows)
	if err != nil {
		return 0, fmt.Errorf("read what a stop withdrew: %w", err)
	}
	for _, row := range rows {
		visit := record.ParseInstant(row.Starts)
		planned := b.mailing.Planned
		send, expires := outbox.Schedule(b.mailing.Purpose, outbox.Channel(row.Channel), planned, visit, b.at.Notify.Window)
		values := dbx.Params{
			"state": string(outbox.Queued), "reason": "", "detail": "", "planned_at": record.Instant(planned), "send_at": record.Instant(send), "expires_at": record.Instant(expires), "next_try_at": "",
		}
		switch {
		case row.Off:
			values = dbx.Params{"reason": string(outbox.ReasonBookingCancelled), "detail": ""}
		case !visit.IsZero() && !visit.After(now):
			values = dbx.Params{"reason": string(outbox.ReasonNotWanted), "detail": ""}
		}
		if err := queue.Rewrite(tx.NonconcurrentDB(), row.ID, values, now); err != nil {
			return 0, fmt.Errorf("bring %s back: %w", row.ID, err)
		}
	}
	return len(rows), nil
}

// FinishBroadcasts sets those to sent whose messages have all left the queue, and those to stopped whose run somebody ended, or could not go on: they
// can be sent on. It answers the records that moved.
func FinishBroadcasts(app core.App) error {
	all, err := readSending(app, dbx.HashExp{"state": BroadcastSending})
	if err != nil {
		return err
	}
	var problems []error
	for _, s := range all {
		problems = append(problems, finishBroadcast(app, s.ID))
	}
	return errors.Join(problems...)
}

func finishBroadcast(app core.App, id string) error {
	return app.RunInTransaction(func(tx core.App) error {
		found, err := readSending(tx, dbx.HashExp{"id": id, "state": BroadcastSending})
		if err != nil || len(found) == 0 {
			return err
		}
		open, err := readRuns(tx, dbx.HashExp{"kind": QueueBroadcast, "scope": id, "state": []any{string(Queued), string(Running)}})
		if err != nil || len(open) > 0 {
			return err
		}
		state := BroadcastSent
		if s := found[0]; s.Position < s.Recipients {
			state = BroadcastStopped
		} else if waiting, err := anyQueued(tx, id); waiting || err != nil {
			return err
		} else if withdrawn, err := anyWithdrawn(tx, id); err != nil {
			return err
		} else if withdrawn {
			state = BroadcastStopped
		}
		r, err := tx.FindRecordById(store.Broadcasts, id)
		if err != nil {
			return fmt.Errorf("read broadcast: %w", err)
		}
		r.IgnoreUnchangedFields(true)
		record.Set(r, "state", state)
		if state == BroadcastSent {
			record.Set(r, "chosen", "")
		}
		if err := tx.Save(r); err != nil {
			return fmt.Errorf("finish broadcast %s: %w", id, err)
		}
		return nil
	})
}

// anyWithdrawn reports whether a stop took messages of a broadcast back that its sending on has still to queue again.
func anyWithdrawn(tx core.App, broadcast string) (bool, error) {
	return record.Exists(tx.DB(), store.Messages, dbx.NewExp("broadcast = {:broadcast} AND broadcast != ''", dbx.Params{"broadcast": broadcast}),
		dbx.HashExp{"state": string(outbox.Cancelled), "detail": queue.StoppedDetail, "attempts": 0})
}

func anyQueued(tx core.App, broadcast string) (bool, error) {
	var waiting bool
	err := tx.DB().NewQuery(`SELECT EXISTS (SELECT 1 FROM messages WHERE broadcast = {:broadcast} AND broadcast != '' AND state IN ('queued', 'sending'))`).
		Bind(dbx.Params{"broadcast": broadcast}).Row(&waiting)
	if err != nil {
		return false, fmt.Errorf("look for waiting messages of %s: %w", broadcast, err)
	}
	return waiting, nil
}

// Package queue answers who is told what, and when: it keeps the rows of messages, from the plan that wants them to the last word of their provider.
//
// A visit's messages are brought in line with their plan here, people write and correct their own, due rows are leased, and what became of them is
// written down. It imports the store, which reads what a plan hangs on, and the rules. Reminders whose messages moved are only marked here: package
// recalls plans them. Of long work it knows nothing: whoever leases hands it what plans due rows anew.
package queue

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Reconcile brings queued rows in line with a plan, by key; it and [runs.Synced] are the only writers of planned messages. Raw statements are used
// because a booking writes several rows and nothing but the queue hangs on them; they raise the revision as every write must.
func Reconcile(app core.App, have []outbox.Row, want []outbox.Planned, withdrawn outbox.Reason, now time.Time) error {
	return Write(app, []Difference{Diff(have, want, withdrawn)}, WholeRows, now)
}

// withdraw takes queued rows out of the queue, those of one reason by one statement.
func withdraw(app core.App, rows []outbox.Withdrawal, now time.Time) error {
	ids := map[outbox.Reason][]string{}
	for _, w := range rows {
		ids[w.Reason] = append(ids[w.Reason], w.ID)
	}
	for reason, some := range ids {
		if err := endRows(app.NonconcurrentDB(), some, ending{state: outbox.Cancelled, reason: reason}, now); err != nil {
			return fmt.Errorf("withdraw messages: %w", err)
		}
	}
	return nil
}

// Add inserts planned messages, few of them in one statement, and asks a person to look at those that could not be written.
func Add(app core.App, planned []outbox.Planned, now time.Time) error {
	if len(planned) == 0 {
		return nil
	}
	ids := make([]string, len(planned))
	for i := range ids {
		ids[i] = record.NewID(now)
	}
	insert := Insert
	if len(planned) > queuedTogether {
		insert = queueMany
	}
	if err := insert(app.NonconcurrentDB(), planned, ids, now); err != nil {
		return fmt.Errorf("queue messages: %w", err)
	}
	for i, p := range planned {
		if !p.Unwritten() {
			continue
		}
		title := "A message could not be written: " + p.Reason.Words() + ": " + p.Detail
		if err := store.MakeTask(app, store.Task{Kind: "message_failed", Title: store.Clipped(title, store.LongestTitle), Location: p.Location, Client: p.Client, Booking: p.Booking, Message: ids[i]}); err != nil {
			return err
		}
	}
	return nil
}

// queuedTogether is how many rows one statement inserts. The driver looks for each parameter of a statement among all of them, so that hundreds of
// rows in one cost more than a prepared statement for each.
const queuedTogether = 8

// Insert inserts rows by one statement with a list of values for each. A JSON list would be shorter to write, but SQLite reads a row's JSON
// anew for every column of it.
func Insert(db dbx.Builder, planned []outbox.Planned, ids []string, now time.Time) error {
	columns := queueColumns()
	params := make(dbx.Params, len(planned)*len(columns))
	var sql strings.Builder
	sql.WriteString(insertMessages(columns))
	for i, p := range planned {
		values := queuedColumns(p, ids[i], now)
		for j, column := range columns {
			name := "r" + strconv.Itoa(i) + "_" + column
			params[name] = values[column]
			if j > 0 {
				sql.WriteString(", ")
			} else {
				sql.WriteString("(")
			}
			sql.WriteString("{:" + name + "}")
		}
		sql.WriteString(")")
		if i < len(planned)-1 {
			sql.WriteString(", ")
		}
	}
	_, err := db.NewQuery(sql.String()).Bind(params).Execute()
	return err
}

// queueMany inserts rows one after the other by a statement that is prepared once.
func queueMany(db dbx.Builder, planned []outbox.Planned, ids []string, now time.Time) error {
	columns := queueColumns()
	return repeat(db, insertMessages(columns)+"({:"+strings.Join(columns, "}, {:")+"})", len(planned), func(i int) dbx.Params {
		return queuedColumns(planned[i], ids[i], now)
	})
}

func insertMessages(columns []string) string {
	return `INSERT INTO messages ("` + strings.Join(columns, `", "`) + `") VALUES `
}

func queuedColumns(p outbox.Planned, id string, now time.Time) dbx.Params {
	values := messageColumns(p)
	values["id"] = id
	values["created"], values["updated"], values["revision"] = record.Instant(now), record.Instant(now), 1
	return values
}

// repeat executes one statement for many rows, prepared once.
func repeat(db dbx.Builder, sql string, rows int, params func(row int) dbx.Params) (err error) {
	if rows == 0 {
		return nil
	}
	query := db.NewQuery(sql).Prepare()
	defer func() {
		if closeErr := query.Close(); err == nil {
			err = closeErr
		}
	}()
	for i := range rows {
		if _, err := query.Bind(params(i)).Execute(); err != nil {
			return err
		}
	}
	return nil
}

// queueColumns are the columns that a message is queued with.
var queueColumns = sync.OnceValue(func() []string {
	return append(slices.Sorted(maps.Keys(messageColumns(outbox.Planned{}))), "id", "created", "updated", "revision")
})

// Rewrite changes a row that is still waiting, was withdrawn or could not be written before any attempt. The condition is not for races, which one
// writer rules out, but so that a mistake of ours can never touch what has left.
func Rewrite(db dbx.Builder, id string, values dbx.Params, now time.Time) error {
	values["updated"] = record.Instant(now)
	values["revision"] = dbx.NewExp("[[revision]] + 1")
	_, err := db.Update(store.Messages, values, dbx.NewExp(
		"id = {:id} AND (state = 'queued' OR (attempts = 0 AND state IN ('cancelled', 'skipped', 'failed')))", dbx.Params{"id": id})).Execute()
	return err
}

func messageColumns(p outbox.Planned) dbx.Params {
	return dbx.Params{
		"key": p.Key, "purpose": string(p.Purpose), "channel": string(p.Channel), "to": p.To, "bcc": strings.Join(p.BCC, ", "),
		"subject": p.Subject, "text": p.Text, "location": p.Location, "client": p.Client, "booking": p.Booking,
		"patients": record.IDList(p.Patients), "reminders": record.IDList(p.Reminders), "covers": strings.Join(p.Covers, " "), "broadcast": p.Broadcast,
		"locale": p.Locale, "template": p.Template, "sequence": p.Sequence, "priority": p.Priority,
		"planned_at": record.Instant(p.PlannedAt), "send_at": record.Instant(p.SendAt), "expires_at": record.Instant(p.ExpiresAt),
		"state": string(p.State), "reason": string(p.Reason), "detail": p.Detail,
		"encoding": p.Encoding, "parts": p.Parts, "over_limit": p.OverLimit,
	}
}

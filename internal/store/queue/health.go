package queue

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// QueueHealth is how the queue is doing at a moment of the clinic's clock.
type QueueHealth struct {
	Queued int // waiting, for whatever moment
	// Due should have left by now: the moment is there, and no wait for a next try or for the sending hours is running.
	Due int
	// OldestDue is when the first of those became due; zero without any.
	OldestDue time.Time
	Sending   int // in the hands of the dispatcher, or in doubt
	Unknown   int // perhaps sent; a person has to find out
	// LastDispatch is when a message was last handed to a provider; zero before the first.
	LastDispatch time.Time
}

// Health counts what waits. Each number is a walk along one partial index, so the log may grow for years. Letters wait for a person and
// are never due here; nor are the channels given.
func Health(app core.App, now time.Time, except ...outbox.Channel) (QueueHealth, error) {
	var h QueueHealth
	params := dbx.Params{"now": record.Instant(now)}
	channels := ""
	for i, c := range append([]outbox.Channel{outbox.Post}, except...) {
		name := "except" + strconv.Itoa(i)
		channels += ` AND channel != {:` + name + `}`
		params[name] = string(c)
	}
	var oldest, last string
	for _, question := range []struct {
		sql  string
		into []any
	}{
		{`SELECT count(*) FROM messages WHERE state = 'queued'`, []any{&h.Queued}},
		{`SELECT count(*), ifnull(min(max(send_at, next_try_at)), '') FROM messages WHERE state = 'queued' AND ` + anyPriority("priority") + `
			AND send_at <= {:now} AND next_try_at <= {:now}` + channels, []any{&h.Due, &oldest}},
		{`SELECT count(*) FROM messages WHERE state = 'sending'`, []any{&h.Sending}},
		{`SELECT count(*) FROM messages WHERE state = 'unknown'`, []any{&h.Unknown}},
		// The newest events are looked through until one is an attempt. After a message to many its reports come in for hours, a handful for each.
		{`SELECT ifnull((SELECT at FROM message_events WHERE kind = 'attempt' ORDER BY rowid DESC LIMIT 1), '')`, []any{&last}},
	} {
		query := app.DB().NewQuery(question.sql)
		if strings.Contains(question.sql, "{:now}") {
			query.Bind(params)
		}
		if err := query.Row(question.into...); err != nil {
			return h, fmt.Errorf("count the queue: %w", err)
		}
	}
	h.OldestDue, h.LastDispatch = record.ParseInstant(oldest), record.ParseInstant(last)
	return h, nil
}

// Waiting is what should have left by a channel and is still there.
type Waiting struct {
	Channel outbox.Channel
	Due     int
	Oldest  time.Time // when the first of it became due
}

// WhatWaits counts what is due by each channel, letters excepted: they wait for a person.
func WhatWaits(app core.App, now time.Time) ([]Waiting, error) {
	var rows []struct {
		Channel string  `db:"channel"`
		Due     float64 `db:"due"`
		Oldest  string  `db:"oldest"`
	}
	err := app.DB().NewQuery(`SELECT channel, count(*) AS due, min(max(send_at, next_try_at)) AS oldest FROM messages
		WHERE state = 'queued' AND ` + anyPriority("priority") + ` AND send_at <= {:now} AND next_try_at <= {:now} AND channel != 'post' GROUP BY channel`).
		Bind(dbx.Params{"now": record.Instant(now)}).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("count what waits: %w", err)
	}
	waiting := make([]Waiting, len(rows))
	for i, r := range rows {
		waiting[i] = Waiting{outbox.Channel(r.Channel), int(r.Due), record.ParseInstant(r.Oldest)}
	}
	return waiting, nil
}

// anyPriority is a condition that is always true. It lets SQLite find what is due by the index that begins with state and priority, as a walk for each
// priority; otherwise it would read all that is queued, for whatever moment.
func anyPriority(column string) string {
	var list []string
	for _, p := range outbox.Priorities() {
		list = append(list, strconv.Itoa(p))
	}
	return column + ` IN (` + strings.Join(list, ", ") + `)`
}

// standstill is the task of a queue that does not move. Its title is what it is found by.
const standstill = "Messages are due and none leaves. Please look at the gateways and the log."

// Stands asks a person to look at a queue that does not move, unless somebody was asked already. It reports whether that is news.
func Stands(app core.App) (news bool, err error) {
	err = app.RunInTransaction(func(tx core.App) error {
		open, err := tx.CountRecords(store.Tasks, dbx.HashExp{"kind": "gateway_stopped", "title": standstill, "done": false})
		if err != nil || open > 0 {
			return err
		}
		collection, err := tx.FindCachedCollectionByNameOrId(store.Tasks)
		if err != nil {
			return err
		}
		task := core.NewRecord(collection)
		record.Set(task, "kind", "gateway_stopped")
		record.Set(task, "title", standstill)
		news = true
		return tx.Save(task)
	})
	if err != nil {
		return false, fmt.Errorf("raise the alarm: %w", err)
	}
	return news, nil
}

// Moves ends that task by itself. It reports whether there was one.
func Moves(app core.App) (news bool, err error) {
	open, err := store.OpenTasks(app, "gateway_stopped", dbx.HashExp{"title": standstill})
	if err != nil {
		return false, fmt.Errorf("find the alarm: %w", err)
	}
	if err := store.DoneTasks(app, open, string(store.ByMachine)); err != nil {
		return false, fmt.Errorf("end the alarm: %w", err)
	}
	return len(open) > 0, nil
}

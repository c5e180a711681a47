package store

import (
	"fmt"
	"maps"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/notify"
	"pawbell/internal/store/record"
)

// LongestTitle is the room that a task's title has.
const LongestTitle = 200

// Task is something that needs a person.
type Task struct{ Kind, Title, Location, Client, Booking, Message string }

// MakeTask puts a task on the list, once: planning says the same things again and again, and what a person has done stays done.
func MakeTask(app core.App, t Task) error { return t.make(app, dbx.HashExp{}) }

// make puts a task on the list unless the same is there, among those of which more holds.
func (t Task) make(app core.App, more dbx.HashExp) error {
	same := dbx.HashExp{"kind": t.Kind, "client": t.Client, "booking": t.Booking, "message": t.Message, "title": t.Title}
	maps.Copy(same, more)
	var n int
	if err := app.DB().Select("count(*)").From(Tasks).Where(same).Row(&n); err != nil {
		return fmt.Errorf("look for task: %w", err)
	}
	if n > 0 {
		return nil
	}
	collection, err := app.FindCachedCollectionByNameOrId(Tasks)
	if err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	r := core.NewRecord(collection)
	record.Set(r, "kind", t.Kind)
	record.Set(r, "title", t.Title)
	record.Set(r, "location", t.Location)
	record.Set(r, "client", t.Client)
	record.Set(r, "booking", t.Booking)
	record.Set(r, "message", t.Message)
	if err := app.Save(r); err != nil {
		return fmt.Errorf("save task: %w", err)
	}
	return nil
}

// MakeTasks puts several tasks on the list, each once.
func MakeTasks(app core.App, tasks []Task) error {
	for _, t := range tasks {
		if err := MakeTask(app, t); err != nil {
			return err
		}
	}
	return nil
}

// MakeCall puts the task to phone an owner on the list.
func MakeCall(app core.App, location, message string, t notify.Task) error {
	return MakeTask(app, callTask(location, message, t))
}

// MakeCallAnew does the same for another occasion: that somebody phoned the owner of the same visit before, about something else, is no answer to it.
func MakeCallAnew(app core.App, location string, t notify.Task) error {
	return callTask(location, "", t).make(app, dbx.HashExp{"done": false})
}

func callTask(location, message string, t notify.Task) Task {
	return Task{Kind: t.Kind, Title: Clipped(t.Title, LongestTitle), Location: location, Client: t.Client, Booking: t.Booking, Message: message}
}

// OpenTasks reads those of a kind that nobody has done yet.
func OpenTasks(app core.App, kind string, which dbx.Expression) ([]*core.Record, error) {
	var open []*core.Record
	err := app.RecordQuery(Tasks).AndWhere(dbx.HashExp{"done": false, "kind": kind}).AndWhere(which).All(&open)
	if err != nil {
		return nil, fmt.Errorf("look for tasks: %w", err)
	}
	return open, nil
}

// DoneTasks marks tasks as done; by is the name or account of whoever has done them.
func DoneTasks(app core.App, tasks []*core.Record, by string) error {
	for _, r := range tasks {
		record.Set(r, "done", true)
		record.Set(r, "done_by", by)
		if err := app.Save(r); err != nil {
			return fmt.Errorf("save task: %w", err)
		}
	}
	return nil
}

// SignTask writes down who ticks a task, whatever the form says: that is a signature. It is to be called in the transaction that saves the task, and
// answers whether the task is done with this save. A form that is about something else leaves the tick as the row has it by now.
func SignTask(app core.App, r, by *core.Record) (done bool, err error) {
	was := core.NewRecord(r.Collection())
	if !r.IsNew() {
		if was, err = app.FindRecordById(r.Collection(), r.Id); err != nil {
			return false, fmt.Errorf("read the task as it is: %w", err)
		}
		if record.Truth(r, "done") == record.Truth(r.Original(), "done") {
			record.Set(r, "done", record.Truth(was, "done"))
		}
	}
	switch {
	case !record.Truth(r, "done"):
		record.Set(r, "done_by", "")
	case record.Truth(was, "done"):
		record.Set(r, "done_by", record.Text(was, "done_by"))
	default:
		record.Set(r, "done_by", AccountName(by))
		return true, nil
	}
	return false, nil
}

// Clipped is a text in at most so many characters, with an ellipsis where something is left out.
func Clipped(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

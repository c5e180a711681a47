package store

import (
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/notify"
)

// longestTitle is the room that a task's title has.
const longestTitle = 200

// Task is something that needs a person.
type Task struct{ Kind, Title, Location, Client, Booking, Message string }

// MakeTask puts a task on the list, once: planning says the same things again and again, and what a person has done stays done.
func MakeTask(app core.App, t Task) error {
	same := dbx.HashExp{"kind": t.Kind, "client": t.Client, "booking": t.Booking, "message": t.Message, "title": t.Title}
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
	set(r, "kind", t.Kind)
	set(r, "title", t.Title)
	set(r, "location", t.Location)
	set(r, "client", t.Client)
	set(r, "booking", t.Booking)
	set(r, "message", t.Message)
	if err := app.Save(r); err != nil {
		return fmt.Errorf("save task: %w", err)
	}
	return nil
}

func makeTasks(app core.App, tasks []Task) error {
	for _, t := range tasks {
		if err := MakeTask(app, t); err != nil {
			return err
		}
	}
	return nil
}

// makeCall puts the task to phone an owner on the list.
func makeCall(app core.App, location, message string, t notify.Task) error {
	return MakeTask(app, Task{Kind: t.Kind, Title: clipped(t.Title, longestTitle), Location: location, Client: t.Client, Booking: t.Booking, Message: message})
}

func openTasks(app core.App, kind string, which dbx.Expression) ([]*core.Record, error) {
	var open []*core.Record
	err := app.RecordQuery(Tasks).AndWhere(dbx.HashExp{"done": false, "kind": kind}).AndWhere(which).All(&open)
	if err != nil {
		return nil, fmt.Errorf("look for tasks: %w", err)
	}
	return open, nil
}

func doneTasks(app core.App, tasks []*core.Record, by string) error {
	for _, r := range tasks {
		set(r, "done", true)
		set(r, "done_by", by)
		if err := app.Save(r); err != nil {
			return fmt.Errorf("save task: %w", err)
		}
	}
	return nil
}

func clipped(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

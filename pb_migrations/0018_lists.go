package pb_migrations

import (
	"fmt"
	"slices"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// The dashboard's lists show a collection's fields in their order, and on most screens no more than the first six.
func init() {
	m.Register(func(app core.App) error {
		for _, list := range []struct {
			collection string
			first      []string
		}{
			{"reminders", []string{"client", "patients", "due_on", "state", "next_send_at", "reason", "methods"}},
			{"broadcasts", []string{"kind", "subject", "state", "recipients", "location", "cost"}},
			{"runs", []string{"kind", "scope", "state", "total", "done", "failed", "note"}},
		} {
			if err := showFirst(app, list.collection, list.first...); err != nil {
				return err
			}
		}
		return nil
	}, nil)
}

// showFirst brings fields of a collection to the front, in the order given; the others follow as they were.
func showFirst(app core.App, name string, first ...string) error {
	collection, err := app.FindCollectionByNameOrId(name)
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	place := func(f core.Field) int {
		if f.GetName() == core.FieldNameId {
			return -1
		}
		if at := slices.Index(first, f.GetName()); at >= 0 {
			return at
		}
		return len(first)
	}
	slices.SortStableFunc(collection.Fields, func(a, b core.Field) int { return place(a) - place(b) })
	if err := app.Save(collection); err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	return nil
}

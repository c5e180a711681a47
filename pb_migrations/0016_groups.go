package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// Messages to many: what a draft's count left out as duplicates, and the index by which day notices that did not arrive are found.
func init() {
	m.Register(func(app core.App) error {
		return change(app, "messages", func(messages *core.Collection) {
			messages.AddIndex("idx_messages_day_notice", false, "purpose, state, planned_at", "purpose = 'day_notice'")
		})
	}, func(app core.App) error {
		return change(app, "messages", func(messages *core.Collection) {
			messages.RemoveIndex("idx_messages_day_notice")
		})
	})
}

// change alters a collection that an earlier file made.
func change(app core.App, name string, alter func(*core.Collection)) error {
	collection, err := app.FindCollectionByNameOrId(name)
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	alter(collection)
	if err := app.Save(collection); err != nil {
		return fmt.Errorf("change %s: %w", name, err)
	}
	return nil
}

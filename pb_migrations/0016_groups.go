package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// everybody is room for the ids of a chain's clients, a million of them.
const everybody = 15_000_000

// Messages to many: what a draft's count left out as duplicates, whom it goes to once it is sent, and the index by which day notices that did not
// arrive are found.
func init() {
	m.Register(func(app core.App) error {
		err := change(app, "messages", func(messages *core.Collection) {
			messages.AddIndex("idx_messages_day_notice", false, "purpose, state, planned_at", "purpose = 'day_notice'")
		})
		if err != nil {
			return err
		}
		return change(app, "broadcasts", func(broadcasts *core.Collection) {
			broadcasts.Fields.AddAt(indexOfField(broadcasts, "skipped"),
				whole("duplicates", 10_000_000, "Machine: how many people were left out because their address is written to already. 0 if none."))
			broadcasts.Fields.AddAt(indexOfField(broadcasts, "revision"),
				text("chosen", everybody, "Machine: whom it goes to, settled when sending began. Empty before and at the end.", hidden),
				whole("position", 10_000_000, "Machine: how many of them have their messages in the queue. 0 at the start.", hidden))
			if state, is := broadcasts.Fields.GetByName("state").(*core.SelectField); is {
				state.Help = "Machine: a draft sends nothing until it is told to. sending: until the last message has left. stopped: what had not left was withdrawn; send goes on. Empty means draft."
			}
		})
	}, func(app core.App) error {
		err := change(app, "broadcasts", func(broadcasts *core.Collection) {
			for _, name := range []string{"duplicates", "chosen", "position"} {
				broadcasts.Fields.RemoveByName(name)
			}
		})
		if err != nil {
			return err
		}
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

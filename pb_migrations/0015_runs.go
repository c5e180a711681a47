package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// runMemory is how much a run may remember of what it still has to do, in bytes: the receivers of a campaign to a whole chain.
const runMemory = 50_000_000

func init() {
	m.Register(func(app core.App) error {
		runs, err := app.FindCollectionByNameOrId("runs")
		if err != nil {
			return fmt.Errorf("find runs: %w", err)
		}
		runs.Fields.AddAt(indexOfField(runs, "created"),
			instant("started_at", "Machine: when it began. Empty while it waits."),
			instant("ended_at", "Machine: when it came to its end. Empty until then."),
			text("cursor", noteLength, "Machine: how far it has come, so that it goes on there after a restart. Empty at the start.", hidden),
			object("plan", runMemory, "Machine: what it still has to do, where that was settled when it began. Empty at the end.", hidden),
		)
		if state, is := runs.Fields.GetByName("state").(*core.SelectField); is {
			state.Help = "Where it stands. One that waits or runs can be set to stopped; the rest is the machine's. Empty means queued."
		}
		access{
			read:   staff(manager),
			create: staff(manager, "(kind = 'sync_messages' || kind = 'copy_mobile_numbers' || kind = 'import')"),
			update: staff(manager, fixed("kind", "scope", "dry")),
		}.apply(runs)
		if err := app.Save(runs); err != nil {
			return fmt.Errorf("save runs: %w", err)
		}
		return nil
	}, func(app core.App) error {
		runs, err := app.FindCollectionByNameOrId("runs")
		if err != nil {
			return fmt.Errorf("find runs: %w", err)
		}
		for _, name := range []string{"started_at", "ended_at", "cursor", "plan"} {
			runs.Fields.RemoveByName(name)
		}
		runs.UpdateRule = nil
		if err := app.Save(runs); err != nil {
			return fmt.Errorf("save runs: %w", err)
		}
		return nil
	})
}

// indexOfField is the place of a field among its collection's, for others to stand before it.
func indexOfField(collection *core.Collection, name string) int {
	for i, field := range collection.Fields {
		if field.GetName() == name {
			return i
		}
	}
	return len(collection.Fields)
}

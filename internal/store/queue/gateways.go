package queue

import (
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// GatewayStopped asks a person to mend a gateway that refuses us altogether, once until that task is done. detail is the gateway's own
// words.
func GatewayStopped(app core.App, gateway, detail string) error {
	open, err := store.OpenTasks(app, "gateway_stopped", dbx.NewExp("substr(title, 1, length({:begins})) = {:begins}", dbx.Params{"begins": stoppedTitle(gateway)}))
	if err != nil || len(open) > 0 {
		return err
	}
	title := stoppedTitle(gateway) + " Its messages wait."
	if detail != "" {
		title += " It says: " + detail
	}
	collection, err := app.FindCachedCollectionByNameOrId(store.Tasks)
	if err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	// Not by MakeTask: the same trouble may come again after somebody mended it, and is a new task then.
	r := core.NewRecord(collection)
	record.Set(r, "kind", "gateway_stopped")
	record.Set(r, "title", store.Clipped(title, store.LongestTitle))
	if err := app.Save(r); err != nil {
		return fmt.Errorf("save task: %w", err)
	}
	return nil
}

// GatewayWorks marks the tasks of a gateway that takes messages again as done.
func GatewayWorks(app core.App, gateway string) error {
	open, err := store.OpenTasks(app, "gateway_stopped", dbx.NewExp("substr(title, 1, length({:begins})) = {:begins}", dbx.Params{"begins": stoppedTitle(gateway)}))
	if err != nil {
		return err
	}
	return store.DoneTasks(app, open, string(store.ByMachine))
}

func stoppedTitle(gateway string) string { return "The gateway " + gateway + " takes no messages." }

package store

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// ReportRun writes what a job did as one line into PocketBase's log, where the dashboard shows it. The minimum level that the clinic set is for
// requests, of which there are thousands and each costs a write; it would leave out these few lines as well, so they are written beside it. Nothing
// is kept while the log is switched off.
func ReportRun(app core.App, message string, numbers map[string]any) error {
	if app.Settings().Logs.MaxDays == 0 {
		return nil
	}
	line := &core.Log{Created: types.NowDateTime(), Message: message, Data: numbers}
	line.MarkAsNew()
	line.Id = core.GenerateDefaultRandomId()
	if err := app.AuxSave(line); err != nil {
		return fmt.Errorf("report a run: %w", err)
	}
	return nil
}

package hooks

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
)

// inTx gives a model hook a write transaction that spans everything from its first line to the stored row, so that a record and its
// consequences are kept together or not at all. Inside, e.App is the transaction; nested in an outer one (a batch, a job) it joins that.
//
// PocketBase's own Save opens no transaction: without this a handler that fails after e.Next() would leave the row behind. e.App is put
// back in the end because the after-success hooks run on it when the transaction is long gone.
func inTx(handler func(e *core.RecordEvent) error) func(e *core.RecordEvent) error {
	return func(e *core.RecordEvent) error {
		outer := e.App
		defer func() { e.App = outer }()
		return outer.RunInTransaction(func(tx core.App) error {
			e.App = tx
			return handler(e)
		})
	}
}

// inRequestTx does for a request hook what [inTx] does for a model hook. PocketBase writes the response after the commit.
func inRequestTx(handler func(e *core.RecordRequestEvent) error) func(e *core.RecordRequestEvent) error {
	return func(e *core.RecordRequestEvent) error {
		outer := e.App
		defer func() { e.App = outer }()
		return outer.RunInTransaction(func(tx core.App) error {
			e.App = tx
			return handler(e)
		})
	}
}

// before is the row that an update or delete is about to change, as the database has it now. Call it ahead of e.Next(), inside [inTx].
//
// Record.Original() is no substitute: it is what the row was when this instance was loaded, which may have been before another save,
// and it stays the same after every further save of the instance. A record that is not stored yet has no such row: sql.ErrNoRows.
func before(e *core.RecordEvent) (*core.Record, error) {
	id, _ := e.Record.LastSavedPK().(string)
	row, err := e.App.FindRecordById(e.Record.Collection(), id)
	if err != nil {
		return nil, fmt.Errorf("load %s as it is: %w", e.Record.Collection().Name, err)
	}
	return row, nil
}

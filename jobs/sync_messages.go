package jobs

import (
	"context"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// syncMessages brings the queue in line with the records and the settings as they are.
func (j *house) syncMessages(_ context.Context, run *store.Run, limit int) (piece, error) {
	if run.Cursor == "" {
		// The commit that asked for the run may be a moment ahead of the mark that it leaves.
		j.desk.SetupChanged()
	}
	clinic, err := j.desk.Clinic()
	if err != nil {
		return nil, err
	}
	prepared, err := store.PrepareSync(j.app, clinic, j.desk.Links, run, limit, j.now())
	if err != nil {
		return nil, err
	}
	return func(tx core.App, run *store.Run) (bool, error) { return prepared.Write(tx, run, j.now()) }, nil
}

// copyMobileNumbers fills in numbers for texts.
func (j *house) copyMobileNumbers(ctx context.Context, run *store.Run, limit int) (piece, error) {
	clinic, err := j.desk.Clinic()
	if err != nil {
		return nil, err
	}
	prepared, err := store.PrepareCopy(j.app, clinic, run, limit)
	if err != nil {
		return nil, err
	}
	return func(tx core.App, run *store.Run) (bool, error) { return prepared.Write(ctx, tx, run) }, nil
}

package jobs

import (
	"context"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store/runs"
)

// ahead is the next piece of a sync, prepared while the one before it is written.
type ahead struct {
	run, cursor string
	ready       chan struct{} // closed when the rest is there
	piece       *runs.Synced
	err         error
}

// syncMessages brings the queue in line with the records and the settings as they are.
func (j *house) syncMessages(_ context.Context, run *runs.Run, limit int) (piece, error) {
	if run.Cursor == "" {
		// The commit that asked for the run may be a moment ahead of the mark that it leaves.
		j.desk.SetupChanged()
	}
	prepared, err := j.preparedSync(run, limit)
	if err != nil {
		return nil, err
	}
	if cursor, more := prepared.Next(); more {
		next := *run
		next.Cursor = cursor
		a := &ahead{run: run.ID, cursor: cursor, ready: make(chan struct{})}
		j.ahead = a
		j.working.Go(func() {
			defer close(a.ready)
			a.piece, a.err = j.prepareSync(&next, limit)
		})
	}
	return func(tx core.App, run *runs.Run) (bool, error) { return prepared.Write(tx, run, j.now()) }, nil
}

// preparedSync is the piece that was prepared ahead, if it is the one that is asked for.
func (j *house) preparedSync(run *runs.Run, limit int) (*runs.Synced, error) {
	if a := j.ahead; a != nil && a.run == run.ID {
		<-a.ready
		if j.ahead = nil; a.cursor == run.Cursor && a.err == nil {
			return a.piece, nil
		}
	}
	return j.prepareSync(run, limit)
}

func (j *house) prepareSync(run *runs.Run, limit int) (*runs.Synced, error) {
	clinic, err := j.desk.Clinic()
	if err != nil {
		return nil, err
	}
	return runs.PrepareSync(j.app, clinic, j.desk.Links, run, limit, j.now())
}

// copyMobileNumbers fills in numbers for texts.
func (j *house) copyMobileNumbers(ctx context.Context, run *runs.Run, limit int) (piece, error) {
	clinic, err := j.desk.Clinic()
	if err != nil {
		return nil, err
	}
	prepared, err := runs.PrepareCopy(j.app, clinic, run, limit)
	if err != nil {
		return nil, err
	}
	return func(tx core.App, run *runs.Run) (bool, error) { return prepared.Write(ctx, tx, run) }, nil
}

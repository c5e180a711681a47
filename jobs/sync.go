package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

const (
	// mostAtOnce and fewestAtOnce are how many rows one piece of a run may go over; in between it is as many as keep the write lock for
	// about half of longestHold.
	mostAtOnce   = 500
	fewestAtOnce = 10
	longestHold  = 50 * time.Millisecond
	// toldEvery is how often subscribers hear how a run gets on.
	toldEvery = 300 * time.Millisecond
	// triesOfPiece is how often a piece that fails as a whole is tried before its run ends as failed. Rows that fail are no such thing: they
	// are counted.
	triesOfPiece = 3
)

// piece writes the next part of a run: the rows, and on the run what it counted, how far it came and what is to be said about it. More says
// that there is something left. It runs in the transaction that also stores the run, so it must be short and must not call anybody.
type piece func(tx core.App, run *runs.Run) (more bool, err error)

// step prepares the next piece of a run, of at most so many rows: what can be read and worked out without the write lock is done here.
type step func(j *house, ctx context.Context, run *runs.Run, limit int) (piece, error)

// runKinds are the runs that there are. A row may name a part that the scope has, as in sync_messages rule, and then goes before the kind's own.
func runKinds() map[string]step {
	return map[string]step{
		runs.SyncMessages:           (*house).syncMessages,
		runs.SyncMessages + " rule": ruleStep,
		runs.FollowAbsences:         followAbsence,
		runs.QueueBroadcast:         queueBroadcast,
		runs.CopyMobileNumbers:      (*house).copyMobileNumbers,
	}
}

// plainly makes a step of a piece that needs nothing prepared.
func plainly(work func(tx core.App, run *runs.Run, limit int, now time.Time) (more bool, err error)) step {
	return func(j *house, _ context.Context, _ *runs.Run, limit int) (piece, error) {
		return func(tx core.App, run *runs.Run) (bool, error) { return work(tx, run, limit, j.now()) }, nil
	}
}

func (j *house) stepOf(run *runs.Run) (step, bool) {
	if part, _ := run.Part(); part != "" {
		if own, known := j.kinds[run.Kind+" "+part]; known {
			return own, true
		}
	}
	s, known := j.kinds[run.Kind]
	return s, known
}

// running is what is remembered of a run while it is under way; nothing hangs on it.
type running struct {
	limit    int       // how many rows its next piece goes over
	failures int       // pieces that failed in a row
	told     time.Time // when subscribers last heard of it
}

// Sync carries out the runs, a piece of each kind in turn, until none is left or ctx ends. What a run has done when the program is
// killed is stored with how far it came, so it goes on there.
func (j *house) Sync(ctx context.Context, _ time.Time) error {
	for ctx.Err() == nil {
		open, err := runs.Open(j.app)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			clear(j.underWay)
			return nil
		}
		var problems []error
		for _, run := range firstOfEachKind(open) {
			if ctx.Err() != nil {
				break
			}
			if err := j.advance(ctx, run); err != nil && !errors.Is(err, context.Canceled) {
				problems = append(problems, fmt.Errorf("%s %s: %w", run.Kind, run.ID, err))
			}
		}
		if len(problems) > 0 {
			// What stands in the way may pass: the next minute tries again.
			return errors.Join(problems...)
		}
	}
	return ctx.Err()
}

// firstOfEachKind are the runs whose turn it is: of each kind the one under way, else the oldest.
func firstOfEachKind(open []*runs.Run) []*runs.Run {
	var first []*runs.Run
	at := map[string]int{}
	for _, run := range open {
		i, seen := at[run.Kind]
		switch {
		case !seen:
			at[run.Kind] = len(first)
			first = append(first, run)
		case run.State == runs.Running && first[i].State != runs.Running:
			first[i] = run
		}
	}
	return first
}

// advance does the next piece of a run.
func (j *house) advance(ctx context.Context, run *runs.Run) error {
	mind := j.underWay[run.ID]
	if mind == nil {
		mind = &running{limit: mostAtOnce / 5}
		if j.underWay == nil {
			j.underWay = map[string]*running{}
		}
		j.underWay[run.ID] = mind
	}
	held, err := j.piece(ctx, run, mind.limit)
	switch {
	case errors.Is(err, runs.ErrEnded):
		// A person stopped it. What was being done is undone, and subscribers have heard of it.
		return nil
	case err == nil:
		mind.failures = 0
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		mind.failures++
		if mind.limit = max(fewestAtOnce, mind.limit/4); mind.failures >= triesOfPiece {
			return errors.Join(err, j.giveUp(ctx, run))
		}
		return err
	}
	mind.limit = nextLimit(mind.limit, held)
	if now := j.now(); !run.Open() || now.Sub(mind.told).Abs() >= toldEvery {
		mind.told = now
		j.announceRun(ctx, run.ID)
	}
	return nil
}

// nextLimit is over how many rows the next piece goes, after one over limit rows held the write lock for so long. It grows gently: nobody should
// wait for a piece that grew too large.
func nextLimit(limit int, held time.Duration) int {
	switch {
	case held > longestHold:
		return max(fewestAtOnce, limit/2)
	case held < longestHold/4:
		return min(mostAtOnce, limit*2)
	case held < longestHold/2:
		return min(mostAtOnce, limit+limit/4)
	}
	return limit
}

// hold does one piece of long work in a transaction and answers for how long it kept the write lock. Where somebody came to wait for the lock meanwhile, it
// leaves it alone for a moment afterwards: whoever waits has it next in any case, and what they do right after that should not find it taken again.
func (j *house) hold(ctx context.Context, work func(tx core.App) error) (held time.Duration, err error) {
	from, waits := j.now(), int64(0)
	err = j.app.RunInTransaction(func(tx core.App) error {
		from, waits = j.now(), store.Waits(j.app)
		return work(tx)
	})
	held = j.now().Sub(from).Abs()
	if err == nil && store.Waits(j.app) > waits {
		select {
		case <-time.After(min(held, longestHold) / 8):
		case <-ctx.Done():
		}
	}
	return held, err
}

// piece prepares and writes one piece and answers for how long the write lock was held. Run is as it is afterwards.
func (j *house) piece(ctx context.Context, run *runs.Run, limit int) (held time.Duration, err error) {
	next, known := j.stepOf(run)
	if !known {
		next = plainly(func(_ core.App, run *runs.Run, _ int, _ time.Time) (bool, error) {
			run.State, run.Note = runs.Failed, "There is nothing that this run could do."
			return false, nil
		})
	}
	write, err := next(j, ctx, run, limit)
	if err != nil {
		return 0, err
	}
	after := *run
	held, err = j.hold(ctx, func(tx core.App) error {
		after = *run
		after.State = runs.Running
		if after.StartedAt.IsZero() {
			after.StartedAt = j.now()
		}
		more, err := write(tx, &after)
		if err != nil {
			return err
		}
		if !more {
			after.EndedAt = j.now()
			if after.State == runs.Running {
				after.State = runs.Done
			}
		}
		return runs.Save(tx, &after, j.now())
	})
	if err != nil {
		return held, err
	}
	*run = after
	return held, nil
}

// giveUp ends a run whose next piece cannot be done.
func (j *house) giveUp(ctx context.Context, run *runs.Run) error {
	run.State, run.EndedAt = runs.Failed, j.now()
	run.Note = strings.TrimSpace(run.Note + " It could not go on; the log says why. What it did so far is kept, and the same run may be started again.")
	err := j.app.RunInTransaction(func(tx core.App) error { return runs.Save(tx, run, j.now()) })
	if errors.Is(err, runs.ErrEnded) {
		return nil
	}
	j.announceRun(ctx, run.ID)
	return err
}

func (j *house) announceRun(ctx context.Context, id string) {
	if err := runs.Announce(ctx, j.app, id); err != nil {
		j.app.Logger().Error("announce failed", "error", err.Error())
	}
}

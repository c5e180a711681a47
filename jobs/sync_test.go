package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// counts adds a kind of run whose pieces count to a number, and say with each what was counted.
func (tr *trial) counts(scope string, until int, counted func(tx core.App, from, to int) error) {
	name := runs.SyncMessages + " " + scope
	tr.kinds[name] = plainly(func(tx core.App, run *runs.Run, limit int, _ time.Time) (bool, error) {
		from := 0
		if run.Cursor != "" {
			var err error
			if from, err = strconv.Atoi(run.Cursor); err != nil {
				return false, err
			}
		}
		to := min(from+limit, until)
		if err := counted(tx, from, to); err != nil {
			return false, err
		}
		run.Total, run.Done, run.Cursor = until, to, strconv.Itoa(to)
		return to < until, nil
	})
}

func (tr *trial) startRun(scope string) string {
	tr.t.Helper()
	var id string
	err := tr.app.RunInTransaction(func(tx core.App) error {
		var err error
		id, err = runs.Start(tx, runs.SyncMessages, scope, false)
		return err
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	return id
}

func (tr *trial) runOf(id string) *core.Record {
	tr.t.Helper()
	r, err := tr.app.FindRecordById(store.Runs, id)
	if err != nil {
		tr.t.Fatal(err)
	}
	return r
}

// long work goes on where it was when the program ended, and what a piece did is kept together with how far it came, or neither is.
func TestARunGoesOnWhereItWasKilled(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	written := func() []int {
		var n []int
		if err := tr.app.DB().Select("title").From(store.Tasks).Column(&n); err != nil {
			t.Fatal(err)
		}
		slices.Sort(n)
		return n
	}
	pieces := 0
	kill := errors.New("killed")
	tr.counts("kill", 350, func(tx core.App, from, to int) error {
		for i := from; i < to; i++ {
			if _, err := tx.NonconcurrentDB().Insert(store.Tasks, dbx.Params{"id": fmt.Sprintf("task%011d", i), "title": strconv.Itoa(i)}).Execute(); err != nil {
				return err
			}
		}
		if pieces++; pieces%2 == 0 {
			return kill // after it has written, and before it is stored
		}
		return nil
	})
	id := tr.startRun("kill:1")
	for range 10 {
		if err := tr.Sync(t.Context(), monday); err == nil {
			break
		} else if !errors.Is(err, kill) {
			t.Fatal(err)
		}
		tr.underWay = nil // nothing that is only remembered survives
	}
	run := tr.runOf(id)
	if run.GetString("state") != "done" || run.GetInt("done") != 350 || run.GetInt("total") != 350 {
		t.Fatalf("ended as %s, %d of %d", run.GetString("state"), run.GetInt("done"), run.GetInt("total"))
	}
	if got := written(); len(got) != 350 || got[349] != 349 {
		t.Fatalf("wrote %d rows", len(got))
	}
	if run.GetString("cursor") != "" || run.GetDateTime("started_at").IsZero() || run.GetDateTime("ended_at").IsZero() {
		t.Errorf("an ended run is %v", run.PublicExport())
	}
}

// one run waits per kind and scope; what is asked for while it is under way gets one of its own, for it may have passed already.
func TestAWaitingRunIsJoined(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	first, second, other := tr.startRun("location:a"), tr.startRun("location:a"), tr.startRun("location:b")
	if first != second || first == other {
		t.Fatalf("runs %s, %s, %s", first, second, other)
	}
	clinictest.Change(t, tr.app, tr.runOf(first), clinictest.Fields{"state": "running"})
	if third := tr.startRun("location:a"); third == first {
		t.Error("joined one that is under way")
	}
}

// Runs of different kinds take turns, whichever was asked for first and however long it is.
func TestKindsOfRunsTakeTurns(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	var order []string
	tr.counts("long", 5000, func(core.App, int, int) error { order = append(order, "long"); return nil })
	tr.kinds["absence"] = plainly(func(core.App, *runs.Run, int, time.Time) (bool, error) {
		order = append(order, "absence")
		return false, nil
	})
	tr.startRun("long:1")
	clinictest.Make(t, tr.app, store.Runs, clinictest.Fields{"kind": "absence"})
	if err := tr.Sync(t.Context(), monday); err != nil {
		t.Fatal(err)
	}
	if at := slices.Index(order, "absence"); at < 0 || at > 2 {
		t.Errorf("the order was %v", order)
	}
}

// A person may stop a run: the piece that is being done is undone, and nothing follows.
func TestAStoppedRunStops(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	var id string
	pieces := 0
	tr.counts("stop", 10_000, func(tx core.App, _, _ int) error {
		if pieces++; pieces == 3 {
			_, err := tx.NonconcurrentDB().Update(store.Runs, dbx.Params{"state": "stopped"}, dbx.HashExp{"id": id}).Execute()
			return err
		}
		return nil
	})
	id = tr.startRun("stop:1")
	if err := tr.Sync(t.Context(), monday); err != nil {
		t.Fatal(err)
	}
	// The third piece was undone, and with it what it said of itself; in life the stop comes from elsewhere and stands.
	clinictest.Change(t, tr.app, tr.runOf(id), clinictest.Fields{"state": "stopped"})
	before := pieces
	if err := tr.Sync(t.Context(), monday); err != nil || pieces != before {
		t.Errorf("%v, and %d pieces after it was stopped", err, pieces-before)
	}
}

// A run whose piece fails again and again ends as failed, with a note; what is not known what to do about as well. Others go on.
func TestARunThatCannotGoOnSaysSo(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.counts("broken", 10, func(core.App, int, int) error { return errors.New("it is broken") })
	broken := tr.startRun("broken:1")
	unknown := clinictest.Make(t, tr.app, store.Runs, clinictest.Fields{"kind": "import"}).Id
	for range 5 {
		if err := tr.Sync(t.Context(), monday); err == nil {
			break
		}
	}
	for _, id := range []string{broken, unknown} {
		if run := tr.runOf(id); run.GetString("state") != "failed" || run.GetString("note") == "" {
			t.Errorf("%s is %s: %q", run.GetString("kind"), run.GetString("state"), run.GetString("note"))
		}
	}
	if len(tr.underWay) > 2 {
		t.Errorf("still minds %v", slices.Collect(maps.Keys(tr.underWay)))
	}
	if err := tr.Sync(context.Background(), monday); err != nil || len(tr.underWay) != 0 {
		t.Errorf("%v, %d", err, len(tr.underWay))
	}
}

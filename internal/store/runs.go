package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

// The kinds of runs, as stored.
const (
	SyncMessages      = "sync_messages"
	CopyMobileNumbers = "copy_mobile_numbers"
)

// RunState is where a run stands.
type RunState string

// The states, as stored.
const (
	RunQueued  RunState = "queued"
	RunRunning RunState = "running"
	RunDone    RunState = "done"
	RunFailed  RunState = "failed"
	RunStopped RunState = "stopped" // by a person
)

// Run is long work that is done piece by piece, each in a transaction of its own together with the progress: a program that is killed goes on
// where the last piece ended.
type Run struct {
	ID, Kind, Scope string
	Dry             bool // count only, change nothing
	State           RunState
	// Total, Done and Failed count what the kind goes over. What failed is done as well, and ends nothing.
	Total, Done, Failed int
	Note                string // what happened, in words
	// Cursor is how far it has come, in the kind's own words; "" at the start.
	Cursor    string
	CreatedAt time.Time
	StartedAt time.Time
	EndedAt   time.Time
}

// Open reports whether there is still work to do.
func (r *Run) Open() bool { return r.State == RunQueued || r.State == RunRunning }

// Part is a scope in its two parts, such as location and its id; a run over everything has neither.
func (r *Run) Part() (what, id string) {
	what, id, _ = strings.Cut(r.Scope, ":")
	return what, id
}

// StartRun asks for a run, in the transaction of whatever makes it needed, and answers its id. One that waits for the same already is joined:
// it has not looked at anything yet. The jobs are woken when the transaction is committed.
func StartRun(tx core.App, kind, scope string, dry bool) (id string, err error) {
	if id, err = WaitingRun(tx, kind, scope, dry); err != nil || id != "" {
		return id, err
	}
	collection, err := tx.FindCachedCollectionByNameOrId(Runs)
	if err != nil {
		return "", fmt.Errorf("start %s: %w", kind, err)
	}
	r := core.NewRecord(collection)
	set(r, "kind", kind)
	set(r, "scope", scope)
	set(r, "dry", dry)
	set(r, "state", string(RunQueued))
	if err := tx.Save(r); err != nil {
		return "", fmt.Errorf("start %s %s: %w", kind, scope, err)
	}
	return r.Id, nil
}

// WaitingRun is the id of a run of this kind, scope and sort that waits for its turn, "" for none.
func WaitingRun(app core.App, kind, scope string, dry bool) (id string, err error) {
	err = app.DB().Select("id").From(Runs).
		Where(dbx.HashExp{"state": string(RunQueued), "kind": kind, "scope": scope, "dry": dry}).Limit(1).Row(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("look for a waiting run: %w", err)
	}
	return id, nil
}

// runColumns are all but the plan, which may be megabytes.
var runColumns = []string{"id", "kind", "scope", "dry", "state", "total", "done", "failed", "note", "cursor", "created", "started_at", "ended_at"}

// OpenRuns are the runs that wait or are under way, oldest first.
func OpenRuns(app core.App) ([]*Run, error) {
	return readRuns(app, dbx.In("state", string(RunQueued), string(RunRunning)))
}

func readRuns(app core.App, which dbx.Expression) ([]*Run, error) {
	var rows []struct {
		ID      string  `db:"id"`
		Kind    string  `db:"kind"`
		Scope   string  `db:"scope"`
		Dry     bool    `db:"dry"`
		State   string  `db:"state"`
		Total   float64 `db:"total"`
		Done    float64 `db:"done"`
		Failed  float64 `db:"failed"`
		Note    string  `db:"note"`
		Cursor  string  `db:"cursor"`
		Created string  `db:"created"`
		Started string  `db:"started_at"`
		Ended   string  `db:"ended_at"`
	}
	if err := app.DB().Select(runColumns...).From(Runs).Where(which).OrderBy("created", "rowid").All(&rows); err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	runs := make([]*Run, len(rows))
	for i, r := range rows {
		runs[i] = &Run{
			ID: r.ID, Kind: r.Kind, Scope: r.Scope, Dry: r.Dry, State: RunState(r.State), Total: int(r.Total), Done: int(r.Done), Failed: int(r.Failed),
			Note: r.Note, Cursor: r.Cursor, CreatedAt: ParseInstant(r.Created), StartedAt: ParseInstant(r.Started), EndedAt: ParseInstant(r.Ended),
		}
	}
	return runs, nil
}

// SaveRun writes a run's progress in the transaction of the piece that made it. ErrRunEnded means that somebody stopped or deleted it
// meanwhile: then the piece is not to be kept either. A run that comes to its end forgets its plan.
func SaveRun(tx core.App, r *Run, now time.Time) error {
	values := dbx.Params{
		"state": string(r.State), "total": r.Total, "done": r.Done, "failed": r.Failed, "note": r.Note, "cursor": r.Cursor,
		"started_at": Instant(r.StartedAt), "ended_at": Instant(r.EndedAt), "updated": Instant(now), "revision": dbx.NewExp("[[revision]] + 1"),
	}
	if !r.Open() {
		values["cursor"], values["plan"] = "", nil
	}
	result, err := tx.NonconcurrentDB().Update(Runs, values,
		dbx.NewExp("id = {:id} AND state IN ('queued', 'running')", dbx.Params{"id": r.ID})).Execute()
	if err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	switch n, err := result.RowsAffected(); {
	case err != nil:
		return fmt.Errorf("save run: %w", err)
	case n == 0:
		return ErrRunEnded
	}
	return nil
}

// ErrRunEnded says that a run was stopped or deleted while a piece of it was being done.
var ErrRunEnded = errors.New("the run was ended meanwhile")

// KeepRunPlan stores what a run still has to do, as JSON, where that must not change any more once it has begun.
func KeepRunPlan(tx core.App, id string, plan any) error {
	b, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("keep the run's plan: %w", err)
	}
	_, err = tx.NonconcurrentDB().Update(Runs, dbx.Params{"plan": string(b), "revision": dbx.NewExp("[[revision]] + 1")}, dbx.HashExp{"id": id}).Execute()
	if err != nil {
		return fmt.Errorf("keep the run's plan: %w", err)
	}
	return nil
}

// RunPlan reads what [KeepRunPlan] stored; a run without a plan leaves it as it is.
func RunPlan(app core.App, id string, plan any) error {
	var stored sql.NullString
	if err := app.DB().Select("plan").From(Runs).Where(dbx.HashExp{"id": id}).Row(&stored); err != nil {
		return fmt.Errorf("read the run's plan: %w", err)
	}
	if stored.String == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(stored.String), plan); err != nil {
		return fmt.Errorf("read the run's plan: %w", err)
	}
	return nil
}

// AnnounceRun tells realtime subscribers how a run stands, like [Announce] and with its caution.
func AnnounceRun(ctx context.Context, app core.App, id string) error {
	if app.SubscriptionsBroker().TotalClients() == 0 {
		return nil
	}
	var records []*core.Record
	columns := append(slices.Clone(runColumns), "revision", "updated")
	if err := app.RecordQuery(Runs).Select(columns...).AndWhere(dbx.HashExp{"id": id}).All(&records); err != nil {
		return fmt.Errorf("announce run: %w", err)
	}
	return announce(ctx, app, records)
}

// CompleteRun fills in what a new run leaves out.
func CompleteRun(r *core.Record) {
	if text(r, "state") == "" {
		set(r, "state", string(RunQueued))
	}
}

// CheckRunByHand refuses a run that nobody can ask for: one of the machine's own, one over something that is not there, or one that waits for
// its turn already, which is named.
func CheckRunByHand(app core.App, r *core.Record) error {
	kind, scope := text(r, "kind"), text(r, "scope")
	switch kind {
	case SyncMessages:
		if ok, err := scopeKnown(app, scope); err != nil {
			return err
		} else if !ok {
			return wrong("scope", "unknown", "Leave it empty for everything, or write as in location:ID, reason:ID, practitioner:ID, client:ID or template:CODE.")
		}
	case CopyMobileNumbers:
		if scope != "" {
			return wrong("scope", "unknown", "Numbers are copied for all clients. Leave it empty.")
		}
	case "import":
		return wrong("kind", "unknown", "Imports are not made here.")
	default:
		return wrong("kind", "read_only", "This kind is started by the program alone.")
	}
	id, err := WaitingRun(app, kind, scope, truth(r, "dry"))
	if err != nil {
		return err
	}
	if id != "" {
		refusal := wrong("kind", "duplicate", "The same run is waiting for its turn already.")
		refusal.Params = map[string]any{"id": id}
		return refusal
	}
	return nil
}

// scopes are the parts of the clinic that a sync may be limited to, and the collections that their ids are of.
var scopes = map[string]string{
	"location": Locations, "reason": Reasons, "practitioner": Practitioners, "species": Species, "client": Clients, "rule": "reminder_rules", "template": Templates,
}

func scopeKnown(app core.App, scope string) (bool, error) {
	if scope == "" {
		return true, nil
	}
	what, id, _ := strings.Cut(scope, ":")
	collection, field := scopes[what], "id"
	if what == "template" {
		field = "code"
	}
	if collection == "" || id == "" {
		return false, nil
	}
	var found int
	err := app.DB().Select("(1)").From(collection).Where(dbx.HashExp{field: id}).Limit(1).Row(&found)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("look for %s: %w", what, err)
	}
	return found == 1, nil
}

// Package runs answers what the next piece of long work is, and how far it has come.
//
// A run goes over many records, each piece in a transaction of its own together with the progress: what follows a changed setting, text, rule or
// absence, numbers to copy, a broadcast to queue or to take back. A piece is worked out first, without holding anybody up, and written then. It
// imports the store, the queue and the reminders, none of which knows of it.
package runs

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

	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// The kinds of runs, as stored.
const (
	SyncMessages      = "sync_messages"
	CopyMobileNumbers = "copy_mobile_numbers"
)

// State is where a run stands.
type State string

// The states, as stored.
const (
	Queued  State = "queued"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
	Stopped State = "stopped" // by a person
)

// Open reports whether there is still work to do.
func (s State) Open() bool { return s == Queued || s == Running }

// ByHand reports whether a person may take a run from here to another state: only to its stop, while there is work to do. Staying is no move.
func (s State) ByHand(to State) bool { return s == to || to == Stopped && s.Open() }

// StateOf is where a run's record stands.
func StateOf(r *core.Record) State { return State(record.Text(r, "state")) }

// Run is long work that is done piece by piece, each in a transaction of its own together with the progress: a program that is killed goes on
// where the last piece ended.
type Run struct {
	ID, Kind, Scope string
	Dry             bool // count only, change nothing
	State           State
	// Total, Done and Failed count what the kind goes over. What failed is done as well, and ends nothing.
	Total, Done, Failed int
	Note                string // what happened, in words
	// Cursor is how far it has come, in the kind's own words; "" at the start.
	Cursor    string
	StartedAt time.Time
	EndedAt   time.Time
}

// Open reports whether there is still work to do.
func (r *Run) Open() bool { return r.State.Open() }

// Part is a scope in its two parts, such as location and its id; a run over everything has neither.
func (r *Run) Part() (what, id string) {
	what, id, _ = strings.Cut(r.Scope, ":")
	return what, id
}

// Start asks for a run, in the transaction of whatever makes it needed, and answers its id. One that waits for the same already is joined:
// it has not looked at anything yet. The jobs are woken when the transaction is committed.
func Start(tx core.App, kind, scope string, dry bool) (id string, err error) {
	if id, err = Waiting(tx, kind, scope, dry); err != nil || id != "" {
		return id, err
	}
	collection, err := tx.FindCachedCollectionByNameOrId(store.Runs)
	if err != nil {
		return "", fmt.Errorf("start %s: %w", kind, err)
	}
	r := core.NewRecord(collection)
	record.Set(r, "kind", kind)
	record.Set(r, "scope", scope)
	record.Set(r, "dry", dry)
	record.Set(r, "state", string(Queued))
	if err := tx.Save(r); err != nil {
		return "", fmt.Errorf("start %s %s: %w", kind, scope, err)
	}
	return r.Id, nil
}

// Waiting is the id of a run of this kind, scope and sort that waits for its turn, "" for none.
func Waiting(app core.App, kind, scope string, dry bool) (id string, err error) {
	err = app.DB().Select("id").From(store.Runs).
		Where(dbx.HashExp{"state": string(Queued), "kind": kind, "scope": scope, "dry": dry}).Limit(1).Row(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("look for a waiting run: %w", err)
	}
	return id, nil
}

// columns are all but the plan, which may be megabytes.
var columns = []string{"id", "kind", "scope", "dry", "state", "total", "done", "failed", "note", "cursor", "started_at", "ended_at"}

// Open are the runs that wait or are under way, oldest first.
func Open(app core.App) ([]*Run, error) {
	return readRuns(app, dbx.In("state", string(Queued), string(Running)))
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
		Started string  `db:"started_at"`
		Ended   string  `db:"ended_at"`
	}
	if err := app.DB().Select(columns...).From(store.Runs).Where(which).OrderBy("created", "rowid").All(&rows); err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	runs := make([]*Run, len(rows))
	for i, r := range rows {
		runs[i] = &Run{
			ID: r.ID, Kind: r.Kind, Scope: r.Scope, Dry: r.Dry, State: State(r.State), Total: int(r.Total), Done: int(r.Done), Failed: int(r.Failed),
			Note: r.Note, Cursor: r.Cursor, StartedAt: record.ParseInstant(r.Started), EndedAt: record.ParseInstant(r.Ended),
		}
	}
	return runs, nil
}

// Save writes a run's progress in the transaction of the piece that made it. ErrRunEnded means that somebody stopped or deleted it
// meanwhile: then the piece is not to be kept either. A run that comes to its end forgets its plan.
func Save(tx core.App, r *Run, now time.Time) error {
	values := dbx.Params{
		"state": string(r.State), "total": r.Total, "done": r.Done, "failed": r.Failed, "note": r.Note, "cursor": r.Cursor,
		"started_at": record.Instant(r.StartedAt), "ended_at": record.Instant(r.EndedAt), "updated": record.Instant(now), "revision": dbx.NewExp("[[revision]] + 1"),
	}
	if !r.Open() {
		values["cursor"], values["plan"] = "", nil
	}
	result, err := tx.NonconcurrentDB().Update(store.Runs, values,
		dbx.NewExp("id = {:id} AND state IN ('queued', 'running')", dbx.Params{"id": r.ID})).Execute()
	if err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	switch n, err := result.RowsAffected(); {
	case err != nil:
		return fmt.Errorf("save run: %w", err)
	case n == 0:
		return ErrEnded
	}
	return nil
}

// End notes on a run that a person stops when that was; what it still had to do is of no use any more.
func End(r *core.Record, now time.Time) {
	record.SetTime(r, "ended_at", now)
	record.Set(r, "cursor", "")
	record.Set(r, "plan", nil)
}

// ErrEnded says that a run was stopped or deleted while a piece of it was being done.
var ErrEnded = errors.New("the run was ended meanwhile")

// KeepPlan stores what a run still has to do, as JSON, where that must not change any more once it has begun.
func KeepPlan(tx core.App, id string, plan any) error {
	b, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("keep the run's plan: %w", err)
	}
	_, err = tx.NonconcurrentDB().Update(store.Runs, dbx.Params{"plan": string(b), "revision": dbx.NewExp("[[revision]] + 1")}, dbx.HashExp{"id": id}).Execute()
	if err != nil {
		return fmt.Errorf("keep the run's plan: %w", err)
	}
	return nil
}

// Plan reads what [KeepPlan] stored; a run without a plan leaves it as it is.
func Plan(app core.App, id string, plan any) error {
	var stored sql.NullString
	if err := app.DB().Select("plan").From(store.Runs).Where(dbx.HashExp{"id": id}).Row(&stored); err != nil {
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

// Announce tells realtime subscribers how a run stands, like [queue.Announce] and with its caution.
func Announce(ctx context.Context, app core.App, id string) error {
	if app.SubscriptionsBroker().TotalClients() == 0 {
		return nil
	}
	var records []*core.Record
	columns := append(slices.Clone(columns), "revision", "created", "updated")
	if err := app.RecordQuery(store.Runs).Select(columns...).AndWhere(dbx.HashExp{"id": id}).All(&records); err != nil {
		return fmt.Errorf("announce run: %w", err)
	}
	return record.Announce(ctx, app, records)
}

// Complete fills in what a new run leaves out.
func Complete(r *core.Record) {
	if record.Text(r, "state") == "" {
		record.Set(r, "state", string(Queued))
	}
}

// CheckByHand refuses a run that nobody can ask for: one of the machine's own, one over something that is not there, or one that waits for
// its turn already, which is named.
func CheckByHand(app core.App, r *core.Record) error {
	kind, scope := record.Text(r, "kind"), record.Text(r, "scope")
	switch kind {
	case SyncMessages:
		if ok, err := scopeKnown(app, scope); err != nil {
			return err
		} else if !ok {
			return store.Wrong("scope", "unknown", "Leave it empty for everything, or write as in location:ID, reason:ID, practitioner:ID, client:ID or template:CODE.")
		}
	case CopyMobileNumbers:
		if scope != "" {
			return store.Wrong("scope", "unknown", "Numbers are copied for all clients. Leave it empty.")
		}
	case "import":
		return store.Wrong("kind", "unknown", "Imports are not made here.")
	default:
		return store.Wrong("kind", "read_only", "This kind is started by the program alone.")
	}
	id, err := Waiting(app, kind, scope, record.Truth(r, "dry"))
	if err != nil {
		return err
	}
	if id != "" {
		refusal := store.Wrong("kind", "duplicate", "The same run is waiting for its turn already.")
		refusal.Params = map[string]any{"id": id}
		return refusal
	}
	return nil
}

// scopes are the parts of the clinic that a sync may be limited to, and the collections that their ids are of.
var scopes = map[string]string{
	"location": store.Locations, "reason": store.Reasons, "practitioner": store.Practitioners, "species": store.Species, "client": store.Clients, "rule": "reminder_rules", "template": store.Templates,
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

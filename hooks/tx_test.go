package hooks

import (
	"database/sql"
	"errors"
	"testing"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"
)

// codeOn is the code of a refusal on a field, "" if there is none.
func codeOn(err error, field string) string {
	var refused validation.Errors
	var on validation.Error
	if errors.As(err, &refused) && errors.As(refused[field], &on) {
		return on.Code()
	}
	return ""
}

// TestInTxKeepsAllOrNothing proves the wrapper: what fails after the row was written takes the row back, joined in an outer
// transaction or not, and the hooks that run after a commit find an app that still answers.
func TestInTxKeepsAllOrNothing(t *testing.T) {
	t.Parallel()
	late := errors.New("the messages could not be queued")
	var fail, answered bool
	c := newGuardedClinic(t, func(app core.App) {
		app.OnRecordCreate("species").BindFunc(inTx(func(e *core.RecordEvent) error {
			if _, err := before(e); !errors.Is(err, sql.ErrNoRows) {
				t.Errorf("a new record has a row already: %v", err)
			}
			if err := e.Next(); err != nil {
				return err
			}
			if !e.App.IsTransactional() {
				t.Error("e.App is no transaction")
			}
			if fail {
				return late
			}
			return nil
		}))
		app.OnRecordAfterCreateSuccess("species").BindFunc(func(e *core.RecordEvent) error {
			_, err := e.App.FindRecordById("species", e.Record.Id)
			answered = err == nil && !e.App.IsTransactional()
			return e.Next()
		})
	})
	count := func() int {
		var n int
		if err := c.app.DB().Select("COUNT(*)").From("species").Row(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	started := count()
	c.made("species", "cat", map[string]any{"name": "Axolotl"})
	if count() != started+1 || !answered {
		t.Errorf("%d rows, after-success answered %v", count(), answered)
	}
	fail = true
	found, err := c.app.FindCollectionByNameOrId("species")
	if err != nil {
		t.Fatal(err)
	}
	for name, save := range map[string]func(*core.Record) error{
		"alone": func(r *core.Record) error { return c.app.Save(r) },
		"nested": func(r *core.Record) error {
			return c.app.RunInTransaction(func(tx core.App) error { return tx.Save(r) })
		},
	} {
		record := core.NewRecord(found)
		record.Set("name", "Basilisk "+name)
		if err := save(record); !errors.Is(err, late) {
			t.Errorf("%s: got %v", name, err)
		}
		if count() != started+1 {
			t.Errorf("%s: the row stayed behind", name)
		}
	}
}

// TestBeforeIsTheRowAndNotTheInstance saves one instance twice: its Original() is the first row both times, before is not.
func TestBeforeIsTheRowAndNotTheInstance(t *testing.T) {
	t.Parallel()
	var seen []string
	c := newGuardedClinic(t, func(app core.App) {
		app.OnRecordUpdate("patients").BindFunc(inTx(func(e *core.RecordEvent) error {
			was, err := before(e)
			if err != nil {
				return err
			}
			seen = append(seen, was.GetString("name"))
			return e.Next()
		}))
	})
	patient := c.row("patients", "patient")
	for _, name := range []string{"Max", "Rex"} {
		patient.Set("name", name)
		if err := c.app.Save(patient); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 2 || seen[0] != "Bella" || seen[1] != "Max" {
		t.Errorf("saw %v", seen)
	}
}

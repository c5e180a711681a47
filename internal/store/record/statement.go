package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

// In writes a list of ids as an SQL condition with bound parameters.
func In(column string, ids []string) dbx.Expression {
	values := make([]any, len(ids))
	for i, id := range ids {
		values[i] = id
	}
	return dbx.In(column, values...)
}

// IDSet binds ids as one JSON parameter, so that a statement for hundreds of rows is one statement.
func IDSet(ids []string) (string, error) {
	b, err := json.Marshal(ids)
	if err != nil {
		return "", fmt.Errorf("encode ids: %w", err)
	}
	return string(b), nil
}

// IDList is a stored list of ids. Ids hold nothing that JSON would escape.
func IDList(ids []string) string {
	if len(ids) == 0 {
		return "[]"
	}
	return `["` + strings.Join(ids, `","`) + `"]`
}

// ReadIDList reads what [IDList] wrote, much faster than JSON is read.
func ReadIDList(stored string) []string {
	stored = strings.Trim(stored, "[] ")
	if stored == "" || stored == "null" {
		return nil
	}
	ids := strings.Split(stored, ",")
	for i, id := range ids {
		ids[i] = strings.Trim(id, `" `)
	}
	return ids
}

// Object binds texts by name as one JSON parameter. SQLite walks an object without reading any of it twice, as it would a list of lists.
func Object(values map[string]string) (string, error) {
	b, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("encode rows: %w", err)
	}
	return string(b), nil
}

// Texts reads a stored list, most of which are empty.
func Texts(stored string) ([]string, error) {
	if stored == "" || stored == "[]" || stored == "null" {
		return nil, nil
	}
	if stored[0] != '[' { // a relation or select of one value is stored bare
		return []string{stored}, nil
	}
	var out []string
	if err := json.Unmarshal([]byte(stored), &out); err != nil {
		return nil, fmt.Errorf("stored list: %w", err)
	}
	return out, nil
}

// ErrSavepoint is wrapped where the database could not hold or undo a part of a transaction: then the whole of it has to be given up.
var ErrSavepoint = errors.New("savepoint")

// Savepoint does something within a transaction that is undone by itself if it fails.
func Savepoint(tx core.App, do func() error) error {
	run := func(statement string) error {
		if _, err := tx.NonconcurrentDB().NewQuery(statement).Execute(); err != nil {
			return fmt.Errorf("%w: %w", ErrSavepoint, err)
		}
		return nil
	}
	if err := run("SAVEPOINT row"); err != nil {
		return err
	}
	if err := do(); err != nil {
		return errors.Join(err, run("ROLLBACK TO row"), run("RELEASE row"))
	}
	return run("RELEASE row")
}

// RealNow is the real clock, also while the clinic's is moved, written as [Instant] writes.
const RealNow = `strftime('%Y-%m-%d %H:%M:%fZ', 'now')`

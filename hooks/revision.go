package hooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/list"

	"pawbell/internal/store"
)

// revisionRaised counts every save of the model.
func revisionRaised(e *core.RecordEvent) error {
	if err := store.RaiseRevision(e.App, e.Record); err != nil {
		return err
	}
	return e.Next()
}

// ontoTheRowAsItIs carries a person's update over to the row as the database has it now, and refuses it where it comes too late.
//
// PocketBase loads the row before the transaction and writes all its columns, so whatever the machine wrote in between would be undone.
// Here, inside the transaction, the named fields alone go onto the present row and the changed ones alone are written. A body with a
// revision says what its sender saw; if that is not the row any more it is refused, which is what a whole form left open runs into.
func ontoTheRowAsItIs(e *core.RecordRequestEvent) error {
	body, err := bodyAsSent(e.RequestEvent)
	if err != nil {
		return err
	}
	row, err := e.App.FindRecordById(e.Collection, e.Record.Id)
	if err != nil {
		return e.NotFoundError("", err)
	}
	if seen, sent := body[store.Revision]; sent && seen != nil && seen != "" {
		asked := core.NewRecord(e.Collection)
		asked.Set(store.Revision, seen)
		if asked.GetFloat(store.Revision) != row.GetFloat(store.Revision) {
			return changedMeanwhile(e.RequestEvent, row)
		}
	}
	delete(body, store.Revision)

	if body, err = withFiles(e.RequestEvent, e.Collection, body); err != nil {
		return fmt.Errorf("read uploaded files: %w", err)
	}
	data := row.ReplaceModifiers(body)
	if !e.HasSuperuserAuth() {
		for _, field := range e.Collection.Fields {
			if field.GetHidden() {
				delete(data, field.GetName())
			}
		}
		if err := stillAllowed(e, row, data); err != nil {
			return err
		}
	}
	for key, value := range data {
		row.SetIfFieldExists(key, value)
	}
	if err := machineFieldsKept(e.Collection, row.Original(), row); err != nil {
		return e.BadRequestError("Some fields are written by the program alone.", err)
	}
	row.IgnoreUnchangedFields(true)
	e.Record = row
	err = e.Next()
	// A hook that saves this instance again compares with what was loaded, not with what is stored: then every column counts.
	row.IgnoreUnchangedFields(false)
	return err
}

// changedMeanwhile refuses a change to a row that is not any more what its sender saw.
func changedMeanwhile(e *core.RequestEvent, row *core.Record) error {
	return e.BadRequestError("Somebody or something else changed this meanwhile.", validation.Errors{store.Revision: validation.NewError(
		"changed_meanwhile", "This was changed meanwhile. Load it again and repeat your change.",
	).SetParams(map[string]any{store.Revision: row.GetInt(store.Revision)})})
}

// stillAllowed asks the update rule once more, of the row as it is now: it may have moved to a location that is none of the asker's.
func stillAllowed(e *core.RecordRequestEvent, row *core.Record, data map[string]any) error {
	info, err := e.RequestInfo()
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	info.Body = data
	allowed, err := e.App.CanAccessRecord(row, info, e.Collection.UpdateRule)
	if err != nil {
		return fmt.Errorf("ask the update rule of %s: %w", e.Collection.Name, err)
	}
	if !allowed {
		return e.NotFoundError("", nil)
	}
	return nil
}

// withFiles adds the uploaded files of a form to its fields; names sent beside the files of a field are the old ones to keep.
func withFiles(e *core.RequestEvent, collection *core.Collection, body map[string]any) (map[string]any, error) {
	if !strings.HasPrefix(e.Request.Header.Get("Content-Type"), "multipart/form-data") {
		return body, nil
	}
	whole := maps.Clone(body)
	for _, field := range collection.Fields {
		if field.Type() != core.FieldTypeFile {
			continue
		}
		name := field.GetName()
		for _, key := range []string{name, "+" + name, name + "+"} {
			files, err := e.FindUploadedFiles(key)
			if errors.Is(err, http.ErrMissingFile) {
				continue
			}
			if err != nil {
				return nil, err
			}
			var values []any
			if key == name {
				for _, kept := range list.ToUniqueStringSlice(body[key]) {
					values = append(values, kept)
				}
			}
			for _, file := range files {
				values = append(values, file)
			}
			whole[key] = values
		}
	}
	return whole, nil
}

// copyBegun lets a copy of a record begin as a new one. The dashboard's Duplicate sends the whole of the original, with all that the machine says of it.
func copyBegun(e *core.RecordRequestEvent) error {
	copied, err := store.IsCopy(e.App, e.Record)
	if err != nil {
		return err
	}
	if copied {
		store.BeginAnew(e.Record)
	}
	return e.Next()
}

// bornUntouched refuses a person's new record that claims what only the machine may say about it.
func bornUntouched(e *core.RecordRequestEvent) error {
	err := machineFieldsKept(e.Collection, store.Blank(e.Record), e.Record)
	if err != nil {
		return e.BadRequestError("Some fields are written by the program alone.", err)
	}
	if state := store.BornElsewhere(e.Record); state != "" {
		return e.BadRequestError("A new record starts at its first state.", validation.Errors{"state": wrongTransition("", state)})
	}
	return e.Next()
}

// machineFieldsKept refuses, field by field, what differs between two versions of a record and only the machine may change.
func machineFieldsKept(collection *core.Collection, was, is *core.Record) error {
	return keptAsTheyWere(store.MachineFields[collection.Name], was, is, "This is written by the program and cannot be changed.")
}

func keptAsTheyWere(fields []string, was, is *core.Record, words string) error {
	refused := validation.Errors{}
	for _, field := range fields {
		if !sameValue(was.Get(field), is.Get(field)) {
			refused[field] = validation.NewError("read_only", words)
		}
	}
	if len(refused) > 0 {
		return refused
	}
	return nil
}

// sameValue compares two values of a field by what they mean: JSON without its spacing, lists without the difference of nil and empty.
func sameValue(a, b any) bool {
	left, right := plainValue(a), plainValue(b)
	return isNothing(left) && isNothing(right) || reflect.DeepEqual(left, right)
}

// plainValue is a field's value as an API client sees it: text, number, bool, list or map.
func plainValue(value any) any {
	raw, err := json.Marshal(value)
	if err != nil {
		return value
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return value
	}
	return plain
}

// isNothing reports whether a plain value is what an unset field looks like.
func isNothing(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case float64:
		return v == 0
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

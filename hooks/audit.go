package hooks

import (
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
)

// audited are the collections in which everything that a person changes leaves a trace: who, when, before, after. Messages and
// tasks are logs of their own, and their texts must not outlive the months for which they are kept.
var audited = []string{
	store.Locations, store.BookingSettings, store.MessageSettings, store.NotificationAddresses, store.Species, store.ReasonGroups,
	store.Resources, store.Practitioners, store.Staff, store.Reasons, store.Shifts, store.Absences, store.Clients, store.Patients,
	store.Bookings, store.Templates, store.Reminders, store.ReminderRules, store.Broadcasts, store.StoppedAddresses,
}

// untraced are fields that change with every write and say nothing about what somebody did.
var untraced = []string{core.FieldNameId, "created", "updated", store.Revision}

// auditCreated traces a record that a person made.
func auditCreated(now func() time.Time) func(e *core.RecordRequestEvent) error {
	return func(e *core.RecordRequestEvent) error {
		if err := e.Next(); err != nil {
			return err
		}
		_, made := changedFields(core.NewRecord(e.Collection), e.Record)
		return store.Trace(e.App, e.Auth, store.Change{Action: store.Created, Collection: e.Collection.Name, Record: e.Record.Id, At: now()}, nil, made)
	}
}

// auditUpdated traces what a person's change made of a record, its consequences for that record included. A save that changed nothing
// leaves no trace.
func auditUpdated(now func() time.Time) func(e *core.RecordRequestEvent) error {
	return func(e *core.RecordRequestEvent) error {
		was, err := e.App.FindRecordById(e.Collection, e.Record.Id)
		if err != nil {
			return fmt.Errorf("load %s for the audit trail: %w", e.Collection.Name, err)
		}
		// Erasing is a command: the stored field is false again afterwards, so it is read before it is obeyed.
		erased := e.Collection.Name == store.Clients && store.WantsErasing(e.Record)
		if err := e.Next(); err != nil {
			return err
		}
		if erased {
			// The names would live on in the trail of their own removal.
			return store.Trace(e.App, e.Auth, store.Change{Action: store.Erased, Collection: e.Collection.Name, Record: e.Record.Id, At: now()}, nil, nil)
		}
		// Not the row as it is by now: in a batch, PocketBase runs what follows inside of this very request, and that may have changed the record
		// again, or deleted it.
		left, right := changedFields(was, e.Record)
		if len(right) == 0 {
			return nil
		}
		action := store.Updated
		if into, merged := right["merge_into"]; merged && into != "" {
			action = store.Merged
		}
		return store.Trace(e.App, e.Auth, store.Change{Action: action, Collection: e.Collection.Name, Record: was.Id, At: now()}, left, right)
	}
}

// auditDeleted traces a record that a person deleted, with everything that it held.
func auditDeleted(now func() time.Time) func(e *core.RecordRequestEvent) error {
	return func(e *core.RecordRequestEvent) error {
		was, err := e.App.FindRecordById(e.Collection, e.Record.Id)
		if err != nil {
			return fmt.Errorf("load %s for the audit trail: %w", e.Collection.Name, err)
		}
		if err := e.Next(); err != nil {
			return err
		}
		held, _ := changedFields(was, core.NewRecord(e.Collection))
		return store.Trace(e.App, e.Auth, store.Change{Action: store.Deleted, Collection: e.Collection.Name, Record: was.Id, At: now()}, held, nil)
	}
}

// changedFields are the fields in which two versions of a record differ, as the first and as the second has them. Hidden fields hold
// passwords and what the machine compares by; they stay out of the trail.
func changedFields(was, is *core.Record) (left, right map[string]any) {
	left, right = map[string]any{}, map[string]any{}
	for _, field := range is.Collection().Fields {
		name := field.GetName()
		if field.GetHidden() || slices.Contains(untraced, name) || sameValue(was.Get(name), is.Get(name)) {
			continue
		}
		left[name], right[name] = plainValue(was.Get(name)), plainValue(is.Get(name))
	}
	return left, right
}

package store

import (
	"fmt"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store/record"
)

// Audit is the trail of what people changed.
const Audit = "audit"

// The actions of the trail, as stored.
const (
	Created = "create"
	Updated = "update"
	Deleted = "delete"
	Erased  = "erase"
	Merged  = "merge"
)

// Change is what somebody did to a record.
type Change struct {
	Action, Collection, Record string
	At                         time.Time
}

// Trace writes one row of the audit trail, in the transaction of the change, with the fields that differ as they were and as they are. It
// names the account (nil for a guest) by collection and id alone, so that the trail holds nobody's name or address but what the record itself
// held.
func Trace(tx core.App, by *core.Record, c Change, before, after map[string]any) error {
	trail, err := tx.FindCachedCollectionByNameOrId(Audit)
	if err != nil {
		return fmt.Errorf("find the audit trail: %w", err)
	}
	r := core.NewRecord(trail)
	record.Set(r, "collection", c.Collection)
	record.Set(r, "record", c.Record)
	record.Set(r, "action", c.Action)
	if by != nil {
		record.Set(r, "by", by.Collection().Name+"/"+by.Id)
	}
	record.Set(r, "before", before)
	record.Set(r, "after", after)
	r.SetRaw("created", record.Instant(c.At))
	if err := tx.Save(r); err != nil {
		return fmt.Errorf("write the audit trail: %w", err)
	}
	return nil
}

package record_test

import (
	"testing"
	"time"

	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Ids of rows that are written beside many others are PocketBase's in form, each its own, and in the order of their seconds.
func TestIDsOfOneMomentLieSideBySide(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	last := ""
	for _, after := range []time.Duration{0, time.Second, time.Minute, 90 * time.Minute, 30 * 24 * time.Hour, 90 * 24 * time.Hour} {
		var first string
		for range 2000 {
			id := record.NewID(at.Add(after))
			if !store.ValidID(id) || seen[id] {
				t.Fatalf("%q, seen before: %v", id, seen[id])
			}
			seen[id] = true
			if id <= last {
				t.Fatalf("%q of a later second comes before %q", id, last)
			}
			if first == "" || id > first {
				first = id
			}
		}
		last = first
	}
	if id := record.NewID(time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)); !store.ValidID(id) {
		t.Errorf("%q", id)
	}
}

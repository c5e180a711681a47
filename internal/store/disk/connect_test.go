package disk_test

import (
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store/disk"
)

// What was acknowledged outlives a power cut, and memory is bounded: every connection is opened as the clinic needs it, whichever pool it is in.
func TestEveryConnectionIsOpenedAlike(t *testing.T) {
	t.Parallel()
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: t.TempDir(), DBConnect: disk.Connect})
	if err := app.Bootstrap(); err != nil {
		t.Fatal(err)
	}
	defer clinictest.Close(t, app)
	for name, db := range map[string]dbx.Builder{
		"the clinic's, reading": app.ConcurrentDB(), "the clinic's, writing": app.NonconcurrentDB(),
		"the log's, reading": app.AuxConcurrentDB(), "the log's, writing": app.AuxNonconcurrentDB(),
	} {
		for pragma, want := range map[string]string{"synchronous": "2", "fullfsync": "1", "journal_mode": "wal", "foreign_keys": "1", "cache_size": "-8000", "wal_autocheckpoint": "4000"} {
			var is string
			if err := db.NewQuery("PRAGMA " + pragma).Row(&is); err != nil {
				t.Fatal(err)
			}
			if is != want {
				t.Errorf("%s: %s is %s, not %s", name, pragma, is, want)
			}
		}
	}
}
